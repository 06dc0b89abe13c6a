import Formats
import Ledger
import Vocabulary

/// JUnit XML in two dialects: `rich`, which every lenient reader takes, and `strict`, which validates against the
/// schemas that a few insist on. One suite a target (and prompt), one case a trial.
public enum JUnitReport {
  public enum Dialect: String, Sendable { case rich, strict }

  /// The file is in place when it is whole: a truncated report is worse than none.
  public static func write(_ summary: RunSummary, ledger: Ledger, to path: String, dialect: Dialect = .rich)
    throws
  {
    let writer = try XMLWriter(path: path, illegal: .shown, indents: true)
    var report = JUnitSuites(writer, summary, dialect)
    try report.write(ledger)
    try writer.finish()
  }

  /// Letters, digits, `_` and `-`: dots would be read as packages.
  static func slug(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      let isPlain =
        scalar.isASCII
        && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_"
          || scalar == "-")
      if isPlain { out.unicodeScalars.append(scalar) } else if !out.hasSuffix("_") { out += "_" }
    }
    return out.isEmpty ? "_" : out
  }

  /// Seconds with exactly three decimals, made of whole milliseconds.
  static func seconds(milliseconds: Int64) -> String {
    let part = String(milliseconds % 1_000)
    return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - part.count) + part
  }
}

/// The suites of a run, and what is told of each as a whole.
private struct JUnitSuites {
  private let writer: XMLWriter
  private let summary: RunSummary
  private let dialect: JUnitReport.Dialect
  private let suiteName: String
  private var classNames: Set<String> = []

  init(_ writer: XMLWriter, _ summary: RunSummary, _ dialect: JUnitReport.Dialect) {
    self.writer = writer
    self.summary = summary
    self.dialect = dialect
    suiteName = summary.run.description ?? Path.name(of: summary.run.suiteFile ?? "suite")
  }

  mutating func write(_ ledger: Ledger) throws {
    let targets = try ledger.targets(of: summary.run.id)
    let prompts = try ledger.prompts(of: summary.run.id)
    var whole = VariantCount()
    for count in summary.variants.values { whole.add(count) }
    let elapsed = Int64(summary.run.summary?["elapsed_us"]?.int ?? 0)
    if summary.variants.isEmpty { whole = Self.nothing }
    writer.start(
      "testsuites",
      dialect == .rich
        ? attributes(Scrub.line(suiteName, 255), whole, VariantCount.milliseconds(elapsed)) : [])
    var cases = JUnitCases(writer, summary.run, dialect)
    let reader = try TrialReader(summary.run, ledger: ledger)
    var id = 0
    for (place, target) in targets.enumerated() {
      for prompt in prompts {
        guard let count = summary.variants[VariantKey(target: target.id, prompt: prompt.id)] else { continue }
        let variant =
          prompts.count > 1 ? "\(target.label), \(Scrub.line(prompt.label, 60))" : target.label
        start(id, variant, count, suiteProperties(target, summary.targets[place]))
        let filter = TrialFilter(target: target.id, prompt: prompt.id)
        try cases.write(reader, filter, variant, className(variant))
        end()
        id += 1
      }
    }
    if id == 0 { nothingRan() }
    writer.end()
  }

  /// Two variants whose names differ in punctuation alone are told apart by a number.
  private mutating func className(_ variant: String) -> String {
    let base = Scrub.line(
      JUnitReport.slug(Path.name(of: summary.run.suiteFile ?? "suite")) + "." + JUnitReport.slug(variant), 245
    )
    var name = base
    var number = 1
    while !classNames.insert(name).inserted {
      number += 1
      name = "\(base)-\(number)"
    }
    return name
  }

  private func attributes(
    _ name: String, _ count: VariantCount, _ milliseconds: Int64
  ) -> [(name: String, value: String)] {
    [
      ("name", name), ("tests", String(count.tests)), ("failures", String(count.failures)),
      ("errors", String(count.errors)), ("skipped", String(count.skipped)),
      ("time", JUnitReport.seconds(milliseconds: milliseconds)),
      // UTC without a zone: the one form that all readers take.
      ("timestamp", String(summary.run.startedAt.prefix(19))),
    ]
  }

  private func start(_ id: Int, _ variant: String, _ count: VariantCount, _ properties: [(String, String)]) {
    var attributes = attributes(
      Scrub.line("\(suiteName) [\(variant)]", 255), count, count.milliseconds)
    attributes += [("hostname", "localhost"), ("id", String(id)), ("package", "")]
    if dialect == .rich, let file = summary.run.suiteFile { attributes.append(("file", file)) }
    writer.start("testsuite", attributes)
    writer.start("properties")
    for (name, value) in properties {
      writer.element("property", [("name", Scrub.line(name, 255)), ("value", Scrub.line(value, 1_024))])
    }
    writer.end()
  }

  private func end() {
    if dialect == .strict {
      writer.element("system-out")
      writer.element("system-err")
    }
    writer.end()
  }

  private func suiteProperties(_ target: TargetRow, _ figures: TargetSummary) -> [(String, String)] {
    var list: [(String, String)] = [("run.id", summary.run.name), ("llm.provider", target.provider)]
    if let commit = summary.run.gitCommit { list.append(("git.commit", commit)) }
    if let branch = summary.run.gitBranch { list.append(("git.branch", branch)) }
    list.append(("seed", String(summary.run.seed)))
    for (key, value) in target.settings.object ?? JSONObject() {
      list.append(("llm.\(key)", value.string ?? value.text))
    }
    if let rate = figures.passRate {
      list.append(("pass_rate", NumberText.javaScript(rate.value)))
      if let low = rate.interval?.lower, let high = rate.interval?.upper {
        list.append(("pass_rate.ci95", "\(NumberText.javaScript(low))..\(NumberText.javaScript(high))"))
      }
    }
    list.append(("cost_usd.total", figures.costIsKnown ? figures.cost.description : "unknown"))
    list.append(("tokens.input.total", String(figures.inputTokens)))
    list.append(("tokens.output.total", String(figures.outputTokens)))
    for (name, p) in [("p50", 0.5), ("p95", 0.95)] {
      if let value = figures.latency?[p] {
        list.append(("latency_us.\(name)", NumberText.javaScript(value.value)))
      }
    }
    if let success = figures.functionCalls?.success {
      list.append(("function_call_success", NumberText.fixed(success.value, decimals: 4)))
    }
    if let trust = figures.votes?.trust { list.append(("trust", NumberText.fixed(trust.value, decimals: 4))) }
    list.append(("errors.count", String(figures.count(.error))))
    if figures.isSimulated { list.append(("simulated", "true")) }
    return list
  }

  private static let nothing: VariantCount = {
    var count = VariantCount()
    count.tests = 1
    count.skipped = 1
    return count
  }()

  /// A file without a case is an error to some readers: one case that was skipped says why.
  private func nothingRan() {
    start(0, "nothing", Self.nothing, [("run.id", summary.run.name)])
    writer.start(
      "testcase",
      [("name", "no trial ran"), ("classname", JUnitReport.slug(suiteName) + ".none"), ("time", "0.000")])
    let type = dialect == .rich ? [(name: "type", value: "NotRun")] : []
    writer.element("skipped", [("message", "no trial ran")] + type, text: "no trial ran")
    writer.end()
    end()
  }
}
