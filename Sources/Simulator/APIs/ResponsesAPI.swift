import Formats

/// OpenAI Responses.
enum ResponsesAPI {
  static func read(_ body: JSON, route: Route) throws(Refusal) -> Ask {
    let ask = Ask(
      api: .responses, family: route.family, model: try ChatAPI.requiredModel(body, route), body: body)
    if let instructions = body["instructions"]?.string {
      ask.messages.append(.init(role: .system, text: instructions))
    }
    switch body["input"] {
    case .string(let text)?: ask.messages.append(.init(role: .user, text: text))
    case .array(let items)?: for item in items { ask.messages.append(message(item)) }
    default:
      throw Refusal(
        "Missing required parameter: 'input'.", parameter: "input", code: "missing_required_parameter")
    }
    for tool in body["tools"]?.array ?? [] where tool["type"]?.string == "function" {
      if let name = tool["name"]?.string {
        ask.tools.append(.init(name: name, schema: tool["parameters"] ?? [:]))
      }
    }
    switch body["tool_choice"] {
    case .string("none")?: ask.toolWish = .none
    case .string("required")?: ask.toolWish = .required
    case let choice?: if let name = choice["name"]?.string { ask.toolWish = .named(name) }
    case nil: break
    }
    ask.callsSeveralTools = body["parallel_tool_calls"]?.bool ?? true
    let format = body["text"]?["format"]
    switch format?["type"]?.string {
    case "json_object": ask.format = .anyJSON
    case "json_schema": ask.format = .schema(format?["schema"] ?? [:])
    default: break
    }
    ask.maxTokens = body["max_output_tokens"]?.int
    ask.streams = body["stream"]?.bool ?? false
    ask.reasons = body["reasoning"]?["effort"]?.string.map { $0 != "none" && $0 != "minimal" } ?? false
    return ask
  }

  private static func message(_ item: JSON) -> Ask.Message {
    switch item["type"]?.string {
    case "function_call_output": return .init(role: .tool, text: ChatAPI.text(of: item["output"]))
    case "function_call": return .init(role: .assistant, text: "", callsTools: true)
    case "reasoning": return .init(role: .assistant, text: "")
    default: break
    }
    let role: Ask.Role =
      switch item["role"]?.string {
      case "system", "developer": .system
      case "assistant": .assistant
      default: .user
      }
    return .init(role: role, text: ChatAPI.text(of: item["content"]))
  }

  // MARK: Whole

  static func whole(_ answer: Answer, _ ask: Ask) -> JSON {
    response(answer, ask, status: status(answer), output: items(answer, ask), usage: usage(answer))
  }

  private static func status(_ answer: Answer) -> String {
    answer.finish == .length || answer.finish == .contentFilter ? "incomplete" : "completed"
  }

  private static func response(_ answer: Answer, _ ask: Ask, status: String, output: [JSON], usage: JSON)
    -> JSON
  {
    let reason: JSON =
      switch answer.finish {
      case .length: ["reason": "max_output_tokens"]
      case .contentFilter: ["reason": "content_filter"]
      default: .null
      }
    let body = ask.body
    var object: JSONObject = [
      "id": JSON("resp_" + answer.id), "object": "response", "created_at": JSON(answer.created),
      "status": JSON(status), "background": false, "error": .null,
    ]
    object["incomplete_details"] = status == "incomplete" ? reason : .null
    object["instructions"] = body["instructions"] ?? .null
    object["max_output_tokens"] = ask.maxTokens.map { JSON($0) } ?? .null
    object["model"] = JSON(answer.model)
    object["output"] = .array(output)
    object["parallel_tool_calls"] = JSON(ask.callsSeveralTools)
    object["previous_response_id"] = .null
    object["reasoning"] = .object([
      "effort": body["reasoning"]?["effort"] ?? .null, "summary": body["reasoning"]?["summary"] ?? .null,
    ])
    object["service_tier"] = "default"
    object["store"] = body["store"] ?? true
    object["temperature"] = body["temperature"] ?? 1.0
    object["text"] = body["text"] ?? ["format": ["type": "text"]]
    object["tool_choice"] = body["tool_choice"] ?? "auto"
    object["tools"] = body["tools"] ?? []
    object["top_p"] = body["top_p"] ?? 1.0
    object["truncation"] = "disabled"
    object["usage"] = usage
    object["user"] = .null
    object["metadata"] = body["metadata"] ?? [:]
    return .object(object)
  }

