import Formats
import Vocabulary

/// What a script or a response transform gives back, in promptfoo's form: text, any value, or an object with
/// `output`, `error`, `tokenUsage`, `cost`, `metadata` and so on.
enum ProvidedReply {
  static func read(_ value: JSON) -> Result<Reply, Failure> {
    guard let members = value.object, isProviderForm(members) else { return .success(reply(output: value)) }
    if let error = members["error"], !error.isNull {
      return .failure(Failure(.script, error.string ?? error["message"]?.string ?? error.text))
    }
    var reply = reply(output: members["output"] ?? .null)
    if let usage = members["tokenUsage"], usage.object != nil {
      reply.rawUsage = usage
      reply.usage = self.usage(usage)
    }
    if let cost = members["cost"]?.number { reply.reportedCost = ReportedCost.money(cost) }
    reply.logProbabilities = members["logProbs"]?.array?.compactMap(\.double)
    reply.rawFinishReason = members["finishReason"]?.string
    reply.finishReason = FinishReason(raw: reply.rawFinishReason)
    if members["isRefusal"]?.bool == true { reply.refusal = reply.text }
    if let guardrails = members["guardrails"] {
      reply.flagged = guardrails["flagged"]?.bool
      reply.flagReason = guardrails["reason"]?.string
    }
    reply.reasoning = members["reasoning"]?.string
    reply.responseID = members["sessionId"]?.string
    reply.embedding = (members["embedding"] ?? members["output"]?["embedding"])?.array?.compactMap(\.double)
    if let metadata = members["metadata"], !metadata.isNull { reply.metadata = metadata }
    for call in members["toolCalls"]?.array ?? members["tool_calls"]?.array ?? [] {
      reply.toolCalls += OpenAIChat.toolCalls(["tool_calls": [call]])
    }
    return .success(reply)
  }

  private static func isProviderForm(_ members: JSONObject) -> Bool {
    ["output", "error", "tokenUsage", "embedding"].contains { members.contains($0) }
  }

  static func reply(output: JSON) -> Reply {
    let text: String
    switch output {
    case .string(let given): text = given
    case .null: text = ""
    default: text = output.text
    }
    var reply = Reply(text: text, output: output.isNull ? .string("") : output)
    reply.message = ["role": "assistant", "content": .string(text)]
    if let calls = output["tool_calls"] { reply.toolCalls = OpenAIChat.toolCalls(["tool_calls": calls]) }
    return reply
  }

  private static func usage(_ usage: JSON) -> Usage? {
    func count(_ json: JSON?) -> Int? { UsageReading.count(json) }
    guard let input = count(usage["prompt"]) ?? count(usage["total"]) else { return nil }
    var result = Usage(input: input, output: count(usage["completion"]) ?? 0)
    result.cachedInput = min(input, count(usage["cached"]) ?? 0)
    result.reasoning = min(result.output, count(usage["completionDetails"]?["reasoning"]) ?? 0)
    return result
  }
}
