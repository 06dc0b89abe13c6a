#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What came of a request: an answer, or an error and as much of the answer as had come.
public struct HTTPExchange: Sendable {
  /// Final status; nil when none was read.
  public var status: Int?
  public var headers = HTTPHeaders()
  /// The body, where it was collected whole; else the first bytes of the stream, as evidence.
  public var body: [UInt8] = []
  /// Events were handed to the receiver, so `body` is no more than evidence.
  public var isStream = false
  public var error: HTTPError?
  public var timings = TransportTimings()
  public var connectionReused = false
  public var bytesUp = 0
  public var bytesDown = 0
  /// By how many microseconds the stamps of this exchange may be late, up to one in a hundred of its events
  /// left out: because the loop was, where the kernel did not note an arrival.
  public var loopLag: Int64 = 0
  /// When the attempt began: monotonic nanoseconds, and microseconds since 1970 UTC.
  public var startedAt: Int64 = 0
  public var startedAtWallClock: Int64 = 0
  /// `1.1`, `2`: the version of HTTP that was spoken.
  public var httpVersion: String?

  public init() {}

  public var isSuccess: Bool { error == nil && status.map { (200..<300).contains($0) } ?? false }
}

/// Microseconds from the start of the attempt, monotonic, stamped on the event-loop thread before any
/// parsing. Absent is absent, never zero: a reused connection has no lookup, connect or TLS.
public struct TransportTimings: Sendable, Hashable {
  public var nameLookup: Int64?
  public var connect: Int64?
  public var tls: Int64?
  /// The status line of the final answer.
  public var headers: Int64?
  /// First byte of the body.
  public var firstByte: Int64?
  /// First event of a stream, of whatever content.
  public var firstEvent: Int64?
  public var lastByte: Int64?
  public var done: Int64 = 0

  public init() {}
}

/// The headers of an answer, kept as they came and read when asked for.
public struct HTTPHeaders: Sendable, Sequence {
  /// `name: value` lines, each ended by CRLF, trailers included.
  var block: [UInt8] = []

  public init() {}

  public init(_ pairs: [(String, String)]) {
    for (name, value) in pairs { block += Array("\(name): \(value)\r\n".utf8) }
  }

  /// Value of the first header of this name, whatever its case; nil where there is none.
  public subscript(name: String) -> String? {
    var name = name
    return name.withUTF8 { wanted in
      block.withUnsafeBytes { block in
        var position = 0
        while let line = Self.nextLine(of: block, from: &position) {
          if Self.isSame(line.name, UnsafeRawBufferPointer(wanted)) {
            return String(decoding: line.value, as: UTF8.self)
          }
        }
        return nil
      }
    }
  }

  /// Gives name and value of each header as bytes, which stay only as long as the call.
  public func forEachLine(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
    block.withUnsafeBytes { block in
      var position = 0
      while let line = Self.nextLine(of: block, from: &position) { body(line.name, line.value) }
    }
  }

  public func makeIterator() -> Iterator { Iterator(block: block) }

  public struct Iterator: IteratorProtocol {
    let block: [UInt8]
    var position = 0

    public mutating func next() -> (name: String, value: String)? {
      block.withUnsafeBytes { block in
        HTTPHeaders.nextLine(of: block, from: &position).map {
          (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
        }
      }
    }
  }

  private static func nextLine(
    of block: UnsafeRawBufferPointer, from position: inout Int
  ) -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)? {
    guard let base = block.baseAddress else { return nil }
    func place(of byte: Int32, from start: Int, to end: Int) -> Int? {
      memchr(base + start, byte, end - start).map { UnsafeRawPointer($0) - base }
    }
    while position < block.count {
      let start = position
      let end = place(of: 0x0A, from: start, to: block.count) ?? block.count
      position = end + 1
      if let colon = place(of: 0x3A, from: start, to: end), colon > start {
        return (trimmed(block, start, colon), trimmed(block, colon + 1, end))
      }
    }
    return nil
  }

  private static func trimmed(
    _ block: UnsafeRawBufferPointer, _ start: Int, _ end: Int
  ) -> UnsafeRawBufferPointer {
    var (start, end) = (start, end)
    while end > start, block[end - 1] == 0x20 || block[end - 1] == 0x09 || block[end - 1] == 0x0D { end -= 1 }
    while start < end, block[start] == 0x20 || block[start] == 0x09 { start += 1 }
    return UnsafeRawBufferPointer(rebasing: block[start..<end])
  }

  private static func isSame(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    for place in 0..<a.count where lowercased(a[place]) != lowercased(b[place]) { return false }
    return true
  }

  static func isSame(_ a: String, _ b: String) -> Bool {
    if a == b { return true }
    return a.utf8.count == b.utf8.count
      && zip(a.utf8, b.utf8).allSatisfy { lowercased($0) == lowercased($1) }
  }

  static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

extension HTTPHeaders {
  /// What RFC 9110 allows in a name.
  static func isToken(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
        default: "!#$%&'*+.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// Holds nothing that would end the header.
  static func isOneLine(_ value: String) -> Bool {
    var value = value
    return value.withUTF8 { bytes in !bytes.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D } }
  }
}

/// What the content type of an answer means for a request that asked for a stream.
enum MediaType {
  case eventStream
  /// HTML or XML: a page, no stream of anything
  case document
  case other
  case none

  /// From the value of a `Content-Type` header.
  init(_ value: UnsafeRawBufferPointer) {
    let type = value.drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0 > 0x20 && $0 != 0x3B }
    func isType(_ name: StaticString) -> Bool {
      type.count == name.utf8CodeUnitCount
        && zip(type, UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
          .allSatisfy { HTTPHeaders.lowercased($0) == $1 }
    }
    if type.isEmpty {
      self = .none
    } else if isType("text/event-stream") {
      self = .eventStream
    } else if isType("text/html") || isType("application/xhtml+xml") || isType("text/xml")
      || isType("application/xml")
    {
      self = .document
    } else {
      self = .other
    }
  }
}
