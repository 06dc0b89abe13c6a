import Comparison
import Formats
import Ledger
import Reports
import Terminal

/// `assay trust`: what votes say of targets, and which checks and judges agree with them.
enum TrustCommand {
  static let entry = Program.Entry(
    Command(
      "trust", "what votes say of targets, and which judge agrees with people", section: "look",
      discussion: """
        Trust is the mean vote, from 0 % (all down) to 100 % (all up), with each question counted once. Cohen's kappa \
        says how far a check agrees with the votes beyond chance: 0 is chance, 1 is always.
        """,
      arguments: [Argument("RUN", "only this run; default: all votes of the ledger", isOptional: true)],
      options: [.init("json", nil, .flag, "as JSON"), LedgerFile.option],
      examples: [
        Example("assay trust", "by target, over all runs and what was asked from the shell"),
        Example("assay trust latest", "of the latest run"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let ledger = try LedgerFile.open(LedgerFile.path(arguments, console.environment))
    let run = try arguments.words.first.map { (name) throws(Problem) in
      try LedgerFile.run(name, in: ledger).id
    }
    let scores = trustScores(try ledger.votedReplies(of: run))
    let agreements = agreements(try ledger.votedChecks(of: run))
    if arguments.has("json") {
      console.print(json(scores, agreements).pretty)
      return .held
    }
    guard !scores.isEmpty else {
      console.print("nobody has voted yet; a vote: assay vote CALL up")
      return .held
    }
    var table = Table([
      .init("target", shrinksTo: 12), .init("votes", isNumber: true), .init("up", isNumber: true),
      .init("down", isNumber: true), .init("questions", isNumber: true), .init("trust", isNumber: true),
      .init("95 % CI", isNumber: true),
    ])
    for score in scores {
      table.add([
        score.label, String(score.votes), String(score.up), String(score.down), String(score.questions),
        RunText.percent(score.trust), RunText.interval(score.interval),
      ])
    }
    console.write(table.text(width: console.width, style: console.output))
    let side = SideTables.agreement(agreements)
    if !side.rows.isEmpty { console.write("\n" + RunText.table(side, console.width, console.output)) }
    if let sentence = judgeToTrust(agreements) { console.print("\n" + printable(sentence)) }
    return .held
  }

  private static func json(_ scores: [TrustScore], _ agreements: [VoteAgreement]) -> JSON {
    func number(_ value: Double?) -> JSON { value.map { JSON($0) } ?? .null }
    return [
      "targets": .array(
        scores.map { score in
          [
            "target": .string(score.label), "votes": JSON(score.votes), "up": JSON(score.up),
            "down": JSON(score.down), "questions": JSON(score.questions), "trust": JSON(score.trust),
            "interval": [number(score.interval?.lower), number(score.interval?.upper)],
          ]
        }), "agreements": .array(agreements.map(SummaryJSON.agreement)),
      "judge": judgeToTrust(agreements).map { .string($0) } ?? .null,
    ]
  }
}
