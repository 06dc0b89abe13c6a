/// Which environment variables a template may read when their names or values look like secrets.
///
/// Prompts are rendered with test data in them, and test data is itself rendered: without this rule a
/// cell `{{ env.OPENAI_API_KEY }}` would send the key to a model and into the ledger.
public enum SecretAccess: Sendable, Hashable {
  /// None: reading one is an error. For prompts, variables and test data.
  case refused
  /// Only these names.
  case names(Set<String>)
  /// All. For what never reaches a model or the ledger: target ids, headers, paths.
  case allowed

  /// Whether a template may read this variable.
  public func permits(_ name: String, value: String) -> Bool {
    switch self {
    case .allowed: true
    case .names(let names): names.contains(name) || !Self.looksSecret(name, value: value)
    case .refused: !Self.looksSecret(name, value: value)
    }
  }

  /// A variable looks secret when a word of its name says so (`OPENAI_API_KEY`, `GITHUB_TOKEN`,
  /// `DbPassword`), or when its value is an address with a password in it (`postgres://user:pw@host`).
  public static func looksSecret(_ name: String, value: String) -> Bool {
    words(of: name).contains { word in
      secretWords.contains(word) || secretEndings.contains { word.hasSuffix($0) }
    } || holdsPassword(value)
  }

  private static let secretWords: Set<String> = [
    "KEY", "KEYS", "TOKEN", "SECRET", "SECRETS", "PASSWORD", "PASSWORDS", "PASSWD", "PASS",
    "PASSPHRASE", "CREDENTIAL", "CREDENTIALS", "CREDS", "AUTH", "AUTHORIZATION", "BEARER", "COOKIE",
    "PRIVATE", "SIGNATURE", "PAT", "DSN",
  ]
  /// Words that are run together: `PGPASSWORD`.
  private static let secretEndings = [
    "APIKEY", "ACCESSKEY", "SECRETKEY", "PRIVATEKEY", "TOKEN", "SECRET", "PASSWORD", "PASSPHRASE", "PASSWD",
  ]

  /// `OPENAI_API_KEY` and `openaiApiKey` both give OPENAI, API, KEY.
  private static func words(of name: String) -> [String] {
    var words: [String] = []
    var word = ""
    var previousIsLower = false
    for character in name.unicodeScalars {
      let isUpper = character.properties.isUppercase
      if !character.properties.isAlphabetic || (isUpper && previousIsLower) {
        if !word.isEmpty { words.append(word.uppercased()) }
        word = ""
      }
      if character.properties.isAlphabetic { word.unicodeScalars.append(character) }
      previousIsLower = character.properties.isLowercase
    }
    if !word.isEmpty { words.append(word.uppercased()) }
    return words
  }

  /// `scheme://user:password@host`
  private static func holdsPassword(_ value: String) -> Bool {
    let bytes = Array(value.utf8)
    guard
      let scheme = (0..<max(bytes.count - 2, 0)).first(where: {
        bytes[$0] == UInt8(ascii: ":") && bytes[$0 + 1] == UInt8(ascii: "/")
          && bytes[$0 + 2] == UInt8(ascii: "/")
      })
    else { return false }
    let authority = bytes[(scheme + 3)...].prefix { $0 != UInt8(ascii: "/") && $0 > 0x20 }
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return false }
    return authority[..<at].contains(UInt8(ascii: ":"))
  }
}
