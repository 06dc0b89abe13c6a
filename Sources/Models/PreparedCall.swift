import Formats
import Vocabulary

/// A question that has become a request, valid and priced, with nothing sent yet.
public final class PreparedCall: Sendable {
  public var endpoint: Endpoint { question.endpoint }
  public var prompt: RenderedPrompt { question.prompt }
  /// What identifies the request, without secrets and without what makes no difference to the answer
  /// (streaming, time limits, `user`, `metadata`). Equal requests have equal canonical JSON.
  public let canonical: JSON
  /// The same in UTF-8, as it is hashed and kept.
  public let canonicalBytes: [UInt8]
  /// The body as sent, without secrets, for people.
  public var request: JSON {
    redaction.json(wire.body ?? wire.rawBody.map { .string($0) } ?? .string(prompt.text))
  }
  /// Tokens of the prompt, estimated.
  public var inputEstimate: Int { question.inputEstimate }
  /// Most tokens that may come back: the limit that is sent, or the model's own where none is.
  public let maxOutput: Int?
  /// Set false for no stream although the settings allow one.
  public let streams: Bool

  let question: Question
  let wire: WireRequest
  let redaction: Redaction

  init(_ question: Question, wire: WireRequest, maxOutput: Int?) {
    self.question = question
    self.wire = wire
    self.maxOutput = maxOutput
    redaction = question.redaction(of: wire)
    (canonical, canonicalBytes) = CanonicalRequest.of(wire, question)
    streams = question.streams
  }

  public var provider: String { endpoint.provider }
  public var model: String { endpoint.model }
  public var limitKey: String { endpoint.limitKey }
  public var isSimulated: Bool { endpoint.isSimulated }
  public var usesWire: Bool { endpoint.usesWire }
  /// A trace id goes along: over the wire, unless the target has a `traceparent` of its own.
  public var takesTrace: Bool {
    usesWire && !wire.headers.contains { $0.0.utf8.count == 11 && $0.0.lowercased() == "traceparent" }
  }

  /// SHA-256 of the canonical JSON, in hexadecimal. `sample` sets repetitions of one request apart.
  public func key(sample: Int = 0) -> String {
    SHA256.hex(canonicalBytes + Array((sample == 0 ? "" : "#\(sample)").utf8))
  }
}

/// Which of several equal requests this is, for simulated models: without it the order of arrival would decide
/// which repetition gets which reply.
public struct SimulatedOccasion: Sendable, Equatable {
  /// Sets repetitions apart.
  public var sample: Int
  /// Sets equal targets, cases and turns apart; empty for the first of them.
  public var lane: String
  public var attempt = 0

  public init(sample: Int, lane: String = "") {
    self.sample = sample
    self.lane = lane
  }

  var headers: [(String, String)] {
    [("X-Sim-Sample", "\(sample)"), ("X-Sim-Attempt", "\(attempt)")]
      + (lane.isEmpty ? [] : [("X-Sim-Lane", lane)])
  }
}

/// What came of one attempt. An object, as it is large and handed on through several tasks.
public final class AttemptOutcome: Sendable {
  public let attempt: Attempt
  public let result: Result<Reply, Failure>
  /// Nil when nothing came back that could be priced, or the price is not known.
  public let cost: Money?
  public let costReason: String?

  public init(
    attempt: Attempt, result: Result<Reply, Failure>, cost: Money? = nil, costReason: String? = nil
  ) {
    self.attempt = attempt
    self.result = result
    self.cost = cost
    self.costReason = costReason
  }
}

/// The part of a request that identifies it.
enum CanonicalRequest {
  static func of(_ wire: WireRequest, _ question: Question) -> (JSON, [UInt8]) {
    guard let form = wire.form, let messages = wire.body?["messages"] else {
      let json = json(wire, question)
      return (json, json.canonicalBytes)
    }
    return form.canonical(question.redaction(of: wire).json(messages)) {
      var empty = wire
      empty.body = .object(form.members)
      return json(empty, question).object ?? JSONObject()
    }
  }

  static func json(_ wire: WireRequest, _ question: Question) -> JSON {
    let redaction = question.redaction(of: wire)
    // In canonical order: nothing is sorted when it is written.
    var result: JSONObject = ["api": .string(question.endpoint.api.rawValue)]
    if let body = wire.body {
      result["body"] = redaction.json(identifying(body, question.endpoint.api))
    } else if let raw = wire.rawBody {
      result["body"] = .string(redaction.text(raw))
    }
    let headers = wire.headers.filter { HeaderRules.isPartOfRequest($0.0) }
      .map { ($0.0.lowercased(), JSON.string($0.1)) }.sorted { $0.0 < $1.0 }
    if !headers.isEmpty { result["headers"] = .object(JSONObject(headers)) }
    if let keys = hashOfKeys(wire, question) { result["keys"] = .string(keys) }
    result["url"] = .string(address(wire, question, redaction))
    result["v"] = 1
    return .object(result)
  }

  /// Tells requests apart that differ in nothing but the keys in them, which may be of one user each.
  private static func hashOfKeys(_ wire: WireRequest, _ question: Question) -> String? {
    guard question.endpoint.api == .http else { return nil }
    let keys = GenericHTTP.keys(of: wire, question)
    return keys.isEmpty ? nil : String(SHA256.hex(keys.joined(separator: "\n")).prefix(8))
  }

  private static func address(_ wire: WireRequest, _ question: Question, _ redaction: Redaction) -> String {
    let api = question.endpoint.api
    // Streaming or not, the same is asked.
    if api == .gemini { return AddressText.withoutSecrets(Gemini.url(question, "generateContent")) }
    if api == .http { return redaction.text(AddressText.withoutSecrets(wire.url)) }
    // The built-in simulator listens on another port every time, and is the same all the same.
    let base = question.endpoint.baseURL
    if question.endpoint.isSimulated, wire.url.hasPrefix(base) {
      return "sim:" + wire.url.dropFirst(base.count)
    }
    return AddressText.withoutSecrets(wire.url)
  }

  private static func identifying(_ body: JSON, _ api: API) -> JSON {
    guard api != .http, var members = body.object else { return body }
    for name in ["stream", "stream_options", "metadata", "user", "safety_identifier", "prompt_cache_key"] {
      members[name] = nil
    }
    return .object(members)
  }
}
