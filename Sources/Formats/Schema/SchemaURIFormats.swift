/// RFC 3986 (URIs), RFC 3987 (IRIs), RFC 6570 (templates).
enum SchemaURIFormats {
  static func isURI(_ text: String, relative: Bool, international: Bool) -> Bool {
    guard hasAllowedBytes(text, international) else { return false }
    let uri = URIReference(text)
    if uri.scheme == nil {
      if !relative { return false }
      // What stands before a colon in the first segment would be a scheme.
      if uri.authority == nil, uri.path.prefix(while: { $0 != "/" }).contains(":") { return false }
    }
    if let authority = uri.authority, !isAuthority(authority) { return false }
    if uri.authority == nil, uri.path.hasPrefix("//") { return false }
    let other = uri.path + (uri.query ?? "") + (uri.fragment ?? "")
    return !other.contains { $0 == "[" || $0 == "]" || $0 == "#" }
  }

  private static func hasAllowedBytes(_ text: String, _ international: Bool) -> Bool {
    let bytes = Array(text.utf8)
    for (place, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "%") {
        guard place + 2 < bytes.count, isHexadecimal(bytes[place + 1]), isHexadecimal(bytes[place + 2]) else {
          return false
        }
      } else if !(isLetter(byte) || isDigit(byte) || "-._~:/?#[]@!$&'()*+,;=".utf8.contains(byte)
        || international && byte >= 0x80)
      {
        return false
      }
    }
    return true
  }

  private static func isAuthority(_ authority: String) -> Bool {
    var host = Substring(authority)
    if let at = host.firstIndex(of: "@") {
      if host[..<at].contains(where: { $0 == "[" || $0 == "]" }) { return false }
      host = host[host.index(after: at)...]
    }
    if host.contains("@") { return false }
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return false }
      let literal = host[host.index(after: host.startIndex)..<end]
      if !SchemaNetFormats.isIPv6(String(literal)), !isFutureAddress(literal) { return false }
      host = host[host.index(after: end)...]
      if !host.isEmpty, !host.hasPrefix(":") { return false }
    }
    if let colon = host.firstIndex(of: ":") {
      if !host[host.index(after: colon)...].utf8.allSatisfy(isDigit) { return false }
      host = host[..<colon]
    }
    return !host.contains { $0 == "[" || $0 == "]" }
  }

  /// `v1.anything`
  private static func isFutureAddress(_ literal: Substring) -> Bool {
    guard literal.first == "v" || literal.first == "V", let point = literal.firstIndex(of: ".") else {
      return false
    }
    let version = literal[..<point].utf8.dropFirst()
    return !version.isEmpty && version.allSatisfy(isHexadecimal)
      && literal.index(after: point) < literal.endIndex
  }

  @Sendable static func isTemplate(_ text: String) -> Bool {
    var rest = Substring(text)
    while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
      guard isLiteral(rest[..<brace]), rest[brace] == "{", let end = rest[brace...].firstIndex(of: "}"),
        isExpression(rest[rest.index(after: brace)..<end])
      else { return false }
      rest = rest[rest.index(after: end)...]
    }
    return isLiteral(rest)
  }

  private static func isLiteral(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { $0 > 0x20 && !"\"<>\\^`{|}".utf8.contains($0) && $0 != 0x7F }
  }

  private static func isExpression(_ text: Substring) -> Bool {
    var text = text
    if let first = text.first, "+#./;?&=,!@|".contains(first) { text = text.dropFirst() }
    return text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { variable in
      var name = variable
      if name.hasSuffix("*") {
        name = name.dropLast()
      } else if let colon = name.firstIndex(of: ":") {
        let length = name[name.index(after: colon)...].utf8
        guard (1...4).contains(length.count), length.allSatisfy(isDigit), length.first != UInt8(ascii: "0")
        else {
          return false
        }
        name = name[..<colon]
      }
      return !name.isEmpty && !name.hasPrefix(".") && !name.hasSuffix(".") && !name.contains("..")
        && name.utf8.allSatisfy { isLetter($0) || isDigit($0) || "_.%".utf8.contains($0) }
    }
  }
}
