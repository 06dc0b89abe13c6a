import Formats
import Ledger
import Reports
import Terminal
import Vocabulary

/// `assay show`: the runs; a run; one trial in full.
enum ShowCommand {
  static let entry = Program.Entry(
    Command(
      "show", "runs; a run; one trial or call in full", section: "look",
      arguments: [
        Argument(
          "RUN",
          "name or its beginning, number, or latest; without one: all runs, or what an option asks for",
          isOptional: true)
      ],
      options: [
        .init(
          "trial", nil, .value("ID"),
          "this trial (of the run, or of any): prompt, reply, checks, every call and attempt"),
        .init("failed", nil, .flag, "the trials of the run (the latest) that failed or erred"),
        .init("call", nil, .value("ID"), "this call: request, reply, every attempt"),
        .init("calls", nil, .flag, "the latest calls, of runs, of assay ask and through assay proxy"),
        CallPurpose.option,
        .init(
          "threads", nil, .flag, "the conversations of the run (the latest) of several turns, by persona"),
        .init("limit", nil, .value("N"), "at most so many rows (20)"),
        .init("json", nil, .flag, "as JSON"), LedgerFile.option,
      ],
      examples: [
        Example("assay show", "the latest runs"), Example("assay show latest --failed", "what went wrong"),
        Example("assay show latest --threads", "conversations: persona, turns, tokens, cost"),
        Example("assay show latest --trial 42", "one trial, down to its attempts"),
        Example("assay show --calls --purpose live", "what went through assay proxy"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let ledger = try LedgerFile.open(LedgerFile.path(arguments, console.environment))
    let limit = try arguments.integer("limit", atLeast: 1) ?? 20
    if arguments.has("call") || arguments.has("calls") || arguments.has("purpose") {
      return try calls(ledger, limit, arguments, console)
    }
    if let text = arguments.value("trial") {
      let run = try arguments.words.first.map { (name) throws(Problem) in try LedgerFile.run(name, in: ledger)
      }
      return try trial(text, of: run, ledger, arguments, console)
    }
    let ofLatest = arguments.has("failed") || arguments.has("threads") ? "latest" : nil
    guard let reference = arguments.words.first ?? ofLatest else {
      return try runs(ledger, limit, arguments, console)
    }
    let run = try LedgerFile.run(reference, in: ledger)
    if arguments.has("threads") { return try ThreadText.threads(run, ledger, arguments, console) }
    if arguments.has("failed") { return try failed(run, ledger, limit, console) }
    let summary = try RunSummary(of: run, in: ledger)
    if arguments.has("json") {
      console.print(RunText.json(summary).pretty)
    } else {
      console.write(RunText.text(summary, width: console.width, style: console.output))
      console.write("\n" + times(summary).text(width: console.width, style: console.output))
      for target in summary.targets where target.count(.error) > 0 {
        let kinds = target.errorKinds.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
        let told = kinds.map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", ")
        console.print(printable("errors of \(target.label): \(told)"))
      }
    }
    return .held
  }

  private static func times(_ summary: RunSummary) -> Table {
    var table = Table(
      [.init("target", shrinksTo: 12)]
        + ["latency p50", "p95", "p99", "TTFT p50", "p95", "p99"].map { .init($0, isNumber: true) })
    for target in summary.targets {
      let figures = [target.latency, target.timeToFirstToken].flatMap { times in
        [0.5, 0.95, 0.99].map { RunText.time(times?[$0]) }
      }
      table.add([target.label] + figures)
    }
    return table
  }

  private static func runs(_ ledger: Ledger, _ limit: Int, _ arguments: Arguments, _ console: Console) throws
    -> ExitCode
  {
    let rows = try ledger.runs(limit: limit)
    if arguments.has("json") {
      console.print(
        JSON.array(
          rows.map { row in
            [
              "name": .string(row.name), "suite": row.suiteFile.map { .string($0) } ?? .null,
              "state": .string(row.state.rawValue), "started_at": .string(row.startedAt),
              "trials": JSON(row.trials),
              "passed": JSON(row.passed), "failed": JSON(row.failed), "erred": JSON(row.erred),
            ]
          }
        ).pretty)
      return .held
    }
    var table = Table([
      .init("run"), .init("suite", shrinksTo: 10), .init("state"), .init("started"),
      .init("trials", isNumber: true),
      .init("passed", isNumber: true), .init("failed", isNumber: true), .init("erred", isNumber: true),
    ])
    for row in rows {
      table.add([
        row.name, row.suiteFile ?? "", row.state.rawValue, String(row.startedAt.prefix(16)),
        String(row.trials),
        String(row.passed), String(row.failed), String(row.erred),
      ])
    }
    console.write(table.text(width: console.width, style: console.output))
    return .held
  }

  /// The latest calls, or one in full. Runs have calls of their own; these are of all runs, and of none.
  private static func calls(_ ledger: Ledger, _ limit: Int, _ arguments: Arguments, _ console: Console) throws
    -> ExitCode
  {
    if let name = arguments.words.first {
      throw UsageError("calls are of the whole ledger, not of \(name)", mend: "assay show \(name) --trial ID")
    }
    if let text = arguments.value("call") {
      let mend = "assay show --calls has the numbers"
      guard let id = Int64(text) else { throw UsageError("\"\(text)\" is no number of a call", mend: mend) }
      guard let call = try ledger.call(id) else {
        throw Problem("\(ledger.path): there is no call \(id)", mend: mend)
      }
      if arguments.has("json") {
        console.print(try TrialJSON.json(call, ledger).pretty)
      } else {
        try show(call, ledger, console)
      }
      return .held
    }
    let calls = try ledger.latestCalls(limit, of: CallPurpose.asked(arguments))
    if arguments.has("json") {
      var all: [JSON] = []
      for call in calls { all.append(try TrialJSON.json(call, ledger)) }
      console.print(JSON.array(all).pretty)
      return .held
    }
    func time(_ value: Microseconds?) -> String { value.map { durationText(Double($0)) } ?? "-" }
    var table = Table([
      .init("call", isNumber: true), .init("at"), .init("for"), .init("target", shrinksTo: 12),
      .init("outcome"),
      .init("in", isNumber: true), .init("out", isNumber: true), .init("cost", isNumber: true),
      .init("TTFT", isNumber: true), .init("latency", isNumber: true),
    ])
    for call in calls {
      let at = Instant(microseconds: call.scheduledAt).isoMilliseconds
      table.add([
        String(call.id), String(at.prefix(19)), call.purpose.rawValue,
        call.target.isEmpty ? "\(call.provider):\(call.model)" : call.target,
        call.errorKind?.rawValue ?? call.finishReason?.name ?? "reply",
        call.usage.map { String($0.input) } ?? "-", call.usage.map { String($0.output) } ?? "-",
        call.cost?.shown ?? "-", time(call.firstOutput), time(call.latency),
      ])
    }
    console.write(table.text(width: console.width, style: console.output))
    return .held
  }

  private static func failed(_ run: RunRow, _ ledger: Ledger, _ limit: Int, _ console: Console) throws
    -> ExitCode
  {
    let found = try TrialReader(run, ledger: ledger).first(
      limit, outcomes: [.fail, .error], parts: .checks)
    for trial in found {
      let place = trial.test.location.map { " (\($0.file):\($0.line))" } ?? ""
      console.print(
        printable(
          "\(trial.figure.outcome == .fail ? "fail " : "error") \(trial.figure.trialID)  \(trial.caseName) [\(trial.target.label)]\(place)"
        ))
      if trial.figure.outcome == .error {
        console.print(printable("      \(trial.errorMessage ?? trial.reason ?? "")"))
      }
      for check in trial.failedChecks { console.print(printable("      \(check.type): \(check.reason)")) }
    }
    let all = run.failed + run.erred
    if found.count < all { console.print("… and \(all - found.count) more (--limit)") }
    return .held
  }

  /// - Parameter run: the one that it must be of; nil for any.
  private static func trial(
    _ text: String, of run: RunRow?, _ ledger: Ledger, _ arguments: Arguments, _ console: Console
  ) throws -> ExitCode {
    let mend = "assay show \(run?.name ?? "RUN") --failed, or -o FILE.csv of assay report, has the numbers"
    guard let id = Int64(text) else { throw UsageError("\"\(text)\" is no number of a trial", mend: mend) }
    guard let row = try ledger.trial(id) else {
      throw Problem("\(ledger.path): there is no trial \(id)", mend: mend)
    }
    if let run, row.runID != run.id {
      let own = try ledger.run(String(row.runID), counted: false).name
      throw Problem("trial \(id) is of run \(own), not of \(run.name)", mend: mend)
    }
    if arguments.has("json") {
      console.print(try TrialJSON.json(row, ledger).pretty)
      return .held
    }
    let style = console.output
    let test = try ledger.caseRow(row.slot.caseNo, of: row.runID)
    console.print(
      style.bold("trial \(id)")
        + "  \(row.outcome.rawValue)  score \(NumberText.fixed(row.score, decimals: 3))")
    if let reason = row.reason { console.print(printable("reason: \(reason)")) }
    if let test {
      console.print(
        printable(
          "case: \(test.description ?? "case \(test.no + 1)")" + (test.location.map { " (\($0))" } ?? "")))
      if !test.variables.isEmpty {
        console.print(printable("variables: \(JSON.object(test.variables).text)"))
      }
    }
    let calls = try ledger.calls(ofTrial: id)
    if let turns = ThreadText.turns(calls) {
      console.print("\n" + style.bold("turns"))
      console.write(turns.text(width: console.width, style: style))
    }
    for call in calls { try show(call, ledger, console) }
    let checks = try ledger.checks(of: id)
    if !checks.isEmpty { console.print("\n" + style.bold("checks")) }
    for check in checks { show(check, console, indent: "  ") }
    return .held
  }

  private static func show(_ check: CheckResult, _ console: Console, indent: String) {
    let mark =
      check.outcome == .pass ? console.output.green("holds") : console.output.red(check.outcome.rawValue)
    console.print("\(indent)\(mark)  \(printable("\(check.type): \(check.reason)"))")
    for component in check.components { show(component, console, indent: indent + "    ") }
  }

  private static func show(_ call: CallRow, _ ledger: Ledger, _ console: Console) throws(LedgerError) {
    let style = console.output
    let turn = call.turn.map { " turn \($0 + 1)" } ?? ""
    console.print(
      "\n" + style.bold("\(call.purpose.rawValue) call \(call.id)\(turn)")
        + printable("  \(call.target) · \(call.provider) \(call.model) · \(call.source.rawValue)"))
    if let request = try ledger.request(of: call) {
      let messages = sentMessages(of: request)
      for message in messages {
        let content = message["content"]?.string ?? message["content"]?.text ?? message.text
        console.print(printable("  \(message["role"]?.string ?? "?"): \(content)"))
      }
      if messages.isEmpty { console.print(printable("  \(request.text)")) }
    }
    if let context = call.details?["context"] {
      console.print(style.dim("  " + ThreadText.sentence(context)))
    }
    if let reply = try ledger.reply(of: call) {
      console.print(printable("  → \(reply.text.isEmpty ? reply.output.text : reply.text)"))
      for tool in reply.toolCalls { console.print(printable("  → calls \(tool.name)(\(tool.arguments))")) }
    } else if let kind = call.errorKind {
      console.print(style.red(printable("  → \(kind.rawValue): \(call.errorMessage ?? "")")))
    }
    var facts: [String] = []
    if let latency = call.latency { facts.append("latency \(durationText(Double(latency)))") }
    if let first = call.firstOutput { facts.append("TTFT \(durationText(Double(first)))") }
    facts.append("total \(durationText(Double(call.total)))")
    if let usage = call.usage { facts.append("\(usage.input) in, \(usage.output) out") }
    facts.append(call.cost.map(\.shown) ?? "cost unknown: \(call.costReason ?? "")")
    if let reason = call.finishReason { facts.append("finish \(reason.name)") }
    if let trace = call.traceID { facts.append("trace \(trace)") }
    console.print(style.dim(printable("  " + facts.joined(separator: " · "))))
    for (no, attempt) in try ledger.attempts(of: call).enumerated() {
      var line = "  attempt \(no + 1): " + (attempt.status.map { "status \($0)" } ?? "no status")
      line += ", \(durationText(Double(attempt.timings.done)))"
      if let failure = attempt.failure { line += ", \(failure.kind.rawValue): \(failure.message)" }
      if let id = attempt.requestID { line += ", request id \(id)" }
      console.print(style.dim(printable(line)))
    }
  }
}

extension LedgerFile {
  static func run(_ reference: String, in ledger: Ledger) throws(Problem) -> RunRow {
    do throws(LedgerError) { return try ledger.run(reference) } catch { throw error.problem }
  }
}
