/// A whole response: status, headers, body.
public struct ServerResponse: Sendable {
  public var status: Int
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]

  public init(status: Int = 200, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  public static func text(_ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8")
    -> Self
  {
    ServerResponse(status: status, headers: [("content-type", type)], body: Array(text.utf8))
  }

  /// Head and body as they go over the wire; `content-length` is added.
  public func encode(into out: inout [UInt8], keepsConnection: Bool = true, withoutBody: Bool = false) {
    out.reserveCapacity(out.count + body.count + 256 + headers.count * 48)
    ResponseHead.begin(status, into: &out)
    for (name, value) in headers { ResponseHead.field(name, value, into: &out) }
    ResponseHead.field("content-length", String(body.count), into: &out)
    if !keepsConnection { ResponseHead.field("connection", "close", into: &out) }
    ResponseHead.end(into: &out)
    if !withoutBody { out.append(contentsOf: body) }
  }
}

/// Writes heads and chunks byte by byte, for those who want to write them wrongly, too.
public enum ResponseHead {
  public static func begin(_ status: Int, into out: inout [UInt8]) {
    out.append(contentsOf: "HTTP/1.1 ".utf8)
    out.append(contentsOf: String(status).utf8)
    out.append(0x20)
    out.append(contentsOf: reason(status).utf8)
    out.append(0x0D)
    out.append(0x0A)
  }

  /// Line breaks in a value would begin another header: they become blanks.
  public static func field(_ name: String, _ value: String, into out: inout [UInt8]) {
    out.append(contentsOf: name.utf8)
    out.append(0x3A)
    out.append(0x20)
    for byte in value.utf8 { out.append(byte == 0x0D || byte == 0x0A ? 0x20 : byte) }
    out.append(0x0D)
    out.append(0x0A)
  }

  public static func end(into out: inout [UInt8]) {
    out.append(0x0D)
    out.append(0x0A)
  }

  static func reason(_ status: Int) -> String {
    switch status {
    case 100: "Continue"
    case 200: "OK"
    case 201: "Created"
    case 204: "No Content"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 402: "Payment Required"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 413: "Content Too Large"
    case 421: "Misdirected Request"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    case 529: "Overloaded"
    default: "Status"
    }
  }
}

/// The chunked transfer coding (RFC 9112, 7.1).
public enum ChunkedCoding {
  /// Appends one chunk whose data `write` appends; its size line is filled in afterwards.
  public static func chunk(into out: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
    let start = out.count
    for _ in 0..<5 { out.append(0x30) }
    out.append(0x0D)
    out.append(0x0A)
    write(&out)
    var size = out.count - start - 7
    if size == 0 {
      out.removeLast(7)
      return
    }
    if size > 0xFFFFF {
      // Larger than five digits: give it a size line of its own width.
      let data = Array(out[(start + 7)...])
      out.removeLast(out.count - start)
      out.append(contentsOf: String(data.count, radix: 16).utf8)
      out.append(contentsOf: [0x0D, 0x0A])
      out.append(contentsOf: data)
    } else {
      for place in (0..<5).reversed() {
        let digit = UInt8(truncatingIfNeeded: size & 15)
        out[start + place] = digit < 10 ? 0x30 + digit : 0x57 + digit
        size >>= 4
      }
    }
    out.append(0x0D)
    out.append(0x0A)
  }

  public static func end(into out: inout [UInt8]) {
    out.append(contentsOf: "0\r\n\r\n".utf8)
  }
}
