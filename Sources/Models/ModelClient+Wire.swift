import Formats
import Vocabulary
import Wire

extension ModelClient {
  func attemptOverWire(
    _ call: PreparedCall, timeouts: HTTPTimeouts, occasion: SimulatedOccasion?, trace: TraceID?,
    onText: (@Sendable (String) -> Void)?, watcher: (any AnswerWatcher)?
  ) async -> AttemptOutcome {
    var question = call.question
    question.onText = onText
    var request = HTTPRequest(
      method: call.wire.method, url: call.wire.url, headers: call.wire.headers,
      body: call.wire.bodyBytes ?? call.wire.body?.bytes ?? Array((call.wire.rawBody ?? "").utf8))
    request.timeouts = timeouts
    request.watcher = watcher
    if call.isSimulated, let occasion { request.headers += occasion.headers }
    if let trace, call.takesTrace { request.headers.append(("traceparent", trace.parent)) }
    var reader: (any StreamOutcome)?
    if call.streams {
      let made = question.endpoint.api.streamReader(question)
      request.framing = question.endpoint.api.streamsLines ? .lines(made) : .serverSentEvents(made)
      reader = made
    }
    let exchange = await http.send(request)
    reader?.endText()
    return ExchangeReading.outcome(exchange, stream: exchange.isStream ? reader : nil, question)
  }
}

/// From what the wire says happened to what it means. Pure, so that every case can be tried without a wire.
enum ExchangeReading {
  static func outcome(
    _ exchange: HTTPExchange, stream: (any StreamOutcome)?, _ question: Question
  ) -> AttemptOutcome {
    let result = stream.map { read($0, exchange, question) } ?? read(exchange, question)
    var told: Usage?
    if case .failure = result { told = stream?.usage.flatMap { usage($0, question) } }
    return outcome(
      exchange, result: result, stream: stream, usage: told, redaction: question.endpoint.redaction)
  }

  /// Puts together what was read and what the wire knows, and keeps the request's secrets out of both.
  static func outcome(
    _ exchange: HTTPExchange, result: Result<Reply, Failure>, stream: (any StreamOutcome)? = nil,
    usage: Usage? = nil, redaction: Redaction
  ) -> AttemptOutcome {
    let headers = ReplyHeaders(exchange.headers, now: exchange.startedAtWallClock)
    let limits = headers.limits
    var attempt = attempt(exchange, limits)
    attempt.requestID = headers.requestID.map(redaction.text)
    stream?.stamps.fill(&attempt.timings)
    switch result {
    case .success(var reply):
      reply.requestID = attempt.requestID
      if reply.serviceTier == nil { reply.serviceTier = headers.serviceTier }
      if reply.reportedCost == nil, let cost = headers.cost { reply.reportedCost = reportedCost(cost) }
      redaction.clean(&reply)
      return AttemptOutcome(attempt: attempt, result: .success(reply))
    case .failure(var failure):
      redaction.clean(&failure)
      failure.shouldRetry = limits.shouldRetry
      if failure.kind == .rateLimited || failure.kind == .overloaded || failure.kind == .server {
        attempt.retryAfter =
          limits.retryAfter ?? retryInfo(exchange.body) ?? WaitText.named(in: failure.message)
      }
      attempt.failure = failure
      attempt.usage = usage
      attempt.mayBeBilled = mayBeBilled(exchange, failure, stream)
      return AttemptOutcome(attempt: attempt, result: .failure(failure))
    }
  }

  private static func reportedCost(_ dollars: String) -> Money? {
    Money(roundingDollars: dollars).flatMap { $0 > .zero ? $0 : nil }
  }

  /// A service that answered with an error charged nothing; one that fell silent may have.
  private static func mayBeBilled(
    _ exchange: HTTPExchange, _ failure: Failure, _ stream: (any StreamOutcome)?
  ) -> Bool {
    if let error = exchange.error { return error.bodySent && (exchange.status.map { $0 < 300 } ?? true) }
    guard let status = exchange.status, (200..<300).contains(status) else { return exchange.status == 504 }
    // An error event before any output is a refusal to work; after it, work was done. What can't be read may have been
    // output.
    if let stream, stream.failure != nil {
      return stream.stamps.firstOutput != nil || failure.kind == .malformed
    }
    // What a filter removed was written first.
    return failure.kind == .truncated || failure.kind == .malformed || failure.kind == .refused
  }

  private static func read(
    _ stream: any StreamOutcome, _ exchange: HTTPExchange, _ question: Question
  ) -> Result<Reply, Failure> {
    if let failure = stream.failure {
      let isBare = failure.evidence == nil && !exchange.body.isEmpty
      return .failure(isBare ? failure.with(evidence: ErrorReading.evidence(exchange.body)) : failure)
    }
    // What ended as promised is whole, however the connection ended after it.
    if stream.stamps.end == nil, let error = exchange.error {
      return .failure(TransportFailure.failure(error, exchange))
    }
    guard stream.isWhole else {
      if let told = ErrorReading.toldOutsideEvents(exchange.body) { return .failure(told) }
      return .failure(
        Failure(
          .truncated, "the stream ended without its end mark", status: exchange.status,
          evidence: ErrorReading.evidence(exchange.body)))
    }
    guard let whole = stream.whole() else {
      return .failure(
        Failure(
          .malformed, "the text of the stream is not UTF-8", status: exchange.status,
          evidence: ErrorReading.evidence(exchange.body)))
    }
    return question.endpoint.api.read(whole, question)
      .mapError { $0.evidence == nil ? $0.with(evidence: ErrorReading.evidence(exchange.body)) : $0 }
  }

