import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where a server listens: `127.0.0.1:8080`, `[::1]:0`, `localhost:0`; port 0 lets the system choose.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  public var host: String
  public var port: UInt16

  public init(host: String = "127.0.0.1", port: UInt16 = 0) {
    self.host = host
    self.port = port
  }

  public init(_ text: String) throws(Problem) {
    let problem = Problem(
      "cannot listen on \"\(text)\"", mend: "write it as 127.0.0.1:8080, [::1]:8080, or just :8080")
    guard let colon = text.lastIndex(of: ":") else { throw problem }
    guard let port = UInt16(text[text.index(after: colon)...]) else { throw problem }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    if host.isEmpty || host == "localhost" { host = "127.0.0.1" }
    self.init(host: host, port: port)
    guard isIPv6 || Self.isIPv4(host) else { throw problem }
  }

  var isIPv6: Bool { host.contains(":") }
  /// Only programs on this machine can reach it.
  public var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }
  public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

  private static func isIPv4(_ host: String) -> Bool {
    var address = in_addr()
    return inet_pton(AF_INET, host, &address) == 1
  }
}

/// The few calls that make sockets, in one place.
enum Sockets {
  /// A listening socket that does not block, and the port it got.
  static func listen(on address: ListenAddress) throws(Problem) -> (socket: Int32, port: UInt16) {
    #if canImport(Glibc)
      let kind = Int32(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    let descriptor = socket(address.isIPv6 ? AF_INET6 : AF_INET, kind, 0)
    guard descriptor >= 0 else { throw failure(address) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    prepare(descriptor)
    let bound = address.isIPv6 ? bind6(descriptor, address) : bind4(descriptor, address)
    #if canImport(Glibc)
      let listening = bound == 0 && Glibc.listen(descriptor, 4096) == 0
    #else
      let listening = bound == 0 && Darwin.listen(descriptor, 4096) == 0
    #endif
    guard listening, let port = port(of: descriptor, isIPv6: address.isIPv6) else {
      let problem = failure(address)
      close(descriptor)
      throw problem
    }
    return (descriptor, port)
  }

  private static func failure(_ address: ListenAddress) -> Problem {
    let reason = String(cString: strerror(errno))
    return Problem(
      "cannot listen on \(address): \(reason.lowercased())",
      mend: errno == EADDRINUSE ? "take another port, or 0 to let the system choose" : nil)
  }

  private static func bind4(_ descriptor: Int32, _ address: ListenAddress) -> Int32 {
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = address.port.bigEndian
    inet_pton(AF_INET, address.host, &place.sin_addr)
    return withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private static func bind6(_ descriptor: Int32, _ address: ListenAddress) -> Int32 {
    var place = sockaddr_in6()
    place.sin6_family = sa_family_t(AF_INET6)
    place.sin6_port = address.port.bigEndian
    inet_pton(AF_INET6, address.host, &place.sin6_addr)
    return withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
  }

  private static func port(of descriptor: Int32, isIPv6: Bool) -> UInt16? {
    var place = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let result = withUnsafeMutablePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
    }
    // The port stands at the same place in both families.
    return result == 0 ? UInt16(bigEndian: place.sin6_port) : nil
  }

  /// Does not block, is not inherited, sends each write at once.
  static func prepare(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var yes: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    #if !canImport(Glibc)
      setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
    #endif
  }
}
