import CCurl
import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One request under way: what it was, what has come of it so far, and who waits for it.
// @unchecked Sendable: made by the task that sends; from `EventLoop.submit` on touched by the event-loop
// thread only, until `finish` resumes the continuation.
final class Transfer: @unchecked Sendable {
  private(set) var request: HTTPRequest
  var continuation: UnsafeContinuation<HTTPExchange, Never>?
  var submittedAt: Int64 = 0
  var isCancelled = false
  /// Nil before it has begun and after it has ended.
  var easy: EasyHandle?
  /// The socket that was last opened for it, while it is not connected yet.
  private var connecting: Int32 = -1
  /// Place among the loop's active transfers.
  var index: Int?

  private var clock: LoopClock?
  private var exchange = HTTPExchange()
  /// Monotonic nanoseconds.
  private var startedAt: Int64 = 0
  private var hopStartedAt: Int64 = 0
  private var lastByteAt: Int64 = 0
  private var finishedAt: Int64?
  private var hops = 0
  private var timesSent = 0
  private var headersAreOver = false
  private var reading = Reading.undecided
  private var bodyBytes = 0
  /// Why a callback stopped the transfer.
  private var abort: HTTPError?

  private enum Reading {
    case undecided
    /// whole, unless the first bytes look like server-sent events
    case sniffing
    case whole
    case events(SSEParser, any EventReceiver)
    case lines(LineParser, any EventReceiver)
  }

  init(_ request: HTTPRequest) { self.request = request }

  func start(_ clock: LoopClock) {
    self.clock = clock
    startedAt = clock.now
    hopStartedAt = startedAt
    exchange.startedAt = startedAt
    exchange.startedAtWallClock = Instant.now().microseconds
    exchange.loopLag = max(0, startedAt - submittedAt) / 1000
  }

  // MARK: Bytes

  private func stamp(_ clock: LoopClock) -> Int64 {
    let lag = clock.lag / 1000
    if lag > exchange.loopLag { exchange.loopLag = lag }
    lastByteAt = max(clock.arrival, startedAt)
    return (lastByteAt - startedAt) / 1000
  }

