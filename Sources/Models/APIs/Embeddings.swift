import Formats
import Vocabulary

/// Embeddings at OpenAI and its kin, and at Google.
enum Embeddings {
  static func openAIRequest(_ question: Question) throws(Problem) -> WireRequest {
    let settings = question.settings
    var body: JSONObject = ["model": .string(question.model), "input": .string(question.prompt.text)]
    for name in ["dimensions", "user"] {
      if let value = settings.value(name) { body[name] = value }
    }
    body["encoding_format"] = settings.value("encoding_format") ?? "float"
    OpenAIParameters.addPassthrough(to: &body, settings)
    return WireRequest(
      url: OpenAIAddress.url(question, path: "embeddings"), headers: OpenAIAddress.headers(question),
      body: .object(body))
  }

  static func readOpenAI(_ json: JSON, _ question: Question) -> Result<Reply, Failure> {
    if let failure = ErrorReading.failure(status: nil, json: json) { return .failure(failure) }
    guard let numbers = json["data"]?[0]?["embedding"]?.array else {
      return .failure(Failure(.malformed, "the reply has no embedding"))
    }
    var reply = reply(numbers)
    OpenAIParameters.addCommon(to: &reply, json)
    return .success(reply)
  }

  static func geminiRequest(_ question: Question) throws(Problem) -> WireRequest {
    var body: JSONObject = ["content": ["parts": [["text": .string(question.prompt.text)]]]]
    for name in ["taskType", "outputDimensionality", "title"] {
      if let value = question.settings.value(name) { body[name] = value }
    }
    return WireRequest(
      url: Gemini.url(question, "embedContent"),
      headers: [("Content-Type", "application/json")] + question.endpoint.headers, body: .object(body))
  }

  static func readGemini(_ json: JSON, _ question: Question) -> Result<Reply, Failure> {
    if let failure = ErrorReading.failure(status: nil, json: json) { return .failure(failure) }
    guard let numbers = json["embedding"]?["values"]?.array else {
      return .failure(Failure(.malformed, "the reply has no embedding"))
    }
    return .success(reply(numbers))
  }

  static func reply(_ numbers: [JSON]) -> Reply {
    var reply = Reply(text: "", output: .array(numbers))
    reply.embedding = numbers.compactMap(\.double)
    return reply
  }
}

/// OpenAI's moderations: which categories a text falls into.
enum Moderation {
  static func request(_ question: Question) throws(Problem) -> WireRequest {
    var body: JSONObject = ["model": .string(question.model), "input": .string(question.prompt.text)]
    OpenAIParameters.addPassthrough(to: &body, question.settings)
    return WireRequest(
      url: OpenAIAddress.url(question, path: "moderations"), headers: OpenAIAddress.headers(question),
      body: .object(body))
  }

  static func read(_ json: JSON, _ question: Question) -> Result<Reply, Failure> {
    if let failure = ErrorReading.failure(status: nil, json: json) { return .failure(failure) }
    guard let result = json["results"]?[0] else {
      return .failure(Failure(.malformed, "the reply has no results"))
    }
    var reply = Reply(text: "", output: result)
    reply.moderation = (result["categories"]?.object ?? JSONObject()).filter { $0.value.bool == true }.map(
      \.key)
    reply.flagged = result["flagged"]?.bool
    OpenAIParameters.addCommon(to: &reply, json)
    return .success(reply)
  }
}
