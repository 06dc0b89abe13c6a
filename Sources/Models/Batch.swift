import Formats
import Vocabulary

/// What a line of an OpenAI batch file needs of a request.
public struct BatchRequest: Sendable {
  /// `/v1/chat/completions`
  public var path: String
  public var body: JSON
}

extension PreparedCall {
  /// The request as a line of a batch file has it; nil where the service has no such files.
  public var batchRequest: BatchRequest? {
    let path: String
    switch endpoint.api {
    case .openAIChat: path = "/v1/chat/completions"
    case .openAIResponses: path = "/v1/responses"
    case .openAICompletion: path = "/v1/completions"
    case .openAIEmbedding: path = "/v1/embeddings"
    case .openAIModeration, .anthropicMessages, .gemini, .geminiEmbedding, .ollamaChat, .ollamaGenerate,
      .ollamaEmbedding, .http, .exec, .script, .echo:
      return nil
    }
    guard var body = wire.body?.object else { return nil }
    body["stream"] = nil
    body["stream_options"] = nil
    return BatchRequest(path: path, body: .object(body))
  }
}

/// What a batch's output file says of one request.
public struct BatchAnswer: Sendable {
  public var status: Int?
  public var body: JSON
  public var requestID: String?
  /// Set where the request was never made.
  public var error: String?

  public init(status: Int?, body: JSON, requestID: String?, error: String?) {
    self.status = status
    self.body = body
    self.requestID = requestID
    self.error = error
  }
}

extension ModelClient {
  /// What a batch made of a call: read as any reply is, and priced at the batch tier.
  public func outcome(of answer: BatchAnswer, to call: PreparedCall) -> (
    result: Result<Reply, Failure>, cost: Money?, costReason: String?
  ) {
    let redaction = call.endpoint.redaction
    let read: Result<Reply, Failure>
    if let error = answer.error {
      read = .failure(Failure(.timeout, "the batch did not get to it: \(error)"))
    } else if let status = answer.status, !(200..<300).contains(status) {
      read = .failure(ErrorReading.failure(status: status, body: answer.body.bytes))
    } else {
      read = call.endpoint.api.read(answer.body, call.question)
    }
    switch read {
    case .failure(var failure):
      redaction.clean(&failure)
      let wasMade = answer.error == nil && answer.status.map { (200..<300).contains($0) } ?? true
      if wasMade, [.truncated, .malformed, .refused].contains(failure.kind) {
        return (.failure(failure), nil, "the reply could not be used, but may be charged")
      }
      return (.failure(failure), .zero, "a batch does not charge for what failed")
    case .success(var reply):
      reply.requestID = answer.requestID
      reply.serviceTier = "batch"
      redaction.clean(&reply)
      let (cost, reason) = cost(of: reply, for: call)
      return (.success(reply), cost, reason)
    }
  }
}
