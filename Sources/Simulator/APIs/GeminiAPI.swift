import Formats

/// Gemini `generateContent` and `streamGenerateContent`.
enum GeminiAPI {
  static func read(_ body: JSON, route: Route, asEvents: Bool) throws(Refusal) -> Ask {
    let ask = Ask(api: route.api, family: .gemini, model: route.model ?? "", body: body)
    guard let contents = (body["contents"] ?? body["generateContentRequest"]?["contents"])?.array,
      !contents.isEmpty
    else { throw Refusal("* GenerateContentRequest.contents: contents is not specified") }
    if let system = body["systemInstruction"] ?? body["system_instruction"] {
      ask.messages.append(.init(role: .system, text: text(system)))
    }
    for content in contents {
      let parts = content["parts"]?.array ?? []
      for part in parts {
        if let result = part["functionResponse"] ?? part["function_response"] {
          ask.messages.append(.init(role: .tool, text: result["response"]?.text ?? ""))
        }
      }
      let words = text(content)
      let calls = parts.contains { $0["functionCall"] != nil || $0["function_call"] != nil }
      if words.isEmpty, !calls { continue }
      let role: Ask.Role = content["role"]?.string == "model" ? .assistant : .user
      ask.messages.append(.init(role: role, text: words, callsTools: calls))
    }
    readTools(body, into: ask)
    let settings = body["generationConfig"] ?? body["generation_config"] ?? [:]
    ask.maxTokens = settings["maxOutputTokens"]?.int ?? settings["max_output_tokens"]?.int
    ask.stops = ChatAPI.strings(settings["stopSequences"])
    let schema = settings["responseSchema"] ?? settings["responseJsonSchema"] ?? settings["response_schema"]
    if let schema {
      ask.format = .schema(schema)
    } else if settings["responseMimeType"]?.string == "application/json" {
      ask.format = .anyJSON
    }
    ask.streams = route.streams
    ask.framesAsArray = route.streams && !asEvents
    ask.reasons = settings["thinkingConfig"]?["includeThoughts"]?.bool ?? false
    return ask
  }

  private static func text(_ content: JSON) -> String {
    (content["parts"]?.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
  }

  private static func readTools(_ body: JSON, into ask: Ask) {
    for tool in body["tools"]?.array ?? [] {
      for function in (tool["functionDeclarations"] ?? tool["function_declarations"])?.array ?? [] {
        if let name = function["name"]?.string {
          let schema = function["parameters"] ?? function["parametersJsonSchema"] ?? [:]
          ask.tools.append(.init(name: name, schema: schema))
        }
      }
    }
    let wish = (body["toolConfig"] ?? body["tool_config"])?["functionCallingConfig"]
    let allowed = wish?["allowedFunctionNames"]?.array?.first?.string
    switch wish?["mode"]?.string?.uppercased() {
    case "ANY": ask.toolWish = allowed.map { .named($0) } ?? .required
    case "NONE": ask.toolWish = .none
    default: break
    }
  }

  private static func finish(_ answer: Answer) -> JSON {
    switch answer.finish {
    case .stop, .tools: "STOP"
    case .length: "MAX_TOKENS"
    case .contentFilter, .refusal: "SAFETY"
    }
  }

  private static func usage(_ answer: Answer) -> JSON {
    let spoken = answer.usage.output - answer.usage.reasoning
    return .object([
      "promptTokenCount": JSON(answer.usage.input), "candidatesTokenCount": JSON(spoken),
      "totalTokenCount": JSON(answer.usage.input + answer.usage.output),
      "cachedContentTokenCount": answer.usage.cached > 0 ? JSON(answer.usage.cached) : nil,
      "thoughtsTokenCount": answer.usage.reasoning > 0 ? JSON(answer.usage.reasoning) : nil,
      "promptTokensDetails": [["modality": "TEXT", "tokenCount": JSON(answer.usage.input)]],
    ])
  }

  private static func callPart(_ call: Answer.ToolCall) -> JSON {
    .object([
      "functionCall": .object([
        "id": JSON(call.id), "name": JSON(call.name), "args": (try? JSON(parsing: call.arguments)) ?? [:],
      ])
    ])
  }

  private static func chunk(_ answer: Answer, parts: [JSON], finish: JSON?, usage: JSON?) -> JSON {
    .object([
      "candidates": .array([
        .object([
          "content": .object(["parts": .array(parts), "role": "model"]), "finishReason": finish, "index": 0,
        ])
      ]), "usageMetadata": usage, "modelVersion": JSON(answer.model), "responseId": JSON(answer.id),
    ])
  }

  // MARK: Whole

  static func whole(_ answer: Answer, _ ask: Ask) -> JSON {
    if answer.finish == .contentFilter, answer.text.isEmpty {
      return .object(["promptFeedback": ["blockReason": "SAFETY"], "usageMetadata": usage(answer)])
    }
    var parts: [JSON] = []
    if ask.reasons, !answer.reasoning.isEmpty {
      parts.append(.object(["text": JSON(answer.reasoning), "thought": true]))
    }
    if !answer.text.isEmpty || answer.toolCalls.isEmpty { parts.append(.object(["text": JSON(answer.text)])) }
    parts += answer.toolCalls.map(callPart)
    return chunk(answer, parts: parts, finish: finish(answer), usage: usage(answer))
  }

  // MARK: Streamed

  static func plan(
    _ answer: Answer, _ ask: Ask, _ profile: LatencyProfile, fault: Fault.Kind?, _ draws: Draws
  )
    -> StreamPlan
  {
    var plan = StreamPlan()
    plan.framing = ask.framesAsArray ? .jsonArray : .serverSentEvents
    plan.errorData =
      JSON.object([
        "error": [
          "code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE",
        ]
      ]).bytes
    let early = JSON.object([
      "promptTokenCount": JSON(answer.usage.input), "totalTokenCount": JSON(answer.usage.input),
    ])
    let usageText = fault == .usageMissing ? "" : ",\"usageMetadata\":\(early.text)"
    let ending = ",\"modelVersion\":\(JSON(answer.model).text),\"responseId\":\"\(answer.id)\"}"
    func template(_ after: String) -> StreamPlan.Template {
      .init(
        prefix: Array("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"".utf8),
        suffix: Array("\"\(after)}],\"role\":\"model\"},\"index\":0}]\(usageText)\(ending)".utf8))
    }
    if ask.reasons {
      plan.deltas(of: answer.reasoning, template(",\"thought\":true"), joining: profile.coalesced, draws)
    }
    plan.deltas(of: answer.text, template(""), joining: profile.coalesced, draws)
    // A call comes whole, when its last token is written.
    for call in answer.toolCalls {
      let tokens = Int32(max(1, Tokens.count(call.name) + Tokens.count(call.arguments)))
      plan.fixed(chunk(answer, parts: [callPart(call)], finish: nil, usage: nil).bytes, gaps: tokens)
    }
    plan.fixed(
      chunk(
        answer, parts: [["text": ""]], finish: finish(answer),
        usage: fault == .usageMissing ? nil : usage(answer)))
    return plan
  }
}
