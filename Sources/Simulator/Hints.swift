import Formats
import Synchronization
import Wire

/// What a request may tell the simulator beside what it asks: headers, and the metadata of its body.
enum Hints {
  /// The expected answer: `X-Sim-Expected` (percent-encoded, one header for each part), else
  /// `metadata.expected` (a string or a list).
  static func expected(_ request: ServerRequest, _ body: JSON) -> [String] {
    let headers = request.headers.filter { $0.name == "x-sim-expected" }
    if !headers.isEmpty { return headers.map { percentDecoded($0.value) }.filter { !$0.isEmpty } }
    switch body["metadata"]?["expected"] {
    case .string(let text)?: return [text]
    case .array(let items)?: return items.map { $0.string ?? $0.text }
    case .none, .null?: return []
    case let other?: return [other.text]
    }
  }

  /// Which of several replies to the same content this is (`X-Sim-Sample`).
  static func sample(_ request: ServerRequest) -> Int? { request.header("x-sim-sample").flatMap { Int($0) } }

  /// Tells askers of the same content apart (`X-Sim-Lane`, any text): each has draws of its own. 0 without one.
  static func lane(_ request: ServerRequest) -> UInt64 {
    request.header("x-sim-lane").flatMap { $0.isEmpty ? nil : stableHash($0) } ?? 0
  }

  /// Which attempt this is, from 0: `X-Sim-Attempt`, or what the official clients count.
  static func attempt(_ request: ServerRequest) -> Int? {
    (request.header("x-sim-attempt") ?? request.header("x-stainless-retry-count")).flatMap { Int($0) }
  }

  /// `X-Sim-Fault: 429-requests;retry-after=2`
  static func fault(_ request: ServerRequest) throws(Refusal) -> Fault? {
    guard let text = request.header("x-sim-fault") else { return nil }
    do {
      return try Fault(text)
    } catch {
      throw Refusal("\(error.message); \(error.mend ?? "")", parameter: "X-Sim-Fault")
    }
  }
}

/// Whoever calls: known by a hash of the key only.
enum Credentials {
  static func key(of request: ServerRequest) -> String {
    if let bearer = request.header("authorization") {
      return bearer.lowercased().hasPrefix("bearer ") ? String(bearer.dropFirst(7)) : bearer
    }
    return request.header("x-api-key") ?? request.header("api-key") ?? request.header("x-goog-api-key")
      ?? request.query("key") ?? ""
  }
}

/// Eight bytes of SHA-256 that tell keys apart and give none away; computed once for a key.
final class KeyHashes: Sendable {
  private let known = Mutex<[String: String]>([:])

  func hash(_ key: String) -> String {
    if key.isEmpty { return "" }
    return known.withLock { known in
      if let hash = known[key] { return hash }
      if known.count >= 1000 { known = [:] }
      let hash = String(SHA256.hex(key).prefix(16))
      known[key] = hash
      return hash
    }
  }
}
