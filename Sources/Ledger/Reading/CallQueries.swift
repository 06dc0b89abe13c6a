import Formats
import Vocabulary

extension Ledger {
  /// The calls of a trial in the order they were made: its own and its judges'.
  public func calls(ofTrial trial: Int64) throws(LedgerError) -> [CallRow] {
    try rows(Self.selectCalls + " WHERE calls.trial_id = ? ORDER BY calls.id", trial, Self.call)
  }

  public func call(_ id: Int64) throws(LedgerError) -> CallRow? {
    try rows(Self.selectCalls + " WHERE calls.id = ?", id, Self.call).first
  }

  /// Calls the body with every call of a run, or of the whole ledger, of one purpose or of all; nothing is gathered. The
  /// body must not query the ledger that calls it.
  public func forEachCall(
    of run: Int64? = nil, purpose: CallPurpose? = nil, _ body: (CallRow) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    try forEachCall(after: 0, of: run, purpose, since: nil, isLatestFirst: false, limit: nil, body)
  }

  /// The latest first; of one purpose, or of all.
  public func latestCalls(_ limit: Int, of purpose: CallPurpose?) throws(LedgerError) -> [CallRow] {
    var found: [CallRow] = []
    try forEachCall(after: 0, of: nil, purpose, since: nil, isLatestFirst: true, limit: limit) {
      found.append($0)
    }
    return found
  }

  /// Up to so many calls after one, in the order of their numbers; of one run or of all, of one purpose or of all, scheduled
  /// since then (microseconds since 1970 UTC). For those who ask more about each.
  public func calls(
    after last: Int64, of run: Int64? = nil, purpose: CallPurpose? = nil, since: Int64? = nil, limit: Int
  ) throws(LedgerError) -> [CallRow] {
    var found: [CallRow] = []
    try forEachCall(after: last, of: run, purpose, since: since, isLatestFirst: false, limit: limit) {
      found.append($0)
    }
    return found
  }

