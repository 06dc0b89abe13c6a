/// One request as the server read it: whole, with its body.
public struct ServerRequest: Sendable {
  public var method: String
  /// As it was written, path and query, from the path's first slash.
  public var target = ""
  /// Without the query, percent-decoded.
  public var path: String
  /// In the order of the address, percent-decoded, `+` read as a blank.
  public var query: [(name: String, value: String)]
  /// In the order of arrival, names in lower case.
  public var headers: [(name: String, value: String)]
  public var body: [UInt8] = []
  /// When the last byte of the request was read: nanoseconds on the monotonic clock.
  public var receivedAt: Int64 = 0
  /// Requests that this connection carried before this one.
  public var earlierOnConnection = 0
  /// It came as HTTP/1.0, which knows no chunks.
  public var isHTTP10 = false
  /// The request asked that the connection be kept (HTTP/1.1 without `connection: close`).
  public var keepsConnection = true

  /// The value of a header, named in lower case.
  public func header(_ name: String) -> String? {
    headers.first { $0.name == name }?.value
  }

  public func query(_ name: String) -> String? {
    query.first { $0.name == name }?.value
  }
}

/// `%41` to `A`; what is not valid stays as it is, and bytes that are not UTF-8 are repaired.
public func percentDecoded(_ text: some StringProtocol, plusIsBlank: Bool = false) -> String {
  let bytes = Array(text.utf8)
  guard bytes.contains(0x25) || (plusIsBlank && bytes.contains(0x2B)) else { return String(text) }
  var out: [UInt8] = []
  out.reserveCapacity(bytes.count)
  var index = 0
  while index < bytes.count {
    let byte = bytes[index]
    if byte == 0x25, index + 2 < bytes.count, let high = hexDigit(bytes[index + 1]),
      let low = hexDigit(bytes[index + 2])
    {
      out.append(high << 4 | low)
      index += 3
    } else {
      out.append(byte == 0x2B && plusIsBlank ? 0x20 : byte)
      index += 1
    }
  }
  return String(decoding: out, as: UTF8.self)
}

func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x41 + 10
  case 0x61...0x66: byte - 0x61 + 10
  default: nil
  }
}
