import Comparison
import Formats
import Ledger
import Models
import Reports
import Runs
import Simulator
import Suites
import Templates
import Terminal
import Wire

/// `assay run`: read the suites, ask, judge, gate, report.
enum RunCommand {
  static let entry = Program.Entry(
    Command(
      "run", "replay suites, judge, gate, report", section: "evaluate",
      discussion: """
        Every case is asked of every target with every prompt, and each reply is judged by its checks. All calls \
        are recorded in the ledger as they come back: an interrupted run goes on with --resume and asks nothing \
        twice.
        """,
      arguments: SuiteOptions.arguments,
      options: [
        .init(
          "output", "o", .list("FILE"),
          "write a report; its ending decides: .junit.xml .md .html .json .jsonl .csv", completes: .files),
        .init("jobs", "j", .value("N"), "calls in flight for each key; default: what the service bears"),
        .init(
          "simulate", nil, .flag, "ask simulated models in place of all targets: a rehearsal without cost"),
        .init(
          "faults", nil, .value("LIST"),
          "with --simulate: what goes wrong how often: 500=0.1,429-requests=0.2"),
        .init("speed", nil, .value("FACTOR"), "with --simulate: how many times faster than real time (1)"),
        .init("cache", nil, .flag, "use recorded replies again where the request is the same"),
        .init("replay", nil, .flag, "use the ledger only: no network, no key; a miss is an error"),
        .init("refresh", nil, .flag, "ask judges anew, whatever is recorded"),
        .init("resume", nil, .flag, "go on with the latest run of this suite that was interrupted"),
        .init("run", nil, .value("RUN"), "with --resume: this run"),
        .init("retry-errors", nil, .flag, "with --resume: ask again what erred"),
        .init("budget", nil, .value("USD"), "stop before this much is spent"),
        .init(
          "rate", nil, .value("N[/s|/min]"),
          "an open loop: begin so many trials a second; stages: 10/s@30s,50/s@2min"),
        .init("poisson", nil, .flag, "with --rate: as independent users would, at random"),
        .init("drop", nil, .flag, "with --rate: drop what can't begin on time instead of letting it wait"),
        .init("max-time", nil, .value("SECONDS"), "stop asking after so long"),
        .init(
          "stop-when-sure", nil, .flag,
          "cases in random order, and no more once every gate and who passes more is decided"),
        .init(
          "margin", nil, .value("X"), "with --stop-when-sure: differences below this do not matter (0.05)"),
        .init("fail-fast", nil, .flag, "stop at the first trial that does not pass"),
        .init("gate", "g", .list("EXPR"), "a condition on the run, such as 'lower(pass_rate) >= 0.9'"),
        .init(
          "baseline", nil, .value("RUN"),
          "what regression(...) gates compare with; default: the suite's baseline on this branch or main"),
        .init("name", nil, .value("NAME"), "name of the run"),
        .init("quiet", "q", .flag, "only the result"),
        .init("json", nil, .flag, "the result as JSON on standard output"),
        .init("json-events", nil, .flag, "what happens as it happens, one JSON object a line"),
        .init("no-ci", nil, .flag, "write no annotations and summaries for the CI system"),
        LedgerFile.option,
      ] + WireOptions.all + SuiteOptions.all,
      examples: [
        Example("assay run suites/quickstart.yaml", "no key needed: the models are simulated"),
        Example("assay run suite.yaml -o out.junit.xml -o out.md --gate 'pass_rate >= 0.95'", "in CI"),
        Example("assay run suite.yaml --simulate", "rehearse a suite: same shape, no cost"),
        Example(
          "assay run suite.yaml --stop-when-sure --margin 0.05", "ask only until it is clear who is better"),
        Example(
          "assay run suite.yaml --simulate --faults 500=0.2,reset-mid-stream=0.1", "rehearse a bad day"),
        Example("assay run suite.yaml --resume", "after Ctrl-C, a crash or an empty budget"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let session = try await RunSession(arguments, console)
    return try await session.execute()
  }
}
