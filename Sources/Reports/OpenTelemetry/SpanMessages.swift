import Formats
import Vocabulary

/// Messages in the form of the conventions: a role and parts, whatever the API that they went through.
enum SpanMessages {
  static func message(_ sent: JSON) -> JSON {
    var parts = parts(sent["content"] ?? .null)
    for call in sent["tool_calls"]?.array ?? [] {
      parts.append(
        toolCall(
          call["id"]?.string, call["function"]?["name"]?.string ?? "",
          call["function"]?["arguments"]?.string ?? ""))
    }
    let role = sent["role"]?.string ?? "user"
    if role == "tool", let id = sent["tool_call_id"]?.string {
      parts = [["type": "tool_call_response", "id": .string(id), "response": sent["content"] ?? .null]]
    }
    return ["role": .string(role), "parts": .array(parts)]
  }

  static func message(_ reply: Reply) -> JSON {
    var parts: [JSON] = []
    if let reasoning = reply.reasoning, !reasoning.isEmpty {
      parts.append(["type": "reasoning", "content": .string(reasoning)])
    }
    let text = reply.text.isEmpty ? reply.refusal ?? "" : reply.text
    if !text.isEmpty { parts.append(["type": "text", "content": .string(text)]) }
    parts += reply.toolCalls.map { toolCall($0.id, $0.name, $0.arguments) }
    return [
      "role": "assistant", "parts": .array(parts),
      "finish_reason": .string(SpanNames.finishReason(reply.finishReason?.name ?? "stop")),
    ]
  }

  /// Of a text, a list of texts and other parts, or Google's object of parts. Images and files stay as they were sent.
  static func parts(_ content: JSON) -> [JSON] {
    switch content {
    case .string(let text): [["type": "text", "content": .string(text)]]
    case .array(let items): items.flatMap(parts)
    case .object(let object):
      if let text = object["text"]?.string {
        [["type": "text", "content": .string(text)]]
      } else if let parts = object["parts"] {
        Self.parts(parts)
      } else {
        [content]
      }
    case .null, .bool, .number: []
    }
  }

  private static func toolCall(_ id: String?, _ name: String, _ arguments: String) -> JSON {
    var part: JSONObject = ["type": "tool_call"]
    if let id { part["id"] = .string(id) }
    part["name"] = .string(name)
    part["arguments"] = (try? JSON(parsing: Array(arguments.utf8))) ?? .string(arguments)
    return .object(part)
  }
}
