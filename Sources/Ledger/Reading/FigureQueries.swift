import Formats
import Vocabulary

/// A trial in numbers alone, its calls taken together: what comparisons, gates and reports count.
public struct TrialFigureRow: Sendable {
  public var trialID: Int64
  public var slot: Slot
  public var caseKey: Int64
  public var outcome: Outcome
  public var score: Double
  public var errorKind: ErrorKind?
  /// Microseconds since 1970 UTC.
  public var startedAt: Int64
  public var total: Microseconds
  public var namedScores: [String: Double]
  public var isFallback = false
  /// Nil where no function was called or wanted.
  public var functionCalls: FunctionCallOutcome?

  /// What the trial's own calls cost; unknown prices are counted, not taken for 0.
  public var cost: Money = .zero
  public var callsOfUnknownCost = 0
  public var judgeCost: Money = .zero
  public var judgeCallsOfUnknownCost = 0
  public var avoided: Money = .zero
  public var possiblyBilled: Money = .zero
  public var inputTokens = 0
  public var outputTokens = 0
  public var cachedInputTokens = 0
  public var reasoningTokens = 0
  public var callsWithUsage = 0
  public var calls = 0
  public var judgeCalls = 0
  public var attempts = 0
  public var isSimulated = false
  /// Of the last of its own calls whose reply came over the wire.
  public var latency: Microseconds?
  public var timeToFirstToken: Microseconds?
  public var timePerOutputToken: Double?
  public var source: CallSource?
  /// Content of the last own reply: equal numbers are equal replies.
  public var replyID: Int64?
  public var finishReason: FinishReason?
  public var waits = Waits()
  public var loopLag: Microseconds = 0

  /// The last of its own calls, by number.
  var lastCall: Int64 = 0

  /// Nil where any price is unknown: a sum that leaves calls out is no sum.
  public var knownCost: Money? { callsOfUnknownCost == 0 ? cost : nil }
}

extension Ledger {
  /// The group that a case belongs to, by its number: `metadata.cluster` in the suite. Empty where no case names one.
  public func clusters(of run: Int64) throws(LedgerError) -> [Int: String] {
    try metadata("cluster", of: run)
  }

  /// One entry of the cases' metadata as text, by the number of the case.
  public func metadata(_ key: String, of run: Int64) throws(LedgerError) -> [Int: String] {
    try read { (connection) throws(LedgerError) in
      // Members stand in the order of their names: most cases begin with the last, and are not searched.
      let statement = try connection.statement(
        """
        SELECT no, body -> '$.metadata' ->> ?1 FROM cases JOIN contents ON contents.id = content_id
        WHERE run_id = ?2 AND NOT body GLOB '{"variables":*' AND instr(body, '"metadata":') AND body -> '$.metadata' ->> ?1 IS NOT NULL
        """)
      statement.add(key)
      statement.add(run)
      defer { statement.reset() }
      var found: [Int: String] = [:]
      while try statement.step() { found[statement.int(0)] = statement.text(1) }
      return found
    }
  }
}
