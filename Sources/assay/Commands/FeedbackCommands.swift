import Formats
import Ledger
import Terminal

/// `assay vote` and `assay baseline`: what people say of replies, and which run others are held against.
enum FeedbackCommands {
  static let vote = Program.Entry(
    Command(
      "vote", "feedback on a reply", section: "remember",
      discussion: """
        Votes count in every report of a run that has the reply. Of a voter with a name only the latest vote on a \
        reply counts. assay trust takes them together.
        """,
      arguments: [
        Argument(
          "ID", "number of the call or, with --trial, of the trial; with --import: a file of votes",
          completes: .files),
        Argument("VOTE", "up, down, or a number from -1 to 1", isOptional: true),
      ],
      options: [
        .init("comment", "c", .value("TEXT"), "why"), .init("voter", nil, .value("NAME"), "who"),
        .init("trial", nil, .flag, "ID is a trial: its last reply is meant"),
        .init(
          "import", nil, .flag,
          "read {call|trial, vote, comment, voter} from JSONL or CSV; all of them are recorded, or none"),
        LedgerFile.option,
      ],
      examples: [
        Example("assay vote 17 up --comment \"kind and short\"", "one vote"),
        Example("assay vote votes.jsonl --import", "many"),
      ]), runVote)

  static let baseline = Program.Entry(
    Command(
      "baseline", "the run that others are held against", section: "remember",
      subcommands: [
        Command(
          "set", "make a run the baseline", arguments: [Argument("RUN", "a run, or latest")],
          options: [
            .init("name", nil, .value("NAME"), "its name; default: its suite and branch"),
            .init("note", nil, .value("TEXT"), "why"), LedgerFile.option,
          ],
          examples: [
            Example(
              "assay baseline set latest",
              "then: regression(...) gates, and assay compare --baseline, find it by suite and branch"),
            Example("assay baseline set latest --name release-3", "then: assay compare release-3 latest"),
          ]),
        Command("list", "all baselines", options: [LedgerFile.option]),
      ]), ["set": setBaseline, "list": listBaselines])

  private static func runVote(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    if arguments.has("import") {
      if arguments.words.count > 1 {
        throw UsageError("--import takes the votes from the file, not \"\(arguments.words[1])\"")
      }
      for name in ["comment", "voter", "trial"] where arguments.has(name) {
        throw UsageError("--\(name) is for one vote; with --import the file says it, vote by vote")
      }
    }
    let path = LedgerFile.path(arguments, console.environment)
    let ledger = try LedgerFile.open(path)
    let votes =
      arguments.has("import")
      ? try VoteImport.read(arguments.words[0], ledger) : [try single(arguments, ledger, path)]
    do throws(LedgerError) {
      let recorder = try Recorder(path: path, create: false)
      try await recorder.record(votes)
      await recorder.close()
    } catch { throw error.problem }
    console.print(votes.count == 1 ? "recorded" : "\(votes.count) votes recorded")
    return .held
  }

  private static func single(_ arguments: Arguments, _ ledger: Ledger, _ path: String) throws -> VoteRecord {
    guard arguments.words.count == 2 else {
      throw UsageError("assay vote needs VOTE", mend: "up, down, or a number from -1 to 1")
    }
    guard let id = Int64(arguments.words[0]) else {
      throw UsageError(
        "\"\(arguments.words[0])\" is no number of a call", mend: "to read votes from a file: --import")
    }
    guard let value = vote(arguments.words[1]) else {
      throw UsageError("a vote is up, down, or a number from -1 to 1, not \"\(arguments.words[1])\"")
    }
    var call: Int64? = id
    if arguments.has("trial") {
      call = try lastCall(of: id, ledger)
    } else if try ledger.call(id) == nil {
      call = nil
    }
    guard let call else {
      throw Problem(
        arguments.has("trial")
          ? "there is no trial \(id) with a reply in \(path)" : "there is no call \(id) in \(path)")
    }
    return VoteRecord(
      call: call, value: value, comment: arguments.value("comment"), voter: arguments.value("voter"))
  }

  static func lastCall(of trial: Int64, _ ledger: Ledger) throws -> Int64? {
    try ledger.calls(ofTrial: trial).last { $0.purpose == .trial && $0.replyID != nil }?.id
  }

  /// Nil where it is no vote.
  static func vote(_ text: String) -> Double? {
    switch text.lowercased() {
    case "up", "+1", "1", "good": 1
    case "down", "-1", "bad": -1
    default: Double(text).flatMap { (-1...1).contains($0) ? $0 : nil }
    }
  }

  private static func setBaseline(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let path = LedgerFile.path(arguments, console.environment)
    let run = try LedgerFile.run(arguments.words[0], in: try LedgerFile.open(path))
    let name = arguments.value("name") ?? BaselineNames.standard(run)
    do throws(LedgerError) {
      let recorder = try Recorder(path: path, create: false)
      try await recorder.setBaseline(name, run: run.id, note: arguments.value("note"))
      await recorder.close()
    } catch { throw error.problem }
    console.print("\(name) is run \(run.name)")
    return .held
  }

  private static func listBaselines(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let ledger = try LedgerFile.open(LedgerFile.path(arguments, console.environment))
    var table = Table([.init("name"), .init("run"), .init("set at"), .init("note", shrinksTo: 10)])
    for row in try ledger.baselines() { table.add([row.name, row.run, row.setAt, row.note ?? ""]) }
    console.write(table.text(width: console.width, style: console.output))
    return .held
  }
}
