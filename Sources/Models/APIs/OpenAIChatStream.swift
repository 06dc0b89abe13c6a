import Formats
import Vocabulary

/// Chunks of OpenAI's chat completions: `data:` lines, `[DONE]` at the end.
///
/// Usage is taken from whatever chunk carries it, the last that is not null; role-only and empty deltas
/// and chunks without choices are no output.
struct OpenAIChatStream: StreamDialect {
  private var content: [UInt8] = []
  private var reasoning: [UInt8] = []
  private var refusal: [UInt8] = []
  private var hasContent = false
  private var calls: [ToolCallPieces] = []
  private var function: ToolCallPieces?
  private var finish: JSON?
  private var logprobs: [JSON] = []
  private var filter = JSONObject()
  private var audio: JSONObject?
  /// Members of the chunks themselves, the last that is not null.
  private var top = JSONObject()
  private(set) var usage: JSON?
  private(set) var failure: Failure?
  private var sawChunk = false
  private var fields = HotChunk.scanner.emptyFields

  init(_ question: Question) {}

  mutating func take(event: RawSpan, data: RawSpan) -> Seen {
    if data.starts(with: "[DONE]") { return .end }
    if sawChunk, let seen = takeHot(data) { return seen }
    guard let chunk = try? JSON(parsing: data) else {
      failure = Failure(
        .malformed, "an event of the stream is not JSON", evidence: ErrorReading.evidence(data.array))
      return .failed
    }
    return take(chunk)
  }

  /// Most chunks bring a few letters and nothing else: read without building values. Nil, and nothing
  /// taken, when the chunk brings anything more.
  private mutating func takeHot(_ data: RawSpan) -> Seen? {
    guard HotChunk.scanner.scan(data, into: &fields) else { return nil }
    for place in HotChunk.others where fields[place].isNonEmpty { return nil }
    let index = fields[HotChunk.index]
    guard index.isMissing || index.int(in: data) == 0 else { return nil }
    let thought =
      fields[HotChunk.reasoningContent].isNonEmpty ? HotChunk.reasoningContent : HotChunk.reasoning
    let hasThought = fields[thought].isNonEmpty
    let text = fields[HotChunk.content]
    let hasText = text.isNonEmpty
    guard hasText ? text.kind == .string && !hasThought : hasThought && fields[thought].kind == .string else {
      return nil
    }
    if hasText {
      guard text.appendText(in: data, to: &content) else { return nil }
      hasContent = true
      return .visible
    }
    return fields[thought].appendText(in: data, to: &reasoning) ? .reasoning : nil
  }

  private mutating func take(_ chunk: JSON) -> Seen {
    if let error = ErrorReading.failure(status: nil, json: chunk) {
      failure = error.with(evidence: ErrorReading.evidence(chunk.bytes))
      return .failed
    }
    sawChunk = true
    for (key, value) in chunk.object ?? JSONObject() where key != "choices" && !value.isNull {
      switch key {
      case "usage": usage = value
      case "x_groq": if let inner = value["usage"], usage == nil { usage = inner }
      case "prompt_filter_results", "obfuscation", "object", "created": break
      case "id", "model": if value.string != "" { top[key] = value }
      default: top[key] = value
      }
    }
    var seen: Seen = []
    for choice in chunk["choices"]?.array ?? [] where choice["index"]?.int ?? 0 == 0 {
      seen.formUnion(take(choice: choice))
    }
    return seen
  }

  private mutating func take(choice: JSON) -> Seen {
    var seen: Seen = []
    if let error = ErrorReading.failure(status: nil, json: choice) {
      failure = error
      return .failed
    }
    if let reason = choice["finish_reason"], !reason.isNull { finish = reason }
    if let tokens = choice["logprobs"]?["content"]?.array { logprobs += tokens }
    for (category, verdict) in choice["content_filter_results"]?.object ?? JSONObject() {
      filter[category] = verdict
    }
    // A server that does not know deltas sends messages.
    guard let delta = choice["delta"] ?? choice["message"] else { return seen }

    if let text = Self.text(delta["content"]) {
      hasContent = true
      content += text.utf8
      if !text.isEmpty { seen.insert(.visible) }
    }
    if let thought = (delta["reasoning_content"] ?? delta["reasoning"])?.string, !thought.isEmpty {
      reasoning += thought.utf8
      seen.insert(.reasoning)
    }
    if let text = delta["refusal"]?.string, !text.isEmpty {
      refusal += text.utf8
      seen.insert(.visible)
    }
    for call in delta["tool_calls"]?.array ?? [] where take(call: call) { seen.insert(.visible) }
    if let call = delta["function_call"], !call.isNull {
      var pieces = function ?? ToolCallPieces(index: 0)
      if pieces.take(function: call) { seen.insert(.visible) }
      function = pieces
    }
    if let sound = delta["audio"]?.object {
      audio = (audio ?? JSONObject()).merging(sound)
      if sound["data"] != nil || sound["transcript"] != nil { seen.insert(.visible) }
    }
    for name in ["citations", "annotations"] {
      if let value = delta[name], !value.isNull { top[name] = value }
    }
    return seen
  }