  private static func read(_ exchange: HTTPExchange, _ question: Question) -> Result<Reply, Failure> {
    if let error = exchange.error { return .failure(TransportFailure.failure(error, exchange)) }
    let status = exchange.status ?? 0
    guard (200..<300).contains(status) else {
      return .failure(
        TransportFailure.redirect(exchange)
          ?? ErrorReading.failure(status: status, body: exchange.body, contentType: contentType(exchange)))
    }
    let json: JSON
    do {
      json = try JSON(parsing: exchange.body)
    } catch {
      return .failure(
        Failure(
          .malformed, TransportFailure.notJSON(exchange.body, contentType(exchange), error), status: status,
          evidence: ErrorReading.evidence(exchange.body)))
    }
    return question.endpoint.api.read(json, question).mapError {
      var failure = $0
      failure.status = failure.status ?? status
      if failure.evidence == nil { failure.evidence = ErrorReading.evidence(exchange.body) }
      return failure
    }
  }

  private static func contentType(_ exchange: HTTPExchange) -> String {
    exchange.headers["content-type"] ?? ""
  }

  private static func attempt(_ exchange: HTTPExchange, _ limits: LimitHeaders) -> Attempt {
    var timings = Timings(done: exchange.timings.done)
    timings.nameLookup = exchange.timings.nameLookup
    timings.connect = exchange.timings.connect
    timings.tls = exchange.timings.tls
    timings.firstByte = exchange.timings.firstByte
    timings.loopLag = exchange.loopLag
    var attempt = Attempt(startedAt: exchange.startedAtWallClock, timings: timings)
    attempt.status = exchange.status
    attempt.connectionReused = exchange.connectionReused
    attempt.bytesUp = exchange.bytesUp
    attempt.bytesDown = exchange.bytesDown
    attempt.rateLimit = limits.rateLimit
    attempt.retryAfter = limits.retryAfter
    return attempt
  }

  /// Google writes the wait into the error: `{"@type": ".../RetryInfo", "retryDelay": "46s"}`.
  private static func retryInfo(_ body: [UInt8]) -> Double? {
    guard let json = try? JSON(parsing: body) else { return nil }
    let error = (json.array?.first ?? json)["error"]
    for detail in error?["details"]?.array ?? [] {
      if let delay = detail["retryDelay"]?.string { return WaitText.goDuration(delay) }
    }
    return (error?["metadata"]?["headers"]?["Retry-After"]?.string).flatMap(Double.init)
  }

  private static func usage(_ raw: JSON, _ question: Question) -> Usage? {
    switch question.endpoint.api {
    case .anthropicMessages: UsageReading.anthropic(raw)
    case .gemini: UsageReading.gemini(raw)
    case .ollamaChat, .ollamaGenerate: UsageReading.ollama(raw, inputEstimate: question.inputEstimate)
    default: UsageReading.openAI(raw)
    }
  }
}

/// What the wire's errors mean for a call.
enum TransportFailure {
  static func failure(_ error: HTTPError, _ exchange: HTTPExchange) -> Failure {
    let evidence = exchange.body.isEmpty ? nil : ErrorReading.evidence(exchange.body)
    return Failure(
      kind(error, exchange), error.message, status: exchange.status, code: error.kind.rawValue,
      evidence: evidence)
  }

  private static func kind(_ error: HTTPError, _ exchange: HTTPExchange) -> ErrorKind {
    switch error.kind {
    case .unavailable, .invalidRequest: .config
    case .nameLookup, .connect, .tls: .connection
    case .timeout: .timeout
    // Once a reply had begun, a connection that breaks has cut it short.
    case .reset: exchange.status == nil ? .connection : .truncated
    case .truncated: .truncated
    case .tooLarge, .badEncoding, .protocolError: .malformed
    case .cancelled: .cancelled
    }
  }

  static func redirect(_ exchange: HTTPExchange) -> Failure? {
    guard let status = exchange.status, (300..<400).contains(status) else { return nil }
    let place = exchange.headers["location"].map { " to \(AddressText.withoutSecrets($0))" } ?? ""
    return Failure(
      .config, "the service redirects\(place); set the base URL to where it redirects", status: status)
  }

  static func notJSON(_ body: [UInt8], _ contentType: String, _ error: JSONError) -> String {
    if body.isEmpty { return "the reply is empty" }
    if ErrorReading.looksLikeHTML(body) { return "the reply is an HTML page, not JSON" }
    return "the reply is not JSON (\(contentType.isEmpty ? "no content type" : contentType)): \(error)"
  }
}
