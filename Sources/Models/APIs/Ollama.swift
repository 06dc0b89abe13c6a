import Formats
import Vocabulary

/// Ollama's own API: chat, generate and embed, in lines of JSON.
enum Ollama {
  // MARK: Request

  static func chatRequest(_ question: Question) throws(Problem) -> WireRequest {
    var body: JSONObject = [
      "model": .string(question.model), "messages": .array(messages(question.prompt.messages)),
    ]
    if let tools = try question.settings.loaded("tools") { body["tools"] = tools }
    return try request(question, "/api/chat", body)
  }

  static func generateRequest(_ question: Question) throws(Problem) -> WireRequest {
    var body: JSONObject = ["model": .string(question.model), "prompt": .string(question.prompt.text)]
    for name in ["system", "template", "suffix", "raw", "images"] {
      if let value = question.settings.value(name) { body[name] = value }
    }
    return try request(question, "/api/generate", body)
  }

  static func embedRequest(_ question: Question) throws(Problem) -> WireRequest {
    let body: JSONObject = ["model": .string(question.model), "input": .string(question.prompt.text)]
    return WireRequest(
      url: question.endpoint.baseURL + "/api/embed", headers: OpenAIAddress.headers(question),
      body: .object(body))
  }

  private static func request(_ question: Question, _ path: String, _ members: JSONObject) throws(Problem)
    -> WireRequest
  {
    let settings = question.settings
    var body = members
    var options = settings.value("options")?.object ?? JSONObject()
    for name in optionNames {
      if let value = settings.value(name) { options[name] = value }
    }
    if options["num_predict"] == nil, let limit = try settings.number("max_tokens") {
      options["num_predict"] = limit
    }
    if !options.isEmpty { body["options"] = .object(options) }
    if let format = settings.value("format") ?? StructuredOutput.schema(settings) {
      body["format"] = format
    } else if StructuredOutput.isPlainJSON(settings) {
      body["format"] = "json"
    }
    for name in ["think", "keep_alive", "logprobs", "top_logprobs"] {
      if let value = settings.value(name) { body[name] = value }
    }
    body["stream"] = .bool(question.streams)
    OpenAIParameters.addPassthrough(to: &body, settings)
    return WireRequest(
      url: question.endpoint.baseURL + path, headers: OpenAIAddress.headers(question), body: .object(body))
  }

  private static let optionNames = [
    "num_predict", "top_k", "top_p", "tfs_z", "seed", "useNUMA", "num_ctx", "num_keep", "num_batch",
    "num_gqa",
    "num_gpu", "main_gpu", "low_vram", "f16_kv", "logits_all", "vocab_only", "use_mmap", "use_mlock",
    "embedding_only", "rope_frequency_base", "rope_frequency_scale", "typical_p", "repeat_last_n",
    "temperature",
    "repeat_penalty", "presence_penalty", "frequency_penalty", "mirostat", "mirostat_tau", "mirostat_eta",
    "penalize_newline", "stop", "num_thread", "min_p",
  ]

  private static func messages(_ list: [JSON]) -> [JSON] {
    var names: [String: String] = [:]
    return list.map { json in
      let message = Message(json)
      for call in message.toolCalls { names[call.id] = call.name }
      var result: JSONObject = ["role": json["role"] ?? "user", "content": .string(message.text)]
      let images = message.parts.compactMap { part -> JSON? in
        if case .image(.data(_, let base64)) = part { .string(base64) } else { nil }
      }
      if !images.isEmpty { result["images"] = .array(images) }
      if !message.toolCalls.isEmpty {
        result["tool_calls"] = .array(
          message.toolCalls.map { ["function": ["name": .string($0.name), "arguments": $0.input]] })
      }
      if message.role == .tool, let name = message.toolCallID.flatMap({ names[$0] }) ?? message.name {
        result["tool_name"] = .string(name)
      }
      return .object(result)
    }
  }

  // MARK: Reply

