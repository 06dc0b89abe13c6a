/// Reads requests out of the bytes of one connection, as they come in (RFC 9112).
///
/// Hostile input ends in a refusal with a status, never in unbounded memory.
struct RequestParser {
  struct Limits {
    var headBytes = 64 * 1024
    var headerCount = 200
    var bodyBytes = 64 * 1024 * 1024
  }

  enum Progress {
    case needsMore
    /// The head is read, its body has yet to come; told once for a request.
    case head
    case request(ServerRequest)
    case refused(status: Int, reason: String)
  }

  var limits = Limits()
  private(set) var buffer: [UInt8] = []
  private var start = 0
  /// The head that was read; its body is awaited.
  private(set) var pending: ServerRequest?
  private var framing = Framing.none
  private var searched = 0
  /// The chunks of the present body so far.
  private var chunks: [UInt8] = []
  /// The peer waits for `100 Continue` before it sends the body.
  private(set) var expectsContinue = false

  private enum Framing {
    case none
    case length(Int)
    case chunked
    /// The last chunk is read, what follows it is not; that many bytes of it were passed over.
    case trailers(Int)
  }

  var buffered: Int { buffer.count - start }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if start == buffer.count {
      buffer.removeAll(keepingCapacity: buffer.capacity <= 256 * 1024)
      searched = 0
      start = 0
    } else if start > 64 * 1024 {
      buffer.removeFirst(start)
      searched -= start
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  mutating func next() -> Progress {
    if pending == nil {
      switch readHead() {
      case .head: break
      case let other: return other
      }
      if case .length(let length) = framing, buffer.count - start < length { return .head }
      if case .chunked = framing { return .head }
    }
    return readBody()
  }

  // MARK: Head

  private mutating func readHead() -> Progress {
    // RFC 9112, 2.2: blank lines before a request line are passed over.
    while start < buffer.count, buffer[start] == 0x0D || buffer[start] == 0x0A { start += 1 }
    guard let end = headEnd() else {
      return buffer.count - start > limits.headBytes
        ? .refused(status: 431, reason: "request headers are too large") : .needsMore
    }
    guard end - start <= limits.headBytes else {
      return .refused(status: 431, reason: "request headers are too large")
    }
    let refusal = parseHead(end: end)
    start = end
    searched = end
    return refusal ?? .head
  }

  /// The place after the empty line that ends a head.
  private mutating func headEnd() -> Int? {
    var index = max(searched - 3, start)
    let count = buffer.count
    return buffer.withUnsafeBufferPointer { bytes -> Int? in
      while index < count {
        if bytes[index] == 0x0A {
          if index + 1 < count, bytes[index + 1] == 0x0A { return index + 2 }
          if index + 2 < count, bytes[index + 1] == 0x0D, bytes[index + 2] == 0x0A { return index + 3 }
        }
        index += 1
      }
      searched = count
      return nil
    }
  }

  private mutating func parseHead(end: Int) -> Progress? {
    let bad = { (reason: String) in Progress.refused(status: 400, reason: reason) }
    var lines = HeadLines(bytes: buffer[start..<end])
    guard let first = lines.next() else { return bad("no request line") }
    let parts = first.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty else { return bad("malformed request line") }
    let version = String(decoding: parts[2], as: UTF8.self)
    guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
      return .refused(status: 505, reason: "only HTTP/1.0 and HTTP/1.1 are spoken here")
    }
    var request = ServerRequest(
      method: String(decoding: parts[0], as: UTF8.self), path: "", query: [], headers: [])
    readTarget(String(decoding: parts[1], as: UTF8.self), into: &request)
    request.isHTTP10 = version == "HTTP/1.0"
    request.keepsConnection = !request.isHTTP10
    request.headers.reserveCapacity(16)
    framing = .none
    expectsContinue = false
    while let line = lines.next() {
      guard request.headers.count < limits.headerCount else {
        return .refused(status: 431, reason: "too many request headers")
      }
      guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex,
        line[line.startIndex..<colon].allSatisfy(isTokenByte)
      else { return bad("malformed header") }
      let name = lowercased(line[line.startIndex..<colon])
      let value = trimmed(line[(colon + 1)...])
      switch name {
      case "content-length": if let refusal = frame(length: value) { return refusal }
      case "transfer-encoding": if let refusal = frame(encoding: value) { return refusal }
      case "connection":
        let wish = value.lowercased()
        if wish.contains("close") { request.keepsConnection = false }
        if wish.contains("keep-alive") { request.keepsConnection = true }
      case "expect":
        expectsContinue = value.lowercased() == "100-continue"
      default: break
      }
      request.headers.append((name, value))
    }
    pending = request
    return nil
  }

  // Where a proxy in front of us could find the end of the body elsewhere than we do, one of us would take a
  // part of a body for a request: refused (RFC 9112, 6.3 and 11.2).

  private mutating func frame(length value: String) -> Progress? {
    guard value.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int(value) else {
      return .refused(status: 400, reason: "malformed content-length")
    }
    guard length <= limits.bodyBytes else {
      return .refused(status: 413, reason: "request body is too large")
    }
    switch framing {
    case .none: framing = .length(length)
    case .length(let earlier) where earlier == length: break
    case .length, .chunked, .trailers: return Self.toldTwice
    }
    return nil
  }

  private mutating func frame(encoding value: String) -> Progress? {
    guard value.lowercased() == "chunked" else {
      return .refused(status: 501, reason: "only the chunked transfer encoding is spoken here")
    }
    guard case .none = framing else { return Self.toldTwice }
    framing = .chunked
    return nil
  }

