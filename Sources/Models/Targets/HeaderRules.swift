import Formats
import Vocabulary

/// Which headers may be sent, which hold secrets, and which make a difference to the answer.
enum HeaderRules {
  static func check(_ name: String, _ value: String) throws(Problem) {
    let isToken = !name.isEmpty && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }
    guard isToken, value.utf8.allSatisfy({ $0 >= 32 || $0 == 9 }) else {
      throw Problem(
        "header \"\(name)\" cannot be sent: its name or value holds line ends or control characters")
    }
  }

  /// Whatever may carry a credential: its value is never recorded or shown.
  static func isSecret(_ name: String) -> Bool { AddressText.namesSecret(header: name) }

  /// Whether a member of a body holds a key. Narrower than for headers: bodies hold texts, and members such as
  /// `keywords` and `max_tokens`.
  static func isSecretMember(_ name: String, _ value: String) -> Bool {
    let plain = name.lowercased().filter { $0.isLetter || $0.isNumber }
    let isNamed =
      ["token", "auth", "signature", "cookie", "bearer"].contains { plain.hasSuffix($0) }
      || ["apikey", "accesskey", "privatekey", "secret", "password", "credential", "authorization"]
        .contains { plain.contains($0) }
    // After a scheme such as `Bearer` comes one word.
    return isNamed && value.split(whereSeparator: \.isWhitespace).count <= 2
  }

  /// The value and, after a scheme such as `Bearer`, the credential alone.
  static func secrets(in value: String) -> [String] {
    let words = value.split(separator: " ")
    guard words.count == 2, ["bearer", "basic", "token", "apikey", "key"].contains(words[0].lowercased())
    else { return [value] }
    return [value, String(words[1])]
  }

  /// Part of what identifies a request: the same body with another of these may be answered otherwise.
  static func isPartOfRequest(_ name: String) -> Bool {
    guard let first = name.utf8.first, [UInt8(ascii: "a"), UInt8(ascii: "o")].contains(first | 0x20),
      name.utf8.count != 13  // Authorization, which nearly every request has
    else { return false }
    let name = name.lowercased()
    return ["anthropic-version", "anthropic-beta", "openai-beta", "openai-organization", "openai-project"]
      .contains(name)
  }
}

/// Questions about URLs, on their text.
enum URLText {
  /// Whether it leads to this machine.
  static func isLoopback(_ url: String) -> Bool {
    guard let scheme = url.range(ofText: "://") else { return false }
    var host = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
    if host.hasPrefix("[::1]") { return true }
    let name = host.prefix { $0 != ":" }.lowercased()
    return name == "localhost" || name.hasSuffix(".localhost") || name.hasPrefix("127.") || name == "0.0.0.0"
  }

  /// For query parameters.
  static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%" + Hex.text([byte]).uppercased()
      }
    }
    return result
  }
}
