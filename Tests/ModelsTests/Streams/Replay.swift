import Formats
import Vocabulary
import Wire

@testable import Models

/// Replays a recorded stream through the parsers of the wire and the reader of an API, cut where a test wants.
struct Replay {
  var id: String
  var bytes: [UInt8]
  var config: JSONObject = [:]
  var headers: [(String, String)] = []
  /// How the connection ended, where it did not end well.
  var error: HTTPError?
  var onText: (@Sendable (String) -> Void)?

  init(_ id: String, _ text: String, config: JSONObject = [:]) {
    self.id = id
    self.config = config
    bytes = Array(text.utf8)
  }

  /// `cuts`: places where one chunk ends and the next begins. The chunk with number n arrives at 1000·(n + 1).
  func outcome(cuts: [Int] = []) throws -> AttemptOutcome {
    var question = try question(id, config: config)
    question.onText = onText
    let reader = question.endpoint.api.streamReader(question)
    var serverSent = SSEParser()
    var lines = LineParser()
    let isLines = question.endpoint.api.streamsLines
    var stamp: Int64 = 0
    let bounds = [0] + cuts.filter { $0 > 0 && $0 < bytes.count } + [bytes.count]
    for (start, end) in zip(bounds, bounds.dropFirst()) {
      stamp += 1000
      let chunk = Array(bytes[start..<end])
      if isLines {
        _ = lines.feed(chunk.span.bytes, to: reader, at: stamp)
      } else {
        _ = serverSent.feed(chunk.span.bytes, to: reader, at: stamp)
      }
    }
    if error == nil {
      if isLines {
        lines.finish(to: reader, at: stamp)
      } else {
        serverSent.finish(flushesTail: true, to: reader, at: stamp)
      }
    }
    reader.endText()
    var exchange = HTTPExchange()
    exchange.status = 200
    exchange.isStream = true
    exchange.headers = HTTPHeaders(headers)
    exchange.body = Array(bytes.prefix(2048))
    exchange.error = error
    exchange.timings.done = stamp + 500
    return ExchangeReading.outcome(exchange, stream: reader, question)
  }

  /// What came of it in one word a person can compare.
  static func digest(_ outcome: AttemptOutcome) -> String {
    switch outcome.result {
    case .success(let reply):
      let calls = reply.toolCalls.map { "\($0.id ?? "-") \($0.name)(\($0.arguments))" }.joined(
        separator: "; ")
      let usage = reply.usage.map { "\($0.input)/\($0.output)/\($0.cachedInput)/\($0.reasoning)" } ?? "-"
      return
        "text=\(reply.text) output=\(reply.output.text) calls=[\(calls)] refusal=\(reply.refusal ?? "-") "
        + "reasoning=\(reply.reasoning ?? "-") finish=\(reply.finishReason?.name ?? "-") usage=\(usage)"
    case .failure(let failure):
      return "failure=\(failure.kind.rawValue) code=\(failure.code ?? "-")"
    }
  }
}
