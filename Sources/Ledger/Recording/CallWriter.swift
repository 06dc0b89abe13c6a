import Formats
import Vocabulary

/// The row of a call with the attempt that succeeded, and those of the attempts that failed.
struct CallWriter {
  /// What the row refers to.
  struct Ids {
    var run: Int64?
    var trial: Int64?
    var target: Int64?
    var model: Int64
    var servedModel: Int64?
    var request: Int64?
    var reply: Int64?
    var usage: Int64?
    var costReason: Int64?
  }

  private let insertCall: Statement
  private let insertFailed: Statement

  init(_ database: Database) throws(LedgerError) {
    insertCall = try database.prepare(
      """
      INSERT INTO calls (run_id, trial_id, turn, purpose, source, target_id, model_id, served_model_id,
        request_id, reply_id, usage_id, original_call_id, finish_reason, error_kind, error_message,
        scheduled_at, total_us, wait_concurrency_us, wait_rate_us, wait_backoff_us, wait_budget_us,
        input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens,
        cost_picodollars, cost_reason_id, avoided_picodollars, possibly_billed_picodollars, is_simulated,
        trace_id, details, response_id, attempts, \(AttemptCoding.columns))
      VALUES (\(Self.callPlaces))
      """)
    insertFailed = try database.prepare(
      """
      INSERT INTO failed_attempts (call_id, no, error_kind, error_message, error_details, may_be_billed,
        \(AttemptCoding.columns))
      VALUES (\(Self.places(6 + AttemptCoding.columnCount)))
      """)
  }

  /// The call whose reply was used again may have been pruned since, and its number given to another.
  private static var callPlaces: String {
    (1...35 + AttemptCoding.columnCount).map { number in
      number == 12
        ? "CASE WHEN ?12 IS NULL THEN NULL ELSE (SELECT id FROM calls WHERE id = ?12 AND request_id IS ?9) END"
        : "?\(number)"
    }.joined(separator: ", ")
  }

  private static func places(_ count: Int) -> String {
    [String](repeating: "?", count: count).joined(separator: ", ")
  }

  func write(
    _ record: CallRecord, _ reply: Reply?, _ ids: Ids, secrets: Secrets
  ) throws(LedgerError) -> Int64 {
    let row = insertCall
    row.add(ids.run)
    row.add(ids.trial)
    row.add(record.turn)
    row.add(record.call.purpose.rawValue)
    row.add(record.call.source.rawValue)
    row.add(ids.target)
    row.add(ids.model)
    row.add(ids.servedModel)
    row.add(ids.request)
    row.add(ids.reply)
    row.add(ids.usage)
    row.add(record.originalCallID)
    row.add(reply?.finishReason?.name)
    row.add(record.call.failure?.kind.rawValue)
    row.add(record.call.failure.map { secrets.masked($0.message) })
    row.add(record.call.scheduledAt)
    row.add(record.call.total)
    addIfSet(record.call.waits.concurrency, to: row)
    addIfSet(record.call.waits.rate, to: row)
    addIfSet(record.call.waits.backoff, to: row)
    addIfSet(record.call.waits.budget, to: row)
    let usage = reply?.usage
    row.add(usage?.input)
    row.add(usage?.output)
    addIfSet(Int64(usage?.cachedInput ?? 0), to: row)
    addIfSet(Int64(usage?.cacheWrite ?? 0), to: row)
    addIfSet(Int64(usage?.reasoning ?? 0), to: row)
    row.add(record.call.cost?.picodollars)
    row.add(ids.costReason)
    row.add(record.avoided?.picodollars)
    addIfSet(record.call.possiblyBilled.picodollars, to: row)
    addIfSet(record.call.isSimulated ? 1 : 0, to: row)
    if let trace = record.call.traceID.flatMap(Hex.bytes) {
      row.add(blob: trace)
    } else {
      row.addNull()
    }
    var details = reply.flatMap(ReplyCoding.details) ?? JSONObject()
    if let context = record.context { details["context"] = context }
    let unsure = record.call.possiblyBilledTokens
    if unsure > 0 { details["possibly_billed_tokens"] = JSON(unsure) }
    row.add(details.isEmpty ? nil : JSON.object(details).text)
    row.add(reply?.responseID)
    row.add(record.call.attempts.count)
    let succeeded = record.call.attempts.last.flatMap { $0.failure == nil ? $0 : nil }
    if let succeeded {
      add(succeeded, scheduledAt: record.call.scheduledAt, to: row)
    } else {
      for _ in 0..<AttemptCoding.columnCount { row.addNull() }
    }
    let id = try row.insert()
    let failed = succeeded == nil ? record.call.attempts[...] : record.call.attempts.dropLast()
    for (no, attempt) in failed.enumerated() {
      try write(attempt, no: no, callID: id, scheduledAt: record.call.scheduledAt, secrets: secrets)
    }
    return id
  }

  private func write(
    _ attempt: Attempt, no: Int, callID: Int64, scheduledAt: Int64, secrets: Secrets
  ) throws(LedgerError) {
    var attempt = attempt
    attempt.mapTexts(secrets.masked, cut: secrets.masked)
    let row = insertFailed
    row.add(callID)
    row.add(no)
    row.add(attempt.failure?.kind.rawValue)
    row.add(attempt.failure?.message)
    row.add(attempt.failure == nil ? nil : AttemptCoding.details(of: attempt).text)
    addIfSet(attempt.mayBeBilled ? 1 : 0, to: row)
    add(attempt, scheduledAt: scheduledAt, to: row)
    try row.run()
  }

  /// In the order of `AttemptCoding.columns`.
  private func add(_ attempt: Attempt, scheduledAt: Int64, to row: Statement) {
    let timings = attempt.timings
    row.add(attempt.startedAt - scheduledAt)
    row.add(timings.done)
    row.add(timings.nameLookup)
    row.add(timings.connect)
    row.add(timings.tls)
    row.add(timings.firstByte)
    row.add(timings.firstEvent)
    row.add(timings.firstOutput)
    row.add(timings.firstVisible)
    row.add(timings.lastOutput)
    row.add(timings.longestGap)
    row.add(timings.loopLag)
    addIfSet(Int64(timings.eventCount), to: row)
    addIfSet(Int64(timings.outputEventCount), to: row)
    addIfSet(timings.sawReasoning ? 1 : 0, to: row)
    row.add(attempt.status)
    row.add(attempt.connectionReused)
    row.add(attempt.bytesUp)
    row.add(attempt.bytesDown)
    row.add(attempt.requestID)
  }

  /// Zero is the usual case, and null takes no room.
  private func addIfSet(_ value: Int64, to row: Statement) {
    if value == 0 { row.addNull() } else { row.add(value) }
  }
}
