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

  /// Keeps secrets out of what is kept of the request and its answer. A generic target's own are known only
  /// once its templates are filled in.
  func redaction(of wire: WireRequest) -> Redaction {
    guard endpoint.api == .http else { return endpoint.redaction }
    return Redaction(GenericHTTP.secrets(in: wire, self) + endpoint.secrets)
  }

  /// What of the body does not depend on the prompt: made once where the endpoint's own settings hold,
  /// which is for nearly every call.
  func form(_ make: (Question) throws(Problem) -> JSONObject) throws(Problem) -> BodyForm {
    guard hasEndpointSettings else { return BodyForm(try make(self)) }
    if let known = endpoint.form.withLock({ $0 }) { return known }
    let form = BodyForm(try make(self))
    endpoint.form.withLock { $0 = form }
    return form
  }

  var hasEndpointSettings: Bool { settings === endpoint.settings }

  /// The reply comes in pieces: on unless switched off, or where the API has no pieces.
  var streams: Bool {
    endpoint.api.streams && settings.streams
  }
}

/// One request as it goes to the wire.
struct WireRequest: Sendable {
  var method = "POST"
  var url: String
  var headers: [(String, String)]
  var body: JSON?
  /// The body, where its bytes were made already.
  var bodyBytes: [UInt8]?
  /// What the body was made of, where all but its messages is the endpoint's.
  var form: BodyForm?
  /// In place of `body` where it is not JSON.
  var rawBody: String?
  /// What it carries that is known for a secret by more than its name.
  var secrets: [String] = []
}
