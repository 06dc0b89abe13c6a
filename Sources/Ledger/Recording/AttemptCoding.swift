import Formats
import Vocabulary

/// How attempts are kept.
enum AttemptCoding {
  /// The same in `calls`, for the attempt that succeeded, and in `failed_attempts`.
  static let columns = """
    start_us, done_us, name_lookup_us, connect_us, tls_us, first_byte_us, first_event_us, first_output_us,
    first_visible_us, last_output_us, longest_gap_us, loop_lag_us, events, output_events, saw_reasoning,
    status, connection_reused, bytes_up, bytes_down, service_request_id
    """
  static let columnCount = 20

  /// From `columns`, beginning at this one.
  static func attempt(_ row: Statement, _ first: Int32, scheduledAt: Int64) -> Attempt {
    var timings = Timings(done: row.integer(first + 1))
    timings.nameLookup = row.optionalInteger(first + 2)
    timings.connect = row.optionalInteger(first + 3)
    timings.tls = row.optionalInteger(first + 4)
    timings.firstByte = row.optionalInteger(first + 5)
    timings.firstEvent = row.optionalInteger(first + 6)
    timings.firstOutput = row.optionalInteger(first + 7)
    timings.firstVisible = row.optionalInteger(first + 8)
    timings.lastOutput = row.optionalInteger(first + 9)
    timings.longestGap = row.optionalInteger(first + 10)
    timings.loopLag = row.integer(first + 11)
    timings.eventCount = row.int(first + 12)
    timings.outputEventCount = row.int(first + 13)
    timings.sawReasoning = row.bool(first + 14)
    var attempt = Attempt(startedAt: scheduledAt + row.integer(first), timings: timings)
    attempt.status = row.optionalInt(first + 15)
    attempt.connectionReused = row.bool(first + 16)
    attempt.bytesUp = row.int(first + 17)
    attempt.bytesDown = row.int(first + 18)
    attempt.requestID = row.optionalText(first + 19)
    return attempt
  }

  /// What only attempts that failed have to say.
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
