import Formats
import Vocabulary

/// OpenAI's Responses API. Threads are kept with `previous_response_id` or `conversation`.
enum OpenAIResponses {
  // MARK: Request

  static func request(_ question: Question) throws(Problem) -> WireRequest {
    WireRequest(
      url: OpenAIAddress.url(question, path: "responses"), headers: OpenAIAddress.headers(question),
      body: .object(try body(question)))
  }

  static func body(_ question: Question) throws(Problem) -> JSONObject {
    let settings = question.settings
    let reasons = ReasoningModels.includes(question.model, settings)
    var body: JSONObject = ["model": .string(question.model), "input": input(question.prompt)]

    body["max_output_tokens"] =
      try settings.number(
        "max_output_tokens", "max_completion_tokens", "max_tokens",
        variable: reasons ? "OPENAI_MAX_COMPLETION_TOKENS" : "OPENAI_MAX_TOKENS")
      ?? (reasons ? nil : OpenAIParameters.usualMaxTokens)
    if let temperature = try settings.number("temperature") {
      body["temperature"] = temperature
    } else if !reasons {
      body["temperature"] = try settings.variableNumber("OPENAI_TEMPERATURE") ?? 0
    }
    body["top_p"] = try settings.number("top_p", variable: "OPENAI_TOP_P")
    for name in handedOn {
      if let value = settings.value(name) { body[name] = value }
    }
    if let tools = try settings.loaded("tools")?.array { body["tools"] = .array(tools.map(tool)) }
    if let choice = try settings.loaded("tool_choice") {
      body["tool_choice"] =
        choice["function"].map { ["type": "function", "name": $0["name"] ?? ""] } ?? choice
    }
    if let effort = settings.value("reasoning_effort"), body["reasoning"] == nil {
      body["reasoning"] = ["effort": effort]
    }
    var text = settings.value("text")?.object ?? JSONObject()
    if let format = try settings.loaded("response_format") { text["format"] = flattened(format) }
    if let verbosity = settings.value("verbosity") { text["verbosity"] = verbosity }
    if !text.isEmpty { body["text"] = .object(text) }
    OpenAIParameters.addPassthrough(to: &body, settings)
    try refuseBackground(body)
    if question.streams { body["stream"] = true }
    return body
  }

  /// What is answered in the background comes back unfinished, and would have to be asked for again and again.
  static func refuseBackground(_ members: JSONObject) throws(Problem) {
    guard members["background"] == true || members["background"] == "true" else { return }
    throw Problem(
      "\"background: true\" is not supported: the reply would come back unfinished, and nobody asks for it again",
      mend: "leave \"background\" out")
  }

  private static let handedOn = [
    "instructions", "max_tool_calls", "previous_response_id", "conversation", "truncation", "include",
    "parallel_tool_calls", "background", "reasoning", "service_tier", "user", "metadata", "store", "prompt",
    "top_logprobs", "prompt_cache_key", "safety_identifier",
  ]

  /// Text stays text; a conversation becomes a list of items.
  private static func input(_ prompt: RenderedPrompt) -> JSON {
    guard prompt.isChat else { return .string(prompt.text) }
    var items: [JSON] = []
    for json in prompt.messages {
      // Items in this API's own form, such as reasoning, are handed on.
      guard json["role"] != nil else {
        items.append(json)
        continue
      }
      let message = Message(json)
      if let own = message.providerContent?[contentName]?.array {
        items += own
        continue
      }
      if message.role == .tool {
        items.append(
          [
            "type": "function_call_output", "call_id": .string(message.toolCallID ?? ""),
            "output": .string(message.text),
          ])
        continue
      }
      if !message.parts.isEmpty {
        items.append(["role": json["role"] ?? "user", "content": content(json["content"], message)])
      }
      items += message.toolCalls.map {
        [
          "type": "function_call", "call_id": .string($0.id), "name": .string($0.name),
          "arguments": .string($0.arguments),
        ]
      }
    }
    return .array(items)
  }

  static let contentName = "openai_responses"

  private static func content(_ raw: JSON?, _ message: Message) -> JSON {
    if let raw, raw.string != nil { return raw }
    let textType: JSON = message.role == .assistant ? "output_text" : "input_text"
    return .array(
      message.parts.map { part in
        switch part {
        case .text(let text): ["type": textType, "text": .string(text)]
        case .image(.url(let url)): ["type": "input_image", "image_url": .string(url)]
        case .image(.data(let type, let base64)):
          ["type": "input_image", "image_url": .string("data:\(type);base64,\(base64)")]
        case .file(.data(let type, let base64), let name):
          [
            "type": "input_file", "filename": .string(name ?? "file"),
            "file_data": .string("data:\(type);base64,\(base64)"),
          ]
        case .file(.url(let url), _): ["type": "input_file", "file_url": .string(url)]
        case .audio(let data, let format):
          ["type": "input_audio", "input_audio": ["data": .string(data), "format": .string(format)]]
        case .native(let json): json
        }
      })
  }

