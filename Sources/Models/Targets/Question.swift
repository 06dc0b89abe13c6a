import Formats
import Vocabulary

/// What is asked: an endpoint, a prompt, and the settings for this call. What every API builds its request from.
struct Question: Sendable {
  var endpoint: Endpoint
  var prompt: RenderedPrompt
  /// The endpoint's, with the prompt's and the case's merged over them.
  var settings: Settings
  /// Of the case, for targets whose requests are templates and for scripts.
  var variables: JSONObject
  /// Is told the reply's text as it comes, on the loop's thread: it must be quick.
  var onText: (@Sendable (String) -> Void)?
  /// A guess at the prompt's tokens, where a service leaves them out.
  var inputEstimate = 0

  var model: String { endpoint.model }

  /// What of the body does not depend on the prompt: made once where the endpoint's own settings hold,
  /// which is for nearly every call.
  func form(_ make: (Question) throws(Problem) -> JSONObject) throws(Problem) -> JSONObject {
    guard settings === endpoint.settings else { return try make(self) }
    if let known = endpoint.form.withLock({ $0 }) { return known }
    let form = try make(self)
    endpoint.form.withLock { $0 = form }
    return form
  }

  /// The reply comes in pieces: on unless switched off, or where the API has no pieces.
  var streams: Bool {
    guard endpoint.api.streams, settings.flag("stream", "streaming") ?? true else { return false }
    // Spoken output comes whole.
    let speaks = (settings.value("modalities")?.array ?? []).contains { $0.string == "audio" }
    return !speaks && settings.flag("background") != true
  }
}

/// One request as it goes to the wire.
struct WireRequest: Sendable {
  var method = "POST"
  var url: String
  var headers: [(String, String)]
  var body: JSON?
  /// In place of `body` where it is not JSON.
  var rawBody: String?
}
