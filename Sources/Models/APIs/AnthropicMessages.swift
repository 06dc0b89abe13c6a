import Formats
import Vocabulary

/// Anthropic's messages API.
enum AnthropicMessages {
  // MARK: Request

  static func request(_ question: Question) throws(Problem) -> WireRequest {
    let settings = question.settings
    let version = AnthropicVersion(settings)
    var headers = question.endpoint.headers.filter { $0.0.lowercased() != "anthropic-version" }
    headers.insert(("Content-Type", "application/json"), at: 0)
    headers.append(("anthropic-version", version.date))
    let betas = (settings.value("beta")?.array ?? []).compactMap(\.string)
    if !betas.isEmpty {
      let own = headers.first { $0.0.lowercased() == "anthropic-beta" }.map { [$0.1] } ?? []
      headers.removeAll { $0.0.lowercased() == "anthropic-beta" }
      headers.append(("anthropic-beta", (own + betas).joined(separator: ",")))
    }
    return WireRequest(
      url: question.endpoint.baseURL + "/v1/messages", headers: headers,
      body: .object(try body(question, version)))
  }

  static func body(_ question: Question, _ version: AnthropicVersion) throws(Problem) -> JSONObject {
    let settings = question.settings
    let thinking = settings.value("thinking")
    let thinks = thinking.map { $0["type"]?.string != "disabled" } ?? false
    let conversation = AnthropicConversation(question.prompt.messages)

    var body: JSONObject = ["model": .string(question.model)]
    body["max_tokens"] =
      try settings.number("max_tokens", "max_completion_tokens", variable: "ANTHROPIC_MAX_TOKENS")
      ?? (thinks ? 2048 : 1024)
    if let system = conversation.system { body["system"] = system }
    body["messages"] = .array(conversation.messages)

    for name in ["temperature", "top_p", "top_k"] {
      guard let value = try settings.number(name) else { continue }
      if version.refusesSampling {
        throw Problem(
          "\(name) is not accepted by Anthropic's API version \(version.date)",
          mend: "remove it, or ask for an older version with config.apiVersion: \"\(AnthropicVersion.usual)\""
        )
      }
      body[name] = value
    }
    if body["temperature"] == nil, !thinks, !version.refusesSampling {
      body["temperature"] = try settings.variableNumber("ANTHROPIC_TEMPERATURE") ?? 0
    }
    if let stop = settings.value("stop_sequences", "stop") ?? settings.variableJSON("ANTHROPIC_STOP") {
      body["stop_sequences"] = stop.array == nil ? [stop] : stop
    }
    if let tools = try settings.loaded("tools")?.array { body["tools"] = .array(tools.map(tool)) }
    if let choice = try settings.loaded("tool_choice") { body["tool_choice"] = toolChoice(choice) }
    if let thinking { body["thinking"] = thinking }
    for name in [
      "metadata", "service_tier", "container", "context_management", "inference_geo", "speed", "mcp_servers",
    ] {
      if let value = settings.value(name) { body[name] = value }
    }
    var output = settings.value("output_config")?.object ?? JSONObject()
    if let effort = settings.value("effort", "reasoning_effort") { output["effort"] = effort }
    if let format = try settings.loaded("output_format") {
      output["format"] = format
    } else if let schema = StructuredOutput.schema(settings) {
      output["format"] = ["type": "json_schema", "schema": schema]
    }
    if !output.isEmpty { body["output_config"] = .object(output) }
    OpenAIParameters.addPassthrough(to: &body, settings)
    if question.streams { body["stream"] = true }
    return body
  }

  /// OpenAI's form of a tool in Anthropic's; its own form is left as it is.
  private static func tool(_ tool: JSON) -> JSON {
    guard tool["type"]?.string == "function", let function = tool["function"] else { return tool }
    var result: JSONObject = ["name": function["name"] ?? ""]
    if let description = function["description"] { result["description"] = description }
    result["input_schema"] = function["parameters"] ?? ["type": "object", "properties": [:]]
    if let strict = function["strict"] { result["strict"] = strict }
    if let control = tool["cache_control"] { result["cache_control"] = control }
    return .object(result)
  }

  private static func toolChoice(_ choice: JSON) -> JSON {
    switch choice {
    case "auto": return ["type": "auto"]
    case "required": return ["type": "any"]
    case "none": return ["type": "none"]
    default:
      guard let name = choice["function"]?["name"] else { return choice }
      return ["type": "tool", "name": name]
    }
  }

  // MARK: Reply

  static func read(_ json: JSON, _ question: Question) -> Result<Reply, Failure> {
    if let failure = ErrorReading.failure(status: nil, json: json) { return .failure(failure) }
    guard let blocks = json["content"]?.array else {
      return .failure(Failure(.malformed, "the reply has no content"))
    }
    let finish = json["stop_reason"]?.string
    var texts: [String] = []
    var thoughts: [String] = []
    var calls: [ToolCall] = []
    for block in blocks {
      switch block["type"]?.string {
      case "text": texts.append(block["text"]?.string ?? "")
      case "thinking": thoughts.append(block["thinking"]?.string ?? "")
      case "tool_use":
        calls.append(
          ToolCall(
            id: block["id"]?.string, name: block["name"]?.string ?? "",
            arguments: (block["input"] ?? [:]).text))
      default: break
      }
    }

    var reply = Reply(text: texts.joined(separator: "\n\n"))
    if finish == "refusal" {
      let reason = json["stop_details"]?["explanation"]?.string ?? "the model refused"
      if reply.text.isEmpty { return .failure(Failure(.refused, reason, code: "refusal")) }
      reply.refusal = reply.text
      reply.flagged = true
      reply.flagReason = "refusal"
    }
    reply.toolCalls = calls
    reply.reasoning = thoughts.isEmpty ? nil : thoughts.joined(separator: "\n\n")
    reply.output = output(blocks, question)
    reply.rawFinishReason = finish
    reply.finishReason = FinishReason(raw: finish)
    reply.model = json["model"]?.string
    reply.responseID = json["id"]?.string
    if let usage = json["usage"], !usage.isNull {
      reply.rawUsage = usage
      reply.usage = UsageReading.anthropic(usage)
      reply.serviceTier = usage["speed"]?.string == "fast" ? "fast" : usage["service_tier"]?.string
      reply.reportedCost = ReportedCost.read(usage)
    }
    reply.message = history(reply, blocks)
    return .success(reply)
  }

