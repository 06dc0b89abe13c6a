import Formats
import Vocabulary

/// The rows of a call and its attempts.
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

  private let database: Database
  private let insertCall: Statement
  private let insertAttempt: Statement

  init(_ database: Database) throws(LedgerError) {
    self.database = database
    insertCall = try database.prepare(
      """
      INSERT INTO calls (run_id, trial_id, turn, purpose, source, target_id, model_id, served_model_id,
        request_id, reply_id, usage_id, original_call_id, finish_reason, error_kind, error_message,
        scheduled_at, total_us, wait_concurrency_us, wait_rate_us, wait_backoff_us, wait_budget_us,
        input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens,
        cost_picodollars, cost_reason_id, avoided_picodollars, possibly_billed_picodollars, is_simulated,
        trace_id, details, response_id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?)
      """)
    insertAttempt = try database.prepare(
      """
      INSERT INTO attempts (call_id, no, start_us, done_us, name_lookup_us, connect_us, tls_us,
        first_byte_us, first_event_us, first_output_us, first_visible_us, last_output_us, longest_gap_us,
        loop_lag_us, events, output_events, saw_reasoning, status, connection_reused, bytes_up, bytes_down,
        request_id, error_kind, error_message, error_details, may_be_billed)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
  }

  func write(_ record: CallRecord, _ ids: Ids, secrets: Secrets) throws(LedgerError) -> Int64 {
    let call = record.call
    let row = insertCall
    row.add(ids.run)
    row.add(ids.trial)
    row.add(record.turn)
    row.add(call.purpose.rawValue)
    row.add(call.source.rawValue)
    row.add(ids.target)
    row.add(ids.model)
    row.add(ids.servedModel)
    row.add(ids.request)
    row.add(ids.reply)
    row.add(ids.usage)
    row.add(record.originalCallID)
    row.add(call.reply?.finishReason?.name)
    row.add(call.failure?.kind.rawValue)
    row.add(call.failure.map { secrets.masked($0.message) })
    row.add(call.scheduledAt)
    row.add(call.total)
    addIfSet(call.waits.concurrency, to: row)
    addIfSet(call.waits.rate, to: row)
    addIfSet(call.waits.backoff, to: row)
    addIfSet(call.waits.budget, to: row)
    let usage = call.reply?.usage
    row.add(usage?.input)
    row.add(usage?.output)
    addIfSet(Int64(usage?.cachedInput ?? 0), to: row)
    addIfSet(Int64(usage?.cacheWrite ?? 0), to: row)
    addIfSet(Int64(usage?.reasoning ?? 0), to: row)
    row.add(call.cost?.picodollars)
    row.add(ids.costReason)
    row.add(record.avoided?.picodollars)
    addIfSet(call.possiblyBilled.picodollars, to: row)
    addIfSet(call.isSimulated ? 1 : 0, to: row)
    row.add(call.traceID)
    var details = call.reply.flatMap(ReplyCoding.details) ?? JSONObject()
    if let context = record.context { details["context"] = context }
    row.add(details.isEmpty ? nil : JSON.object(details).text)
    row.add(call.reply?.responseID)
    let id = try row.insert()
    for (no, attempt) in call.attempts.enumerated() {
      try write(attempt, no: no, callID: id, scheduledAt: call.scheduledAt, secrets: secrets)
    }
    return id
  }

  private func write(
    _ attempt: Attempt, no: Int, callID: Int64, scheduledAt: Int64, secrets: Secrets
  ) throws(LedgerError) {
    let row = insertAttempt
    let timings = attempt.timings
    row.add(callID)
    row.add(no)
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
    row.add(attempt.failure?.kind.rawValue)
    row.add(attempt.failure.map { secrets.masked($0.message) })
    row.add(attempt.failure == nil ? nil : secrets.masked(AttemptCoding.details(of: attempt)).text)
    addIfSet(attempt.mayBeBilled ? 1 : 0, to: row)
    try row.run()
  }

  /// Zero is the usual case, and null takes no room.
  private func addIfSet(_ value: Int64, to row: Statement) {
    if value == 0 { row.addNull() } else { row.add(value) }
  }
}

/// What only attempts that failed have to say.
enum AttemptCoding {
  static func details(of attempt: Attempt) -> JSON {
    var object = JSONObject()
    if let code = attempt.failure?.code { object["code"] = .string(code) }
    if let evidence = attempt.failure?.evidence { object["evidence"] = .string(evidence) }
    if let seconds = attempt.retryAfter { object["retry_after"] = JSON(seconds) }
    if let limit = attempt.rateLimit {
      let buckets = [
        ("requests", limit.requests), ("tokens", limit.tokens), ("input_tokens", limit.inputTokens),
        ("output_tokens", limit.outputTokens),
      ].filter { $0.1 != RateLimit.Bucket() }
      if !buckets.isEmpty {
        object["rate_limit"] = .object(JSONObject(buckets.map { ($0.0, bucket($0.1)) }))
      }
    }
    return .object(object)
  }

  private static func bucket(_ bucket: RateLimit.Bucket) -> JSON {
    var object = JSONObject()
    if let limit = bucket.limit { object["limit"] = JSON(limit) }
    if let remaining = bucket.remaining { object["remaining"] = JSON(remaining) }
    if let reset = bucket.reset { object["reset"] = JSON(reset) }
    return .object(object)
  }

  static func rateLimit(_ json: JSON?) -> RateLimit? {
    guard let json else { return nil }
    func bucket(_ json: JSON?) -> RateLimit.Bucket {
      RateLimit.Bucket(
        limit: json?["limit"]?.int, remaining: json?["remaining"]?.int, reset: json?["reset"]?.double)
    }
    var limit = RateLimit()
    limit.requests = bucket(json["requests"])
    limit.tokens = bucket(json["tokens"])
    limit.inputTokens = bucket(json["input_tokens"])
    limit.outputTokens = bucket(json["output_tokens"])
    return limit
  }
}
