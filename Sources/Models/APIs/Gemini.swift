import Formats
import Vocabulary

/// Google's Gemini API: generateContent and streamGenerateContent.
enum Gemini {
  // MARK: Request

  static func request(_ question: Question) throws(Problem) -> WireRequest {
    let method = question.streams ? "streamGenerateContent?alt=sse" : "generateContent"
    return WireRequest(
      url: url(question, method), headers: [("Content-Type", "application/json")] + question.endpoint.headers,
      body: .object(try body(question)))
  }

  static func url(_ question: Question, _ method: String) -> String {
    let base = question.endpoint.baseURL
    let version = question.settings.string("apiVersion") ?? "v1beta"
    let hasVersion = base.hasSuffix("/v1") || base.hasSuffix("/v1beta") || base.hasSuffix("/v1alpha")
    let model = question.model.hasPrefix("models/") ? String(question.model.dropFirst(7)) : question.model
    return "\(base)\(hasVersion ? "" : "/\(version)")/models/\(model):\(method)"
  }

  static func body(_ question: Question) throws(Problem) -> JSONObject {
    let settings = question.settings
    let conversation = GeminiConversation(question.prompt.messages)
    var body: JSONObject = ["contents": .array(conversation.contents)]
    if let system = conversation.system ?? systemInstruction(settings) { body["systemInstruction"] = system }

    var generation = settings.value("generationConfig")?.object ?? JSONObject()
    let numbers = [
      ("temperature", ["temperature"]),
      ("maxOutputTokens", ["maxOutputTokens", "max_tokens", "max_completion_tokens"]),
      ("topP", ["topP", "top_p"]), ("topK", ["topK", "top_k"]), ("seed", ["seed"]),
      ("presencePenalty", ["presence_penalty"]), ("frequencyPenalty", ["frequency_penalty"]),
    ]
    for (name, sources) in numbers where generation[name] == nil {
      for source in sources {
        guard let value = try settings.number(source) else { continue }
        generation[name] = value
        break
      }
    }
    if let stop = settings.value("stopSequences", "stop") {
      generation["stopSequences"] = stop.array == nil ? [stop] : stop
    }
    if let schema = try settings.loaded("responseSchema") ?? StructuredOutput.schema(settings) {
      generation["responseMimeType"] = "application/json"
      generation[settings.value("responseSchema") == nil ? "responseJsonSchema" : "responseSchema"] = schema
    } else if StructuredOutput.isPlainJSON(settings) {
      generation["responseMimeType"] = "application/json"
    }
    if let logprobs = settings.flag("logprobs") { generation["responseLogprobs"] = .bool(logprobs) }
    if !generation.isEmpty { body["generationConfig"] = .object(generation) }

    if let tools = try settings.loaded("tools")?.array { body["tools"] = .array(self.tools(tools)) }
    if let config = settings.value("toolConfig") {
      body["toolConfig"] = config
    } else if let choice = try settings.loaded("tool_choice") {
      body["toolConfig"] = toolConfig(choice)
    }
    for name in ["safetySettings", "cachedContent", "labels"] {
      if let value = settings.value(name) { body[name] = value }
    }
    OpenAIParameters.addPassthrough(to: &body, settings)
    return body
  }

  private static func systemInstruction(_ settings: Settings) -> JSON? {
    switch settings.value("systemInstruction") {
    case .string(let text)?: ["parts": [["text": .string(text)]]]
    case let other: other
    }
  }

  /// OpenAI's functions become one list of declarations; tools in Google's own form stay.
  private static func tools(_ tools: [JSON]) -> [JSON] {
    let functions = tools.compactMap { $0["type"]?.string == "function" ? $0["function"] : nil }.map {
      function in
      var declaration: JSONObject = ["name": function["name"] ?? ""]
      if let description = function["description"] { declaration["description"] = description }
      if let parameters = function["parameters"] { declaration["parametersJsonSchema"] = parameters }
      return JSON.object(declaration)
    }
    let own = tools.filter { $0["type"]?.string != "function" }
    return (functions.isEmpty ? [] : [["functionDeclarations": .array(functions)]]) + own
  }

  private static func toolConfig(_ choice: JSON) -> JSON {
    switch choice {
    case "none": ["functionCallingConfig": ["mode": "NONE"]]
    case "required": ["functionCallingConfig": ["mode": "ANY"]]
    case "auto": ["functionCallingConfig": ["mode": "AUTO"]]
    default:
      choice["function"]?["name"].map {
        ["functionCallingConfig": ["mode": "ANY", "allowedFunctionNames": [$0]]]
      } ?? choice
    }
  }

  // MARK: Reply

