import Formats

/// Anthropic messages.
enum AnthropicAPI {
  /// The version from which sampling settings are refused.
  private static let withoutSampling = "2026-10-21"

  static func read(_ body: JSON, route: Route, version: String?) throws(Refusal) -> Ask {
    guard let model = body["model"]?.string, !model.isEmpty else { throw Refusal("model: Field required") }
    let ask = Ask(api: route.api, family: .anthropic, model: model, body: body)
    guard let messages = body["messages"]?.array else { throw Refusal("messages: Field required") }
    guard !messages.isEmpty else { throw Refusal("messages: at least one message is required") }
    if route.api == .anthropic {
      guard let limit = body["max_tokens"]?.int else { throw Refusal("max_tokens: Field required") }
      guard limit > 0 else { throw Refusal("max_tokens: must be greater than or equal to 1") }
      ask.maxTokens = limit
    }
    if let version, version >= withoutSampling {
      for name in ["temperature", "top_p", "top_k"] where body[name] != nil {
        throw Refusal("\(name): Extra inputs are not permitted")
      }
    }
    if let system = body["system"] {
      ask.messages.append(.init(role: .system, text: ChatAPI.text(of: system)))
    }
    for (number, message) in messages.enumerated() { try add(message, number, to: ask) }
    for tool in body["tools"]?.array ?? [] {
      if let name = tool["name"]?.string {
        ask.tools.append(.init(name: name, schema: tool["input_schema"] ?? [:]))
      }
    }
    let choice = body["tool_choice"]
    switch choice?["type"]?.string {
    case "any": ask.toolWish = .required
    case "tool": if let name = choice?["name"]?.string { ask.toolWish = .named(name) }
    case "none": ask.toolWish = .none
    default: break
    }
    ask.callsSeveralTools = !(choice?["disable_parallel_tool_use"]?.bool ?? false)
    let format = body["output_config"]?["format"] ?? body["output_format"]
    if format?["type"]?.string == "json_schema" { ask.format = .schema(format?["schema"] ?? [:]) }
    ask.stops = ChatAPI.strings(body["stop_sequences"])
    ask.streams = body["stream"]?.bool ?? false
    ask.reasons = ["enabled", "adaptive"].contains(body["thinking"]?["type"]?.string ?? "")
    return ask
  }

  private static func add(_ message: JSON, _ number: Int, to ask: Ask) throws(Refusal) {
    guard let role = message["role"]?.string, ["user", "assistant", "system"].contains(role) else {
      throw Refusal("messages.\(number).role: Input should be 'user' or 'assistant'")
    }
    let blocks = message["content"]?.array ?? []
    for block in blocks where block["type"]?.string == "tool_result" {
      ask.messages.append(.init(role: .tool, text: ChatAPI.text(of: block["content"])))
    }
    let text = message["content"]?.string ?? blocks.compactMap { $0["text"]?.string }.joined(separator: "\n")
    let callsTools = blocks.contains { $0["type"]?.string == "tool_use" }
    if text.isEmpty, !callsTools, blocks.contains(where: { $0["type"]?.string == "tool_result" }) { return }
    let kind: Ask.Role = role == "assistant" ? .assistant : role == "system" ? .system : .user
    ask.messages.append(.init(role: kind, text: text, callsTools: callsTools))
  }

  static func stopReason(_ answer: Answer) -> String {
    switch answer.finish {
    case .stop: answer.stopSequence == nil ? "end_turn" : "stop_sequence"
    case .length: "max_tokens"
    case .tools: "tool_use"
    case .contentFilter, .refusal: "refusal"
    }
  }

