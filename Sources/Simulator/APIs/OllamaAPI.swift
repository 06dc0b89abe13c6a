import Formats

/// Ollama's own interface: chat and generate, one JSON object a line.
enum OllamaAPI {
  static func read(_ body: JSON, route: Route) throws(Refusal) -> Ask {
    guard let model = body["model"]?.string, !model.isEmpty else { throw Refusal("model is required") }
    let ask = Ask(api: route.api, family: .ollama, model: model, body: body)
    if route.api == .ollamaGenerate {
      if let system = body["system"]?.string { ask.messages.append(.init(role: .system, text: system)) }
      ask.messages.append(.init(role: .user, text: body["prompt"]?.string ?? ""))
    } else {
      for message in body["messages"]?.array ?? [] {
        let role: Ask.Role =
          switch message["role"]?.string {
          case "system": .system
          case "assistant": .assistant
          case "tool": .tool
          default: .user
          }
        ask.messages.append(
          .init(
            role: role, text: message["content"]?.string ?? "",
            callsTools: message["tool_calls"]?.array?.isEmpty == false))
      }
    }
    for tool in body["tools"]?.array ?? [] {
      if let function = tool["function"], let name = function["name"]?.string {
        ask.tools.append(.init(name: name, schema: function["parameters"] ?? [:]))
      }
    }
    switch body["format"] {
    case .string("json")?: ask.format = .anyJSON
    case let schema? where schema.object != nil: ask.format = .schema(schema)
    default: break
    }
    ask.maxTokens = body["options"]?["num_predict"]?.int.flatMap { $0 >= 0 ? $0 : nil }
    ask.stops = ChatAPI.strings(body["options"]?["stop"])
    ask.streams = body["stream"]?.bool ?? true
    ask.reasons = body["think"]?.bool ?? (body["think"]?.string != nil)
    return ask
  }

  private static func line(_ answer: Answer, _ ask: Ask, _ members: KeyValuePairs<String, JSON?>) -> JSON {
    var object: JSONObject = [
      "model": JSON(answer.model), "created_at": JSON(Instant.now().isoMicroseconds),
    ]
    for case let (key, value?) in members { object[key] = value }
    return .object(object)
  }

  private static func calls(_ answer: Answer) -> JSON? {
    guard !answer.toolCalls.isEmpty else { return nil }
    return .array(
      answer.toolCalls.map { call in
        .object([
          "function": .object([
            "name": JSON(call.name), "arguments": (try? JSON(parsing: call.arguments)) ?? [:],
          ])
        ])
      })
  }

  /// The members of the last line; durations in nanoseconds, of simulated time.
  private static func closing(
    _ answer: Answer, _ ask: Ask, _ profile: LatencyProfile, text: String, whole: Bool
  )
    -> JSON
  {
    let prompt = (profile.base + profile.perInputToken * Double(answer.usage.input)) * 1e6
    let writing = profile.perToken * Double(answer.usage.output) * 1e6
    let isChat = ask.api == .ollama
    let message = JSON.object([
      "role": "assistant", "content": JSON(text),
      "thinking": whole && ask.reasons && !answer.reasoning.isEmpty ? JSON(answer.reasoning) : nil,
      "tool_calls": whole ? calls(answer) : nil,
    ])
    return line(
      answer, ask,
      [
        "message": isChat ? message : nil, "response": isChat ? nil : JSON(text), "done": true,
        "done_reason": answer.finish == .length ? "length" : "stop",
        "total_duration": JSON(Int(prompt + writing) + 1_500_000), "load_duration": 1_000_000,
        "prompt_eval_count": JSON(answer.usage.input), "prompt_eval_duration": JSON(Int(prompt)),
        "eval_count": JSON(answer.usage.output), "eval_duration": JSON(Int(writing)),
      ])
  }

  static func whole(_ answer: Answer, _ ask: Ask, _ profile: LatencyProfile) -> JSON {
    closing(answer, ask, profile, text: answer.text, whole: true)
  }

  static func plan(
    _ answer: Answer, _ ask: Ask, _ profile: LatencyProfile, fault: Fault.Kind?, _ draws: Draws
  )
    -> StreamPlan
  {
    var plan = StreamPlan()
    plan.framing = .lines
    plan.errorData = Array("{\"error\":\"an error was encountered while running the model\"}".utf8)
    let opening =
      "{\"model\":\(JSON(answer.model).text),\"created_at\":\"\(Instant.now().isoMicroseconds)\","
    let isChat = ask.api == .ollama
    func template(_ member: String) -> StreamPlan.Template {
      isChat
        ? .init(
          prefix: Array(
            "\(opening)\"message\":{\"role\":\"assistant\",\(member == "content" ? "" : "\"content\":\"\",")\"\(member)\":\""
              .utf8), suffix: Array("\"},\"done\":false}".utf8))
        : .init(
          prefix: Array("\(opening)\"\(member == "content" ? "response" : member)\":\"".utf8),
          suffix: Array("\",\"done\":false}".utf8))
    }
    if ask.reasons {
      plan.deltas(of: answer.reasoning, template("thinking"), joining: profile.coalesced, draws)
    }
    plan.deltas(of: answer.text, template("content"), joining: profile.coalesced, draws)
    if let calls = calls(answer) {
      let tokens = answer.toolCalls.reduce(0) { $0 + Tokens.count($1.name) + Tokens.count($1.arguments) }
      let message = JSON.object(["role": "assistant", "content": "", "tool_calls": calls])
      plan.fixed(line(answer, ask, ["message": message, "done": false]).bytes, gaps: Int32(max(1, tokens)))
    }
    if fault != .noDone { plan.fixed(closing(answer, ask, profile, text: "", whole: false)) }
    return plan
  }
}
