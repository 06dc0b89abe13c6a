import Formats
import Terminal

/// `assay grade`: judge replies that came from elsewhere.
enum GradeCommand {
  static let entry = Program.Entry(
    Command(
      "grade", "judge replies that came from elsewhere; only judges are asked", section: "evaluate",
      discussion: """
        Each row of the file is a reply: {"output": "...", "target": "...", "case_no": 0} or with "vars" in place of \
        a number; without either, rows and cases go in order. In a suite without tests each row is a case, judged by \
        the checks of defaultTest. Rows of assay report -o x.jsonl and of promptfoo's results are read as they are. \
        latency_ms, ttft_ms, cost, input_tokens, output_tokens, finish_reason, tool_calls, logprobs and metadata are \
        there for the checks that need them. A case without a reply is an error.
        """,
      arguments: SuiteOptions.arguments,
      options: [
        .init(
          "outputs", nil, .value("FILE"), "the replies: .jsonl, .json (a list) or .csv", completes: .files),
        .init(
          "output", "o", .list("FILE"),
          "write a report; its ending decides: .junit.xml .md .html .json .jsonl .csv", completes: .files),
        .init("jobs", "j", .value("N"), "calls of judges in flight for each key"),
        .init("simulate", nil, .flag, "ask simulated judges"),
        .init("replay", nil, .flag, "verdicts of judges from the ledger only; a miss is an error"),
        .init("refresh", nil, .flag, "ask judges anew, whatever is recorded"),
        .init("budget", nil, .value("USD"), "stop before judges cost this much"),
        .init("gate", "g", .list("EXPR"), "a condition on the run, such as 'lower(pass_rate) >= 0.9'"),
        .init("baseline", nil, .value("RUN"), "what regression(...) gates compare with"),
        .init("name", nil, .value("NAME"), "name of the run"),
        .init("quiet", "q", .flag, "only the result"),
        .init("json", nil, .flag, "the result as JSON on standard output"),
        .init("json-events", nil, .flag, "what happens as it happens, one JSON object a line"),
        .init("no-ci", nil, .flag, "write no annotations and summaries for the CI system"),
        WireOptions.caFile, LedgerFile.option,
      ] + SuiteOptions.all.filter { !["target", "prompt", "repeat", "filter-targets"].contains($0.long) },
      examples: [
        Example(
          "assay grade suite.yaml --outputs replies.jsonl", "one reply a line, in the order of the cases"),
        Example(
          "assay report -o replies.jsonl && assay grade stricter.yaml --outputs replies.jsonl", "other checks"
        ),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    guard let outputs = arguments.value("outputs") else {
      throw UsageError("assay grade needs --outputs FILE", mend: "see: assay grade --help")
    }
    return try await RunSession(arguments, console, grading: outputs).execute()
  }
}
