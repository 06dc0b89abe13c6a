import CCurl
import Formats
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One request under way: what it was, what has come of it so far, and who waits for it.
// @unchecked Sendable: made by the task that sends; from `EventLoop.submit` on touched only by the loop's thread, until
// `resume` hands the exchange back.
final class Transfer: @unchecked Sendable {
  private(set) var request: HTTPRequest
  var continuation: UnsafeContinuation<HTTPExchange, Never>?
  /// Set by whoever cancels, before it has begun or after.
  let isCancelled = Atomic(false)
  /// Nil before it has begun and after it has ended.
  var easy: EasyHandle?
  /// Place among the loop's active transfers.
  var index: Int?

  // Touched for every line and chunk: one thread at a time, and nothing called in between that would touch them too,
  // so the run-time check of that is left out (a microsecond a request).
  @exclusivity(unchecked) var clock: LoopClock?
  @exclusivity(unchecked) var exchange = HTTPExchange()
  @exclusivity(unchecked) var answer = AnswerReading()
  /// Why a callback stopped the transfer.
  var abort: HTTPError?
  // Monotonic nanoseconds.
  private(set) var startedAt: Int64 = 0
  private(set) var hopStartedAt: Int64 = 0
  @exclusivity(unchecked) var lastByteAt: Int64 = 0
  /// When the end mark of its stream was seen.
  var finishedAt: Int64?
  private var hops = 0
  private(set) var timesSent = 0
  /// The socket that was last opened for it, while it is not connected yet.
  private var connecting: Int32 = -1

  let receiver: (any EventReceiver)?

  init(_ request: HTTPRequest) {
    self.request = request
    receiver =
      switch request.framing {
      case .whole: nil
      case .serverSentEvents(let receiver), .lines(let receiver): receiver
      }
  }

  func start(_ clock: LoopClock) {
    self.clock = clock
    startedAt = clock.now
    hopStartedAt = startedAt
    exchange.startedAt = startedAt
    exchange.startedAtWallClock = Instant.now().microseconds
  }

  // MARK: Sending

  /// Asked by curl before it sends, and before it sends again.
  func maySend() -> Bool {
    timesSent += 1
    // It might have been sent so much earlier.
    if let clock { note(lag: clock.lag) }
    guard timesSent > 1, !isIdempotent else { return true }
    var error = HTTPError(
      .reset, stage: .waiting,
      message: "the server closed a connection that was kept alive before it answered", bodySent: true)
    error.onStaleConnection = true
    abort = error
    return false
  }

  private var isIdempotent: Bool { request.method == "GET" || request.method == "HEAD" }

  /// curl wants this socket watched for the transfer.
  func watches(_ socket: Int32) { if timesSent == 0 { connecting = socket } }

  var stage: HTTPError.Stage {
    if exchange.timings.headers != nil { return .receiving }
    guard let easy else { return .nameLookup }
    if timesSent > 0 { return hasSentBody ? .waiting : .sending }
    if easy.figure(CCURLINFO_NAMELOOKUP_TIME_T) == 0 { return .nameLookup }
    // curl tells the time of the connect only when all is done: ask the socket instead.
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let isConnected = withUnsafeMutableBytes(of: &address) {
      getpeername(connecting, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length) == 0
    }
    return !isConnected ? .connect : request.url.utf8.starts(with: "https:".utf8) ? .tls : .sending
  }

  /// Every byte of the body was handed to the network.
  var hasSentBody: Bool {
    guard let easy, timesSent > 0 else { return false }
    return easy.figure(CCURLINFO_SIZE_UPLOAD_T) == Int64(request.body.count)
  }

  // MARK: The end

  /// Why it ends before its answer has; a service that has the whole body may go on with its work.
  func cancelled(_ message: String) -> HTTPError {
    HTTPError(.cancelled, stage: stage, message: message, bodySent: hasSentBody)
  }

