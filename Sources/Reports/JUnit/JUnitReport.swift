import Formats
import Ledger
import Statistics
import Vocabulary

/// JUnit XML in two dialects: `rich`, which every lenient reader takes, and `strict`, which validates against the
/// schemas that a few insist on. One suite a target (and prompt), one case a trial.
public enum JUnitReport {
  public enum Dialect: String, Sendable { case rich, strict }

  /// Writes a temporary file and renames it: a truncated report is worse than none.
  public static func write(_ summary: RunSummary, ledger: Ledger, to path: String, dialect: Dialect = .rich)
    throws
  {
    let temporary = path + ".part"
    let writer = try XMLWriter(path: temporary, illegal: .shown, indents: true)
    var report = Writing(writer: writer, summary: summary, dialect: dialect)
    try report.run(ledger)
    try writer.finish()
    try File.move(temporary, to: path)
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
  static func seconds(_ microseconds: Int64) -> String {
    let milliseconds = max(0, microseconds + 500) / 1_000
    let part = String(milliseconds % 1_000)
    return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - part.count) + part
  }
}

private struct Writing {
  let writer: XMLWriter
  let summary: RunSummary
  let dialect: JUnitReport.Dialect
  private let suiteName: String
  /// Names already used in the suite at hand: none may come twice.
  private var used: [String: Int] = [:]

  init(writer: XMLWriter, summary: RunSummary, dialect: JUnitReport.Dialect) {
    self.writer = writer
    self.summary = summary
    self.dialect = dialect
    let file = summary.run.suiteFile ?? "suite"
    suiteName = summary.run.description ?? Path.name(of: file)
  }

  private struct Count {
    var tests = 0
    var failures = 0
    var errors = 0
    var skipped = 0
    var time: Int64 = 0

    mutating func add(_ figure: TrialFigureRow) {
      tests += 1
      time += figure.total
      switch figure.outcome {
      case .pass: break
      case .fail: failures += 1
      case .error: errors += 1
      case .skipped: skipped += 1
      }
    }
  }

  private struct SuiteKey: Hashable {
    var target: Int64
    var prompt: Int64
  }

  mutating func run(_ ledger: Ledger) throws {
    let targets = try ledger.targets(of: summary.run.id)
    let prompts = try ledger.prompts(of: summary.run.id)
    var counts: [SuiteKey: Count] = [:]
    var whole = Count()
    try ledger.forEachFigure(of: summary.run.id) { (figure) throws(LedgerError) in
      counts[SuiteKey(target: figure.slot.targetID, prompt: figure.slot.promptID), default: Count()].add(
        figure)
      whole.add(figure)
    }
    writer.start("testsuites", dialect == .rich ? attributes(Scrub.line(suiteName, 255), whole, elapsed) : [])
    var id = 0
    for (place, target) in targets.enumerated() {
      for prompt in prompts {
        guard let count = counts[SuiteKey(target: target.id, prompt: prompt.id)] else { continue }
        try suite(
          id, target, prompt, summary.targets[place], count, ledger, severalPrompts: prompts.count > 1)
        id += 1
      }
    }
    if id == 0 { nothingRan() }
    writer.end()
  }

  private var elapsed: Int64 { Int64(summary.run.summary?["elapsed_us"]?.int ?? 0) }

  /// `2026-01-15T10:30:00`: UTC without a zone, the one form that all readers take.
  private var timestamp: String { String(summary.run.startedAt.prefix(19)) }

  private func attributes(_ name: String, _ count: Count, _ time: Int64) -> [(name: String, value: String)] {
    [
      ("name", name), ("tests", String(count.tests)), ("failures", String(count.failures)),
      ("errors", String(count.errors)), ("skipped", String(count.skipped)),
      ("time", JUnitReport.seconds(time)),
      ("timestamp", timestamp),
    ]
  }

