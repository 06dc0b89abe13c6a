/// Scheme, host and port of a URL: what may be shown of it, and what a redirect must keep.
public struct URLOrigin: Hashable, Sendable {
  public var scheme: String
  public var host: String
  public var port: String

  public init?(_ url: String) {
    let bytes = Array(url.utf8)
    guard let colon = bytes.firstIndex(of: 0x3A), bytes[colon...].starts(with: "://".utf8) else { return nil }
    scheme = Self.lowercased(bytes[..<colon])
    var authority = bytes[(colon + 3)...].prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 && $0 != 0x5C }
    if let at = authority.lastIndex(of: 0x40) { authority = authority[(at + 1)...] }
    let bracket = authority.lastIndex(of: 0x5D)
    if let mark = authority.lastIndex(of: 0x3A), mark > bracket ?? -1 {
      host = Self.lowercased(authority[..<mark])
      port = Self.lowercased(authority[(mark + 1)...])
    } else {
      host = Self.lowercased(authority)
      port = ""
    }
    if port.isEmpty { port = scheme == "https" ? "443" : "80" }
    guard !host.isEmpty else { return nil }
  }

  /// `host`, or `host:port` where the port is not the scheme's own.
  var shown: String {
    (scheme == "https" && port == "443") || (scheme == "http" && port == "80") ? host : "\(host):\(port)"
  }

  private static func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.map(HTTPHeaders.lowercased), as: UTF8.self)
  }
}