  static func read(_ json: JSON, _ question: Question) -> Result<Reply, Failure> {
    if let failure = ErrorReading.failure(status: nil, json: json) { return .failure(failure) }
    guard let candidate = json["candidates"]?[0] else {
      if let reason = json["promptFeedback"]?["blockReason"]?.string {
        return .failure(Failure(.refused, "the prompt was blocked (\(reason))", code: reason))
      }
      return .failure(Failure(.malformed, "the reply has no candidates"))
    }
    let parts = candidate["content"]?["parts"]?.array ?? []
    let finish = candidate["finishReason"]?.string
    var text = ""
    var reasoning = ""
    var calls: [ToolCall] = []
    var media: [JSON] = []
    for part in parts {
      if let piece = part["text"]?.string {
        if part["thought"]?.bool == true { reasoning += piece } else { text += piece }
      } else if let call = part["functionCall"] {
        let name = call["name"]?.string ?? ""
        calls.append(
          ToolCall(
            id: call["id"]?.string ?? "call_\(calls.count)_\(name)", name: name,
            arguments: (call["args"] ?? [:]).text))
      } else if part["inlineData"] != nil {
        media.append(part)
      }
    }
    if FinishReason(raw: finish) == .contentFilter, text.isEmpty, calls.isEmpty, media.isEmpty {
      return .failure(Failure(.refused, "the reply was blocked (\(finish ?? ""))", code: finish))
    }
    if finish == "MALFORMED_FUNCTION_CALL", text.isEmpty, calls.isEmpty {
      return .failure(
        Failure(
          .malformed, candidate["finishMessage"]?.string ?? "the model wrote a function call that is none",
          code: finish))
    }

    var reply = Reply(text: text)
    reply.toolCalls = calls
    reply.reasoning = reasoning.isEmpty ? nil : reasoning
    reply.output = output(text, parts, question)
    reply.rawFinishReason = finish
    reply.finishReason = !calls.isEmpty && finish == "STOP" ? .toolCalls : FinishReason(raw: finish)
    if FinishReason(raw: finish) == .contentFilter {
      reply.flagged = true
      reply.flagReason = finish
    }
    reply.model = json["modelVersion"]?.string
    reply.responseID = json["responseId"]?.string
    if let usage = json["usageMetadata"], !usage.isNull {
      reply.rawUsage = usage
      reply.usage = UsageReading.gemini(usage)
    }
    reply.logProbabilities = candidate["logprobsResult"]?["chosenCandidates"]?.array?
      .compactMap { $0["logProbability"]?.double }
    if let grounding = candidate["groundingMetadata"] { reply.metadata = ["groundingMetadata": grounding] }
    reply.message = history(reply, parts)
    return .success(reply)
  }

  /// Text alone is text; with calls or media the list of parts, as promptfoo gives it.
  private static func output(_ text: String, _ parts: [JSON], _ question: Question) -> JSON {
    if parts.contains(where: { $0["text"] == nil }) { return .array(parts) }
    let settings = question.settings
    let isStructured =
      StructuredOutput.isAsked(settings) || settings.value("responseSchema") != nil
    if isStructured, let value = try? JSON(parsing: text) { return value }
    return .string(text)
  }

  /// Parts go back as they came: thoughts carry signatures.
  private static func history(_ reply: Reply, _ parts: [JSON]) -> JSON {
    var message: JSONObject = [
      "role": "assistant", "content": reply.text.isEmpty ? .null : .string(reply.text),
    ]
    if !reply.toolCalls.isEmpty { message["tool_calls"] = .array(reply.toolCalls.map(\.openAIForm)) }
    message[Message.providerContentKey] = [GeminiConversation.contentName: .array(parts)]
    return .object(message)
  }
}

/// Messages in Google's form: contents of parts, tool results by the name of their function.
struct GeminiConversation {
  static let contentName = "google"
  var system: JSON?
  var contents: [JSON] = []

  init(_ list: [JSON]) {
    var systemParts: [JSON] = []
    var names: [String: String] = [:]
    for json in list {
      // Contents in Google's own form are handed on.
      if json["parts"] != nil {
        contents.append(json)
        continue
      }
      let message = Message(json)
      switch message.role {
      case .system: systemParts += message.parts.map(Self.part)
      case .user: append("user", message.parts.map(Self.part))
      case .assistant:
        for call in message.toolCalls { names[call.id] = call.name }
        append("model", message.providerContent?[Self.contentName]?.array ?? Self.modelParts(message))
      case .tool:
        let name = message.name ?? message.toolCallID.flatMap { names[$0] } ?? message.toolCallID ?? ""
        append("user", [Self.result(name, message.text)])
      }
    }
    if !systemParts.isEmpty { system = ["parts": .array(systemParts)] }
  }

