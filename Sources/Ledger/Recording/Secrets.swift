import Formats
import Vocabulary

/// Texts that must never reach the ledger, and what is written in their place.
///
/// Values of secret variables and keys are replaced wherever they occur, escaped or not; members of settings whose
/// names say that they hold a key are masked whole.
public struct Secrets: Sendable {
  public static let mask = "[secret]"
  public static let none = Secrets()

  private let values: Set<String>
  private let search: SecretSearch

  /// Values shorter than four bytes are left alone: masking every "1" would help no one.
  public init(_ values: some Sequence<String> = []) {
    self.values = Set(values.filter { $0.utf8.count >= 4 })
    search = SecretSearch(self.values)
  }

  init(joining a: Secrets, _ b: Secrets) {
    self = b.isEmpty ? a : a.isEmpty ? b : Secrets(a.values.union(b.values))
  }

  public var isEmpty: Bool { values.isEmpty }

  public func masked(_ text: String) -> String { search.masked(text, with: Self.mask) }

  /// Of a text that was cut to length: without the beginning of a secret at its end, too.
  func maskedCut(_ text: String) -> String { search.maskedCut(text, with: Self.mask) }

  /// Values and keys of objects alike.
  public func masked(_ json: JSON) -> JSON {
    if isEmpty { return json }
    return switch json {
    case .string(let text): .string(masked(text))
    case .array(let items): .array(items.map(masked))
    case .object(let object): .object(masked(object))
    case .null, .bool, .number: json
    }
  }

  public func masked(_ object: JSONObject) -> JSONObject {
    isEmpty ? object : JSONObject(object.map { (masked($0.key), masked($0.value)) })
  }

  /// Settings of a target: members that hold keys are masked by their names too, at any depth.
  public func maskedSettings(_ object: JSONObject) -> JSONObject {
    JSONObject(
      object.map { key, value in
        if Self.namesSecret(key), !value.isNull { return (key, .string(Self.mask)) }
        return (key, maskedSettings(value))
      })
  }

  private func maskedSettings(_ json: JSON) -> JSON {
    switch json {
    case .object(let object): .object(maskedSettings(object))
    case .array(let items): .array(items.map(maskedSettings))
    case .string(let text):
      .string(Self.isAddress(text) ? AddressText.withoutSecrets(masked(text)) : masked(text))
    case .null, .bool, .number: json
    }
  }

  private static func isAddress(_ text: String) -> Bool {
    (text.hasPrefix("http://") || text.hasPrefix("https://")) && !text.contains(where: \.isWhitespace)
  }

  /// Whether a header, setting or query parameter of that name holds a key.
  public static func namesSecret(_ name: String) -> Bool {
    let plain = name.lowercased().filter { $0.isLetter || $0.isNumber }
    if ["authorization", "proxyauthorization", "cookie", "setcookie", "key", "sig", "xauth"].contains(plain) {
      return true
    }
    if plain.hasSuffix("envar") { return false }
    // `X-Token`, `PRIVATE-TOKEN`, but not `max_tokens`.
    if plain.hasSuffix("token") { return true }
    return [
      "apikey", "secret", "password", "accesskey", "accesstoken", "authtoken", "sessiontoken", "bearer",
      "credential", "signature", "privatekey", "subscriptionkey",
    ].contains { plain.contains($0) }
  }
}

extension TrialRecord {
  /// Without these secrets, wherever they stand.
  public func masked(_ secrets: Secrets) -> TrialRecord {
    var record = self
    record.reason = reason.map(secrets.masked)
    record.failure?.mapTexts(secrets.masked, cut: secrets.maskedCut)
    record.output = output.map(secrets.masked)
    record.metadata = metadata.map(secrets.masked)
    record.checks = checks.map { $0.masked(secrets) }
    record.calls = calls.map { $0.masked(secrets) }
    return record
  }
}

extension CallRecord {
  public func masked(_ secrets: Secrets) -> CallRecord {
    var record = self
    record.canonicalRequest = nil
    record.context = context.map(secrets.masked)
    record.call.request = secrets.masked(call.request)
    switch call.result {
    case .success(var reply):
      reply.mapTexts(secrets.masked, secrets.masked)
      record.call.result = .success(reply)
    case .failure(var failure):
      failure.mapTexts(secrets.masked, cut: secrets.maskedCut)
      record.call.result = .failure(failure)
    }
    record.call.attempts = call.attempts.map { attempt in
      var attempt = attempt
      attempt.mapTexts(secrets.masked, cut: secrets.maskedCut)
      return attempt
    }
    return record
  }
}

extension CheckResult {
  public func masked(_ secrets: Secrets) -> CheckResult {
    var result = self
    result.reason = secrets.masked(self.reason)
    result.note = self.note.map(secrets.masked)
    result.expected = self.expected.map(secrets.masked)
    result.components = self.components.map { $0.masked(secrets) }
    return result
  }
}
