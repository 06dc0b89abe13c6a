import Formats
import Vocabulary

/// Events of Anthropic's messages: blocks begin, grow by deltas and end; `message_stop` ends it all.
///
/// Usage comes in two parts, the second cumulative: of each count the last that is not null holds.
struct AnthropicStream: StreamDialect {
  private var message = JSONObject()
  private var blocks: [Block] = []
  private var usageCounts = JSONObject()
  private(set) var failure: Failure?
  private var fields = Self.scanner.emptyFields

  private static let scanner = JSONScanner("index", "delta.text", "delta.thinking", "delta.partial_json")

  private struct Block: Sendable {
    let index: Int
    var start: JSONObject
    var text: [UInt8] = []
    var signature: [UInt8] = []
    var citations: [JSON] = []
  }

  init(_ question: Question) {}

  var usage: JSON? { usageCounts.isEmpty ? nil : .object(usageCounts) }

  mutating func take(event: RawSpan, data: RawSpan) -> Seen {
    if event.equals("ping") { return [] }
    if event.equals("content_block_delta"), let seen = takeHot(data) { return seen }
    guard let json = try? JSON(parsing: data) else {
      failure = Failure(
        .malformed, "an event of the stream is not JSON", evidence: ErrorReading.evidence(data.array))
      return .failed
    }
    switch json["type"]?.string {
    case "message_start":
      message = json["message"]?.object ?? JSONObject()
      add(usage: message["usage"])
      return []
    case "content_block_start": return start(json)
    case "content_block_delta": return delta(json)
    case "message_delta":
      for (key, value) in json["delta"]?.object ?? JSONObject() where !value.isNull { message[key] = value }
      add(usage: json["usage"])
      return []
    case "message_stop": return .end
    case "error":
      failure =
        ErrorReading.failure(status: nil, json: json)?.with(evidence: ErrorReading.evidence(data.array))
        ?? Failure(.server, "the stream told of an error", evidence: ErrorReading.evidence(data.array))
      return .failed
    // Of other events, more of which may come, nothing is needed.
    default: return []
    }
  }

  /// A delta of text, thoughts or arguments, read without building values; nil when it is another.
  private mutating func takeHot(_ data: RawSpan) -> Seen? {
    guard Self.scanner.scan(data, into: &fields), let index = fields[0].int(in: data),
      let place = blocks.lastIndex(where: { $0.index == index })
    else { return nil }
    for field in 1...3 where fields[field].isNonEmpty {
      guard fields[field].appendText(in: data, to: &blocks[place].text) else { return nil }
      return field == 2 ? .reasoning : .visible
    }
    return nil
  }

  private mutating func add(usage: JSON?) {
    for (key, value) in usage?.object ?? JSONObject() where !value.isNull { usageCounts[key] = value }
  }

  private mutating func start(_ json: JSON) -> Seen {
    guard let start = json["content_block"]?.object, blocks.count < 4096 else { return [] }
    var block = Block(index: json["index"]?.int ?? blocks.count, start: start)
    var seen: Seen = []
    switch start["type"]?.string {
    case "text":
      block.text += (start["text"]?.string ?? "").utf8
      if !block.text.isEmpty { seen = .visible }
    case "thinking":
      block.text += (start["thinking"]?.string ?? "").utf8
      if !block.text.isEmpty { seen = .reasoning }
    case "tool_use", "server_tool_use", "mcp_tool_use": seen = .visible
    default: break
    }
    blocks.append(block)
    return seen
  }

  private mutating func delta(_ json: JSON) -> Seen {
    guard let delta = json["delta"],
      let place = blocks.lastIndex(where: { $0.index == json["index"]?.int ?? $0.index })
    else { return [] }
    switch delta["type"]?.string {
    case "text_delta":
      let text = delta["text"]?.string ?? ""
      blocks[place].text += text.utf8
      return text.isEmpty ? [] : .visible
    case "input_json_delta":
      let text = delta["partial_json"]?.string ?? ""
      blocks[place].text += text.utf8
      return text.isEmpty ? [] : .visible
    case "thinking_delta":
      let text = delta["thinking"]?.string ?? ""
      blocks[place].text += text.utf8
      return text.isEmpty ? [] : .reasoning
    case "signature_delta":
      blocks[place].signature += (delta["signature"]?.string ?? "").utf8
      return []
    case "citations_delta":
      if let citation = delta["citation"] { blocks[place].citations.append(citation) }
      return []
    default: return []
    }
  }

  var shown: [UInt8] {
    Array(
      blocks.filter { $0.start["type"]?.string == "text" }.map(\.text).joined(separator: Array("\n\n".utf8)))
  }

  func whole() -> JSON? {
    guard !message.isEmpty else { return [:] }
    var result = message
    var content: [JSON] = []
    for block in blocks.sorted(by: { $0.index < $1.index }) {
      guard let text = String(validating: block.text, as: UTF8.self) else { return nil }
      content.append(Self.whole(block, text))
    }
    result["content"] = .array(content)
    result["usage"] = usage
    return .object(result)
  }

  private static func whole(_ block: Block, _ text: String) -> JSON {
    var result = block.start
    switch result["type"]?.string {
    case "text": result["text"] = .string(text)
    case "thinking":
      result["thinking"] = .string(text)
      if !block.signature.isEmpty {
        result["signature"] = .string(String(decoding: block.signature, as: UTF8.self))
      }
    case "tool_use", "server_tool_use", "mcp_tool_use":
      // Arguments that were cut short are kept as the text they are.
      if !text.isEmpty { result["input"] = (try? JSON(parsing: text)) ?? .string(text) }
    default: break
    }
    if !block.citations.isEmpty { result["citations"] = .array(block.citations) }
    return .object(result)
  }
}