  /// What curl's verdict means.
  func outcome(_ code: CCurlCode) -> HTTPError? {
    if let abort { return abort }
    guard let easy else { return nil }
    if code == CCURLE_OK {
      // curl takes an end within the headers for the end of the answer.
      guard !answer.headersAreOver else { return nil }
      return HTTPError(
        .truncated, stage: stage, message: "the answer ended within its headers", bodySent: hasSentBody)
    }
    // Whatever happens after the end mark, the stream was whole.
    if finishedAt != nil { return nil }
    let failure = CurlFailure(
      code: code, stage: stage, systemError: Int32(truncatingIfNeeded: easy.number(CCURLINFO_OS_ERRNO)),
      detail: easy.detail)
    return failure.error(for: request, bodySent: hasSentBody)
  }

  /// Where to go next, if this answer is a redirect that may be followed.
  func redirectTarget() -> String? {
    guard case .sameOrigin = request.redirects, hops < 5, let status = exchange.status, let easy else {
      return nil
    }
    let mayFollow = status == 307 || status == 308 || (isIdempotent && (301...303).contains(status))
    guard mayFollow, let target = easy.text(CCURLINFO_REDIRECT_URL), let origin = URLOrigin(request.url),
      origin == URLOrigin(target)
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
    answer = AnswerReading()
    hopStartedAt = clock?.now ?? startedAt
    timesSent = 0
  }

  /// Asks curl for its figures, while the handle still has them.
  func collectFigures(_ easy: EasyHandle) {
    exchange.bytesUp += easy.number(CCURLINFO_REQUEST_SIZE) + Int(easy.figure(CCURLINFO_SIZE_UPLOAD_T))
    exchange.bytesDown += easy.number(CCURLINFO_HEADER_SIZE) + Int(easy.figure(CCURLINFO_SIZE_DOWNLOAD_T))
    exchange.httpVersion =
      switch easy.number(CCURLINFO_HTTP_VERSION) {
      case Int(CCURL_HTTP_VERSION_1_0): "1.0"
      case Int(CCURL_HTTP_VERSION_1_1): "1.1"
      case Int(CCURL_HTTP_VERSION_2_0): "2"
      default: nil
      }
    exchange.connectionReused = timesSent > 0 && easy.number(CCURLINFO_NUM_CONNECTS) == 0
    guard !exchange.connectionReused else { return }
    let offset = (hopStartedAt - startedAt) / 1000
    func reached(_ info: CCurlInfo) -> Int64? {
      let at = easy.figure(info)
      return at > 0 ? at + offset : nil
    }
    exchange.timings.nameLookup = exchange.timings.nameLookup ?? reached(CCURLINFO_NAMELOOKUP_TIME_T)
    exchange.timings.connect = exchange.timings.connect ?? reached(CCURLINFO_CONNECT_TIME_T)
    exchange.timings.tls = exchange.timings.tls ?? reached(CCURLINFO_APPCONNECT_TIME_T)
  }

  /// All is over; `resume` is still to be called.
  func finish(_ error: HTTPError?) {
    guard let clock else { return }
    exchange.error = error
    if answer.lateEvents * 100 > answer.eventCount { note(lag: answer.greatestLag) }
    // An answer ends when its last bytes arrive, not when we have come round to them.
    let end = error == nil ? finishedAt ?? clock.arrival : MonotonicClock.now()
    exchange.timings.done = max(0, end - startedAt) / 1000
    guard error == nil else { return }
    let at = exchange.timings.lastByte ?? exchange.timings.done
    answer.flushTail(to: receiver, at: at)
    if exchange.timings.firstEvent == nil, answer.eventCount > 0 { exchange.timings.firstEvent = at }
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

  /// Hands the exchange to whoever waits for it.
  func resume() {
    request.watcher?.ended(exchange.error)
    continuation?.resume(returning: exchange)
    continuation = nil
  }
}