  /// The chat API wraps a function; here its members stand in the tool itself.
  private static func tool(_ tool: JSON) -> JSON {
    guard let function = tool["function"]?.object else { return tool }
    var result: JSONObject = ["type": "function"]
    for (key, value) in function { result[key] = value }
    return .object(result)
  }

  private static func flattened(_ format: JSON) -> JSON {
    guard let inner = format["json_schema"]?.object else { return format }
    var result: JSONObject = ["type": "json_schema", "name": "reply"]
    for (key, value) in inner { result[key] = value }
    return .object(result)
  }

  // MARK: Reply

  static func read(_ json: JSON, _ question: Question) -> Result<Reply, Failure> {
    if let failure = ErrorReading.failure(status: nil, json: json) { return .failure(failure) }
    guard let items = json["output"]?.array else {
      return .failure(Failure(.malformed, "the reply has no output"))
    }
    var text = ""
    var refusal: String?
    var thoughts: [String] = []
    var calls: [ToolCall] = []
    var callItems: [JSON] = []
    var logprobs: [Double] = []
    var hosted: [String: Int] = [:]
    for item in items {
      if let tool = hostedTool(item) { hosted[tool, default: 0] += 1 }
      switch item["type"]?.string {
      case "message":
        for part in item["content"]?.array ?? [] {
          if let piece = part["text"]?.string { text += piece }
          if let piece = part["refusal"]?.string { refusal = (refusal ?? "") + piece }
          logprobs += (part["logprobs"]?.array ?? []).compactMap { $0["logprob"]?.double }
        }
      case "function_call", "custom_tool_call":
        callItems.append(item)
        calls.append(
          ToolCall(
            id: item["call_id"]?.string ?? item["id"]?.string, name: item["name"]?.string ?? "",
            arguments: (item["arguments"] ?? item["input"])?.string ?? ""))
      case "reasoning":
        thoughts += ((item["content"]?.array ?? []) + (item["summary"]?.array ?? [])).compactMap {
          $0["text"]?.string
        }
      default: break
      }
    }
    let status = json["status"]?.string
    let reason = json["incomplete_details"]?["reason"]?.string
    if reason == "content_filter", text.isEmpty, refusal == nil, calls.isEmpty {
      return .failure(Failure(.refused, "the content filter removed the reply", code: "content_filter"))
    }
    if status == "failed" || status == "cancelled" {
      return .failure(
        Failure(.server, "the response \(status == "failed" ? "failed" : "was cancelled")", code: status))
    }

    if status == "queued" || status == "in_progress" {
      return .failure(
        Failure(
          .malformed,
          "the response is not finished (\(status ?? "")), and asking for it again is not supported: leave "
            + "\"background\" out", code: status))
    }

    var reply = Reply(text: text.isEmpty ? refusal ?? "" : text)
    reply.refusal = refusal
    reply.toolCalls = calls
    reply.hostedCalls = hosted
    reply.reasoning = thoughts.isEmpty ? nil : thoughts.joined(separator: "\n\n")
    reply.logProbabilities = logprobs.isEmpty ? nil : logprobs
    reply.output = output(reply, callItems, question)
    reply.rawFinishReason = reason ?? status
    reply.finishReason =
      !calls.isEmpty && status == "completed" ? .toolCalls : FinishReason(raw: reason ?? status)
    if reason == "content_filter" {
      reply.flagged = true
      reply.flagReason = reason
    }
    OpenAIParameters.addCommon(to: &reply, json)
    reply.message = history(reply, items)
    return .success(reply)
  }

  /// The service's own tool that a call of it is charged for, beside its tokens.
  private static func hostedTool(_ item: JSON) -> String? {
    let known = ["web_search", "file_search", "code_interpreter", "image_generation"]
    guard let tool = known.first(where: { item["type"]?.string == "\($0)_call" }) else { return nil }
    // To open a page that was found, and to look in it, is no search.
    if tool == "web_search", let action = item["action"]?["type"]?.string, action != "search" { return nil }
    return tool
  }

