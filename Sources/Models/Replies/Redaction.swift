import Formats
import Vocabulary

/// Removes the secrets of a request from whatever came back, before anyone else sees it.
///
/// Services repeat keys in their errors, and servers for testing repeat whole requests.
struct Redaction: Sendable {
  private let secrets: SecretSearch

  /// Short texts are left alone: no key is that short, and replacing them would garble replies.
  init(_ secrets: [String]) { self.secrets = SecretSearch(secrets, atLeast: 8) }

  static let mark = AddressText.mark

  /// How many bytes at the end may be the beginning of a secret.
  func heldBack(_ text: ArraySlice<UInt8>) -> Int { secrets.begun(atEndOf: text) }

  func text(_ text: String) -> String { secrets.masked(text, with: Self.mark) }

  /// As `text`, and without an end that may be the beginning of a secret: for texts that were cut to length.
  func cut(_ text: String) -> String { secrets.maskedCut(text, with: Self.mark) }

  func bytes(_ bytes: [UInt8]) -> [UInt8] { secrets.masked(bytes, with: Self.mark) }

  func contains(in bytes: [UInt8]) -> Bool { secrets.occur(in: bytes) }

  /// Keys of objects, too.
  func json(_ json: JSON) -> JSON {
    guard isFound(in: json) else { return json }
    switch json {
    case .null, .bool, .number: return json
    case .string(let text): return .string(self.text(text))
    case .array(let items): return .array(items.map(self.json))
    case .object(let members):
      return .object(JSONObject(members.map { (text($0.key), self.json($0.value)) }))
    }
  }

  private func isFound(in text: String) -> Bool { secrets.occur(in: text) }

  private func isFound(in json: JSON) -> Bool {
    if secrets.isEmpty { return false }
    return switch json {
    case .null, .bool, .number: false
    case .string(let text): isFound(in: text)
    case .array(let items): items.contains(where: isFound)
    case .object(let members): members.contains { isFound(in: $0.key) || isFound(in: $0.value) }
    }
  }

  /// A service that repeats the request's key must not bring it into the ledger.
  func clean(_ reply: inout Reply) {
    if !secrets.isEmpty { reply.mapTexts(text, json) }
  }

  /// Message and evidence are cut to length before they come here.
  func clean(_ failure: inout Failure) {
    if !secrets.isEmpty { failure.mapTexts(text, cut: cut) }
  }
}