  /// One header line; false to stop the transfer.
  func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    guard let clock else { return false }
    let at = stamp(clock)
    if !headersAreOver, line.starts(with: "HTTP/".utf8) {
      exchange.headers.block.removeAll(keepingCapacity: true)
      exchange.status = Self.status(in: line)
      exchange.timings.headers = at
      return true
    }
    if line.first == 0x0D || line.first == 0x0A {
      guard !headersAreOver, let status = exchange.status, status >= 200 else { return true }
      headersAreOver = true
      return decideReading(status)
    }
    guard exchange.headers.block.count + line.count <= 1 << 18 else {
      return stop(.tooLarge, "the headers of the answer are larger than 256 KiB")
    }
    exchange.headers.block.append(contentsOf: line)
    return true
  }

  private static func status(in line: UnsafeRawBufferPointer) -> Int? {
    guard let space = line.firstIndex(of: 0x20), line.count >= space + 4 else { return nil }
    var status = 0
    for digit in line[(space + 1)..<(space + 4)] {
      guard (0x30...0x39).contains(digit) else { return nil }
      status = status * 10 + Int(digit - 0x30)
    }
    return status
  }

  private func decideReading(_ status: Int) -> Bool {
    let isSuccess = (200..<300).contains(status)
    let length = exchange.headers["content-length"]
    if let length, length.utf8.count > 18, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return stopTooLarge()
    }
    let type = exchange.headers["content-type"].map(MediaType.init) ?? .none
    switch request.framing {
    case .serverSentEvents(let receiver) where isSuccess && (type == .eventStream || type == .none):
      reading = .events(SSEParser(maxEventBytes: request.maxEventBytes), receiver)
    case .serverSentEvents where isSuccess && type == .other:
      reading = .sniffing
    case .lines(let receiver) where isSuccess && type != .document:
      reading = .lines(LineParser(maxEventBytes: request.maxEventBytes), receiver)
    default:
      reading = .whole
      if let length = length.flatMap({ Int($0) }) {
        guard length <= request.maxResponseBytes || request.method == "HEAD" else { return stopTooLarge() }
        exchange.body.reserveCapacity(min(length, 1 << 20))
      }
    }
    return true
  }

  /// Bytes of the body, decompressed; false to stop the transfer.
  func takeBody(_ chunk: UnsafeRawBufferPointer) -> Bool {
    guard let clock else { return false }
    let at = stamp(clock)
    if exchange.timings.firstByte == nil {
      exchange.timings.firstByte = at
      clock.sweep(by: deadline()?.at ?? .max)
    }
    exchange.timings.lastByte = at
    bodyBytes += chunk.count
    guard bodyBytes <= request.maxResponseBytes else { return stopTooLarge() }
    if case .sniffing = reading { sniff(chunk) }
    switch reading {
    case .undecided, .sniffing, .whole:
      exchange.body.append(contentsOf: chunk)
      return true
    case .events(var parser, let receiver):
      reading = .undecided  // so that the parser's buffers have one owner
      keepEvidence(chunk)
      let before = parser.eventCount
      let status = parser.feed(chunk.bytes, to: receiver, at: at)
      return streamWasFed(
        status, isEvent: parser.eventCount > before, receiver, .events(parser, receiver), at)
    case .lines(var parser, let receiver):
      reading = .undecided
      keepEvidence(chunk)
      let before = parser.eventCount
      let status = parser.feed(chunk.bytes, to: receiver, at: at)
      return streamWasFed(status, isEvent: parser.eventCount > before, receiver, .lines(parser, receiver), at)
    }
  }

  private func streamWasFed(
    _ status: StreamStatus, isEvent: Bool, _ receiver: any EventReceiver, _ state: Reading, _ at: Int64
  ) -> Bool {
    reading = state
    if isEvent {
      if exchange.timings.firstEvent == nil { exchange.timings.firstEvent = at }
      if finishedAt == nil, receiver.isFinished {
        finishedAt = lastByteAt
        clock?.sweep(by: deadline()?.at ?? .max)
      }
    }
    guard status == .fine else {
      return stop(.tooLarge, "an event of the stream is larger than \(request.maxEventBytes) bytes")
    }
    return true
  }

  private func keepEvidence(_ chunk: UnsafeRawBufferPointer) {
    exchange.isStream = true
    let room = 2048 - exchange.body.count
    if room > 0 { exchange.body.append(contentsOf: chunk.prefix(room)) }
  }

  /// Servers of little care send server-sent events under another type.
  private func sniff(_ chunk: UnsafeRawBufferPointer) {
    let looksLikeEvents = ["data:", "event:", "id:", "retry:", ":"].contains { chunk.starts(with: $0.utf8) }
    if looksLikeEvents, case .serverSentEvents(let receiver) = request.framing {
      reading = .events(SSEParser(maxEventBytes: request.maxEventBytes), receiver)
    } else {
      reading = .whole
    }
  }

  private func stopTooLarge() -> Bool {
    stop(.tooLarge, "the answer is larger than \(request.maxResponseBytes) bytes")
  }

  private func stop(_ kind: HTTPError.Kind, _ message: String) -> Bool {
    abort = HTTPError(kind, stage: .receiving, message: message, bodySent: easy.map(hasSentBody) ?? false)
    return false
  }

  /// Asked by curl before it sends, and before it sends again.
  func maySend() -> Bool {
    timesSent += 1
    guard timesSent > 1, !isIdempotent else { return true }
    abort = HTTPError(
      .reset, stage: .waiting,
      message: "the server closed a connection that was kept alive before it answered", bodySent: true)
    abort?.onStaleConnection = true
    return false
  }

  private var isIdempotent: Bool { request.method == "GET" || request.method == "HEAD" }

  // MARK: Deadlines

  struct Deadline {
    enum Reason { case connect, firstByte, betweenBytes, total, finished }
    var reason: Reason
    var at: Int64
  }

  /// The moment at which it may first be overdue, as things stand now.
  func deadline() -> Deadline? {
    var first: Deadline?
    func consider(_ reason: Deadline.Reason, _ milliseconds: Int?, after start: Int64) {
      guard let milliseconds else { return }
      let (at, overflows) = start.addingReportingOverflow(Int64(clamping: milliseconds) &* 1_000_000)
      if !overflows, at < first?.at ?? .max { first = Deadline(reason: reason, at: at) }
    }
    let timeouts = request.timeouts
    consider(.total, timeouts.total, after: startedAt)
    if exchange.timings.firstByte != nil {
      consider(.betweenBytes, timeouts.betweenBytes, after: lastByteAt)
    } else {
      consider(.firstByte, timeouts.firstByte, after: startedAt)
    }
    if timesSent == 0 { consider(.connect, timeouts.connect, after: hopStartedAt) }
    if let finishedAt { consider(.finished, 20, after: finishedAt) }
    return first
  }

  func overdue(_ deadline: Deadline) -> HTTPError? {
    let timeouts = request.timeouts
    let (limit, what): (Int?, String) =
      switch deadline.reason {
      case .finished: (nil, "")
      case .connect: (timeouts.connect, "no connection")
      case .firstByte: (timeouts.firstByte, "no answer")
      case .betweenBytes: (timeouts.betweenBytes, "no further bytes")
      case .total: (timeouts.total, "no complete answer")
      }
    guard let limit else { return nil }
    let sent = easy.map(hasSentBody) ?? false
    return HTTPError(
      .timeout, stage: stage, message: "\(what) within \(limit) ms, \(stage.text)", bodySent: sent)
  }

  // MARK: The end

  var stage: HTTPError.Stage {
    if exchange.timings.headers != nil { return .receiving }
    guard let easy else { return .nameLookup }
    if timesSent > 0 { return hasSentBody(easy) ? .waiting : .sending }
    if easy.microseconds(CURLINFO_NAMELOOKUP_TIME_T) == 0 { return .nameLookup }
    // Some versions of curl tell the time of the connect only after TLS: ask the socket instead.
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let isConnected = withUnsafeMutableBytes(of: &address) {
      getpeername(connecting, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length) == 0
    }
    return isConnected ? .tls : .connect
  }

  /// curl wants this socket watched for the transfer.
  func watches(_ socket: Int32) { if timesSent == 0 { connecting = socket } }

  private func hasSentBody(_ easy: EasyHandle) -> Bool {
    timesSent > 0 && easy.microseconds(CURLINFO_SIZE_UPLOAD_T) == Int64(request.body.count)
  }

  /// What curl's verdict means.
  func outcome(_ code: CURLcode) -> HTTPError? {
    if let abort { return abort }
    guard let easy else { return nil }
    if code == CURLE_OK {
      // curl takes an end within the headers for the end of the answer.
      guard !headersAreOver else { return nil }
      return HTTPError(
        .truncated, stage: stage, message: "the answer ended within its headers", bodySent: hasSentBody(easy))
    }
    // Whatever happens after the end mark, the stream was whole.
    if finishedAt != nil { return nil }
    let failure = CurlFailure(
      code: code, stage: stage, systemError: Int32(truncatingIfNeeded: easy.number(CURLINFO_OS_ERRNO)),
      detail: easy.detail)
    return failure.error(for: request, bodySent: hasSentBody(easy))
  }

  /// Where to go next, if this answer is a redirect that may be followed.
  func redirectTarget() -> String? {
    guard case .sameOrigin = request.redirects, hops < 5, let status = exchange.status, let easy else {
      return nil
    }
    let mayFollow = status == 307 || status == 308 || (isIdempotent && (301...303).contains(status))
    guard mayFollow, let target = easy.text(CURLINFO_REDIRECT_URL),
      let origin = URLOrigin(request.url), origin == URLOrigin(target)
    else { return nil }
    return target
  }

  func redirect(to url: String) {
    hops += 1
    request.url = url
    let timings = exchange.timings
    exchange.body = []
    exchange.headers = HTTPHeaders()
    exchange.status = nil
    exchange.timings = TransportTimings()
    exchange.timings.nameLookup = timings.nameLookup
    exchange.timings.connect = timings.connect
    exchange.timings.tls = timings.tls
    hopStartedAt = clock?.now ?? startedAt
    timesSent = 0
    headersAreOver = false
    reading = .undecided
    bodyBytes = 0
  }

  /// Asks curl for its figures, while the handle still has them.
  func collectFigures(_ easy: EasyHandle) {
    exchange.bytesUp += easy.number(CURLINFO_REQUEST_SIZE) + Int(easy.microseconds(CURLINFO_SIZE_UPLOAD_T))
    exchange.bytesDown += easy.number(CURLINFO_HEADER_SIZE) + Int(easy.microseconds(CURLINFO_SIZE_DOWNLOAD_T))
    exchange.httpVersion =
      switch easy.number(CURLINFO_HTTP_VERSION) {
      case Int(CURL_HTTP_VERSION_1_0): "1.0"
      case Int(CURL_HTTP_VERSION_1_1): "1.1"
      case Int(CURL_HTTP_VERSION_2_0): "2"
      default: nil
      }
    exchange.connectionReused = timesSent > 0 && easy.number(CURLINFO_NUM_CONNECTS) == 0
    guard !exchange.connectionReused else { return }
    let offset = (hopStartedAt - startedAt) / 1000
    func reached(_ info: CURLINFO) -> Int64? {
      let at = easy.microseconds(info)
      return at > 0 ? at + offset : nil
    }
    exchange.timings.nameLookup = exchange.timings.nameLookup ?? reached(CURLINFO_NAMELOOKUP_TIME_T)
    exchange.timings.connect = exchange.timings.connect ?? reached(CURLINFO_CONNECT_TIME_T)
    exchange.timings.tls = exchange.timings.tls ?? reached(CURLINFO_APPCONNECT_TIME_T)
  }

  func finish(_ error: HTTPError?) {
    guard let clock else { return }
    exchange.error = error
    // An answer ends when its last bytes arrive, not when we have come round to them.
    let end = error == nil ? finishedAt ?? clock.arrival : MonotonicClock.now()
    exchange.timings.done = max(0, end - startedAt) / 1000
    if error == nil { flushTail(at: exchange.timings.done) }
    resume()
  }

  private func flushTail(at stamp: Int64) {
    switch reading {
    case .events(var parser, let receiver):
      reading = .undecided
      parser.finish(flushesTail: true, to: receiver, at: exchange.timings.lastByte ?? stamp)
    case .lines(var parser, let receiver):
      reading = .undecided
      parser.finish(to: receiver, at: exchange.timings.lastByte ?? stamp)
    case .undecided, .sniffing, .whole: break
    }
  }

  /// Ends what was never handed to curl.
  func finishUnsent(_ error: HTTPError) {
    if exchange.startedAt == 0 {
      exchange.startedAt = MonotonicClock.now()
      exchange.startedAtWallClock = Instant.now().microseconds
    }
    exchange.error = error
    resume()
  }

  private func resume() {
    continuation?.resume(returning: exchange)
    continuation = nil
    easy = nil
  }
}
