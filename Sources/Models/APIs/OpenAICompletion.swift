import Formats
import Vocabulary

/// OpenAI's legacy completions: text in, text out.
enum OpenAICompletion {
  static func request(_ question: Question) throws(Problem) -> WireRequest {
    let settings = question.settings
    var body: JSONObject = ["model": .string(question.model), "prompt": .string(question.prompt.text)]
    body["max_tokens"] =
      try settings.number("max_tokens", variable: "OPENAI_MAX_TOKENS") ?? OpenAIParameters.usualMaxTokens
    body["temperature"] = try settings.number("temperature", variable: "OPENAI_TEMPERATURE") ?? 0
    try OpenAIParameters.addSampling(to: &body, settings)
    body["best_of"] = try settings.number("best_of", variable: "OPENAI_BEST_OF")
    body["seed"] = try settings.number("seed")
    for name in ["logprobs", "echo", "n", "suffix", "logit_bias", "user"] {
      if let value = settings.value(name) { body[name] = value }
    }
    OpenAIParameters.addPassthrough(to: &body, settings)
    if question.streams {
      body["stream"] = true
      body["stream_options"] = ["include_usage": true]
    }
    return WireRequest(
      url: OpenAIAddress.url(question, path: "completions"), headers: OpenAIAddress.headers(question),
      body: .object(body))
  }

  static func read(_ json: JSON, _ question: Question) -> Result<Reply, Failure> {
    if let failure = ErrorReading.failure(status: nil, json: json) { return .failure(failure) }
    let choices = json["choices"]?.array ?? []
    guard let choice = choices.first(where: { $0["index"]?.int == 0 }) ?? choices.first,
      let text = choice["text"]?.string
    else {
      return .failure(Failure(.malformed, "the reply has no choices"))
    }
    let finish = choice["finish_reason"]?.string
    if FinishReason(raw: finish) == .contentFilter, text.isEmpty {
      return .failure(Failure(.refused, "the content filter removed the reply", code: "content_filter"))
    }
    var reply = Reply(text: text)
    reply.rawFinishReason = finish
    reply.finishReason = FinishReason(raw: finish)
    reply.flagged = reply.finishReason == .contentFilter ? true : nil
    reply.logProbabilities = choice["logprobs"]?["token_logprobs"]?.array?.compactMap(\.double)
    reply.message = ["role": "assistant", "content": .string(text)]
    OpenAIParameters.addCommon(to: &reply, json)
    return .success(reply)
  }
}

/// Chunks of legacy completions: as of chat, with text in the choices themselves.
struct OpenAICompletionStream: StreamDialect {
  private var text: [UInt8] = []
  private var finish: JSON?
  private var logprobs: [JSON] = []
  private var top = JSONObject()
  private var sawChunk = false
  private(set) var usage: JSON?
  private(set) var failure: Failure?

  init(_ question: Question) {}

  mutating func take(event: RawSpan, data: RawSpan) -> Seen {
    if data.starts(with: "[DONE]") { return .end }
    guard let chunk = try? JSON(parsing: data) else {
      failure = Failure(
        .malformed, "an event of the stream is not JSON", evidence: ErrorReading.evidence(data.array))
      return .failed
    }
    if let error = ErrorReading.failure(status: nil, json: chunk) {
      failure = error.with(evidence: ErrorReading.evidence(data.array))
      return .failed
    }
    sawChunk = true
    for (key, value) in chunk.object ?? JSONObject() where key != "choices" && !value.isNull {
      if key == "usage" { usage = value } else { top[key] = value }
    }
    var seen: Seen = []
    for choice in chunk["choices"]?.array ?? [] where choice["index"]?.int ?? 0 == 0 {
      if let reason = choice["finish_reason"], !reason.isNull { finish = reason }
      logprobs += choice["logprobs"]?["token_logprobs"]?.array ?? []
      if let piece = choice["text"]?.string, !piece.isEmpty {
        text += piece.utf8
        seen.insert(.visible)
      }
    }
    return seen
  }

  var shown: [UInt8] { text }

  func whole() -> JSON? {
    guard sawChunk else { return [:] }
    var choice: JSONObject = [
      "index": 0, "text": .string(String(decoding: text, as: UTF8.self)), "finish_reason": finish ?? .null,
    ]
    if !logprobs.isEmpty { choice["logprobs"] = ["token_logprobs": .array(logprobs)] }
    var result = top
    result["choices"] = [.object(choice)]
    if let usage { result["usage"] = usage }
    return .object(result)
  }
}
