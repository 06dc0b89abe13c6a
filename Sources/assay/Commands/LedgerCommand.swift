import Comparison
import Formats
import Ledger
import Reports
import Suites
import Terminal

/// `assay ledger`: looking after the file that remembers.
enum LedgerCommand {
  static let entry = Program.Entry(
    Command(
      "ledger", "look after the ledger: info, check, merge, prune, backup", section: "remember",
      subcommands: [
        Command("info", "what is in it", options: [LedgerFile.option]),
        Command("check", "whether the file is sound", options: [LedgerFile.option]),
        Command(
          "merge", "bring the runs of other ledgers into this one, and their calls of no run",
          discussion:
            "Shards of one plan become one run. Once all are there its gates are judged, and the exit code is that of "
            + "the run, had it been run whole; 3 while one is missing. Runs that are no shards were judged when they "
            + "ended: they are brought in whatever came of them.",
          arguments: [Argument("FILE", "other ledgers", repeats: true, completes: .files)],
          options: [
            .init("baseline", nil, .value("RUN"), "what regression(...) gates compare with"),
            LedgerFile.option,
          ],
          examples: [Example("assay ledger merge shard-*.sqlite", "after a sharded CI job")]),
        Command(
          "prune", "delete old runs, old calls of no run, and what only they refer to",
          options: [
            .init(
              "before", nil, .value("DATE"),
              "runs that began, and calls of no run that were made, before this day"),
            .init("keep", nil, .value("N"), "but never the latest N"), LedgerFile.option,
          ], examples: [Example("assay ledger prune --before 2026-01-01 --keep 10", "baselines always stay")]),
        Command(
          "backup", "copy it, whole and consistent, while others use it",
          arguments: [Argument("FILE", "where to", completes: .files)], options: [LedgerFile.option]),
      ]), ["info": info, "check": check, "merge": merge, "prune": prune, "backup": backup])

  private static func path(_ arguments: Arguments, _ console: Console) -> String {
    LedgerFile.path(arguments, console.environment)
  }

  private static func info(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let ledger = try LedgerFile.open(path(arguments, console))
    let info = try phrased { () throws(LedgerError) in try ledger.info() }
    console.print("\(info.path): version \(info.version), \(info.bytes) bytes")
    console.print("\(info.runs) runs, \(info.trials) trials, \(info.calls) calls")
    console.print("\(info.contents) distinct texts, \(info.contentBytes) bytes")
    if let first = info.firstRun, let last = info.lastRun { console.print("from \(first) to \(last)") }
    return .held
  }

  private static func check(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let ledger = try LedgerFile.open(path(arguments, console))
    let wrong = try phrased { () throws(LedgerError) in try ledger.check() }
    for line in wrong { console.print(printable(line)) }
    if wrong.isEmpty { console.print("the ledger is sound") }
    return wrong.isEmpty ? .held : .failed
  }

  private static func merge(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let target = path(arguments, console)
    if !File.exists(Path.folder(of: target)) { try File.createFolder(Path.folder(of: target)) }
    let report = try phrased { () throws(LedgerError) in try LedgerMerge.merge(arguments.words, into: target)
    }
    console.print(
      "\(report.added.count) runs added, \(report.joined.count) shards joined, \(report.skipped.count) were there already"
    )
    if report.calls > 0 { console.print("\(report.calls) calls of no run added") }
    for (shard, run) in report.joined.sorted(by: { $0.key < $1.key }) {
      console.print("  \(shard) is part of \(run)")
    }
    var worst = ExitCode.held
    for (name, calls) in report.outdated.sorted(by: { $0.key < $1.key }) {
      console.note(
        "run \(printable(name)) has gone on since it was merged: \(calls) calls are not here; "
          + "merge into a new ledger, or prune the run here first")
      worst = .erred
    }
    for name in report.ofParts.sorted() {
      let code = try await judge(name, target, baseline: arguments.value("baseline"), console)
      if code.rank > worst.rank { worst = code }
    }
    return worst
  }

  /// The verdict on a run that was put together from its parts.
  private static func judge(
    _ name: String, _ path: String, baseline: String?, _ console: Console
  ) async throws -> ExitCode {
    let ledger = try LedgerFile.open(path)
    let run = try phrased { () throws(LedgerError) in try ledger.run(name) }
    let missing = try phrased { () throws(LedgerError) in try ledger.missingShards(of: run) }
    guard missing.isEmpty else {
      let parts = missing.map(String.init).joined(separator: ", ")
      console.note("run \(name) is not whole: of \(run.shard?.count ?? 0) parts these are missing: \(parts)")
      return .erred
    }
    if run.state != .done {
      console.note("run \(name) is not whole: a part of it was not run to its end")
      return .erred
    }
    let specs = try phrased { () throws(LedgerError) in try ledger.gates(of: run.id) }.map { gate in
      var spec = GateSpec(expression: gate.expression)
      spec.target = gate.target
      spec.location = gate.location
      return spec
    }
    let gates = try RunGates(specs)
    var base: RunArms?
    if gates.needBaseline, let baseline {
      let row = try phrased { () throws(LedgerError) in try ledger.run(baseline) }
      base = try RunArms(of: row, in: ledger, label: "baseline \(row.name)")
    }
    let recorder = try phrased { () throws(LedgerError) in try Recorder(path: path, create: false) }
    let verdicts = try await gates.judge(run.id, ledgerPath: path, baseline: base, recorder: recorder)
    await recorder.close()
    let summary = try RunSummary(of: try ledger.run(name), in: ledger)
    console.write(RunText.text(summary, width: console.width, style: console.output))
    return ExitCode(of: summary, verdicts)
  }

  private static func prune(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let keep = try arguments.integer("keep", atLeast: 0)
    guard arguments.has("before") || keep != nil else {
      throw UsageError("nothing says what to delete", mend: "give --before DATE, --keep N, or both")
    }
    if let day = arguments.value("before"),
      Instant(rfc3339: day.count == 10 ? day + "T00:00:00Z" : day) == nil
    {
      throw UsageError("--before takes a day, not \"\(day)\"", mend: "such as 2026-01-31")
    }
    let gone = try phrased { () throws(LedgerError) in
      try LedgerUpkeep.prune(path(arguments, console), before: arguments.value("before"), keeping: keep ?? 0)
    }
    var said: [String] = []
    if !gone.runs.isEmpty { said.append("\(gone.runs.count) runs: \(gone.runs.joined(separator: ", "))") }
    if gone.calls > 0 { said.append("\(gone.calls) calls of no run") }
    console.print(said.isEmpty ? "nothing to delete" : "deleted \(said.joined(separator: "; and "))")
    return .held
  }

  private static func backup(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    try phrased { () throws(LedgerError) in
      try LedgerUpkeep.backup(path(arguments, console), to: arguments.words[0])
    }
    console.print("copied to \(arguments.words[0])")
    return .held
  }

  private static func phrased<Value>(_ body: () throws(LedgerError) -> Value) throws(Problem) -> Value {
    do throws(LedgerError) { return try body() } catch { throw error.problem }
  }
}
