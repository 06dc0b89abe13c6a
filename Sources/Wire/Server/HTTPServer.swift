import Formats
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

public struct HTTPServerLimits: Sendable {
  public var bodyBytes = 64 * 1024 * 1024
  public var connections = 20_000
  /// How long a connection may be at rest, or leave its response unread.
  public var idleNanoseconds: Int64 = 120_000_000_000
  public init() {}
}

/// An HTTP/1.1 server on one or two threads, for many open streams: the simulated models stand on it.
///
/// The handler runs on a server thread and must not block: what takes time answers with a `ResponseScript`.
/// Requests whose `Host` is not one of ours (DNS rebinding) or that another web site's page sends
/// (`Origin`) are refused before the handler sees them.
///
/// ```swift
/// let server = try HTTPServer.start(on: ListenAddress()) { request in .response(.text("hello")) }
/// print(server.port)
/// server.stop()
/// ```
public final class HTTPServer: Sendable {
  public let address: ListenAddress
  public var port: Int { Int(address.port) }
  private let listener: Int32
  private let loops: [ServerLoop]
  private let threads: Mutex<[pthread_t]>

  private init(address: ListenAddress, listener: Int32, loops: [ServerLoop], threads: [pthread_t]) {
    self.address = address
    self.listener = listener
    self.loops = loops
    self.threads = Mutex(threads)
  }

  /// - Parameters:
  ///   - hostNames: names besides the loopback ones and the address itself under which we may be called.
  ///   - earlyHandler: sees the head of each request that has a body before the body is read; an answer
  ///     refuses the rest and ends the connection.
  public static func start(
    on address: ListenAddress, threads threadCount: Int = 1, hostNames: [String] = [],
    limits: HTTPServerLimits = HTTPServerLimits(),
    earlyHandler: (@Sendable (ServerRequest) -> ServerAnswer?)? = nil,
    handler: @escaping @Sendable (ServerRequest) -> ServerAnswer
  ) throws(Problem) -> HTTPServer {
    var limits = limits
    // Beyond the system's limit, accepting would fail and be tried again for ever.
    limits.connections = min(limits.connections, max(16, raisedDescriptorLimit() - 64))
    let (listener, port) = try Sockets.listen(on: address)
    let bound = ListenAddress(host: address.host, port: port)
    let gate = HostGate(address: bound, names: hostNames)
    let guarded: @Sendable (ServerRequest) -> ServerAnswer = { request in
      if let refusal = gate.refusal(of: request) { return .response(refusal) }
      return handler(request)
    }
    var loops: [ServerLoop] = []
    var threads: [pthread_t] = []
    for _ in 0..<max(1, threadCount) {
      guard
        let loop = ServerLoop(
          listener: listener, limits: limits, handler: guarded, headHandler: earlyHandler),
        let thread = startThread({ loop.run() })
      else {
        loops.forEach { $0.stop() }
        close(listener)
        throw Problem("cannot start a server thread: \(String(cString: strerror(errno)))")
      }
      loops.append(loop)
      threads.append(thread)
    }
    return HTTPServer(address: bound, listener: listener, loops: loops, threads: threads)
  }

  /// Closes every connection and waits for the threads to end. Further calls do nothing.
  public func stop() {
    let waiting = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    guard !waiting.isEmpty else { return }
    for loop in loops { loop.stop() }
    for thread in waiting { pthread_join(thread, nil) }
    close(listener)
  }

  /// Waits until the threads have finished what they are doing: a response that a client has read by now has
  /// been told to its script by then.
  public func settle() {
    var ends: [Int32] = [-1, -1]
    threads.withLock { threads in
      guard !threads.isEmpty, pipe(&ends) == 0 else { return }
      var bytes = [UInt8](repeating: 0, count: 8)
      for loop in loops {
        loop.signal(ends[1])
        while read(ends[0], &bytes, 8) < 0, errno == EINTR {}
      }
      close(ends[0])
      close(ends[1])
    }
  }

  deinit { stop() }

  /// Thousands of streams need thousands of descriptors: take what the system grants.
  private static func raisedDescriptorLimit() -> Int {
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    guard getrlimit(resource, &limit) == 0 else { return 256 }
    if limit.rlim_cur < limit.rlim_max, limit.rlim_cur < 65_536 {
      limit.rlim_cur = min(limit.rlim_max, 65_536)
      _ = setrlimit(resource, &limit)
    }
    return Int(min(limit.rlim_cur, 1 << 20))
  }
}

/// Refuses requests that a web page tricked a browser into sending.
struct HostGate: Sendable {
  let allowed: Set<String>
  /// Bound to every address, we cannot know our names: the handler's token is the guard then.
  let isOpen: Bool

  init(address: ListenAddress, names: [String]) {
    allowed = Set(
      ["localhost", "127.0.0.1", "::1", address.host.lowercased()] + names.map { $0.lowercased() })
    isOpen = (address.host == "0.0.0.0" || address.host == "::") && names.isEmpty
  }

  func refusal(of request: ServerRequest) -> ServerResponse? {
    if isOpen { return nil }
    if let host = request.header("host"), !allowed.contains(Self.name(host)) {
      return .text("this server does not go by the name \(host)\n", status: 421)
    }
    if request.method != "GET", request.method != "HEAD", let origin = request.header("origin") {
      let name = origin.split(separator: "/").last.map { Self.name(String($0)) } ?? ""
      if !allowed.contains(name) { return .text("requests from other sites are refused\n", status: 403) }
    }
    return nil
  }

  /// `[::1]:80` and `LOCALHOST:80` without port and brackets, in lower case.
  static func name(_ host: String) -> String {
    if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }).lowercased() }
    return String(host.prefix { $0 != ":" }).lowercased()
  }
}

/// Runs `body` on a thread of its own.
func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
  final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  let box = Unmanaged.passRetained(Box(body))
  #if canImport(Glibc)
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    let result: pthread_t? = thread
  #else
    var thread: pthread_t?
    let failed = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, box.toOpaque())
    let result = thread
  #endif
  if failed != 0 {
    box.release()
    return nil
  }
  return result
}
