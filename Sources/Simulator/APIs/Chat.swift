import Formats

/// OpenAI chat completions.
enum ChatAPI {
  static func read(_ body: JSON, route: Route) throws(Refusal) -> Ask {
    let ask = Ask(api: .chat, family: route.family, model: try requiredModel(body, route), body: body)
    guard let messages = body["messages"]?.array, !messages.isEmpty else {
      throw Refusal(
        "Missing required parameter: 'messages'.", parameter: "messages", code: "missing_required_parameter")
    }
    for message in messages { ask.messages.append(try self.message(message)) }
    readTools(body, into: ask)
    readFormat(body["response_format"], into: ask)
    ask.maxTokens = body["max_completion_tokens"]?.int ?? body["max_tokens"]?.int
    ask.stops = strings(body["stop"])
    ask.choices = min(max(1, body["n"]?.int ?? 1), 128)
    ask.streams = body["stream"]?.bool ?? false
    ask.includesUsage = body["stream_options"]?["include_usage"]?.bool ?? false
    ask.reasons = body["reasoning_effort"]?.string.map { $0 != "none" && $0 != "minimal" } ?? false
    return ask
  }

  static func requiredModel(_ body: JSON, _ route: Route) throws(Refusal) -> String {
    if let model = route.model { return model }
    guard let model = body["model"]?.string, !model.isEmpty else {
      throw Refusal(
        "you must provide a model parameter", parameter: "model", code: "missing_required_parameter")
    }
    return model
  }

  private static func message(_ message: JSON) throws(Refusal) -> Ask.Message {
    let role: Ask.Role
    switch message["role"]?.string {
    case "system", "developer": role = .system
    case "user": role = .user
    case "assistant": role = .assistant
    case "tool", "function": role = .tool
    case let other:
      throw Refusal(
        "Invalid value: '\(other ?? "null")'. Supported values are: 'system', 'assistant', 'user', 'function', "
          + "'tool', and 'developer'.", parameter: "messages", code: "invalid_value")
    }
    let calls = message["tool_calls"]?.array?.isEmpty == false || message["function_call"]?.object != nil
    return Ask.Message(role: role, text: text(of: message["content"]), callsTools: calls)
  }

  /// Text of a content that is a string or a list of parts, in any of the interfaces.
  static func text(of content: JSON?) -> String {
    switch content {
    case .string(let text)?: text
    case .array(let parts)?:
      parts.compactMap { part in
        part.string ?? part["text"]?.string ?? part["content"].map { text(of: $0) }
      }.joined(separator: "\n")
    default: ""
    }
  }

  static func strings(_ value: JSON?) -> [String] {
    if let one = value?.string { return [one] }
    return value?.array?.compactMap(\.string) ?? []
  }

  private static func readTools(_ body: JSON, into ask: Ask) {
    for tool in body["tools"]?.array ?? [] {
      if let function = tool["function"], let name = function["name"]?.string {
        ask.tools.append(Ask.Tool(name: name, schema: function["parameters"] ?? [:]))
      }
    }
    ask.callsSeveralTools = body["parallel_tool_calls"]?.bool ?? true
    var wish = body["tool_choice"]
    if ask.tools.isEmpty, let functions = body["functions"]?.array {
      ask.usesLegacyFunctions = true
      for function in functions {
        if let name = function["name"]?.string {
          ask.tools.append(Ask.Tool(name: name, schema: function["parameters"] ?? [:]))
        }
      }
      wish = body["function_call"]
    }
    switch wish {
    case .string("none")?: ask.toolWish = .none
    case .string("required")?: ask.toolWish = .required
    case .object(let object)?:
      if let name = object["function"]?["name"]?.string ?? object["name"]?.string {
        ask.toolWish = .named(name)
      }
    default: ask.toolWish = .auto
    }
  }

  private static func readFormat(_ format: JSON?, into ask: Ask) {
    switch format?["type"]?.string {
    case "json_object": ask.format = .anyJSON
    case "json_schema": ask.format = .schema(format?["json_schema"]?["schema"] ?? [:])
    default: break
    }
  }

  // MARK: Whole

