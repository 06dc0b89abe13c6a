import Formats
import Vocabulary

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Removes the secrets of a request from whatever came back, before anyone else sees it.
///
/// Services repeat keys in their errors, and servers for testing repeat whole requests.
struct Redaction: Sendable {
  private let secrets: [[UInt8]]

  /// Short texts are left alone: no key is that short, and replacing them would garble replies.
  init(_ secrets: [String]) {
    self.secrets = secrets.map { Array($0.utf8) }.filter { $0.count >= 8 }.sorted { $0.count > $1.count }
  }

  static let mark = AddressText.mark

  /// How many bytes at the end may be the beginning of a secret.
  func heldBack(_ text: ArraySlice<UInt8>) -> Int {
    let longest = min(text.count, (secrets.first?.count ?? 1) - 1)
    return (0..<longest).lazy.map { longest - $0 }.first { count in
      secrets.contains { $0.count > count && $0.starts(with: text.suffix(count)) }
    } ?? 0
  }

  func text(_ text: String) -> String {
    guard isFound(in: text) else { return text }
    return String(decoding: bytes(Array(text.utf8)), as: UTF8.self)
  }

  /// As `text`, and without an end that may be the beginning of a secret: for texts that were cut to length.
  func cut(_ text: String) -> String {
    if secrets.isEmpty { return text }
    let clean = self.text(text)
    let bytes = Array(clean.utf8)
    let count = heldBack(bytes[...])
    // Fewer give nothing away, and would take letters off honest texts.
    return count < 4 ? clean : String(decoding: bytes.dropLast(count), as: UTF8.self)
  }

  func bytes(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for secret in secrets {
      guard var place = Self.find(secret, in: result, from: 0) else { continue }
      var clean: [UInt8] = []
      var from = 0
      repeat {
        clean += result[from..<place]
        clean += Array(Self.mark.utf8)
        from = place + secret.count
        guard let next = Self.find(secret, in: result, from: from) else { break }
        place = next
      } while true
      result = clean + result[from...]
    }
    return result
  }

  func contains(in bytes: [UInt8]) -> Bool {
    secrets.contains { Self.find($0, in: bytes, from: 0) != nil }
  }

  /// Keys of objects are left as they are.
  func json(_ json: JSON) -> JSON {
    guard isFound(in: json) else { return json }
    switch json {
    case .null, .bool, .number: return json
    case .string(let text): return .string(self.text(text))
    case .array(let items): return .array(items.map(self.json))
    case .object(let members): return .object(JSONObject(members.map { ($0.key, self.json($0.value)) }))
    }
  }

  private func isFound(in text: String) -> Bool {
    if secrets.isEmpty { return false }
    var text = text
    return text.withUTF8 { hay in
      secrets.contains { Self.find($0, in: UnsafeRawBufferPointer(hay), from: 0) != nil }
    }
  }

  private func isFound(in json: JSON) -> Bool {
    if secrets.isEmpty { return false }
    return switch json {
    case .null, .bool, .number: false
    case .string(let text): isFound(in: text)
    case .array(let items): items.contains(where: isFound)
    case .object(let members): members.contains { isFound(in: $0.value) }
    }
  }

  /// A service that repeats the request's key must not bring it into the ledger.
  func clean(_ reply: inout Reply) {
    guard isFound(in: reply) else { return }
    reply.text = text(reply.text)
    reply.output = json(reply.output)
    reply.metadata = reply.metadata.map(json)
    reply.message = reply.message.map(json)
    reply.reasoning = reply.reasoning.map(text)
    reply.refusal = reply.refusal.map(text)
    reply.flagReason = reply.flagReason.map(text)
    reply.toolCalls = reply.toolCalls.map { call in
      var call = call
      call.name = text(call.name)
      call.arguments = text(call.arguments)
      return call
    }
  }

  private func isFound(in reply: Reply) -> Bool {
    if secrets.isEmpty { return false }
    let values: [JSON?] = [reply.output, reply.metadata, reply.message]
    let others: [String?] = [reply.reasoning, reply.refusal, reply.flagReason]
    return isFound(in: reply.text)
      || values.contains { value in value.map { isFound(in: $0) } ?? false }
      || others.contains { other in other.map { isFound(in: $0) } ?? false }
      || reply.toolCalls.contains { isFound(in: $0.name) || isFound(in: $0.arguments) }
  }

  /// Message and evidence are cut to length before they come here.
  func clean(_ failure: inout Failure) {
    failure.message = cut(failure.message)
    failure.evidence = failure.evidence.map(cut)
    failure.code = failure.code.map(text)
  }

  private static func find(_ needle: [UInt8], in hay: [UInt8], from: Int) -> Int? {
    hay.withUnsafeBytes { find(needle, in: $0, from: from) }
  }

  private static func find(_ needle: [UInt8], in hay: UnsafeRawBufferPointer, from: Int) -> Int? {
    guard let base = hay.baseAddress, hay.count - from >= needle.count else { return nil }
    return needle.withUnsafeBytes { needle in
      guard let first = needle.first, let start = needle.baseAddress else { return nil }
      var place = from
      let last = hay.count - needle.count
      while place <= last, let found = memchr(base + place, Int32(first), last - place + 1) {
        place = UnsafeRawPointer(found) - base
        if memcmp(found, start, needle.count) == 0 { return place }
        place += 1
      }
      return nil
    }
  }
}
