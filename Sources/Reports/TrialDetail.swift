import Formats
import Ledger
import Vocabulary

/// One trial with what a reader wants to see of it: which case, what was said, what did not hold.
public struct TrialDetail: Sendable {
  public var figure: TrialFigureRow
  public var target: TargetRow
  public var prompt: PromptRow
  public var test: CaseRow
  public var reason: String?
  public var errorMessage: String?
  public var checks: [CheckResult]
  /// What was judged, as text; nil where there was no reply.
  public var output: String?

  /// The case as people call it: its description, else its number.
  public var caseName: String { test.description ?? "case \(test.no + 1)" }

  public var failedChecks: [CheckResult] {
    checks.filter { $0.weight > 0 && ($0.outcome == .fail || $0.outcome == .error) }
  }
}

/// Reads trials with their details, one after the other, through connections of its own.
public final class TrialReader {
  private let figures: Ledger
  private let details: Ledger
  private let run: RunRow
  private let targets: [Int64: TargetRow]
  private let prompts: [Int64: PromptRow]
  private var lastCase: CaseRow?

  public init(_ run: RunRow, ledger: Ledger) throws {
    self.run = run
    figures = ledger
    // A stream holds its connection: details are read through a second one.
    details = try Ledger(path: ledger.path)
    targets = Dictionary(uniqueKeysWithValues: try ledger.targets(of: run.id).map { ($0.id, $0) })
    prompts = Dictionary(uniqueKeysWithValues: try ledger.prompts(of: run.id).map { ($0.id, $0) })
  }

  public var hasSeveralPrompts: Bool { prompts.count > 1 }

  /// Calls the body with every trial in the suite's order; `wantsDetail` says for which checks and output are read.
  public func forEach(
    where wantsDetail: (TrialFigureRow) -> Bool = { _ in true }, _ body: (TrialDetail) throws -> Void
  ) throws {
    var failure: (any Error)?
    try figures.forEachFigure(of: run.id) { (figure) throws(LedgerError) in
      guard failure == nil, let target = targets[figure.slot.targetID],
        let prompt = prompts[figure.slot.promptID]
      else {
        return
      }
      do {
        try body(try detail(figure, target, prompt, full: wantsDetail(figure)))
      } catch let error as LedgerError {
        throw error
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private func detail(_ figure: TrialFigureRow, _ target: TargetRow, _ prompt: PromptRow, full: Bool) throws
    -> TrialDetail
  {
    if lastCase?.no != figure.slot.caseNo { lastCase = try details.caseRow(figure.slot.caseNo, of: run.id) }
    let test =
      lastCase
      ?? CaseRow(
        no: figure.slot.caseNo, key: figure.caseKey, description: nil, variables: JSONObject(),
        metadata: JSONObject(),
        location: nil)
    var detail = TrialDetail(figure: figure, target: target, prompt: prompt, test: test, checks: [])
    guard full else { return detail }
    detail.checks = try details.checks(of: figure.trialID)
    let row = try details.trial(figure.trialID)
    detail.reason = row?.reason
    detail.errorMessage = row?.errorMessage
    detail.output = try row.flatMap { row in try details.output(of: row) }
    return detail
  }
}
