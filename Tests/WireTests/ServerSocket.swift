#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A client that is a socket and nothing else, so that a test can send any bytes and see every byte.
final class ServerSocket {
  private let descriptor: Int32
  private(set) var bytes: [UInt8] = []
  private(set) var wasReset = false
  private(set) var isOver = false
  var text: String { String(decoding: bytes, as: UTF8.self) }

  init(port: Int) {
    #if canImport(Glibc)
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = UInt16(port).bigEndian
    place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  deinit { if !isClosed { close(descriptor) } }
  private var isClosed = false

  func leave() {
    isClosed = true
    close(descriptor)
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.map { write(descriptor, $0 + start, buffer.count - start) } ?? -1
      }
      if count <= 0 { return }
      start += count
    }
  }

  @discardableResult
  func receive() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else {
      isOver = true
      wasReset = count < 0 && errno == ECONNRESET
      return false
    }
    bytes += buffer[..<count]
    return true
  }

  /// Reads until what came ends so.
  func receive(until end: String) -> String {
    while !text.hasSuffix(end), receive() {}
    return text
  }

  func receiveAll() -> String {
    while receive() {}
    return text
  }
}
