import Formats
import Ledger
import Vocabulary

/// One trial with what a reader wants to see of it: which case, what was said, what did not hold.
public struct TrialDetail: Sendable {
  public var trial: TrialInFull
  public var target: TargetRow
  public var prompt: PromptRow

  public var figure: TrialFigureRow { trial.figure }
  public var test: CaseRow { trial.test }
  public var reason: String? { trial.reason }
  public var errorMessage: String? { trial.errorMessage }
  public var checks: [CheckResult] { trial.checks }
  /// What was judged, as text; nil where there was no reply.
  public var output: String? { trial.output }

  /// The case as people call it: its description, else its number.
  public var caseName: String { test.description ?? "case \(test.no + 1)" }

  public var failedChecks: [CheckResult] {
    checks.filter { $0.weight > 0 && ($0.outcome == .fail || $0.outcome == .error) }
  }
}

/// Reads the trials of a run with their details, in the suite's order.
public struct TrialReader: Sendable {
  private let ledger: Ledger
  private let run: RunRow
  private let targets: [Int64: TargetRow]
  private let prompts: [Int64: PromptRow]

  public init(_ run: RunRow, ledger: Ledger) throws {
    self.run = run
    self.ledger = ledger
    targets = Dictionary(
      try ledger.targets(of: run.id).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    prompts = Dictionary(
      try ledger.prompts(of: run.id).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Calls the body with every trial, one after the other; `parts` says what is read beside its figures.
  public func forEach(
    _ filter: TrialFilter = TrialFilter(),
    parts: @escaping @Sendable (TrialFigureRow) -> TrialParts = { _ in [.checks, .output] },
    _ body: (TrialDetail) throws -> Void
  ) throws {
    try forEachPart(filter, parts: parts, empty: [], add: { $0.append($1) }) { (details: [TrialDetail]) in
      for detail in details { try body(detail) }
    }
  }

  /// Makes something of the trials on several threads, a hundred or so at a time, each from `empty`; the body gets it in
  /// order.
  public func forEachPart<Part: Sendable>(
    _ filter: TrialFilter = TrialFilter(),
    parts: @escaping @Sendable (TrialFigureRow) -> TrialParts = { _ in [.checks, .output] },
    empty: Part, add: @escaping @Sendable (inout Part, TrialDetail) -> Void, _ body: (Part) throws -> Void
  ) throws {
    try ledger.forEachPart(of: run.id, filter, parts: parts, empty: empty) { part, trial in
      guard let target = targets[trial.figure.slot.targetID],
        let prompt = prompts[trial.figure.slot.promptID]
      else { return }
      add(&part, TrialDetail(trial: trial, target: target, prompt: prompt))
    } _: { part in
      try body(part)
    }
  }

  /// The first trials that ended so, in the suite's order.
  public func first(
    _ count: Int, outcomes: [Outcome], parts: TrialParts = [.checks, .output]
  ) throws -> [TrialDetail] {
    struct Enough: Error {}
    var found: [TrialDetail] = []
    guard count > 0 else { return [] }
    do {
      try forEach(TrialFilter(outcomes: outcomes), parts: { _ in parts }) { trial in
        found.append(trial)
        if found.count == count { throw Enough() }
      }
    } catch is Enough {}
    return found
  }
}
