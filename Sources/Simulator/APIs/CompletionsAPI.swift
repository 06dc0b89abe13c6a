import Formats

/// OpenAI completions, the interface from before chat.
enum CompletionsAPI {
  static func read(_ body: JSON, route: Route) throws(Refusal) -> Ask {
    let ask = Ask(
      api: .completions, family: route.family, model: try ChatAPI.requiredModel(body, route), body: body)
    let prompt = body["prompt"]?.string ?? body["prompt"]?[0]?.string ?? ""
    ask.messages = [.init(role: .user, text: prompt)]
    ask.maxTokens = body["max_tokens"]?.int ?? 16
    ask.stops = ChatAPI.strings(body["stop"])
    ask.choices = min(max(1, body["n"]?.int ?? 1), 128)
    ask.streams = body["stream"]?.bool ?? false
    ask.includesUsage = body["stream_options"]?["include_usage"]?.bool ?? false
    return ask
  }

  static func whole(_ answers: [Answer], _ ask: Ask) -> JSON {
    .object([
      "id": JSON("cmpl-" + answers[0].id), "object": "text_completion", "created": JSON(answers[0].created),
      "model": JSON(answers[0].model),
      "choices": .array(
        answers.enumerated().map { index, answer in
          .object([
            "text": JSON(answer.text), "index": JSON(index), "logprobs": .null,
            "finish_reason": JSON(ChatAPI.finish(answer, ask)),
          ])
        }), "usage": (try? JSON(parsing: ChatAPI.usage(answers))) ?? .null,
    ])
  }

  static func plan(
    _ answers: [Answer], _ ask: Ask, _ profile: LatencyProfile, fault: Fault.Kind?, _ draws: Draws
  )
    -> StreamPlan
  {
    var plan = StreamPlan()
    plan.endMark = Array("[DONE]".utf8)
    plan.errorData =
      JSON.object(["error": ["message": "The server had an error.", "type": "server_error"]]).bytes
    let opening =
      "{\"id\":\"cmpl-\(answers[0].id)\",\"object\":\"text_completion\",\"created\":\(answers[0].created),"
      + "\"model\":\(JSON(answers[0].model).text),\"choices\":["
    var lanes: [Int] = []
    for (index, answer) in answers.enumerated() {
      lanes.append(plan.items.count)
      plan.deltas(
        of: answer.text,
        .init(
          prefix: Array("\(opening){\"index\":\(index),\"text\":\"".utf8),
          suffix: Array("\",\"logprobs\":null,\"finish_reason\":null}]}".utf8)), joining: profile.coalesced,
        draws)
      plan.fixed(
        Array(
          "\(opening){\"index\":\(index),\"text\":\"\",\"logprobs\":null,\"finish_reason\":\"\(ChatAPI.finish(answer, ask))\"}]}"
            .utf8))
    }
    if answers.count > 1 { plan.interleave(lanesAt: lanes) }
    if ask.includesUsage, fault != .usageMissing {
      plan.fixed(Array("\(opening)],\"usage\":\(ChatAPI.usage(answers))}".utf8))
    }
    return plan
  }
}
