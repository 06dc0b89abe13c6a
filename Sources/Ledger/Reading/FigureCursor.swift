import Formats
import Vocabulary

/// Which trials of a run are read.
public struct TrialFilter: Sendable {
  public var target: Int64?
  public var prompt: Int64?
  /// All where empty.
  public var outcomes: [Outcome]
  /// By its number: this trial alone.
  public var trial: Int64?
  /// Whether the figures tell the key of their case, which takes two look-ups more.
  var isKeyed = true

  public init(
    target: Int64? = nil, prompt: Int64? = nil, outcomes: [Outcome] = [], trial: Int64? = nil
  ) {
    self.target = target
    self.prompt = prompt
    self.outcomes = outcomes
    self.trial = trial
  }

  /// Ids are numbers and outcomes words of ours: nothing in it has to be quoted. With a plus the order of the index
  /// stands; without it SQLite sorts.
  fileprivate var sql: String {
    var sql = ""
    if let target { sql += " AND +trials.target_id = \(target)" }
    if let prompt { sql += " AND +trials.prompt_id = \(prompt)" }
    if let trial { sql += " AND trials.id = \(trial)" }
    if !outcomes.isEmpty {
      sql += " AND outcome IN (" + outcomes.map { "'\($0.rawValue)'" }.joined(separator: ", ") + ")"
    }
    return sql
  }
}

/// Puts the figures of one trial after the other together from rows of trials and calls.
struct FigureCursor {
  private let statement: Statement
  private let run: Int64
  private var hasRow = false
  private var finishReason = LastText<FinishReason>()
  private var errorKind = LastText<ErrorKind>()
  private var reason = LastText<String>()
  private var errorMessage = LastText<String>()
  /// Texts that come with the figures.
  struct Texts {
    var reason: String?
    var errorMessage: String?
    var outputID: Int64?
  }
  private(set) var texts = Texts()

  init(_ run: Int64, _ filter: TrialFilter, _ connection: Ledger.Connection) throws(LedgerError) {
    self.run = run
    statement = try connection.statement(Self.select(filter))
  }

  /// From here on the trials of these cases.
  mutating func begin(_ cases: ClosedRange<Int>) throws(LedgerError) {
    statement.reset()
    statement.add(run)
    statement.add(cases.lowerBound)
    statement.add(cases.upperBound)
    hasRow = try statement.step()
  }

  /// The trial and its calls follow the order of their indexes, so that nothing is sorted. The order of calls is not
  /// asked for: `addCall` looks at their numbers.
  private static func select(_ filter: TrialFilter) -> String {
    """
    SELECT trials.id, trials.run_id, trials.case_no, trials.prompt_id, trials.target_id, repetition,
      \(filter.isKeyed ? "cases.key" : "0"),
      outcome, score, trials.error_kind, trials.started_at, trials.total_us, named_scores, metadata, trials.reason,
      calls.id, purpose, source, reply_id, input_tokens, output_tokens, cached_input_tokens,
      reasoning_tokens, cost_picodollars, avoided_picodollars, possibly_billed_picodollars, is_simulated,
      finish_reason, calls.attempts, calls.done_us, first_output_us, last_output_us, saw_reasoning,
      loop_lag_us, wait_concurrency_us, wait_rate_us, wait_backoff_us,
      wait_budget_us, trials.error_message, trials.output_id
    FROM trials
    \(filter.isKeyed ? "JOIN cases ON cases.run_id = trials.run_id AND cases.no = trials.case_no" : "")
    LEFT JOIN calls ON calls.trial_id = trials.id
    WHERE trials.run_id = ? AND trials.case_no BETWEEN ? AND ? AND outcome IS NOT NULL\(filter.sql)
    ORDER BY trials.case_no, trials.prompt_id, trials.target_id, repetition
    """
  }

  /// The figures of the next trial, or nil at the end.
  mutating func next() throws(LedgerError) -> TrialFigureRow? {
    guard hasRow else { return nil }
    var figure = start()
    repeat {
      if !statement.isNull(15) { addCall(statement.integer(15), to: &figure) }
      hasRow = try statement.step()
    } while hasRow && statement.integer(0) == figure.trialID
    return figure
  }

  private mutating func start() -> TrialFigureRow {
    let row = statement
    var figure = TrialFigureRow(
      trialID: row.integer(0),
      slot: Slot(
        caseNo: row.int(2), promptID: row.integer(3), targetID: row.integer(4), repetition: row.int(5)),
      caseKey: row.integer(6), outcome: row.outcome(7) ?? .error, score: row.double(8),
      errorKind: errorKind.value(row, 9, ErrorKind.init(rawValue:)), startedAt: row.integer(10),
      total: row.integer(11), namedScores: [:])
    if !row.isNull(12) {
      for (name, score) in row.optionalJSON(12)?.object ?? JSONObject() {
        figure.namedScores[name] = score.double
      }
    }
    if !row.isNull(13), let metadata = row.optionalJSON(13) {
      figure.isFallback = metadata["fallback"].map { !$0.isNull } ?? false
      figure.functionCalls = metadata["function_calls"].flatMap(FunctionCallOutcome.init)
    }
    texts = Texts(
      reason: reason.value(row, 14) { $0 }, errorMessage: errorMessage.value(row, 38) { $0 },
      outputID: row.optionalInteger(39))
    return figure
  }

  private mutating func addCall(_ id: Int64, to figure: inout TrialFigureRow) {
    let row = statement
    let hasReply = !row.isNull(18)
    figure.avoided += row.optionalMoney(24) ?? .zero
    figure.possiblyBilled += row.optionalMoney(25) ?? .zero
    if row.bool(26) { figure.isSimulated = true }
    figure.attempts += row.int(28)
    let cost = row.optionalMoney(23)
    guard row.holds("trial", in: 16) else {
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
    guard id > figure.lastCall else { return }
    figure.lastCall = id
    figure.replyID = row.optionalInteger(18)
    figure.source = row.holds("network", in: 17) ? .network : CallSource(rawValue: row.text(17))
    figure.finishReason = finishReason.value(row, 27, FinishReason.init(name:))
    figure.loopLag = max(figure.loopLag, row.integer(33))
    addTimes(to: &figure)
  }

  /// Of the attempt that succeeded, where the reply came over the wire; else those of an earlier reply stay.
  private func addTimes(to figure: inout TrialFigureRow) {
    let row = statement
    guard figure.replyID != nil, figure.source == .network, !row.isNull(29) else { return }
    figure.latency = row.integer(29)
    figure.timeToFirstToken = row.optionalInteger(30)
    guard !row.isNull(19) else { return figure.timePerOutputToken = nil }
    var timings = Timings(done: row.integer(29))
    timings.firstOutput = row.optionalInteger(30)
    timings.lastOutput = row.optionalInteger(31)
    timings.sawReasoning = row.bool(32)
    var usage = Usage(input: row.int(19), output: row.int(20))
    usage.reasoning = row.int(22)
    figure.timePerOutputToken = timings.timePerOutputToken(usage)
  }
}
