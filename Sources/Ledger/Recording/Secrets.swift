import Formats
import Vocabulary

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Texts that must never reach the ledger, and what is written in their place.
///
/// Values of secret variables and keys are replaced wherever they occur; members of settings whose
/// names say that they hold a key are masked whole.
public struct Secrets: Sendable {
  public static let mask = "[secret]"
  public static let none = Secrets()

  private let values: [String]
  /// As they stand in JSON texts.
  private let patterns: [[UInt8]]

  /// Values shorter than four characters are left alone: masking every "1" would help no one.
  public init(_ values: some Sequence<String> = []) {
    self.values = Set(values.filter { $0.utf8.count >= 4 })
      .sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    patterns = self.values.map { JSON.string($0).bytes.dropFirst().dropLast() }.map(Array.init)
  }

  init(joining a: Secrets, _ b: Secrets) { self.init(a.values + b.values) }

  /// Whether any of them stands in these bytes of JSON: cheap enough to ask of every request.
  func occur(in bytes: [UInt8]) -> Bool {
    if values.isEmpty { return false }
    return patterns.contains { Self.place(of: $0, in: bytes) }
  }

  private static func place(of pattern: [UInt8], in bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { text in
      guard let base = text.baseAddress, let first = pattern.first else { return false }
      var start = 0
      while start + pattern.count <= text.count,
        let found = memchr(base + start, Int32(first), text.count - pattern.count - start + 1)
      {
        let isEqual = pattern.withUnsafeBytes { raw in
          raw.baseAddress.map { memcmp(found, $0, pattern.count) == 0 } ?? false
        }
        if isEqual { return true }
        start = UnsafeRawPointer(found) - base + 1
      }
      return false
    }
  }

  public var isEmpty: Bool { values.isEmpty }

  public func masked(_ text: String) -> String {
    values.reduce(text) { text, secret in
      guard text.contains(secret) else { return text }
      return text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: Self.mask)
    }
  }

  /// Values and keys of objects alike.
  public func masked(_ json: JSON) -> JSON {
    if values.isEmpty { return json }
    return switch json {
    case .string(let text): .string(masked(text))
    case .array(let items): .array(items.map(masked))
    case .object(let object): .object(masked(object))
    case .null, .bool, .number: json
    }
  }

  public func masked(_ object: JSONObject) -> JSONObject {
    values.isEmpty ? object : JSONObject(object.map { (masked($0.key), masked($0.value)) })
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
    record.failure?.message = failure.map { secrets.masked($0.message) } ?? ""
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
    record.call.request = secrets.masked(call.request)
    if case .success(var reply) = call.result {
      reply.text = secrets.masked(reply.text)
      reply.output = secrets.masked(reply.output)
      reply.reasoning = reply.reasoning.map(secrets.masked)
      reply.refusal = reply.refusal.map(secrets.masked)
      reply.toolCalls = reply.toolCalls.map { call in
        var call = call
        call.arguments = secrets.masked(call.arguments)
        return call
      }
      record.call.result = .success(reply)
    }
    return record
  }
}

extension CheckResult {
  func masked(_ secrets: Secrets) -> CheckResult {
    var result = self
    result.reason = secrets.masked(self.reason)
    result.expected = self.expected.map(secrets.masked)
    result.components = self.components.map { $0.masked(secrets) }
    return result
  }
}
