import Formats
import Ledger
import Terminal

/// `assay vote` and `assay baseline`: what people say of replies, and which run others are held against.
enum FeedbackCommands {
  static let vote = Program.Entry(
    Command(
      "vote", "feedback on a reply", section: "remember",
      arguments: [
        Argument("ID", "number of the call or, with --trial, of the trial; with --import: a file of votes"),
        Argument("VOTE", "up, down, or a number from -1 to 1", isOptional: true),
      ],
      options: [
        .init("comment", "c", .value("TEXT"), "why"), .init("voter", nil, .value("NAME"), "who"),
        .init("trial", nil, .flag, "ID is a trial: its last reply is meant"),
        .init("import", nil, .flag, "read {call|trial, vote, comment, voter} from JSONL or CSV"),
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
    let path = LedgerFile.path(arguments, console.environment)
    let ledger = try LedgerFile.open(path)
    var votes: [(call: Int64, value: Double, comment: String?, voter: String?)] = []
    if arguments.has("import") {
      votes = try imported(arguments.words[0], ledger)
    } else {
      guard arguments.words.count == 2 else {
        throw UsageError("assay vote needs VOTE", mend: "up, down, or a number from -1 to 1")
      }
      guard let id = Int64(arguments.words[0]) else {
        throw UsageError("\"\(arguments.words[0])\" is no number of a call")
      }
      let call = arguments.has("trial") ? try lastCall(of: id, ledger) : id
      votes = [(call, try value(arguments.words[1]), arguments.value("comment"), arguments.value("voter"))]
    }
    let recorder: Recorder
    do throws(LedgerError) {
      for vote in votes where try ledger.call(vote.call) == nil {
        throw LedgerError(.notFound, path: path, detail: "there is no call \(vote.call)")
      }
      recorder = try Recorder(path: path, create: false)
      for vote in votes {
        _ = try await recorder.vote(
          call: vote.call, value: vote.value, comment: vote.comment, voter: vote.voter)
      }
    } catch { throw error.problem }
    await recorder.close()
    console.print(votes.count == 1 ? "recorded" : "\(votes.count) votes recorded")
    return .held
  }

  private static func lastCall(of trial: Int64, _ ledger: Ledger) throws -> Int64 {
    guard let call = try ledger.calls(ofTrial: trial).last(where: { $0.purpose == .trial }) else {
      throw Problem("there is no trial \(trial) with a reply")
    }
    return call.id
  }

  private static func value(_ text: String) throws -> Double {
    switch text.lowercased() {
    case "up", "+1", "1", "good": return 1
    case "down", "-1", "bad": return -1
    default:
      guard let number = Double(text), (-1...1).contains(number) else {
        throw UsageError("a vote is up, down, or a number from -1 to 1, not \"\(text)\"")
      }
      return number
    }
  }

  private static func imported(_ path: String, _ ledger: Ledger) throws -> [(
    call: Int64, value: Double, comment: String?, voter: String?
  )] {
    var rows: [JSON] = []
    let text = try File.readText(path)
    if path.hasSuffix(".csv") {
      var lines = text.split(separator: "\n", omittingEmptySubsequences: true).map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
      let header = lines.isEmpty ? [] : lines.removeFirst()
      rows = lines.map { .object(JSONObject(zip(header, $0).map { ($0, .string($1)) })) }
    } else {
      for (number, line) in text.split(separator: "\n").enumerated() {
        do { rows.append(try JSON(parsing: String(line))) } catch {
          throw Problem("not JSON: \(error)", at: SourceLocation(file: path, line: number + 1, column: 1))
        }
      }
    }
    return try rows.enumerated().map { number, row in
      let place = SourceLocation(file: path, line: number + 1, column: 1)
      func id(_ key: String) -> Int64? {
        row[key]?.int.map(Int64.init) ?? row[key]?.string.flatMap { Int64($0) }
      }
      guard let call = try id("call") ?? id("trial").map({ try lastCall(of: $0, ledger) }) else {
        throw Problem("a vote names its \"call\" or its \"trial\"", at: place)
      }
      guard let vote = row["vote"] ?? row["value"] else { throw Problem("a vote has a \"vote\"", at: place) }
      return (call, try value(vote.string ?? vote.text), row["comment"]?.string, row["voter"]?.string)
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
