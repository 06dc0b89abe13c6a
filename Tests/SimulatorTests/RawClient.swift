import Foundation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A socket and nothing else, so that a test sees the very bytes that the server sends.
final class RawClient {
  private let descriptor: Int32
  private(set) var received: [UInt8] = []
  /// How the connection ended, once it has.
  private(set) var end: End?

  enum End: Equatable { case closed, reset, timedOut }

  init(port: Int, patience: Int = 5) {
    #if canImport(Glibc)
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var limit = timeval(tv_sec: patience, tv_usec: 0)
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

  deinit { close(descriptor) }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(descriptor, bytes, bytes.count)
  }

  /// Reads what comes next; false at the end.
  @discardableResult
  func readSome() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if count > 0 {
      received += buffer[..<count]
      return true
    }
    end = count == 0 ? .closed : errno == ECONNRESET ? .reset : .timedOut
    return false
  }

  /// Everything until the connection ends.
  func readToEnd() -> String {
    while readSome() {}
    return text
  }

  func read(until mark: String) -> String {
    while !text.contains(mark), readSome() {}
    return text
  }

  var text: String { String(decoding: received, as: UTF8.self) }

  /// A whole response to a request on a connection of its own.
  static func exchange(
    port: Int, _ path: String, method: String = "POST", headers: [String] = [], body: String = ""
  ) -> Response {
    let client = RawClient(port: port)
    client.send(
      "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
        + headers.map { $0 + "\r\n" }.joined() + "content-length: \(body.utf8.count)\r\n\r\n\(body)")
    return Response(client.readToEnd(), end: client.end)
  }

  struct Response {
    var status = 0
    var head = ""
    var body = ""
    var end: End?

    init(_ text: String, end: End?) {
      self.end = end
      let parts = text.components(separatedBy: "\r\n\r\n")
      head = parts[0].lowercased()
      body = parts.dropFirst().joined(separator: "\r\n\r\n")
      let words = parts[0].components(separatedBy: " ")
      status = words.count > 1 ? Int(words[1]) ?? 0 : 0
      if head.contains("transfer-encoding: chunked") { body = Self.joined(body) }
    }

    func header(_ name: String) -> String? {
      head.components(separatedBy: "\r\n").first { $0.hasPrefix(name + ": ") }.map {
        String($0.dropFirst(name.count + 2))
      }
    }

    /// The chunks of a body put together; what is not a chunk ends it.
    private static func joined(_ text: String) -> String {
      var bytes = Array(text.utf8)[...]
      var out: [UInt8] = []
      while let line = bytes.firstIndex(of: 0x0A) {
        let digits = bytes[..<line].filter { $0 != 0x0D }
        guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size > 0 else { break }
        let start = line + 1
        let stop = min(start + size, bytes.endIndex)
        out += bytes[start..<stop]
        bytes = bytes[min(stop + 2, bytes.endIndex)...]
      }
      return String(decoding: out, as: UTF8.self)
    }
  }
}