  /// True when it said anything. A call without an index continues the last, or begins one when it has an id.
  ///
  /// Google's endpoint and several gateways give every call the index 0: another id there is another call, and what
  /// follows without an id belongs to the newest.
  private mutating func take(call: JSON) -> Bool {
    let id = call["id"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    let index =
      call["index"]?.int
      ?? (id.map { id in calls.firstIndex { $0.id == id } ?? calls.count } ?? max(0, calls.count - 1))
    let place: Int
    if let found = calls.lastIndex(where: { $0.index == index && ($0.id ?? id) == (id ?? $0.id) }) {
      place = found
    } else {
      guard calls.count < 1024 else { return false }
      calls.append(ToolCallPieces(index: index))
      place = calls.count - 1
    }
    return calls[place].take(call)
  }

  /// By index; those that share one, as they came.
  private var inOrder: [ToolCallPieces] {
    calls.enumerated().sorted { ($0.element.index, $0.offset) < ($1.element.index, $1.offset) }.map(\.element)
  }

  private static func text(_ content: JSON?) -> String? {
    switch content {
    case .string(let text)?: text
    case .array(let parts)?: parts.compactMap { $0["text"]?.string }.joined()
    default: nil
    }
  }

  var shown: [UInt8] { content.isEmpty ? refusal : content }

  func whole() -> JSON? {
    guard sawChunk else { return [:] }
    guard let content = String(validating: content, as: UTF8.self),
      let reasoning = String(validating: reasoning, as: UTF8.self)
    else { return nil }
    var message: JSONObject = ["role": "assistant"]
    message["content"] =
      hasContent && (!content.isEmpty || calls.isEmpty && function == nil)
      ? .string(content) : .null
    if !reasoning.isEmpty { message["reasoning_content"] = .string(reasoning) }
    if !refusal.isEmpty { message["refusal"] = .string(String(decoding: refusal, as: UTF8.self)) }
    if !calls.isEmpty { message["tool_calls"] = .array(inOrder.map(\.whole)) }
    if let function { message["function_call"] = function.wholeFunction }
    if let audio { message["audio"] = .object(audio) }

    var choice: JSONObject = ["index": 0, "message": .object(message), "finish_reason": finish ?? .null]
    if !logprobs.isEmpty { choice["logprobs"] = ["content": .array(logprobs)] }
    if !filter.isEmpty { choice["content_filter_results"] = .object(filter) }
    var result = top
    result["choices"] = [.object(choice)]
    if let usage { result["usage"] = usage }
    return .object(result)
  }
}

/// A tool call that arrives in fragments.
struct ToolCallPieces: Sendable {
  let index: Int
  private(set) var id: String?
  private var type: String?
  private var name = ""
  private var arguments: [UInt8] = []
  private var extra: JSON?

  init(index: Int) { self.index = index }

  /// True when a name or arguments came.
  mutating func take(_ call: JSON) -> Bool {
    if let id = call["id"]?.string, !id.isEmpty { self.id = id }
    if let type = call["type"]?.string { self.type = type }
    if let extra = call["extra_content"], !extra.isNull { self.extra = extra }
    return call["function"].map { take(function: $0) } ?? false
  }

  mutating func take(function: JSON) -> Bool {
    var came = false
    if let name = function["name"]?.string, !name.isEmpty {
      // Some servers repeat the name on every fragment.
      if self.name.isEmpty { self.name = name }
      came = true
    }
    let fragment = function["arguments"].flatMap { $0.isNull ? nil : $0.string ?? $0.text } ?? ""
    arguments += fragment.utf8
    return came || !fragment.isEmpty
  }

  var wholeFunction: JSON {
    ["name": .string(name), "arguments": .string(String(decoding: arguments, as: UTF8.self))]
  }

  var whole: JSON {
    var call: JSONObject = [
      "id": id.map { .string($0) } ?? .null, "type": .string(type ?? "function"), "function": wholeFunction,
    ]
    if let extra { call["extra_content"] = extra }
    return .object(call)
  }
}

extension JSONObject {
  func merging(_ other: JSONObject) -> JSONObject {
    var merged = self
    for (key, value) in other {
      if let old = merged[key]?.string, let new = value.string, key == "data" || key == "transcript" {
        merged[key] = .string(old + new)
      } else {
        merged[key] = value
      }
    }
    return merged
  }
}

/// The fields of a chunk that say whether it brings text alone.
private enum HotChunk {
  static let scanner = JSONScanner(
    "choices[0].delta.content", "choices[0].delta.reasoning_content", "choices[0].delta.reasoning",
    "choices[0].index", "choices[0].finish_reason", "choices[0].delta.tool_calls", "choices[0].logprobs",
    "usage",
    "error", "choices[1]", "choices[0].delta.refusal", "choices[0].delta.function_call",
    "choices[0].delta.audio",
    "choices[0].content_filter_results", "choices[0].message", "choices[0].error",
    "choices[0].delta.annotations",
    "choices[0].delta.citations", "x_groq")
  static let content = 0
  static let reasoningContent = 1
  static let reasoning = 2
  static let index = 3
  static let others = 4..<19
}
