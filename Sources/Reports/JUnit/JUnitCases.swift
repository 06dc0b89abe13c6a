import Formats
import Ledger
import Vocabulary

/// The cases of one suite after the other. Their texts share a budget: what comes after it is spent is shorter.
struct JUnitCases {
  private let writer: XMLWriter
  private let run: RunRow
  private let dialect: JUnitReport.Dialect
  private var variant = ""
  private var className = ""
  /// Names already used in the suite at hand, by their hash: none may come twice.
  private var used: [Int: Int32] = [:]
  private var cells = CellWriter()
  /// GitLab takes 30 MB and others less; figures are small, what models say is not.
  private var room = 8 << 20

  init(_ writer: XMLWriter, _ run: RunRow, _ dialect: JUnitReport.Dialect) {
    self.writer = writer
    self.run = run
    self.dialect = dialect
  }

  mutating func begin(_ variant: String, _ className: String) {
    self.variant = variant
    self.className = className
    used = [:]
  }

  /// What a trial that passed has said is not told.
  var parts: @Sendable (TrialFigureRow) -> TrialParts {
    let dialect = dialect
    return { figure in
      switch figure.outcome {
      case .fail, .error: dialect == .rich ? [.checks, .output] : .checks
      case .pass, .skipped: dialect == .rich ? .checks : []
      }
    }
  }

  mutating func write(_ trial: TrialDetail) {
    let figure = trial.figure
    var attributes = [
      (name: "name", value: name(trial)), (name: "classname", value: className),
      (
        name: "time",
        value: JUnitReport.seconds(milliseconds: VariantCount.milliseconds(figure.total))
      ),
    ]
    if dialect == .rich {
      if let place = trial.test.location {
        attributes += [("file", place.file), ("line", String(place.line))]
      }
      attributes.append(("assertions", String(trial.checks.count)))
    }
    writer.start("testcase", attributes)
    if dialect == .rich { writer.raw(properties(figure)) }
    switch figure.outcome {
    case .pass: break
    case .fail: problem("failure", failureType(trial), failureMessage(trial), trial)
    case .error:
      problem("error", errorType(figure.errorKind), trial.errorMessage ?? trial.reason ?? "error", trial)
    case .skipped:
      let why = Scrub.line(trial.reason ?? "skipped", 1_024)
      let type = figure.errorKind == .budget ? "BudgetExhausted" : "NotRun"
      writer.element(
        "skipped", dialect == .rich ? [("message", why), ("type", type)] : [("message", why)], text: why)
    }
    if dialect == .rich, figure.outcome == .fail || figure.outcome == .error { systemOut(trial) }
    writer.end()
  }

  private mutating func name(_ trial: TrialDetail) -> String {
    var name = "\(trial.caseName)[\(variant)]"
    if trial.figure.slot.repetition > 0 { name += " #\(trial.figure.slot.repetition + 1)" }
    name = Scrub.line(name, 240)
    let times = used[name.hashValue, default: 0] + 1
    used[name.hashValue] = times
    return times > 1 ? name + " (\(times))" : name
  }

  /// Numbers and words of ours, but for the finish reason, which is cleaned.
  private mutating func properties(_ figure: TrialFigureRow) -> [UInt8] {
    cells.bytes.removeAll(keepingCapacity: true)
    cells.write("\n      <properties>" as StaticString)
    property("score", .number(figure.score))
    property("cost_usd", figure.knownCost.map { .money($0) } ?? .text("unknown"))
    property("tokens.input", .count(figure.inputTokens))
    property("tokens.output", .count(figure.outputTokens))
    property("tokens.cached", .count(figure.cachedInputTokens))
    if let latency = figure.latency { property("latency_us", .count(Int(latency))) }
    if let first = figure.timeToFirstToken { property("ttft_us", .count(Int(first))) }
    property("http.retries", .count(max(0, figure.attempts - figure.calls - figure.judgeCalls)))
    if let reason = figure.finishReason {
      property("finish_reason", .text(JUnitReport.slug(Scrub.line(reason.name, 60))))
    }
    if figure.isFallback { property("fallback", .text("true")) }
    cells.write("\n      </properties>\n      " as StaticString)
    return cells.bytes
  }

  private mutating func property(_ name: StaticString, _ value: Cell) {
    cells.write("\n        <property name=\"" as StaticString)
    cells.write(name)
    cells.write("\" value=\"" as StaticString)
    switch value {
    case .text(let text): cells.write(text)
    case .count(let count): cells.write(count)
    case .number(let number): cells.write(number)
    case .money(let money): cells.write(money)
    case .none, .flag, .instant: break
    }
    cells.write("\"/>" as StaticString)
  }

  private mutating func problem(_ element: String, _ type: String, _ message: String, _ trial: TrialDetail) {
    var lines = [message, ""]
    for check in trial.checks {
      let mark = check.outcome == .pass ? "[ok]  " : (check.outcome == .fail ? "[FAIL]" : "[ERR] ")
      lines.append("\(mark) \(check.type): \(Scrub.bounded(check.reason, 2_048))")
    }
    if let place = trial.test.location { lines.append("at \(place.file):\(place.line)") }
    lines.append("show: assay show \(run.name) --trial \(trial.figure.trialID)")
    let text = Scrub.bounded(Scrub.plain(lines.joined(separator: "\n")), room > 0 ? 32 << 10 : 2 << 10)
    room -= text.utf8.count
    writer.element(element, [("message", Scrub.line(message, 1_024)), ("type", type)], text: text)
  }

  private mutating func systemOut(_ trial: TrialDetail) {
    guard room > 0 else {
      return writer.element(
        "system-out", text: "[input and output left out: the file would grow beyond what CI systems take]")
    }
    var text = "--- input ---\n\(input(trial))"
    if let output = trial.output {
      text += "\n--- output ---\n\(Scrub.bounded(output, 64 << 10))"
    }
    text = Scrub.bounded(Scrub.plain(text), 64 << 10)
    room -= text.utf8.count
    writer.element("system-out", text: text)
  }

  private func input(_ trial: TrialDetail) -> String {
    Scrub.bounded(
      trial.test.variables.isEmpty ? trial.prompt.body : JSON.object(trial.test.variables).pretty, 8 << 10)
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

  /// Never a word in lower case: GitLab's reader would take some of them for Ruby types.
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
}
