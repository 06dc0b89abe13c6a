import Formats

/// What was said in a request of any API, in its canonical form: the messages, oldest first.
public func sentMessages(of request: JSON) -> [JSON] {
  let body = request["body"] ?? request
  if let messages = body["messages"]?.array ?? body["input"]?.array { return messages }
  if let text = body["input"]?.string ?? body["prompt"]?.string {
    return [["role": "user", "content": .string(text)]]
  }
  return (body["contents"]?.array ?? []).map { content in
    let parts = (content["parts"]?.array ?? []).map { $0["text"]?.string ?? $0.text }
    let role = content["role"]?.string == "model" ? "assistant" : content["role"]?.string ?? "user"
    return ["role": .string(role), "content": .string(parts.joined(separator: "\n"))]
  }
}
