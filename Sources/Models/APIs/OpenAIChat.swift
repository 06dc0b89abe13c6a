import Formats
import Vocabulary

/// OpenAI's chat completions, and every service that speaks them.
enum OpenAIChat {
  // MARK: Request

  static func request(_ question: Question) throws(Problem) -> WireRequest {
    let form = try question.form(form)
    var body = form.members
    var bytes: [UInt8]?
    var own: BodyForm?
    // What is handed through has the last word.
    if body["messages"]?.isNull ?? true {
      let messages = JSON.array(messages(question))
      body["messages"] = messages
      bytes = form.bytes(messages)
      if question.hasEndpointSettings { own = form }
    }
    return WireRequest(
      url: OpenAIAddress.url(question, path: "chat/completions"),
      headers: OpenAIAddress.headers(question), body: .object(body), bodyBytes: bytes, form: own)
  }

  /// Everything but the messages, for which there is a place.
  private static func form(_ question: Question) throws(Problem) -> JSONObject {
    let settings = question.settings
    let service = question.endpoint.service
    let reasons = ReasoningModels.includes(question.model, settings)
    var body: JSONObject = ["model": .string(question.model), "messages": .null]

    try OpenAIParameters.addTokenLimit(to: &body, settings, service, reasons: reasons)
    if let temperature = try settings.number("temperature") {
      body["temperature"] = temperature
    } else if !reasons {
      body["temperature"] = try settings.variableNumber("OPENAI_TEMPERATURE") ?? 0
    }
    try OpenAIParameters.addSampling(to: &body, settings)
    let seed = service?.quirks.contains(.randomSeed) ?? false ? "random_seed" : "seed"
    if let value = try settings.number("seed", "random_seed") { body[seed] = value }
    for name in handedOn {
      if let value = settings.value(name) { body[name] = value }
    }
    for name in loaded {
      if let value = try settings.loaded(name) { body[name] = value }
    }
    if let sources = settings.value("data_sources", "dataSources") { body["data_sources"] = sources }
    if let effort = settings.value("reasoning")?["effort"], body["reasoning_effort"] == nil,
      service?.name != "openrouter"
    {
      body["reasoning_effort"] = effort
    }
    OpenAIParameters.addPassthrough(to: &body, settings)
    if question.streams {
      body["stream"] = true
      if !(service?.quirks.contains(.usageWithoutAsking) ?? false), body["stream_options"] == nil {
        body["stream_options"] = ["include_usage": true]
      }
    }
    return body
  }

  /// Sent as they are, where they are given. The later ones are those of other services and of local servers.
  private static let handedOn = [
    "reasoning_effort", "verbosity", "service_tier", "user", "metadata", "store", "modalities", "audio",
    "logprobs", "top_logprobs", "logit_bias", "n", "parallel_tool_calls", "prediction", "web_search_options",
    "prompt_cache_key", "safety_identifier", "stream_options",
    "top_k", "min_p", "repetition_penalty", "provider", "models", "transforms", "plugins",
    "search_parameters",
    "safe_prompt", "prompt_mode", "chat_template_kwargs", "guided_json", "guided_regex", "guided_choice",
    "grammar",
  ]

  /// May stand in a file of their own.
  private static let loaded = ["tools", "tool_choice", "functions", "function_call", "response_format"]

  private static func messages(_ question: Question) -> [JSON] {
    var messages = question.prompt.messages.map { message -> JSON in
      guard var members = message.object, members[Message.providerContentKey] != nil else { return message }
      members[Message.providerContentKey] = nil
      return .object(members)
    }
    if let system = question.settings.string("systemPrompt"), !question.prompt.isChat {
      messages.insert(["role": "system", "content": .string(system)], at: 0)
    }
    return messages
  }

  // MARK: Reply

  /// What else a reply may hold: kept as its metadata.
  private static let noted = ["annotations", "audio", "citations", "provider", "search_results"]

  static func read(_ json: JSON, _ question: Question) -> Result<Reply, Failure> {
    if let failure = ErrorReading.failure(status: nil, json: json) { return .failure(failure) }
    // Of several choices the first is the reply.
    let choices = json["choices"]?.array ?? []
    guard let choice = choices.first(where: { $0["index"]?.int == 0 }) ?? choices.first else {
      return .failure(blockedPrompt(json) ?? Failure(.malformed, "the reply has no choices"))
    }
    if let failure = ErrorReading.failure(status: nil, json: choice) { return .failure(failure) }
    let message = choice["message"] ?? [:]
    let content = text(message["content"])
    let calls = toolCalls(message)
    let rawFinish = choice["finish_reason"]?.string
    let finish = FinishReason(raw: rawFinish)
    let filter = ContentFilter.verdict(choice["content_filter_results"])

    if finish == .contentFilter, (content ?? "").isEmpty, calls.isEmpty,
      message["refusal"]?.string == nil
    {
      return .failure(Failure(.refused, "the content filter removed the reply", code: "content_filter"))
    }

    var reply = Reply(text: content ?? "")
    reply.refusal = message["refusal"]?.string
    if let refusal = reply.refusal, reply.text.isEmpty { reply.text = refusal }
    reply.toolCalls = calls
    reply.reasoning = nonEmpty(text(message["reasoning_content"]) ?? text(message["reasoning"]))
    reply.output = output(message, reply, hasText: content, question)
    reply.rawFinishReason = rawFinish
    reply.finishReason = finish
    reply.message = history(message)
    reply.logProbabilities = logProbabilities(choice["logprobs"])
    if finish == .contentFilter || filter != nil {
      reply.flagged = true
      reply.flagReason = filter ?? "content_filter"
    } else if choice["content_filter_results"] != nil {
      reply.flagged = false
    }
    OpenAIParameters.addCommon(to: &reply, json)
    var metadata = JSONObject()
    for name in noted {
      if let value = json[name], !value.isNull {
        metadata[name] = value
      } else if let value = message[name], !value.isNull {
        metadata[name] = value
      }
    }
    if !metadata.isEmpty { reply.metadata = .object(metadata) }
    return .success(reply)
  }