  private func forEachCall(
    after last: Int64, of run: Int64?, _ purpose: CallPurpose?, since: Int64?, isLatestFirst: Bool,
    limit: Int?, _ body: (CallRow) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement(
        Self.selectCalls + """
           WHERE calls.id > ?1 AND (?2 IS NULL OR calls.run_id = ?2) AND (?3 IS NULL OR purpose = ?3)
          AND (?4 IS NULL OR scheduled_at >= ?4) ORDER BY calls.id \(isLatestFirst ? "DESC" : "") LIMIT ?5
          """)
      statement.add(last)
      statement.add(run)
      statement.add(purpose?.rawValue)
      statement.add(since)
      statement.add(limit ?? -1)
      defer { statement.reset() }
      while try statement.step() { try body(Self.call(statement)) }
    }
  }

  /// When the first call was scheduled, of one purpose or of all, in microseconds since 1970 UTC; nil where there is none.
  public func firstCallAt(of purpose: CallPurpose? = nil) throws(LedgerError) -> Int64? {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement(
        "SELECT min(scheduled_at) FROM calls" + (purpose == nil ? "" : " WHERE purpose = ?"))
      if let purpose { statement.add(purpose.rawValue) }
      defer { statement.reset() }
      return try statement.step() ? statement.optionalInteger(0) : nil
    }
  }

  /// What each run is called, which suite it was of, and how it was tagged.
  public func runTags() throws(LedgerError) -> [Int64: (name: String, suite: String?, tags: JSON)] {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement("SELECT id, name, suite_file, tags FROM runs")
      var found: [Int64: (name: String, suite: String?, tags: JSON)] = [:]
      while try statement.step() {
        found[statement.integer(0)] = (statement.text(1), statement.optionalText(2), statement.json(3))
      }
      return found
    }
  }

  /// What was sent, whole.
  public func request(of call: CallRow) throws(LedgerError) -> JSON? {
    try call.requestID.map { (id) throws(LedgerError) in try contentJSON(id) }
  }

  /// What came back; nil where the call failed.
  public func reply(of call: CallRow) throws(LedgerError) -> Reply? {
    guard let id = call.replyID else { return nil }
    var reply = ReplyCoding.reply(
      content: try contentJSON(id), details: call.details, responseID: call.responseID, usage: call.usage)
    reply.finishReason = call.finishReason
    if reply.rawFinishReason == nil { reply.rawFinishReason = call.finishReason?.name }
    reply.model = call.servedModel
    reply.serviceTier = call.serviceTier
    reply.systemFingerprint = call.systemFingerprint
    if let usage = call.usageID { reply.rawUsage = try contentJSON(usage) }
    reply.requestID = call.succeeded?.requestID
    return reply
  }

  public func attempts(of call: CallRow) throws(LedgerError) -> [Attempt] {
    try read { (connection) throws(LedgerError) in try Self.attempts(of: call, connection) }
  }

  private static func attempts(of call: CallRow, _ connection: Connection) throws(LedgerError) -> [Attempt] {
    var attempts = try failedAttempts(of: call, connection)
    if let succeeded = call.succeeded { attempts.append(succeeded) }
    return attempts
  }

  private static func failedAttempts(
    of call: CallRow, _ connection: Connection
  ) throws(LedgerError) -> [Attempt] {
    if call.attemptCount == (call.succeeded == nil ? 0 : 1) { return [] }
    let statement = try connection.statement(
      """
      SELECT error_kind, error_message, error_details, may_be_billed, \(AttemptCoding.columns)
      FROM failed_attempts WHERE call_id = ? ORDER BY no
      """)
    statement.add(call.id)
    defer { statement.reset() }
    var attempts: [Attempt] = []
    while try statement.step() { attempts.append(failedAttempt(statement, scheduledAt: call.scheduledAt)) }
    return attempts
  }

  /// The calls of a trial with every attempt, in the order they were made.
  static func tracedCalls(of trial: Int64, _ connection: Connection) throws(LedgerError) -> [TracedCall] {
    let statement = try connection.statement(selectCalls + " WHERE calls.trial_id = ? ORDER BY calls.id")
    statement.add(trial)
    defer { statement.reset() }
    var calls: [TracedCall] = []
    while try statement.step() { calls.append(TracedCall(call: call(statement), attempts: [])) }
    for place in calls.indices { calls[place].attempts = try attempts(of: calls[place].call, connection) }
    return calls
  }

  private static func failedAttempt(_ row: Statement, scheduledAt: Int64) -> Attempt {
    var attempt = AttemptCoding.attempt(row, 4, scheduledAt: scheduledAt)
    attempt.mayBeBilled = row.bool(3)
    if let kind = row.optionalText(0).flatMap(ErrorKind.init(rawValue:)) {
      let details = row.optionalJSON(2)
      attempt.failure = Failure(
        kind, row.text(1), status: attempt.status, code: details?["code"]?.string,
        evidence: details?["evidence"]?.string)
      attempt.retryAfter = details?["retry_after"]?.double
      attempt.rateLimit = AttemptCoding.rateLimit(details?["rate_limit"])
    }
    return attempt
  }

  public func votes(of call: Int64) throws(LedgerError) -> [VoteRow] {
    try rows(
      "SELECT id, call_id, value, comment, voter, voted_at FROM votes WHERE call_id = ? ORDER BY id", call
    ) { row in
      VoteRow(
        id: row.integer(0), callID: row.integer(1), value: row.double(2), comment: row.optionalText(3),
        voter: row.optionalText(4), votedAt: row.text(5))
    }
  }

  static let selectCalls = """
    SELECT calls.id, calls.run_id, trial_id, turn, purpose, source, target_id, targets.label,
      models.provider, models.name, served_models.name, service_tier, system_fingerprint,
      calls.request_id, reply_id, usage_id, original_call_id, finish_reason,
      calls.error_kind, calls.error_message, scheduled_at, calls.total_us,
      wait_concurrency_us, wait_rate_us, wait_backoff_us, wait_budget_us,
      input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens,
      cost_picodollars, cost_reasons.reason, avoided_picodollars, possibly_billed_picodollars,
      is_simulated, trace_id, details, response_id, attempts, \(AttemptCoding.columns)
    FROM calls
    JOIN models ON models.id = model_id
    LEFT JOIN targets ON targets.id = target_id
    LEFT JOIN served_models ON served_models.id = served_model_id
    LEFT JOIN cost_reasons ON cost_reasons.id = cost_reason_id
    """

  static func call(_ row: Statement) -> CallRow {
    var waits = Waits()
    waits.concurrency = row.integer(22)
    waits.rate = row.integer(23)
    waits.backoff = row.integer(24)
    waits.budget = row.integer(25)
    var usage: Usage?
    if let input = row.optionalInt(26), let output = row.optionalInt(27) {
      usage = Usage(input: input, output: output)
      usage?.cachedInput = row.int(28)
      usage?.cacheWrite = row.int(29)
      usage?.reasoning = row.int(30)
    }
    let source = CallSource(rawValue: row.text(5)) ?? .network
    let succeeded =
      row.isNull(40) ? nil : AttemptCoding.attempt(row, 40, scheduledAt: row.integer(20))
    return CallRow(
      id: row.integer(0), runID: row.optionalInteger(1), trialID: row.optionalInteger(2),
      turn: row.optionalInt(3), purpose: CallPurpose(rawValue: row.text(4)) ?? .trial, source: source,
      targetID: row.optionalInteger(6), target: row.text(7), provider: row.text(8), model: row.text(9),
      servedModel: row.optionalText(10).flatMap { $0.isEmpty ? nil : $0 },
      serviceTier: row.optionalText(11).flatMap { $0.isEmpty ? nil : $0 },
      systemFingerprint: row.optionalText(12).flatMap { $0.isEmpty ? nil : $0 },
      requestID: row.optionalInteger(13), replyID: row.optionalInteger(14), usageID: row.optionalInteger(15),
      originalCallID: row.optionalInteger(16),
      finishReason: row.optionalText(17).map(FinishReason.init(name:)),
      errorKind: row.optionalText(18).flatMap(ErrorKind.init(rawValue:)), errorMessage: row.optionalText(19),
      scheduledAt: row.integer(20), total: row.integer(21), waits: waits, usage: usage,
      cost: row.optionalMoney(31), costReason: row.optionalText(32), avoided: row.optionalMoney(33),
      possiblyBilled: row.optionalMoney(34) ?? .zero, isSimulated: row.bool(35),
      traceID: row.isNull(36) ? nil : Hex.text(row.bytes(36)), details: row.optionalJSON(37),
      responseID: row.optionalText(38), attemptCount: row.int(39), succeeded: succeeded)
  }

  /// Which of several recorded replies to equal requests a trial takes: its own.
  public struct OwnReply: Sendable {
    var target: String
    var repetition: Int
    var caseKey: Int64
    var turn: Int?

    public init(target: String, repetition: Int, caseKey: Int64, turn: Int?) {
      self.target = target
      self.repetition = repetition
      self.caseKey = caseKey
      self.turn = turn
    }
  }

  /// A recorded reply to exactly this request, with its call: the cache. The latest that the same target gave to the same
  /// repetition, of the same case where there is one; else one that another target gave.
  ///
  /// - Parameters:
  ///   - skipping: leaves out that many of those that are nobody's own, so that repetitions get replies of their own.
  ///   - maskedCase: the request holds what is masked in the ledger, so that those of other cases only look equal.
  public func recorded(
    canonicalRequest bytes: [UInt8], provider: String, own: OwnReply? = nil, skipping: Int = 0,
    maskedCase: Int64? = nil
  ) throws(LedgerError) -> (call: CallRow, reply: Reply)? {
    guard let content = try contentID(of: bytes) else { return nil }
    let found = try read { (connection) throws(LedgerError) -> CallRow? in
      func first(_ condition: String, _ order: String, _ add: (Statement) -> Void) throws(LedgerError)
        -> CallRow?
      {
        let statement = try connection.statement(
          Self.selectCalls + """
             WHERE calls.request_id = ? AND \(Self.isReply) AND models.provider = ?
            AND (?3 IS NULL OR \(Self.caseKey) = ?3) AND \(condition) ORDER BY \(order)
            """)
        statement.add(content)
        statement.add(provider)
        statement.add(maskedCase)
        add(statement)
        defer { statement.reset() }
        return try statement.step() ? Self.call(statement) : nil
      }
      if let own {
        let found = try first(
          """
          calls.id IN (\(Self.latest)) AND targets.label = ?4
          AND (SELECT repetition FROM trials WHERE trials.id = calls.trial_id) = ?5
          """,
          "\(Self.caseKey) = ?6 DESC, calls.turn IS ?7 DESC, calls.id DESC LIMIT 1"
        ) {
          $0.add(own.target)
          $0.add(own.repetition)
          $0.add(own.caseKey)
          $0.add(own.turn)
        }
        if let found { return found }
      }
      return try first("(?4 IS NULL OR targets.label IS NOT ?4)", "calls.id LIMIT 1 OFFSET ?5") {
        $0.add(own?.target)
        $0.add(skipping)
      }
    }
    guard let found, let reply = try reply(of: found) else { return nil }
    return (found, reply)
  }

  /// Not one that was used again itself.
  private static let isReply = "reply_id IS NOT NULL AND source IN ('network', 'local', 'batch')"

  /// Where thousands ask the same, not all of them are read each time.
  private static let latest =
    "SELECT id FROM calls WHERE request_id = ?1 AND \(isReply) ORDER BY id DESC LIMIT 1000"

  /// Of the case for which a call was made.
  private static let caseKey = """
    (SELECT cases.key FROM trials JOIN cases ON cases.run_id = trials.run_id AND cases.no = trials.case_no
    WHERE trials.id = calls.trial_id)
    """

  /// The number of a text that is looked up by what it says, where it is known.
  func contentID(of bytes: [UInt8]) throws(LedgerError) -> Int64? {
    var hash = SHA256.leadingNumbers(of: bytes).first
    return try read { (connection) throws(LedgerError) in
      let find = try connection.statement(ContentWriter.findHash)
      while true {
        find.add(Int64(bitPattern: hash))
        let found = try find.step() ? find.integer(0) : nil
        find.reset()
        guard let found else { return nil }
        if try Self.content(found, connection) == bytes { return found }
        hash &+= 1
      }
    }
  }
}
