import Formats
import Vocabulary

/// How a reply is kept. What two calls may share is content, stored once; what belongs to one exchange
/// (ids, log probabilities, counts) is kept with the call.
enum ReplyCoding {
  /// The part that is content-addressed.
  static func content(of reply: Reply) -> JSON {
    var object = JSONObject()
    if let embedding = reply.embedding { object["embedding"] = .array(embedding.map { JSON($0) }) }
    if let flagged = reply.flagged { object["flagged"] = .bool(flagged) }
    if let reason = reply.flagReason { object["flag_reason"] = .string(reason) }
    if let metadata = reply.metadata { object["metadata"] = metadata }
    if let moderation = reply.moderation { object["moderation"] = .array(moderation.map { .string($0) }) }
    if !isText(reply.output, reply.text) { object["output"] = reply.output }
    if let reasoning = reply.reasoning { object["reasoning"] = .string(reasoning) }
    if let refusal = reply.refusal { object["refusal"] = .string(refusal) }
    object["text"] = .string(reply.text)
    if !reply.toolCalls.isEmpty { object["tool_calls"] = .array(reply.toolCalls.map(toolCall)) }
    return .object(object)
  }

  private static func isText(_ output: JSON, _ text: String) -> Bool {
    if case .string(let output) = output { output == text } else { false }
  }

  private static func toolCall(_ call: ToolCall) -> JSON {
    var object = JSONObject([("name", .string(call.name)), ("arguments", .string(call.arguments))])
    if let id = call.id { object["id"] = .string(id) }
    if call.isLegacyFunction { object["legacy"] = true }
    return .object(object)
  }

  /// The part that belongs to the call; nil when there is none.
  static func details(of reply: Reply) -> JSONObject? {
    var object = JSONObject()
    if let raw = reply.rawFinishReason, raw != reply.finishReason?.name {
      object["raw_finish_reason"] = .string(raw)
    }
    if let cost = reply.reportedCost { object["reported_picodollars"] = JSON(Int(cost.picodollars)) }
    if let values = reply.logProbabilities { object["log_probabilities"] = .array(values.map { JSON($0) }) }
    if let usage = reply.usage {
      if usage.longCacheWrite != 0 { object["long_cache_write_tokens"] = JSON(usage.longCacheWrite) }
      if usage.audioInput != 0 { object["audio_input_tokens"] = JSON(usage.audioInput) }
      if usage.audioOutput != 0 { object["audio_output_tokens"] = JSON(usage.audioOutput) }
      if usage.isEstimated { object["usage_is_estimated"] = true }
    }
    return object.isEmpty ? nil : object
  }

  /// A reply as it was recorded, from its content, its call's details and its usage.
  static func reply(content: JSON, details: JSON?, responseID: String?, usage: Usage?) -> Reply {
    let text = content["text"]?.string ?? ""
    var reply = Reply(text: text, output: content["output"])
    reply.embedding = content["embedding"]?.array?.compactMap(\.double)
    reply.flagged = content["flagged"]?.bool
    reply.flagReason = content["flag_reason"]?.string
    reply.metadata = content["metadata"]
    reply.moderation = content["moderation"]?.array?.compactMap(\.string)
    reply.reasoning = content["reasoning"]?.string
    reply.refusal = content["refusal"]?.string
    reply.toolCalls = (content["tool_calls"]?.array ?? []).map { call in
      var tool = ToolCall(
        id: call["id"]?.string, name: call["name"]?.string ?? "", arguments: call["arguments"]?.string ?? "")
      tool.isLegacyFunction = call["legacy"]?.bool ?? false
      return tool
    }
    // Version 1 had it among the details.
    reply.responseID = responseID ?? details?["response_id"]?.string
    reply.rawFinishReason = details?["raw_finish_reason"]?.string
    reply.reportedCost = details?["reported_picodollars"]?.int.map { Money(picodollars: Int64($0)) }
    reply.logProbabilities = details?["log_probabilities"]?.array?.compactMap(\.double)
    if var usage {
      usage.longCacheWrite = details?["long_cache_write_tokens"]?.int ?? 0
      usage.audioInput = details?["audio_input_tokens"]?.int ?? 0
      usage.audioOutput = details?["audio_output_tokens"]?.int ?? 0
      usage.isEstimated = details?["usage_is_estimated"]?.bool ?? false
      reply.usage = usage
    }
    return reply
  }
}

extension FinishReason {
  /// From its name, as it is kept.
  public init(name: String) {
    self =
      switch name {
      case "stop": .stop
      case "length": .length
      case "content_filter": .contentFilter
      case "tool_calls": .toolCalls
      default: .other(name)
      }
  }
}