  /// Written straight into bytes: this is the reply that most requests ask for.
  static func whole(_ answers: [Answer], _ ask: Ask) -> [UInt8] {
    let first = answers[0]
    var out: [UInt8] = []
    out.reserveCapacity(700 + answers.reduce(0) { $0 + $1.text.utf8.count + $1.reasoning.utf8.count })
    out.add("{\"id\":\"chatcmpl-")
    out.add(first.id)
    out.add("\",\"object\":\"chat.completion\",\"created\":")
    out.add(String(first.created))
    out.add(",\"model\":")
    out.addQuoted(first.model)
    out.add(",\"choices\":[")
    for (index, answer) in answers.enumerated() {
      out.add(index == 0 ? "{\"index\":" : ",{\"index\":")
      out.add(String(index))
      out.add(",\"message\":")
      write(message: answer, ask, into: &out)
      out.add(",\"logprobs\":null,\"finish_reason\":")
      out.addQuoted(finish(answer, ask))
      if ask.family == .azure {
        out.add(",\"content_filter_results\":")
        azureFilter.write(to: &out)
      }
      out.add("}")
    }
    out.add("],\"usage\":")
    write(usage: answers, into: &out)
    out.add(",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_simulated\"}")
    return out
  }

  private static func write(message answer: Answer, _ ask: Ask, into out: inout [UInt8]) {
    let isRefusal = answer.finish == .refusal
    out.add("{\"role\":\"assistant\",\"content\":")
    if isRefusal || (answer.text.isEmpty && !answer.toolCalls.isEmpty) {
      out.add("null")
    } else {
      out.addQuoted(answer.text)
    }
    out.add(",\"refusal\":")
    if isRefusal { out.addQuoted(answer.text) } else { out.add("null") }
    if !answer.reasoning.isEmpty, ask.showsReasoning {
      out.add(",\"reasoning_content\":")
      out.addQuoted(answer.reasoning)
    }
    if !answer.toolCalls.isEmpty { write(calls: answer.toolCalls, ask, into: &out) }
    out.add("}")
  }

  private static func write(calls: [Answer.ToolCall], _ ask: Ask, into out: inout [UInt8]) {
    if ask.usesLegacyFunctions {
      let call: JSON = .object(["name": JSON(calls[0].name), "arguments": JSON(calls[0].arguments)])
      out.add(",\"function_call\":")
      call.write(to: &out)
      return
    }
    out.add(",\"tool_calls\":")
    JSON.array(
      calls.map { call in
        .object([
          "id": JSON(call.id), "type": "function",
          "function": .object(["name": JSON(call.name), "arguments": JSON(call.arguments)]),
        ])
      }
    ).write(to: &out)
  }

  private static let azureFilter: JSON = [
    "hate": ["filtered": false, "severity": "safe"], "self_harm": ["filtered": false, "severity": "safe"],
    "sexual": ["filtered": false, "severity": "safe"], "violence": ["filtered": false, "severity": "safe"],
  ]

  static func finish(_ answer: Answer, _ ask: Ask) -> String {
    switch answer.finish {
    case .stop, .refusal: "stop"
    case .length: "length"
    case .tools: ask.usesLegacyFunctions ? "function_call" : "tool_calls"
    case .contentFilter: "content_filter"
    }
  }

  static func usage(_ answers: [Answer]) -> String {
    var out: [UInt8] = []
    write(usage: answers, into: &out)
    return String(decoding: out, as: UTF8.self)
  }