  private mutating func suite(
    _ id: Int, _ target: TargetRow, _ prompt: PromptRow, _ figures: TargetSummary, _ count: Count,
    _ ledger: Ledger,
    severalPrompts: Bool
  ) throws {
    let variant = severalPrompts ? "\(target.label), \(Scrub.line(prompt.label, 60))" : target.label
    let name = Scrub.line("\(suiteName) [\(variant)]", 255)
    var attributes = attributes(name, count, count.time)
    attributes += [("hostname", "localhost"), ("id", String(id)), ("package", "")]
    if dialect == .rich, let file = summary.run.suiteFile { attributes.append(("file", file)) }
    writer.start("testsuite", attributes)
    properties(suiteProperties(target, figures))
    used = [:]
    let className = Scrub.line(
      JUnitReport.slug(Path.name(of: summary.run.suiteFile ?? "suite")) + "." + JUnitReport.slug(variant), 255
    )
    let reader = try TrialReader(summary.run, ledger: try Ledger(path: ledger.path))
    try reader.forEach(where: {
      $0.outcome != .pass && $0.slot.targetID == target.id && $0.slot.promptID == prompt.id
    }) { trial in
      guard trial.figure.slot.targetID == target.id, trial.figure.slot.promptID == prompt.id else { return }
      testCase(trial, variant, className)
    }
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
      list.append(("pass_rate", NumberText.fixed(rate.value, decimals: 4)))
      if let low = rate.interval?.lower, let high = rate.interval?.upper {
        list.append(
          ("pass_rate.ci95", "\(NumberText.fixed(low, decimals: 4))..\(NumberText.fixed(high, decimals: 4))"))
      }
    }
    list.append(("cost_usd.total", figures.costIsKnown ? figures.cost.description : "unknown"))
    list.append(("tokens.input.total", String(figures.inputTokens)))
    list.append(("tokens.output.total", String(figures.outputTokens)))
    for (name, p) in [("p50", 0.5), ("p95", 0.95)] {
      if let value = figures.latency?[p] {
        list.append(("latency_ms.\(name)", NumberText.fixed(value.value / 1_000, decimals: 3)))
      }
    }
    list.append(("errors.count", String(figures.count(.error))))
    if figures.isSimulated { list.append(("simulated", "true")) }
    return list
  }

  private func properties(_ list: [(String, String)]) {
    writer.start("properties")
    for (name, value) in list {
      writer.element("property", [("name", Scrub.line(name, 255)), ("value", Scrub.line(value, 1_024))])
    }
    writer.end()
  }

  private mutating func testCase(_ trial: TrialDetail, _ variant: String, _ className: String) {
    let figure = trial.figure
    var name = "\(trial.caseName)[\(variant)]"
    if figure.slot.repetition > 0 { name += " #\(figure.slot.repetition + 1)" }
    name = Scrub.line(name, 240)
    used[name, default: 0] += 1
    if let times = used[name], times > 1 { name += " (\(times))" }
    var attributes = [
      (name: "name", value: name), (name: "classname", value: className),
      (name: "time", value: JUnitReport.seconds(figure.total)),
    ]
    if dialect == .rich {
      if let place = trial.test.location {
        attributes += [("file", place.file), ("line", String(place.line))]
      }
      attributes.append(("assertions", String(trial.checks.count)))
    }
    writer.start("testcase", attributes)
    if dialect == .rich { properties(caseProperties(figure)) }
    switch figure.outcome {
    case .pass: break
    case .fail: problem("failure", failureType(trial), failureMessage(trial), trial)
    case .error:
      problem("error", errorType(figure.errorKind), trial.errorMessage ?? trial.reason ?? "error", trial)
    case .skipped:
      let why = Scrub.line(trial.reason ?? "skipped", 1_024)
      writer.element("skipped", [("message", why)], text: why)
    }
    if dialect == .rich, figure.outcome == .fail || figure.outcome == .error {
      var text = "--- input ---\n\(input(trial))"
      if let output = trial.output { text += "\n--- output ---\n\(output)" }
      writer.element("system-out", text: Scrub.bounded(Scrub.plain(text), 64 << 10))
    }
    writer.end()
  }

  private func caseProperties(_ figure: TrialFigureRow) -> [(String, String)] {
    var list: [(String, String)] = [("score", NumberText.fixed(figure.score, decimals: 4))]
    list.append(("cost_usd", figure.knownCost?.description ?? "unknown"))
    list.append(("tokens.input", String(figure.inputTokens)))
    list.append(("tokens.output", String(figure.outputTokens)))
    list.append(("tokens.cached", String(figure.cachedInputTokens)))
    if let latency = figure.latency {
      list.append(("latency_ms", NumberText.fixed(Double(latency) / 1_000, decimals: 3)))
    }
    if let first = figure.timeToFirstToken {
      list.append(("ttft_ms", NumberText.fixed(Double(first) / 1_000, decimals: 3)))
    }
    list.append(("http.retries", String(max(0, figure.attempts - figure.calls - figure.judgeCalls))))
    if let reason = figure.finishReason { list.append(("finish_reason", reason.name)) }
    if figure.isFallback { list.append(("fallback", "true")) }
    return list
  }

  private func failureType(_ trial: TrialDetail) -> String {
    trial.failedChecks.contains { $0.outcome == .fail } ? "AssertionFailure" : "JudgeError"
  }

  private func failureMessage(_ trial: TrialDetail) -> String {
    let failed = trial.failedChecks
    guard !failed.isEmpty else { return trial.reason ?? "the trial failed" }
    return "\(failed.count) of \(trial.checks.count) checks failed: "
      + failed.map(\.type).joined(separator: ", ")
  }

  private func errorType(_ kind: ErrorKind?) -> String {
    switch kind {
    case .rateLimited: "ProviderRateLimit"
    case .timeout: "ProviderTimeout"
    case .budget: "BudgetExhausted"
    case .script: "ScriptError"
    case .config: "ConfigError"
    case .refused: "ProviderRefusal"
    case nil: "JudgeError"
    default: "ProviderError"
    }
  }

  private func problem(_ element: String, _ type: String, _ message: String, _ trial: TrialDetail) {
    var lines = [message, ""]
    for check in trial.checks {
      let mark = check.outcome == .pass ? "[ok]  " : (check.outcome == .fail ? "[FAIL]" : "[ERR] ")
      lines.append("\(mark) \(check.type): \(Scrub.bounded(check.reason, 2_048))")
    }
    if let place = trial.test.location { lines.append("at \(place.file):\(place.line)") }
    lines.append("show: assay show \(summary.run.name) --trial \(trial.figure.trialID)")
    writer.element(
      element, [("message", Scrub.line(message, 1_024)), ("type", type)],
      text: Scrub.bounded(Scrub.plain(lines.joined(separator: "\n")), 32 << 10))
  }

  private func input(_ trial: TrialDetail) -> String {
    trial.test.variables.isEmpty
      ? Scrub.bounded(trial.prompt.body, 8 << 10) : JSON.object(trial.test.variables).pretty
  }

  /// A file without a case is an error to some readers: one case that was skipped says why.
  private func nothingRan() {
    var count = Count()
    count.tests = 1
    count.skipped = 1
    writer.start(
      "testsuite",
      attributes(Scrub.line(suiteName, 255), count, 0) + [
        ("hostname", "localhost"), ("id", "0"), ("package", ""),
      ])
    properties([("run.id", summary.run.name)])
    writer.start(
      "testcase",
      [("name", "no trial ran"), ("classname", JUnitReport.slug(suiteName) + ".none"), ("time", "0.000")])
    writer.element("skipped", [("message", "no trial ran")], text: "no trial ran")
    writer.end()
    if dialect == .strict {
      writer.element("system-out")
      writer.element("system-err")
    }
    writer.end()
  }
}
