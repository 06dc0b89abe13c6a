/// What a value of the suite format may be: the one source of validation, JSON Schema and reference.
public indirect enum FormatType: Sendable {
  /// Numbers and booleans are taken as the text they are written as.
  case text
  /// A file, or a pattern for several.
  case path
  case flag
  case number(from: Double?, to: Double?)
  case integer(from: Int)
  /// `500ms`, `3s`, `2m`, `1h`, or seconds as a number.
  case duration
  /// `0.5` or `"$0.50"`
  case money
  /// One of a closed set.
  case word([String])
  case list(FormatType)
  case map(FormatType)
  case object(FormatObject.Name)
  case either([FormatType])
  case any

  /// As the reference and the messages say it.
  public var phrase: String {
    switch self {
    case .text: "text"
    case .path: "a path"
    case .flag: "true or false"
    case .number(let from?, let to?): "a number from \(plain(from)) to \(plain(to))"
    case .number(let from?, nil): "a number of at least \(plain(from))"
    case .number(nil, let to?): "a number of at most \(plain(to))"
    case .number: "a number"
    case .integer(let from): "a whole number of at least \(from)"
    case .duration: "a duration such as 500ms, 3s or 2m"
    case .money: "an amount in USD such as 0.50"
    case .word(let words): words.count == 1 ? "\"\(words[0])\"" : "one of \(words.joined(separator: ", "))"
    case .list(let item): "a list of \(item.plural)"
    case .map(.any): "a map"
    case .map(let value): "a map to \(value.plural)"
    case .object(let name): name.phrase
    case .either(let types): joined(types.map(\.phrase))
    case .any: "any value"
    }
  }

  private var plural: String {
    switch self {
    case .text: "texts"
    case .path: "paths"
    case .any: "any values"
    case .object(let name): name.plural
    case .word(let words): "these words: \(words.joined(separator: ", "))"
    case .list(.any): "lists"
    case .either(let types): joined(types.map(\.plural))
    case .flag, .number, .integer, .duration, .money, .list, .map: phrase
    }
  }

  private func joined(_ words: [String]) -> String { words.joined(separator: " or ") }
}

private func plain(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }

/// One key of the suite format.
public struct FormatKey: Sendable {
  /// Whose key it is.
  public enum Origin: Sendable, Hashable {
    case promptfoo
    case ours
    /// Accepted because promptfoo has it; the sentence says why nothing comes of it.
    case ignored(String)
  }

  public var name: String
  public var type: FormatType
  /// One sentence.
  public var meaning: String
  public var origin: Origin
  /// One line of YAML that loads where the key stands.
  public var example: String

  init(
    _ name: String, _ type: FormatType, _ meaning: String, _ example: String, origin: Origin = .promptfoo
  ) {
    self.name = name
    self.type = type
    self.meaning = meaning
    self.example = example
    self.origin = origin
  }

  static func ours(_ name: String, _ type: FormatType, _ meaning: String, _ example: String) -> FormatKey {
    FormatKey(name, type, meaning, example, origin: .ours)
  }

  static func ignored(_ name: String, _ type: FormatType, _ why: String, _ example: String) -> FormatKey {
    FormatKey(name, type, why, example, origin: .ignored(why))
  }
}

/// One kind of object in the suite format and its keys.
public struct FormatObject: Sendable {
  public enum Name: String, Sendable, CaseIterable {
    case suite, target, prompt, settings, `case`, options, factuality, check, assertSet, scenario
    case generator, turn, tools, toolResult, context, limits, budget, gate, price, derivedMetric
    case evaluateOptions, commandLineOptions

    /// With its article, for sentences.
    public var phrase: String {
      switch self {
      case .suite: "a suite"
      case .target: "a target"
      case .prompt: "a prompt"
      case .settings: "settings"
      case .case: "a case"
      case .options: "options"
      case .factuality: "factuality scores"
      case .check: "a check"
      case .assertSet: "an assert-set"
      case .scenario: "a scenario"
      case .generator: "a generator of cases"
      case .turn: "a turn"
      case .tools: "tool results"
      case .toolResult: "a tool result"
      case .context: "a context policy"
      case .limits: "limits"
      case .budget: "a budget"
      case .gate: "a gate"
      case .price: "a price"
      case .derivedMetric: "a derived metric"
      case .evaluateOptions: "evaluateOptions"
      case .commandLineOptions: "commandLineOptions"
      }
    }
    var plural: String {
      switch self {
      case .settings, .options, .limits, .evaluateOptions, .commandLineOptions, .factuality, .tools: phrase
      case .context: "context policies"
      case .assertSet: "assert-sets"
      case .generator: "generators"
      case .suite, .target, .prompt, .case, .check, .scenario, .turn, .toolResult, .budget, .gate, .price,
        .derivedMetric:
        "\(phrase.drop { $0 != " " }.dropFirst())s"
      }
    }
  }

  /// What other keys than those of the table are.
  public enum Others: Sendable, Hashable {
    case refused
    /// Notes of the author's, told once a file; what resembles a key of the table is refused as a slip.
    case ignored
    /// Passed on as they are; the sentence says to whom.
    case passedOn(String)
  }

  public var name: Name
  public var title: String
  public var meaning: String
  public var keys: [FormatKey]
  public var others: Others
  /// Keys without which the object says nothing.
  public var required: [String]
  /// Where an example of one of its keys is put, in the frame below.
  public var place: [String]
  /// The rest of a suite around an example, as one line of YAML.
  public var frame: String

  init(
    _ name: Name, _ title: String, _ meaning: String, others: Others = .refused, required: [String] = [],
    place: [String], frame: String, keys: [FormatKey]
  ) {
    self.name = name
    self.title = title
    self.meaning = meaning
    self.keys = keys
    self.others = others
    self.required = required
    self.place = place
    self.frame = frame
  }

  public subscript(key: String) -> FormatKey? { keys.first { $0.name == key } }
}