  static func usage(_ answer: Answer) -> JSON {
    .object([
      "input_tokens": JSON(answer.usage.input),
      "input_tokens_details": .object(["cached_tokens": JSON(answer.usage.cached)]),
      "output_tokens": JSON(answer.usage.output),
      "output_tokens_details": .object(["reasoning_tokens": JSON(answer.usage.reasoning)]),
      "total_tokens": JSON(answer.usage.input + answer.usage.output),
    ])
  }

  private static func showsReasoning(_ ask: Ask) -> Bool { ask.body["reasoning"]?["summary"]?.string != nil }

  private static func items(_ answer: Answer, _ ask: Ask) -> [JSON] {
    var items: [JSON] = []
    if !answer.reasoning.isEmpty {
      items.append(reasoningItem(answer, summary: showsReasoning(ask) ? answer.reasoning : nil))
    }
    if !answer.text.isEmpty || answer.toolCalls.isEmpty {
      items.append(messageItem(answer, status: "completed", parts: [part(answer, answer.text)]))
    }
    for call in answer.toolCalls {
      items.append(callItem(call, arguments: call.arguments, status: "completed"))
    }
    return items
  }

  private static func reasoningItem(_ answer: Answer, summary: String?) -> JSON {
    .object([
      "id": JSON("rs_" + answer.id), "type": "reasoning",
      "summary": .array(summary.map { [["type": "summary_text", "text": JSON($0)]] } ?? []),
    ])
  }

  private static func messageItem(_ answer: Answer, status: String, parts: [JSON]) -> JSON {
    .object([
      "id": JSON("msg_" + answer.id), "type": "message", "status": JSON(status), "role": "assistant",
      "content": .array(parts),
    ])
  }

  private static func part(_ answer: Answer, _ text: String) -> JSON {
    answer.finish == .refusal
      ? .object(["type": "refusal", "refusal": JSON(text)])
      : .object(["type": "output_text", "text": JSON(text), "annotations": [], "logprobs": []])
  }

  private static func callItem(_ call: Answer.ToolCall, arguments: String, status: String) -> JSON {
    .object([
      "id": JSON("fc_" + call.id.dropFirst(5)), "type": "function_call", "status": JSON(status),
      "call_id": JSON(call.id), "name": JSON(call.name), "arguments": JSON(arguments),
    ])
  }

  // MARK: Streamed

  static func plan(
    _ answer: Answer, _ ask: Ask, _ profile: LatencyProfile, fault: Fault.Kind?, _ draws: Draws
  )
    -> StreamPlan
  {
    var writer = Writer(profile: profile, draws: draws)
    writer.plan.numbersEvents = true
    writer.plan.errorName = "error"
    writer.plan.errorData =
      JSON.object([
        "type": "error", "sequence_number": 0, "code": "server_error",
        "message": "The server had an error while processing your request. Sorry about that!", "param": .null,
      ]).bytes
    let begun = response(answer, ask, status: "in_progress", output: [], usage: .null)
    writer.event("response.created", ["response": begun])
    writer.event("response.in_progress", ["response": begun])
    if !answer.reasoning.isEmpty { reasoning(answer, ask, &writer) }
    if !answer.text.isEmpty || answer.toolCalls.isEmpty { text(answer, &writer) }
    for call in answer.toolCalls { arguments(call, &writer) }
    let ended = response(
      answer, ask, status: status(answer), output: items(answer, ask),
      usage: fault == .usageMissing ? .null : usage(answer))
    writer.event("response." + status(answer), ["response": ended])
    return writer.plan
  }

  private struct Writer {
    var plan = StreamPlan()
    var output = 0
    let profile: LatencyProfile
    let draws: Draws