  static func write(usage answers: [Answer], into out: inout [UInt8]) {
    let input = answers[0].usage.input
    let output = answers.reduce(0) { $0 + $1.usage.output }
    out.add("{\"prompt_tokens\":")
    out.add(String(input))
    out.add(",\"completion_tokens\":")
    out.add(String(output))
    out.add(",\"total_tokens\":")
    out.add(String(input + output))
    out.add(",\"prompt_tokens_details\":{\"cached_tokens\":")
    out.add(String(answers[0].usage.cached))
    out.add(",\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":")
    out.add(String(answers.reduce(0) { $0 + $1.usage.reasoning }))
    out.add(",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}")
  }

  // MARK: Streamed

  static func plan(
    _ answers: [Answer], _ ask: Ask, _ profile: LatencyProfile, fault: Fault.Kind?, _ draws: Draws
  )
    -> StreamPlan
  {
    let first = answers[0]
    var plan = StreamPlan()
    plan.endMark = Array("[DONE]".utf8)
    plan.errorData =
      JSON.object([
        "error": [
          "message": "The server had an error while processing your request. Sorry about that!",
          "type": "server_error", "param": .null, "code": .null,
        ]
      ]).bytes
    let sendsUsage = ask.includesUsage && fault != .usageMissing
    var opening =
      "{\"id\":\"chatcmpl-\(first.id)\",\"object\":\"chat.completion.chunk\",\"created\":\(first.created),\"model\":"
    var head = Array(opening.utf8)
    head.addQuoted(first.model)
    head.add(",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_simulated\",\"choices\":[")
    opening = String(decoding: head, as: UTF8.self)
    let usageText = usage(answers)
    let tail =
      fault == .usageEveryChunk ? "],\"usage\":\(usageText)}" : sendsUsage ? "],\"usage\":null}" : "]}"
    func chunk(_ index: Int, _ delta: String, finish: String = "null") -> [UInt8] {
      Array(
        "\(opening){\"index\":\(index),\"delta\":\(delta),\"logprobs\":null,\"finish_reason\":\(finish)}\(tail)"
          .utf8)
    }
    func template(_ index: Int, before: String, after: String = "\"}") -> StreamPlan.Template {
      .init(
        prefix: Array("\(opening){\"index\":\(index),\"delta\":\(before)".utf8),
        suffix: Array("\(after),\"logprobs\":null,\"finish_reason\":null}\(tail)".utf8))
    }
    let usageChunk = Array("\(opening)],\"usage\":\(usageText)}".utf8)
    if fault == .usageEarly, sendsUsage { plan.fixed(usageChunk) }
    var lanes: [Int] = []
    for (index, answer) in answers.enumerated() {
      lanes.append(plan.items.count)
      if fault == .emptyDeltas { for _ in 0..<3 { plan.fixed(chunk(index, "{}")) } }
      addChoice(
        answer, index, ask, to: &plan, chunk: { chunk(index, $0, finish: $1) },
        template: { template(index, before: $0, after: $1) }, profile, draws)
      if fault == .emptyDeltas { plan.fixed(chunk(index, "{\"content\":\"\"}")) }
    }
    if answers.count > 1 { plan.interleave(lanesAt: lanes) }
    for (index, answer) in answers.enumerated() {
      plan.fixed(chunk(index, "{}", finish: "\"\(finish(answer, ask))\""))
    }
    if sendsUsage, fault != .usageEarly { plan.fixed(usageChunk) }
    return plan
  }

  private static func addChoice(
    _ answer: Answer, _ index: Int, _ ask: Ask, to plan: inout StreamPlan, chunk: (String, String) -> [UInt8],
    template: (String, String) -> StreamPlan.Template, _ profile: LatencyProfile, _ draws: Draws
  ) {
    let content = answer.toolCalls.isEmpty ? "\"\"" : "null"
    plan.fixed(chunk("{\"role\":\"assistant\",\"content\":\(content),\"refusal\":null}", "null"))
    if ask.showsReasoning {
      plan.deltas(
        of: answer.reasoning, template("{\"reasoning_content\":\"", "\"}"), joining: profile.coalesced, draws)
    }
    let key = answer.finish == .refusal ? "refusal" : "content"
    plan.deltas(of: answer.text, template("{\"\(key)\":\"", "\"}"), joining: profile.coalesced, draws)
    for (number, call) in answer.toolCalls.enumerated() {
      if ask.usesLegacyFunctions {
        plan.fixed(chunk("{\"function_call\":{\"name\":\(JSON(call.name).text),\"arguments\":\"\"}}", "null"))
        plan.deltas(
          of: call.arguments, template("{\"function_call\":{\"arguments\":\"", "\"}}"),
          joining: profile.coalesced,
          draws)
      } else {
        plan.fixed(
          chunk(
            "{\"tool_calls\":[{\"index\":\(number),\"id\":\(JSON(call.id).text),\"type\":\"function\","
              + "\"function\":{\"name\":\(JSON(call.name).text),\"arguments\":\"\"}}]}", "null"))
        plan.deltas(
          of: call.arguments,
          template("{\"tool_calls\":[{\"index\":\(number),\"function\":{\"arguments\":\"", "\"}}]}"),
          joining: profile.coalesced, draws)
      }
    }
  }
}

extension Ask {
  /// OpenAI hides the reasoning of its chat models; other services of that interface show it.
  var showsReasoning: Bool { body["include_reasoning"]?.bool ?? body["reasoning"]?["enabled"]?.bool ?? false }
}