  /// Text as it is, everything else as promptfoo writes it down: tools as JSON, thoughts with their signature.
  private static func output(_ blocks: [JSON], _ question: Question) -> JSON {
    let showsThinking = question.settings.flag("showThinking") ?? true
    let parts = blocks.compactMap { block -> String? in
      switch block["type"]?.string {
      case "text": block["text"]?.string ?? ""
      case "thinking":
        showsThinking
          ? "Thinking: \(block["thinking"]?.string ?? "")\nSignature: \(block["signature"]?.string ?? "")"
          : nil
      case "redacted_thinking": showsThinking ? "Redacted Thinking: \(block["data"]?.string ?? "")" : nil
      default: block.text
      }
    }
    let text = parts.joined(separator: "\n\n")
    let isStructured =
      StructuredOutput.isAsked(question.settings) || question.settings.value("output_format") != nil
    if isStructured, let value = try? JSON(parsing: text) { return value }
    return .string(text)
  }

  /// The blocks go back as they came: thinking has a signature that must fit.
  private static func history(_ reply: Reply, _ blocks: [JSON]) -> JSON {
    var message: JSONObject = [
      "role": "assistant", "content": reply.text.isEmpty ? .null : .string(reply.text),
    ]
    if !reply.toolCalls.isEmpty { message["tool_calls"] = .array(reply.toolCalls.map(\.openAIForm)) }
    message[Message.providerContentKey] = [AnthropicConversation.contentName: .array(blocks)]
    return .object(message)
  }
}

extension ToolCall {
  /// As an OpenAI assistant message holds it.
  var openAIForm: JSON {
    [
      "id": id.map { .string($0) } ?? .string(name), "type": "function",
      "function": ["name": .string(name), "arguments": .string(arguments)],
    ]
  }
}

/// Messages in Anthropic's form: the system's apart, tool results as a user's blocks.
struct AnthropicConversation {
  static let contentName = "anthropic"
  var system: JSON?
  var messages: [JSON] = []

  init(_ list: [JSON]) {
    var systemBlocks: [JSON] = []
    for json in list {
      let message = Message(json)
      switch message.role {
      case .system: systemBlocks += message.parts.map(Self.block)
      case .user: append("user", message.parts.map(Self.block))
      case .assistant:
        append(
          "assistant", message.providerContent?[Self.contentName]?.array ?? Self.assistantBlocks(message))
      case .tool: append("user", [Self.result(message)])
      }
    }
    let plain = systemBlocks.allSatisfy { $0.object?.count == 2 && $0["text"] != nil }
    if plain, !systemBlocks.isEmpty {
      system = .string(systemBlocks.compactMap { $0["text"]?.string }.joined(separator: "\n"))
    } else if !systemBlocks.isEmpty {
      system = .array(systemBlocks)
    }
  }

  /// Results of several calls belong into one message; other neighbours stay as they were written.
  private mutating func append(_ role: String, _ blocks: [JSON]) {
    let isResult = blocks.first?["type"]?.string == "tool_result"
    if isResult, let last = messages.last, last["role"]?.string == role, let before = last["content"]?.array,
      before.last?["type"]?.string == "tool_result"
    {
      messages[messages.count - 1] = ["role": .string(role), "content": .array(before + blocks)]
      return
    }
    let onlyText = blocks.count == 1 && blocks[0].object?.count == 2 ? blocks[0]["text"] : nil
    messages.append(["role": .string(role), "content": onlyText ?? .array(blocks)])
  }

  private static func assistantBlocks(_ message: Message) -> [JSON] {
    message.parts.map(block).filter { $0["text"]?.string != "" }
      + message.toolCalls.map {
        ["type": "tool_use", "id": .string($0.id), "name": .string($0.name), "input": $0.input]
      }
  }

  private static func result(_ message: Message) -> JSON {
    let blocks = message.parts.map(block)
    let onlyText = blocks.count == 1 ? blocks[0]["text"] : nil
    return [
      "type": "tool_result", "tool_use_id": .string(message.toolCallID ?? ""),
      "content": onlyText ?? .array(blocks),
    ]
  }

  private static func block(_ part: Message.Part) -> JSON {
    switch part {
    case .text(let text): return ["type": "text", "text": .string(text)]
    case .image(let media): return ["type": "image", "source": source(media)]
    case .file(let media, _): return ["type": "document", "source": source(media)]
    case .audio(let data, let format):
      return ["type": "text", "text": .string("[audio of \(data.utf8.count) base64 bytes in \(format)]")]
    case .native(let json): return json
    }
  }

  private static func source(_ media: Message.Media) -> JSON {
    switch media {
    case .url(let url): ["type": "url", "url": .string(url)]
    case .data(let type, let base64):
      ["type": "base64", "media_type": .string(type), "data": .string(base64)]
    }
  }
}
