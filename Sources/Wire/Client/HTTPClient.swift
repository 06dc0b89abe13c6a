import CCurl
import Formats
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Sends HTTP requests, as many at once as it is given: admission is the caller's business. A thread owns libcurl and its
/// connections; more of them where many tasks ask (`executor(ofTask:)`), each with connections of its own.
///
///     let client = HTTPClient()
///     let exchange = await client.send(HTTPRequest(url: "http://127.0.0.1:8080/", body: Array("{}".utf8)))
///
/// HTTP/1.1 with connections kept alive and used again, certificates always verified, proxies from the
/// environment. Nothing is sent twice behind the caller's back: a POST whose connection breaks after its
/// body left is reported, not repeated.
public final class HTTPClient: Sendable {
  public struct Configuration: Sendable {
    public enum Proxy: Sendable, Hashable {
      /// `https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`
      case fromEnvironment
      case none
      case url(String)
    }

    /// Authorities to trust instead of the system's, as a PEM file.
    public var caFile: String?
    public var proxy = Proxy.fromEnvironment
    /// HTTP/2 where the server offers it over TLS. Has no effect on libcurl before 8, which loses answers.
    public var allowsHTTP2 = false
    /// Idle connections older than this are closed rather than used again: below what services keep.
    public var maxIdleSeconds = 60
    /// Idle connections kept.
    public var maxIdleConnections = 16_384
    /// Sent unless a request has its own.
    public var userAgent = "assay"

    public init() {}
  }

  private let configuration: Configuration
  private let loops = Mutex<[EventLoop]>([])

  /// Costs nothing: libcurl is loaded and the thread started when the first request is sent.
  public init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
  }

  deinit {
    loops.withLock { loops in
      for loop in loops { loop.stop() }
    }
  }

  /// Sends one request and returns what came of it. Never throws: an error is part of the exchange.
  /// Cancelling the task ends the exchange with `cancelled`.
  public func send(_ request: HTTPRequest) async -> HTTPExchange {
    let loop: EventLoop
    switch Result(catching: { () throws(Problem) in try startedLoop() }) {
    case .success(let started): loop = started
    case .failure(let problem):
      var exchange = HTTPExchange()
      exchange.startedAt = MonotonicClock.now()
      exchange.startedAtWallClock = Instant.now().microseconds
      exchange.error = HTTPError(.unavailable, stage: .nameLookup, message: problem.message)
      return exchange
    }
    let transfer = Transfer(request)
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        transfer.continuation = continuation
        loop.submit(transfer)
      }
    } onCancel: {
      loop.cancel(transfer)
    }
  }

  /// Loads libcurl and starts the thread now, so that what is missing is told before anything is sent.
  public func start() throws(Problem) { _ = try startedLoop() }

  /// Where the task of that number runs best that does little but ask, and look at replies: on the thread that sends and
  /// receives for it. Nil before the client has started: until then nothing is known to be sent.
  ///
  /// Each 320 tasks share a thread while there are processors for more: few threads that are busy take less than many that
  /// are woken for each reply.
  public func executor(ofTask number: Int) -> (any TaskExecutor)? {
    loops.withLock { loops in
      guard !loops.isEmpty else { return nil }
      let place = number / Self.tasksPerThread % Self.mostThreads
      while loops.count <= place, let loop = try? EventLoop(configuration) { loops.append(loop) }
      return loops[min(place, loops.count - 1)]
    }
  }

  private static let tasksPerThread = 320
  private static let mostThreads = max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

  /// For a task that has what it asked for, and others wait to ask: goes on once little has arrived for the calling thread, or
  /// after two milliseconds. At once where that thread is not one of the client's.
  public func letOthersFirst() async {
    await loops.withLock { $0.first(where: \.isOnThread) }?.letOthersFirst()
  }

  /// The thread that the calling task prefers, where that is one of ours; else the first, started if need be.
  private func startedLoop() throws(Problem) -> EventLoop {
    let result = loops.withLock { loops -> Result<EventLoop, Problem> in
      if let loop = loops.first(where: \.isOnThread) { return .success(loop) }
      let preferred = loops.count > 1 ? withUnsafeCurrentTask { $0?.unownedTaskExecutor } : nil
      let loop = preferred.flatMap { preferred in loops.first { $0.asUnownedTaskExecutor() == preferred } }
      if let loop = loop ?? loops.first { return .success(loop) }
      do throws(Problem) {
        let started = try EventLoop(configuration)
        loops.append(started)
        return .success(started)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

/// What the installed libcurl is and can do.
public struct HTTPLibrary: Sendable {
  public let version: String
  let number: UInt32
  let features: Int32

  /// Lookups don't block the event loop.
  public var resolvesInBackground: Bool { features & CCURL_VERSION_ASYNCHDNS != 0 }
  /// Version 8 or later: earlier ones lose answers over HTTP/2.
  public var hasSafeHTTP2: Bool { number >= 0x080000 && features & CCURL_VERSION_HTTP2 != 0 }
  public var decompresses: [String] {
    [(CCURL_VERSION_LIBZ, "gzip"), (CCURL_VERSION_BROTLI, "br"), (CCURL_VERSION_ZSTD, "zstd")]
      .filter { features & $0.0 != 0 }.map(\.1)
  }

  /// Loads libcurl if it is not loaded yet.
  public static func load() throws(Problem) -> HTTPLibrary {
    if let failure = ccurl_load() {
      throw Problem(
        String(cString: failure),
        mend: "install libcurl 7.80 or later (the package is called libcurl4 on Debian, libcurl elsewhere)")
    }
    return HTTPLibrary(
      version: String(cString: ccurl_version_text()), number: ccurl_version_number(),
      features: ccurl_features())
  }
}
