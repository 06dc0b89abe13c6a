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
  /// Cases as XML that are not handed to the writer yet.
  private var raw: [UInt8] = []
  /// GitLab takes 30 MB and others less; figures are small, what models say is not.
  private var room = 8 << 20

  init(_ writer: XMLWriter, _ run: RunRow, _ dialect: JUnitReport.Dialect) {
    self.writer = writer
    self.run = run
    self.dialect = dialect
  }

  /// All cases of one target and prompt.
  mutating func write(_ reader: TrialReader, _ filter: TrialFilter, _ variant: String, _ className: String)
    throws
  {
    self.variant = variant
    self.className = className
    used = [:]
    var endsRaw = false
    let empty = JUnitPart(variant: variant, className: className, dialect: dialect)
    try reader.forEachPart(filter, parts: parts, empty: empty, add: { $0.add($1) }) { part in
      var start = 0
      for piece in part.pieces {
        switch piece {
        case .passed(let name, let nameEnd, let end):
          raw += part.cells.bytes[start..<nameEnd]
          if let number = number(name) { raw += " (\(number))".utf8 }
          raw += part.cells.bytes[nameEnd..<end]
          start = end
        case .other(let trial):
          flush()
          write(trial)
        }
      }
      endsRaw = !raw.isEmpty
      flush()
    }
    // After raw XML the writer does not indent the end of the suite.
    if endsRaw, dialect == .rich { writer.raw([UInt8(ascii: " ")]) }
  }

  private mutating func flush() {
    if raw.isEmpty { return }
    writer.raw(raw)
    raw.removeAll(keepingCapacity: true)
  }

  /// Which of several of that name this is; nil for the first.
  private mutating func number(_ nameHash: Int) -> Int32? {
    let times = used[nameHash, default: 0] + 1
    used[nameHash] = times
    return times > 1 ? times : nil
  }

  /// What a trial that passed has said is not told.
  private var parts: @Sendable (TrialFigureRow) -> TrialParts {
    let dialect = dialect
    return { figure in
      switch figure.outcome {
      case .fail, .error: dialect == .rich ? [.checks, .output] : .checks
      case .pass, .skipped: dialect == .rich ? .checks : []
      }
    }
  }

  private mutating func write(_ trial: TrialDetail) {
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
    if dialect == .rich {
      var cells = CellWriter()
      cells.writeProperties(figure)
      writer.raw(cells.bytes)
    }
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
    let name = JUnitPart.name(trial, variant)
    return number(name.hashValue).map { "\(name) (\($0))" } ?? name
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
