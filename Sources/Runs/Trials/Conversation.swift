import Formats
import Models
import Suites
import Vocabulary

/// The messages of an exchange, in OpenAI's chat form, and what is sent of them.
struct Conversation: Sendable {
  private(set) var messages: [JSON]

  init(_ prompt: RenderedPrompt) { messages = prompt.messages }

  mutating func add(_ reply: Reply) {
    var message = JSONObject([("role", "assistant"), ("content", .string(reply.text))])
    let calls = reply.toolCalls.filter { !$0.isLegacyFunction }
    if !calls.isEmpty {
      if reply.text.isEmpty { message["content"] = .null }
      message["tool_calls"] = .array(
        calls.enumerated().map { place, call in
          [
            "id": .string(call.id ?? "call_\(place)"), "type": "function",
            "function": ["name": .string(call.name), "arguments": .string(call.arguments)],
          ]
        })
    } else if let call = reply.toolCalls.first {
      message["function_call"] = ["name": .string(call.name), "arguments": .string(call.arguments)]
    }
    messages.append(.object(message))
  }

  mutating func add(toolResult text: String, of call: ToolCall, place: Int) {
    if call.isLegacyFunction {
      messages.append(["role": "function", "name": .string(call.name), "content": .string(text)])
    } else {
      messages.append(
        ["role": "tool", "tool_call_id": .string(call.id ?? "call_\(place)"), "content": .string(text)])
    }
  }

  mutating func add(user text: String) { messages.append(["role": "user", "content": .string(text)]) }

  /// Drops all but the instructions at the beginning.
  mutating func clear() { messages = messages.filter(Self.isInstruction) }

  /// What is sent: all, or what fits. The oldest messages go first; instructions, if they are kept, the
  /// first exchange, if it is kept, and the last message stay. A tool's result goes with its call.
  func sent(_ policy: ContextPolicy?) -> Sent {
    let size = Self.tokens
    guard let most = policy?.maxTokens, let policy else { return Sent(messages, of: messages.count) }
    let keepsSystem = policy.keep.isEmpty || policy.keep.contains("system")
    let keepsFirst = policy.keep.contains("first")
    let firstTurn = messages.firstIndex { !Self.isInstruction($0) }
    var isKept = messages.indices.map { place -> Bool in
      Self.isInstruction(messages[place]) ? keepsSystem : keepsFirst && place == firstTurn
    }
    let lastTurn = messages.lastIndex { $0["role"]?.string == "user" } ?? messages.count - 1
    for place in messages.indices where place >= lastTurn { isKept[place] = true }
    var used = messages.indices.reduce(0) { isKept[$1] ? $0 + size(messages[$1]) : $0 }
    // From the newest back, as long as they fit: a gap in the middle would make no sense.
    for place in messages.indices.reversed() where !isKept[place] {
      let cost = size(messages[place])
      if used + cost > most { break }
      used += cost
      isKept[place] = true
    }
    // A result without its call is an error for every service.
    var kept: [JSON] = []
    for place in messages.indices where isKept[place] {
      let role = messages[place]["role"]?.string
      if role == "tool" || role == "function", place == 0 || !isKept[place - 1] {
        isKept[place] = false
        continue
      }
      kept.append(messages[place])
    }
    return Sent(kept, of: messages.count, tokens: kept.reduce(0) { $0 + size($1) }, most: most)
  }

  /// The part of a conversation that one call takes along.
  struct Sent {
    var prompt: RenderedPrompt
    var leftOut: Int
    /// What a policy had to say: messages sent and left out, and their tokens by its count.
    var facts: JSON?

    init(_ kept: [JSON], of all: Int, tokens: Int? = nil, most: Int? = nil) {
      prompt = RenderedPrompt(messages: kept)
      leftOut = all - kept.count
      if let tokens, let most {
        facts = [
          "messages": JSON(kept.count), "left_out": JSON(leftOut), "tokens": JSON(tokens),
          "max_tokens": JSON(most),
        ]
      }
    }
  }

  private static func isInstruction(_ message: JSON) -> Bool {
    message["role"]?.string == "system" || message["role"]?.string == "developer"
  }

  /// A token for every four bytes of text, begun ones counted whole, and four for the frame of a message. It takes no
  /// vocabulary, so that anyone can count along, and the same is sent wherever a run is repeated.
  static func tokens(_ message: JSON) -> Int {
    var bytes = textBytes(message["content"] ?? .null)
    let calls = (message["tool_calls"]?.array ?? []).map { $0["function"] ?? .null }
    for call in calls + (message["function_call"].map { [$0] } ?? []) {
      bytes += textBytes(call["name"] ?? .null) + textBytes(call["arguments"] ?? .null)
    }
    return (bytes + 3) / 4 + 4
  }

  private static func textBytes(_ content: JSON) -> Int {
    switch content {
    case .null: 0
    case .string(let text): text.utf8.count
    case .array(let parts): parts.reduce(0) { $0 + textBytes($1["text"] ?? $1) }
    case .bool, .number, .object: content.bytes.count
    }
  }
}

/// Answers for the tools that a model calls, from the suite.
struct ToolAnswers: Sendable {
  var spec: ToolSpec

  /// The first result of that name whose `when` fits the arguments.
  func answer(to call: ToolCall) -> ToolSpec.Result? {
    let arguments = (try? JSON(parsing: call.arguments)) ?? .string(call.arguments)
    return spec.results.first { result in
      result.name == call.name && (result.when.map { Self.fits($0, arguments) } ?? true)
    }
  }

  /// Every member that is asked for is there and fits; other values are equal.
  static func fits(_ wanted: JSON, _ given: JSON) -> Bool {
    guard case .object(let members) = wanted else { return wanted == given }
    return members.allSatisfy { key, value in given[key].map { fits(value, $0) } ?? false }
  }
}