  /// Results of several calls belong into one content.
  private mutating func append(_ role: String, _ parts: [JSON]) {
    if parts.first?["functionResponse"] != nil, let last = contents.last,
      let before = last["parts"]?.array, before.last?["functionResponse"] != nil
    {
      contents[contents.count - 1] = ["role": .string(role), "parts": .array(before + parts)]
    } else {
      contents.append(["role": .string(role), "parts": .array(parts)])
    }
  }

  private static func modelParts(_ message: Message) -> [JSON] {
    message.parts.map(part)
      + message.toolCalls.map { ["functionCall": ["name": .string($0.name), "args": $0.input]] }
  }

  private static func result(_ name: String, _ text: String) -> JSON {
    let value = try? JSON(parsing: text)
    let response: JSON = value?.object != nil ? value ?? [:] : ["result": value ?? .string(text)]
    return ["functionResponse": ["name": .string(name), "response": response]]
  }

  private static func part(_ part: Message.Part) -> JSON {
    switch part {
    case .text(let text): ["text": .string(text)]
    case .image(let media), .file(let media, _): self.media(media)
    case .audio(let data, let format):
      ["inlineData": ["mimeType": .string("audio/\(format)"), "data": .string(data)]]
    case .native(let json): json
    }
  }

  private static func media(_ media: Message.Media) -> JSON {
    switch media {
    case .url(let url): ["fileData": ["fileUri": .string(url)]]
    case .data(let type, let base64): ["inlineData": ["mimeType": .string(type), "data": .string(base64)]]
    }
  }
}

/// Chunks of streamGenerateContent: each a small reply. The last has the reason why it finished; the
/// stream has no other end mark.
struct GeminiStream: StreamDialect {
  private var top = JSONObject()
  private var parts: [JSON] = []
  private var candidate = JSONObject()
  private var sawCandidate = false
  private(set) var usage: JSON?
  private(set) var failure: Failure?

  init(_ question: Question) {}

  mutating func take(event: RawSpan, data: RawSpan) -> Seen {
    if data.starts(with: "[DONE]") { return [] }
    guard let json = try? JSON(parsing: data) else {
      failure = Failure(
        .malformed, "an event of the stream is not JSON", evidence: ErrorReading.evidence(data.array))
      return .failed
    }
    if let error = ErrorReading.failure(status: nil, json: json) {
      failure = error.with(evidence: ErrorReading.evidence(data.array))
      return .failed
    }
    for (key, value) in json.object ?? JSONObject() where key != "candidates" && !value.isNull {
      if key == "usageMetadata" { usage = value } else { top[key] = value }
    }
    guard let candidate = json["candidates"]?[0] else { return [] }
    sawCandidate = true
    for (key, value) in candidate.object ?? JSONObject() where key != "content" && !value.isNull {
      self.candidate[key] = value
    }
    var seen: Seen = []
    for part in candidate["content"]?["parts"]?.array ?? [] { seen.formUnion(take(part)) }
    return seen
  }

  /// Usage follows in the chunk that finishes or after it, so the end of a stream is where it closes;
  /// it is whole when a reason or a block was told before.
  var isComplete: Bool { candidate["finishReason"] != nil || top["promptFeedback"]?["blockReason"] != nil }

  private mutating func take(_ part: JSON) -> Seen {
    guard parts.count < 1 << 20 else { return [] }
    guard let text = part["text"]?.string else {
      parts.append(part)
      return part["functionCall"] != nil || part["inlineData"] != nil || part["executableCode"] != nil
        ? .visible : []
    }
    let isThought = part["thought"]?.bool == true
    // Pieces of one text become one part again; a signature closes a part.
    if let last = parts.last, let before = last["text"]?.string, last["thoughtSignature"] == nil,
      (last["thought"]?.bool == true) == isThought
    {
      var joined = part.object ?? JSONObject()
      joined["text"] = .string(before + text)
      parts[parts.count - 1] = .object(joined)
    } else if !text.isEmpty || part["thoughtSignature"] != nil {
      parts.append(part)
    }
    return text.isEmpty ? [] : isThought ? .reasoning : .visible
  }

  var shown: [UInt8] {
    parts.filter { $0["thought"]?.bool != true }.flatMap { Array(($0["text"]?.string ?? "").utf8) }
  }

  func whole() -> JSON? {
    var result = top
    if sawCandidate {
      var candidate = candidate
      candidate["content"] = ["role": "model", "parts": .array(parts)]
      result["candidates"] = [.object(candidate)]
    }
    if let usage { result["usageMetadata"] = usage }
    return .object(result)
  }
}