  /// Shaped as promptfoo shapes it: a refusal is text, calls alone are a list, text with calls is the message.
  private static func output(_ message: JSON, _ reply: Reply, hasText content: String?, _ question: Question)
    -> JSON
  {
    if let refusal = reply.refusal { return .string(refusal) }
    let text = content ?? ""
    if !reply.toolCalls.isEmpty {
      if !text.isEmpty { return message }
      if let calls = message["tool_calls"], calls.array?.isEmpty == false { return calls }
      return message["function_call"] ?? message
    }
    if StructuredOutput.isAsked(question.settings), let value = try? JSON(parsing: text) { return value }
    if let reasoning = reply.reasoning, question.settings.flag("showThinking") ?? true {
      return .string("Thinking: \(reasoning)\n\n\(text)")
    }
    return .string(text)
  }

  private static func history(_ message: JSON) -> JSON {
    var kept: JSONObject = ["role": "assistant", "content": message["content"] ?? .null]
    for name in ["tool_calls", "function_call", "refusal"] {
      if let value = message[name], !value.isNull, value.array?.isEmpty != true { kept[name] = value }
    }
    return .object(kept)
  }

  static func toolCalls(_ message: JSON) -> [ToolCall] {
    var calls = (message["tool_calls"]?.array ?? []).map { call in
      let function = call["function"] ?? call["custom"]
      let arguments = function?["arguments"] ?? function?["input"]
      return ToolCall(
        id: call["id"]?.string, name: function?["name"]?.string ?? "",
        arguments: arguments.map { $0.string ?? $0.text } ?? "")
    }
    if let function = message["function_call"], let name = function["name"]?.string {
      var call = ToolCall(name: name, arguments: function["arguments"]?.string ?? "")
      call.isLegacyFunction = true
      calls.append(call)
    }
    return calls
  }

  /// Text, or the texts of a list of parts (Mistral's reasoning models write one).
  private static func text(_ content: JSON?) -> String? {
    switch content {
    case .string(let text)?: text
    case .array(let parts)?: parts.compactMap { $0["text"]?.string }.joined()
    default: nil
    }
  }

  private static func nonEmpty(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }

  private static func logProbabilities(_ logprobs: JSON?) -> [Double]? {
    if let tokens = logprobs?["content"]?.array { return tokens.compactMap { $0["logprob"]?.double } }
    return logprobs?["token_logprobs"]?.array?.compactMap(\.double)
  }

  /// Azure may say in a 200 that it filtered the prompt.
  private static func blockedPrompt(_ json: JSON) -> Failure? {
    for result in json["prompt_filter_results"]?.array ?? [] {
      if let reason = ContentFilter.verdict(result["content_filter_results"]) {
        return Failure(.refused, "the content filter refused the prompt (\(reason))", code: "content_filter")
      }
    }
    return nil
  }
}

/// Azure's verdicts: `{"hate": {"filtered": true, "severity": "high"}, ...}`.
enum ContentFilter {
  /// The categories that were filtered or detected, or nil.
  static func verdict(_ results: JSON?) -> String? {
    let caught = (results?.object ?? JSONObject()).filter {
      $0.value["filtered"]?.bool == true || $0.value["detected"]?.bool == true
    }
    return caught.isEmpty ? nil : caught.map(\.key).joined(separator: ", ")
  }
}

enum StructuredOutput {
  /// The reply was asked to follow a JSON schema.
  static func isAsked(_ settings: Settings) -> Bool { schema(settings) != nil }

  /// The schema asked for with OpenAI's `response_format`, whatever API is asked.
  static func schema(_ settings: Settings) -> JSON? {
    guard let format = (try? settings.loaded("response_format")) ?? nil,
      format["type"]?.string == "json_schema"
    else {
      return nil
    }
    return format["json_schema"]?["schema"] ?? format["schema"] ?? format["json_schema"]
  }

  static func isPlainJSON(_ settings: Settings) -> Bool {
    settings.value("response_format")?["type"]?.string == "json_object"
  }
}
