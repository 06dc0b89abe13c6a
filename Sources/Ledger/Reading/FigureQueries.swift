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
  public var finishReason: FinishReason?
  public var waits = Waits()
  public var loopLag: Microseconds = 0

  /// Nil where any price is unknown: a sum that leaves calls out is no sum.
  public var knownCost: Money? { callsOfUnknownCost == 0 ? cost : nil }
}

extension Ledger {
  /// Calls the body with the figures of every trial of a run that has ended, by case, prompt, target and
  /// repetition; nothing is gathered. The body must not query the ledger that calls it.
  public func forEachFigure(
    of run: Int64, _ body: (TrialFigureRow) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement(Self.selectFigures)
      statement.add(run)
      defer { statement.reset() }
      var current: TrialFigureRow?
      while try statement.step() {
        let id = statement.integer(0)
        if current?.trialID != id {
          if let finished = current { try body(finished) }
          current = Self.figure(statement)
        }
        if !statement.isNull(15) { Self.add(statement, to: &current) }
      }
      if let finished = current { try body(finished) }
    }
  }

  private static let selectFigures = """
    SELECT trials.id, trials.run_id, trials.case_no, trials.prompt_id, trials.target_id, repetition, cases.key,
      outcome, score, trials.error_kind, trials.started_at, trials.total_us, named_scores,
      metadata ->> '$.fallback', NULL,
      calls.id, purpose, source, reply_id IS NOT NULL, input_tokens, output_tokens, cached_input_tokens,
      reasoning_tokens, cost_picodollars, avoided_picodollars, possibly_billed_picodollars, is_simulated,
      finish_reason, last.no, last.done_us, last.first_output_us, last.last_output_us, last.saw_reasoning,
      last.loop_lag_us, wait_concurrency_us, wait_rate_us, wait_backoff_us, wait_budget_us
    FROM trials
    JOIN cases ON cases.run_id = trials.run_id AND cases.no = trials.case_no
    LEFT JOIN calls ON calls.trial_id = trials.id
    LEFT JOIN attempts AS last ON last.call_id = calls.id
      AND last.no = (SELECT max(no) FROM attempts WHERE attempts.call_id = calls.id)
    WHERE trials.run_id = ? AND outcome IS NOT NULL
    ORDER BY trials.case_no, trials.prompt_id, trials.target_id, repetition, calls.id
    """

  private static func figure(_ row: Statement) -> TrialFigureRow {
    var scores: [String: Double] = [:]
    if !row.isNull(12) {
      for (name, score) in row.optionalJSON(12)?.object ?? JSONObject() { scores[name] = score.double }
    }
    var figure = TrialFigureRow(
      trialID: row.integer(0),
      slot: Slot(
        caseNo: row.int(2), promptID: row.integer(3), targetID: row.integer(4), repetition: row.int(5)),
      caseKey: row.integer(6), outcome: Outcome(rawValue: row.text(7)) ?? .error, score: row.double(8),
      errorKind: row.optionalText(9).flatMap(ErrorKind.init(rawValue:)), startedAt: row.integer(10),
      total: row.integer(11), namedScores: scores)
    figure.isFallback = !row.isNull(13)
    return figure
  }

  private static func add(_ row: Statement, to current: inout TrialFigureRow?) {
    guard var figure = current else { return }
    defer { current = figure }
    let isOwn = row.text(16) == CallPurpose.trial.rawValue
    let hasReply = row.bool(18)
    figure.attempts += row.isNull(28) ? 0 : row.int(28) + 1
    figure.avoided += row.optionalMoney(24) ?? .zero
    figure.possiblyBilled += row.optionalMoney(25) ?? .zero
    if row.bool(26) { figure.isSimulated = true }
    let cost = row.optionalMoney(23)
    guard isOwn else {
      figure.judgeCalls += 1
      figure.judgeCost += cost ?? .zero
      if cost == nil, hasReply { figure.judgeCallsOfUnknownCost += 1 }
      return
    }
    figure.calls += 1
    figure.cost += cost ?? .zero
    if cost == nil, hasReply { figure.callsOfUnknownCost += 1 }
    if !row.isNull(19) {
      figure.callsWithUsage += 1
      figure.inputTokens += row.int(19)
      figure.outputTokens += row.int(20)
      figure.cachedInputTokens += row.int(21)
      figure.reasoningTokens += row.int(22)
    }
    figure.waits.concurrency += row.integer(34)
    figure.waits.rate += row.integer(35)
    figure.waits.backoff += row.integer(36)
    figure.waits.budget += row.integer(37)
    figure.loopLag = max(figure.loopLag, row.integer(33))
    figure.source = CallSource(rawValue: row.text(17))
    figure.finishReason = row.optionalText(27).map(FinishReason.init(name:))
    guard hasReply, figure.source == .network, !row.isNull(29) else { return }
    figure.latency = row.integer(29)
    figure.timeToFirstToken = row.optionalInteger(30)
    var timings = Timings(done: row.integer(29))
    timings.firstOutput = row.optionalInteger(30)
    timings.lastOutput = row.optionalInteger(31)
    timings.sawReasoning = row.bool(32)
    var usage = Usage(input: row.int(19), output: row.int(20))
    usage.reasoning = row.int(22)
    figure.timePerOutputToken = row.isNull(19) ? nil : timings.timePerOutputToken(usage)
  }

  /// The group that a case belongs to, by its number: `metadata.cluster` in the suite. Empty where no case names one.
  public func clusters(of run: Int64) throws(LedgerError) -> [Int: String] {
    try metadata("cluster", of: run)
  }

  /// One entry of the cases' metadata as text, by the number of the case.
  public func metadata(_ key: String, of run: Int64) throws(LedgerError) -> [Int: String] {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement(
        """
        SELECT no, body -> '$.metadata' ->> ?1 FROM cases JOIN contents ON contents.id = content_id
        WHERE run_id = ?2 AND body -> '$.metadata' ->> ?1 IS NOT NULL
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