    mutating func event(_ type: String, _ members: KeyValuePairs<String, JSON?>) {
      var object: JSONObject = ["type": JSON(type), "sequence_number": 0]
      for case let (key, value?) in members { object[key] = value }
      plan.fixed(.object(object), name: type)
    }

    /// The deltas of a part, each event numbered by itself.
    mutating func deltas(_ type: String, item: JSON, of text: String, place: String) {
      let prefix =
        "{\"type\":\"\(type)\",\"item_id\":\(item.text),\"output_index\":\(output),\(place)\"delta\":\""
      let template = StreamPlan.Template(
        name: type, prefix: Array(prefix.utf8), suffix: Array("\",\"sequence_number\":".utf8),
        isNumbered: true)
      plan.deltas(of: text, template, joining: profile.coalesced, draws)
    }
  }

  private static func reasoning(_ answer: Answer, _ ask: Ask, _ writer: inout Writer) {
    let id = JSON("rs_" + answer.id)
    let index = JSON(writer.output)
    writer.event(
      "response.output_item.added", ["output_index": index, "item": reasoningItem(answer, summary: nil)])
    if showsReasoning(ask) {
      let part: JSON = .object(["type": "summary_text", "text": JSON(answer.reasoning)])
      writer.event(
        "response.reasoning_summary_part.added",
        [
          "item_id": id, "output_index": index, "summary_index": 0,
          "part": ["type": "summary_text", "text": ""],
        ])
      writer.deltas(
        "response.reasoning_summary_text.delta", item: id, of: answer.reasoning, place: "\"summary_index\":0,"
      )
      writer.event(
        "response.reasoning_summary_text.done",
        ["item_id": id, "output_index": index, "summary_index": 0, "text": JSON(answer.reasoning)])
      writer.event(
        "response.reasoning_summary_part.done",
        ["item_id": id, "output_index": index, "summary_index": 0, "part": part])
    }
    writer.event(
      "response.output_item.done",
      [
        "output_index": index,
        "item": reasoningItem(answer, summary: showsReasoning(ask) ? answer.reasoning : nil),
      ])
    writer.output += 1
  }

  private static func text(_ answer: Answer, _ writer: inout Writer) {
    let id = JSON("msg_" + answer.id)
    let index = JSON(writer.output)
    let kind = answer.finish == .refusal ? "refusal" : "output_text"
    writer.event(
      "response.output_item.added",
      ["output_index": index, "item": messageItem(answer, status: "in_progress", parts: [])])
    writer.event(
      "response.content_part.added",
      ["item_id": id, "output_index": index, "content_index": 0, "part": part(answer, "")])
    writer.deltas("response.\(kind).delta", item: id, of: answer.text, place: "\"content_index\":0,")
    writer.event(
      "response.\(kind).done",
      [
        "item_id": id, "output_index": index, "content_index": 0,
        kind == "refusal" ? "refusal" : "text": JSON(answer.text),
        "logprobs": kind == "refusal" ? nil : [],
      ])
    writer.event(
      "response.content_part.done",
      ["item_id": id, "output_index": index, "content_index": 0, "part": part(answer, answer.text)])
    writer.event(
      "response.output_item.done",
      [
        "output_index": index,
        "item": messageItem(answer, status: "completed", parts: [part(answer, answer.text)]),
      ])
    writer.output += 1
  }

  private static func arguments(_ call: Answer.ToolCall, _ writer: inout Writer) {
    let id = JSON("fc_" + call.id.dropFirst(5))
    let index = JSON(writer.output)
    writer.event(
      "response.output_item.added",
      ["output_index": index, "item": callItem(call, arguments: "", status: "in_progress")])
    writer.deltas("response.function_call_arguments.delta", item: id, of: call.arguments, place: "")
    writer.event(
      "response.function_call_arguments.done",
      ["item_id": id, "output_index": index, "name": JSON(call.name), "arguments": JSON(call.arguments)])
    writer.event(
      "response.output_item.done",
      ["output_index": index, "item": callItem(call, arguments: call.arguments, status: "completed")])
    writer.output += 1
  }
}
