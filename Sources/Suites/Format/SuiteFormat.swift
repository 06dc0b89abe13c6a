/// The suite format as data. Loading validates against it; the JSON Schema and the tables of
/// docs/suites.md are made from it; every example in it is loaded by a test.
public enum SuiteFormat {
  /// In the order of the reference.
  public static let objects: [FormatObject] = [
    suite, target, settings, prompt, testCase, options, factuality, check, assertSet, turn, tools, toolResult,
    context, scenario, generator, limits, budget, gate, price, derivedMetric, evaluateOptions,
    commandLineOptions,
  ]

  private static let byName = Dictionary(uniqueKeysWithValues: objects.map { ($0.name, $0) })

  public static func object(_ name: FormatObject.Name) -> FormatObject { byName[name] ?? suite }

  static let texts = FormatType.either([.text, .list(.text)])
  static let checks = FormatType.list(.either([.object(.check), .object(.assertSet)]))
  static let providerValue = FormatType.either([.text, .map(.any)])

  /// The least suite in which an example can stand.
  static let frame = #"{prompts: ["Say {{word}}"], targets: [echo], tests: [{vars: {word: hello}}]}"#
}