  static func read(_ json: JSON, _ question: Question) -> Result<Reply, Failure> {
    if let failure = ErrorReading.failure(status: nil, json: json) { return .failure(failure) }
    let message = json["message"]
    guard let text = message?["content"]?.string ?? json["response"]?.string else {
      return .failure(Failure(.malformed, "the reply has no message"))
    }
    var reply = Reply(text: text)
    reply.reasoning = (message?["thinking"] ?? json["thinking"])?.string.flatMap { $0.isEmpty ? nil : $0 }
    for (index, call) in (message?["tool_calls"]?.array ?? []).enumerated() {
      let function = call["function"]
      let arguments = function?["arguments"]
      reply.toolCalls.append(
        ToolCall(
          id: call["id"]?.string ?? "call_\(index)", name: function?["name"]?.string ?? "",
          arguments: arguments.map { $0.string ?? $0.text } ?? ""))
    }
    if !reply.toolCalls.isEmpty {
      reply.output = text.isEmpty ? message?["tool_calls"] ?? [] : message ?? .string(text)
    } else if StructuredOutput.isAsked(question.settings) || question.settings.value("format")?.object != nil,
      let value = try? JSON(parsing: text)
    {
      reply.output = value
    }
    let finish = json["done_reason"]?.string
    reply.rawFinishReason = finish
    reply.finishReason = !reply.toolCalls.isEmpty && finish == "stop" ? .toolCalls : FinishReason(raw: finish)
    reply.model = json["model"]?.string
    let usage = json.object?.filter { $0.key.hasSuffix("_count") || $0.key.hasSuffix("_duration") } ?? []
    if !usage.isEmpty {
      reply.rawUsage = .object(JSONObject(usage.map { ($0.key, $0.value) }))
      reply.usage = UsageReading.ollama(json, inputEstimate: question.inputEstimate)
    }
    reply.logProbabilities = json["logprobs"]?.array?.compactMap { $0["logprob"]?.double }
    var history: JSONObject = ["role": "assistant", "content": .string(text)]
    if !reply.toolCalls.isEmpty { history["tool_calls"] = .array(reply.toolCalls.map(\.openAIForm)) }
    reply.message = .object(history)
    return .success(reply)
  }

  static func readEmbedding(_ json: JSON, _ question: Question) -> Result<Reply, Failure> {
    if let failure = ErrorReading.failure(status: nil, json: json) { return .failure(failure) }
    guard let numbers = (json["embeddings"]?[0] ?? json["embedding"])?.array else {
      return .failure(Failure(.malformed, "the reply has no embedding"))
    }
    var reply = Embeddings.reply(numbers)
    reply.model = json["model"]?.string
    if let count = UsageReading.count(json["prompt_eval_count"]) {
      reply.usage = Usage(input: count, output: 0)
      reply.rawUsage = ["prompt_eval_count": .init(count)]
    }
    return .success(reply)
  }
}

/// Lines of Ollama: pieces of a message, then one with `done: true`. A line with an error alone ends it.
struct OllamaStream: StreamDialect {
  private var text: [UInt8] = []
  private var thinking: [UInt8] = []
  private var calls: [JSON] = []
  private var logprobs: [JSON] = []
  private var last = JSONObject()
  private var isChat = true
  private(set) var failure: Failure?
  private var fields = Self.scanner.emptyFields

  private static let scanner = JSONScanner(
    "message.content", "response", "done", "error", "message.thinking", "thinking", "message.tool_calls",
    "logprobs")

  init(_ question: Question) { isChat = question.endpoint.api == .ollamaChat }

  var usage: JSON? { last["eval_count"] == nil ? nil : .object(last) }

  mutating func take(event: RawSpan, data: RawSpan) -> Seen {
    if let seen = takeHot(data) { return seen }
    guard let json = try? JSON(parsing: data) else {
      failure = Failure(
        .malformed, "a line of the stream is not JSON", evidence: ErrorReading.evidence(data.array))
      return .failed
    }
    if let error = ErrorReading.failure(status: nil, json: json) {
      failure = error.with(evidence: ErrorReading.evidence(data.array))
      return .failed
    }
    var seen: Seen = []
    let message = json["message"] ?? json
    if let piece = (message["content"] ?? message["response"])?.string, !piece.isEmpty {
      text += piece.utf8
      seen.insert(.visible)
    }
    if let piece = message["thinking"]?.string, !piece.isEmpty {
      thinking += piece.utf8
      seen.insert(.reasoning)
    }
    if let more = message["tool_calls"]?.array, !more.isEmpty {
      calls += more
      seen.insert(.visible)
    }
    logprobs += json["logprobs"]?.array ?? []
    if json["done"]?.bool == true {
      last = json.object ?? JSONObject()
      seen.insert(.end)
    }
    return seen
  }

  /// A line with text alone, read without building values.
  private mutating func takeHot(_ data: RawSpan) -> Seen? {
    guard Self.scanner.scan(data, into: &fields), !fields[2...].contains(where: \.isNonEmpty) else {
      return nil
    }
    let piece = fields[isChat ? 0 : 1]
    guard piece.isNonEmpty, piece.appendText(in: data, to: &text) else { return nil }
    return .visible
  }

  var shown: [UInt8] { text }

  func whole() -> JSON? {
    var result = last
    guard let text = String(validating: text, as: UTF8.self),
      let thinking = String(validating: thinking, as: UTF8.self)
    else { return nil }
    let content = JSON.string(text)
    let thoughts = JSON.string(thinking)
    if isChat {
      var message: JSONObject = ["role": "assistant", "content": content]
      if !thinking.isEmpty { message["thinking"] = thoughts }
      if !calls.isEmpty { message["tool_calls"] = .array(calls) }
      result["message"] = .object(message)
    } else {
      result["response"] = content
      if !thinking.isEmpty { result["thinking"] = thoughts }
    }
    if !logprobs.isEmpty { result["logprobs"] = .array(logprobs) }
    return .object(result)
  }
}