  private static func usage(_ answer: Answer, output: Int) -> JSON {
    .object([
      "input_tokens": JSON(answer.usage.input - answer.usage.cached), "cache_creation_input_tokens": 0,
      "cache_read_input_tokens": JSON(answer.usage.cached),
      "cache_creation": ["ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0],
      "output_tokens": JSON(output), "service_tier": "standard",
    ])
  }

  private static func signature(_ answer: Answer) -> JSON { JSON("simulated" + answer.id) }

  // MARK: Whole

  static func whole(_ answer: Answer, _ ask: Ask) -> JSON {
    var content: [JSON] = []
    if !answer.reasoning.isEmpty {
      content.append(
        .object([
          "type": "thinking", "thinking": JSON(answer.reasoning), "signature": signature(answer),
        ]))
    }
    if !answer.text.isEmpty { content.append(.object(["type": "text", "text": JSON(answer.text)])) }
    for call in answer.toolCalls {
      content.append(
        .object([
          "type": "tool_use", "id": JSON(call.id), "name": JSON(call.name),
          "input": (try? JSON(parsing: call.arguments)) ?? [:],
        ]))
    }
    return .object([
      "id": JSON("msg_" + answer.id), "type": "message", "role": "assistant", "model": JSON(answer.model),
      "content": .array(content), "stop_reason": JSON(stopReason(answer)),
      "stop_sequence": answer.stopSequence.map { JSON($0) } ?? .null,
      "usage": usage(answer, output: answer.usage.output),
    ])
  }

  // MARK: Streamed

  static func plan(
    _ answer: Answer, _ ask: Ask, _ profile: LatencyProfile, fault: Fault.Kind?, _ draws: Draws
  )
    -> StreamPlan
  {
    var plan = StreamPlan()
    plan.errorName = "error"
    plan.errorData =
      JSON.object(["type": "error", "error": ["type": "overloaded_error", "message": "Overloaded"]]).bytes
    plan.fixed(
      .object([
        "type": "message_start",
        "message": .object([
          "id": JSON("msg_" + answer.id), "type": "message", "role": "assistant", "model": JSON(answer.model),
          "content": [], "stop_reason": .null, "stop_sequence": .null, "usage": usage(answer, output: 1),
        ]),
      ]), name: "message_start")
    var index = 0
    func start(_ block: JSON) {
      plan.fixed(
        .object(["type": "content_block_start", "index": JSON(index), "content_block": block]),
        name: "content_block_start")
      if index == 0 { plan.fixed(["type": "ping"], name: "ping") }
    }
    func deltas(_ text: String, _ type: String, _ member: String) {
      let prefix =
        "{\"type\":\"content_block_delta\",\"index\":\(index),\"delta\":{\"type\":\"\(type)\",\"\(member)\":\""
      plan.deltas(
        of: text,
        .init(name: "content_block_delta", prefix: Array(prefix.utf8), suffix: Array("\"}}".utf8)),
        joining: profile.coalesced, draws)
    }
    func stop() {
      plan.fixed(.object(["type": "content_block_stop", "index": JSON(index)]), name: "content_block_stop")
      index += 1
    }
    if !answer.reasoning.isEmpty {
      start(["type": "thinking", "thinking": "", "signature": ""])
      deltas(answer.reasoning, "thinking_delta", "thinking")
      plan.fixed(
        .object([
          "type": "content_block_delta", "index": JSON(index),
          "delta": .object(["type": "signature_delta", "signature": signature(answer)]),
        ]), name: "content_block_delta")
      stop()
    }
    if !answer.text.isEmpty || answer.toolCalls.isEmpty {
      start(["type": "text", "text": ""])
      deltas(answer.text, "text_delta", "text")
      stop()
    }
    for call in answer.toolCalls {
      start(.object(["type": "tool_use", "id": JSON(call.id), "name": JSON(call.name), "input": [:]]))
      deltas(call.arguments, "input_json_delta", "partial_json")
      stop()
    }
    plan.fixed(
      .object([
        "type": "message_delta",
        "delta": .object([
          "stop_reason": JSON(stopReason(answer)),
          "stop_sequence": answer.stopSequence.map { JSON($0) } ?? .null,
        ]),
        "usage": fault == .usageMissing ? nil : .object(["output_tokens": JSON(answer.usage.output)]),
      ]), name: "message_delta")
    if fault != .noDone { plan.fixed(["type": "message_stop"], name: "message_stop") }
    return plan
  }
}