  private static func output(_ reply: Reply, _ calls: [JSON], _ question: Question) -> JSON {
    if let refusal = reply.refusal { return .string(refusal) }
    let settings = question.settings
    if !calls.isEmpty {
      // As promptfoo: each call as its item, and text before it.
      if reply.text.isEmpty {
        return calls.count == 1 ? .string(calls[0].text) : .string(calls.map(\.text).joined(separator: "\n"))
      }
      return .string(([reply.text] + calls.map(\.text)).joined(separator: "\n"))
    }
    let isStructured =
      StructuredOutput.isAsked(settings)
      || settings.value("text")?["format"]?["type"]?.string == "json_schema"
    if isStructured, let value = try? JSON(parsing: reply.text) { return value }
    if let reasoning = reply.reasoning, settings.flag("showThinking") ?? true {
      return .string("Thinking: \(reasoning)\n\n\(reply.text)")
    }
    return .string(reply.text)
  }

  private static func history(_ reply: Reply, _ items: [JSON]) -> JSON {
    var message: JSONObject = [
      "role": "assistant", "content": reply.text.isEmpty ? .null : .string(reply.text),
    ]
    if !reply.toolCalls.isEmpty { message["tool_calls"] = .array(reply.toolCalls.map(\.openAIForm)) }
    // Items of a thread that is not stored are refused by their ids.
    let own = items.filter { $0["type"]?.string != "reasoning" || $0["encrypted_content"]?.string != nil }
      .map { item -> JSON in
        var members = item.object ?? JSONObject()
        members["id"] = nil
        members["status"] = nil
        return .object(members)
      }
    message[Message.providerContentKey] = [contentName: .array(own)]
    return .object(message)
  }
}

/// Events of the Responses API: the last of them holds the whole response; those before tell when what came.
struct OpenAIResponsesStream: StreamDialect {
  private var response: JSON?
  private(set) var failure: Failure?
  /// Put together only for a watcher: the last event has it whole.
  private(set) var shown: [UInt8] = []
  private let isWatched: Bool

  init(_ question: Question) { isWatched = question.onText != nil }

  var usage: JSON? { response?["usage"]?.unlessNull }

  mutating func take(event: RawSpan, data: RawSpan) -> Seen {
    if data.starts(with: "[DONE]") { return response == nil ? [] : .end }
    if event.byteCount > 0, !isWatched, let seen = Self.seenByName(event, data) { return seen }
    guard let json = try? JSON(parsing: data) else {
      failure = Failure(
        .malformed, "an event of the stream is not JSON", evidence: ErrorReading.evidence(data.array))
      return .failed
    }
    return take(json, data)
  }

  private mutating func take(_ json: JSON, _ data: RawSpan) -> Seen {
    let type = json["type"]?.string ?? ""
    switch type {
    case "response.completed", "response.incomplete":
      response = json["response"]
      return .end
    case "response.failed":
      response = json["response"]
      failure =
        response.flatMap { ErrorReading.failure(status: nil, json: $0) }
        ?? Failure(.server, "the response failed", evidence: ErrorReading.evidence(data.array))
      return .failed
    case "error":
      // The facts stand in the event itself, not in a member.
      let error = json["error"].map { ["error": $0] as JSON } ?? ["error": json]
      failure =
        ErrorReading.failure(status: nil, json: error)?.with(evidence: ErrorReading.evidence(data.array))
      return .failed
    default:
      if let error = ErrorReading.failure(status: nil, json: json) {
        failure = error.with(evidence: ErrorReading.evidence(data.array))
        return .failed
      }
      guard type.hasSuffix(".delta"), let delta = json["delta"]?.string, !delta.isEmpty else { return [] }
      if isWatched, type.contains("output_text") || type.contains("refusal") { shown += delta.utf8 }
      return type.contains("reasoning") ? .reasoning : .visible
    }
  }

  /// What the event's name alone tells, with its data left unread: the whole response comes at the end.
  private static func seenByName(_ event: RawSpan, _ data: RawSpan) -> Seen? {
    let isText =
      event.equals("response.output_text.delta") || event.equals("response.refusal.delta")
      || event.equals("response.function_call_arguments.delta")
    let isThought =
      event.equals("response.reasoning_text.delta") || event.equals("response.reasoning_summary_text.delta")
    guard isText || isThought else { return nil }
    return data.contains("\"delta\":\"\"") || data.contains("\"delta\": \"\"")
      ? [] : isText ? .visible : .reasoning
  }

  func whole() -> JSON? { response ?? [:] }
}

extension RawSpan {
  /// Whether the bytes hold the text anywhere.
  func contains(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard byteCount >= length, length > 0 else { return false }
    return withUnsafeBytes { bytes in
      text.withUTF8Buffer { text in
        let first = text[0]
        var start = 0
        while start <= bytes.count - length {
          if bytes[start] == first, (1..<length).allSatisfy({ bytes[start + $0] == text[$0] }) { return true }
          start += 1
        }
        return false
      }
    }
  }
}