  private static let toldTwice = Progress.refused(status: 400, reason: "the end of the body is told twice")

  private func readTarget(_ target: String, into request: inout ServerRequest) {
    if target.utf8.first == UInt8(ascii: "/"), !target.utf8.contains(where: { $0 == 0x25 || $0 == 0x3F }) {
      request.path = target
      request.target = target
      return
    }
    var target = Substring(target)
    if !target.hasPrefix("/"), let scheme = target.range(ofText: "://") {
      let rest = target[scheme...]
      target = rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
    }
    request.target = String(target)
    guard let mark = target.firstIndex(of: "?") else {
      request.path = percentDecoded(target)
      return
    }
    request.path = percentDecoded(target[..<mark])
    for pair in target[target.index(after: mark)...].split(separator: "&").prefix(1000) {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      request.query.append(
        (
          percentDecoded(sides[0], plusIsBlank: true),
          sides.count > 1 ? percentDecoded(sides[1], plusIsBlank: true) : ""
        ))
    }
  }

  // MARK: Body

  private mutating func readBody() -> Progress {
    guard var request = pending else { return .needsMore }
    switch framing {
    case .none: break
    case .length(let length):
      guard buffer.count - start >= length else { return .needsMore }
      request.body = Array(buffer[start..<start + length])
      start += length
    case .chunked, .trailers:
      do throws(Refusal) {
        guard let body = try readChunks() else { return .needsMore }
        request.body = body
      } catch {
        return .refused(status: error.status, reason: error.reason)
      }
    }
    pending = nil
    searched = start
    return .request(request)
  }

  private struct Refusal: Error {
    var status: Int
    var reason: String
  }

  /// The whole body once its trailers are here; nil before.
  private mutating func readChunks() throws(Refusal) -> [UInt8]? {
    while case .chunked = framing {
      guard try readChunk() else { return nil }
    }
    guard try passTrailers() else { return nil }
    defer { chunks = [] }
    return chunks
  }

  /// Takes one chunk out of the buffer; false where it is not whole yet.
  private mutating func readChunk() throws(Refusal) -> Bool {
    let malformed = Refusal(status: 400, reason: "malformed chunk")
    guard let lineEnd = buffer[start...].firstIndex(of: 0x0A) else {
      guard buffer.count - start <= 1024 else { throw malformed }
      return false
    }
    guard let size = chunkSize(buffer[start..<lineEnd]) else { throw malformed }
    var index = lineEnd + 1
    if size == 0 {
      start = index
      framing = .trailers(0)
      return true
    }
    guard chunks.count + size <= limits.bodyBytes else {
      throw Refusal(status: 413, reason: "request body is too large")
    }
    guard buffer.count - index >= size + 2 else { return false }
    chunks.append(contentsOf: buffer[index..<index + size])
    index += size
    if buffer[index] == 0x0D { index += 1 }
    guard buffer[index] == 0x0A else { throw malformed }
    start = index + 1
    return true
  }

  /// Passes over trailers as they come, of no more bytes than a head; true behind the empty line after them.
  private mutating func passTrailers() throws(Refusal) -> Bool {
    guard case .trailers(var passed) = framing else { return false }
    while true {
      let found = buffer[max(start, searched)...].firstIndex(of: 0x0A)
      let end = found.map { $0 + 1 } ?? buffer.count
      guard passed + end - start <= limits.headBytes else {
        throw Refusal(status: 431, reason: "request trailers are too large")
      }
      guard let lineEnd = found else {
        searched = buffer.count
        return false
      }
      let isEmpty = lineEnd == start || (lineEnd == start + 1 && buffer[start] == 0x0D)
      passed += end - start
      start = end
      framing = .trailers(passed)
      if isEmpty { return true }
    }
  }
}

/// The size in a chunk's first line: hexadecimal digits, before blanks or an extension; nil where it is none.
private func chunkSize(_ line: ArraySlice<UInt8>) -> Int? {
  var size = 0
  var rest = line
  while let byte = rest.first, let digit = hexDigit(byte) {
    guard line.count - rest.count < 8 else { return nil }
    size = size << 4 | Int(digit)
    rest.removeFirst()
  }
  guard rest.count < line.count else { return nil }
  if rest.last == 0x0D { rest.removeLast() }
  let following = rest.first { $0 != 0x20 && $0 != 0x09 }
  return following == nil || following == 0x3B ? size : nil
}

/// What the name of a header consists of (RFC 9110, 5.6.2).
private func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
  case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
  default: false
  }
}

/// The lines of a head, without their line ends, up to the empty one.
private struct HeadLines {
  var bytes: ArraySlice<UInt8>

  mutating func next() -> ArraySlice<UInt8>? {
    guard let end = bytes.firstIndex(of: 0x0A) else { return nil }
    var line = bytes[bytes.startIndex..<end]
    bytes = bytes[(end + 1)...]
    if line.last == 0x0D { line.removeLast() }
    return line.isEmpty ? nil : line
  }
}

private func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
  String(unsafeUninitializedCapacity: bytes.count) { out in
    var count = 0
    for byte in bytes {
      out[count] = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
      count += 1
    }
    return count
  }
}

private func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
  var bytes = bytes
  while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
  while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
  return String(decoding: bytes, as: UTF8.self)
}

extension Substring {
  /// The place after the first occurrence of `text`.
  fileprivate func range(ofText text: String) -> Index? {
    var index = startIndex
    while index < endIndex {
      if self[index...].hasPrefix(text) { return self.index(index, offsetBy: text.count) }
      index = self.index(after: index)
    }
    return nil
  }
}
