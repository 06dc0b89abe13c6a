/// Addresses as they may be recorded and shown.
public enum AddressText {
  /// Stands in place of a secret.
  public static let mark = "[redacted]"

  /// Without user and password, and with the values of key-like parameters replaced.
  public static func withoutSecrets(_ url: String) -> String {
    // Most have neither a user nor parameters, and this is asked for every call.
    guard url.utf8.contains(where: { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "?") }) else { return url }
    var result = url
    if let scheme = result.firstRange(of: "://") {
      let authority = result[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
      if let at = authority.lastIndex(of: "@") { result.removeSubrange(scheme.upperBound...at) }
    }
    guard let question = result.firstIndex(of: "?") else { return result }
    let query = result[result.index(after: question)...].split(
      separator: "&", omittingEmptySubsequences: false)
    let clean = query.map { pair -> String in
      let name = pair.prefix { $0 != "=" }
      return name.count < pair.count && namesSecret(parameter: String(name))
        ? "\(name)=\(mark)" : String(pair)
    }
    return result[...question] + clean.joined(separator: "&")
  }

  /// The secrets that `withoutSecrets` takes out.
  public static func secrets(in url: String) -> [String] {
    var found: [String] = []
    if let scheme = url.firstRange(of: "://") {
      let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
      if let at = authority.lastIndex(of: "@") {
        // Of `user:password` the second is the secret; a word alone is a token, and so is one with nothing after it.
        let parts = authority[..<at].split(separator: ":", maxSplits: 1)
        if let last = parts.last, last != "x-oauth-basic" {
          found.append(String(last))
        } else if let first = parts.first {
          found.append(String(first))
        }
      }
    }
    guard let question = url.firstIndex(of: "?") else { return found }
    for pair in url[url.index(after: question)...].split(separator: "&") {
      guard let equals = pair.firstIndex(of: "="), namesSecret(parameter: String(pair[..<equals])) else {
        continue
      }
      found.append(String(pair[pair.index(after: equals)...]))
    }
    return found
  }

  /// Of a query.
  public static func namesSecret(parameter name: String) -> Bool {
    namesSecret(header: name) || ["sig", "code"].contains(name.lowercased())
  }

  /// Whatever may carry a credential.
  public static func namesSecret(header name: String) -> Bool {
    let name = name.lowercased()
    if ["method", "type", "scheme"].contains(where: name.hasSuffix) { return false }
    if name.contains("auth"), !name.contains("author") { return true }
    return ["authorization", "key", "token", "secret", "cookie", "password", "signature", "credential"]
      .contains { name.contains($0) }
  }
}
