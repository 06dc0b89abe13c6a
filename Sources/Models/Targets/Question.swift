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
    guard settings === endpoint.settings else { return BodyForm(try make(self)) }
    if let known = endpoint.form.withLock({ $0 }) { return known }
    let form = BodyForm(try make(self))
    endpoint.form.withLock { $0 = form }
    return form
  }

  /// The reply comes in pieces: on unless switched off, or where the API has no pieces.
  var streams: Bool {
    endpoint.api.streams && settings.streams
  }
}

/// The body of a chat request but for its messages, with its bytes on both sides of them.
final class BodyForm: Sendable {
  let members: JSONObject
  private let before: [UInt8]
  private let after: [UInt8]

  /// `members` has a place for the messages, which holds null where they are not given with the settings.
  init(_ members: JSONObject) {
    self.members = members
    let place = members.keys.firstIndex(of: "messages") ?? members.count
    let head = JSON.object(JSONObject(members[..<place].map { ($0.key, $0.value) })).bytes.dropLast()
    let rest = members[min(place + 1, members.count)...].map { ($0.key, $0.value) }
    before = head + (place > 0 ? [UInt8(ascii: ",")] : []) + Array(#""messages":"#.utf8)
    after =
      rest.isEmpty
      ? [UInt8(ascii: "}")] : [UInt8(ascii: ",")] + JSON.object(JSONObject(rest)).bytes.dropFirst()
  }

  /// As `JSON.bytes` would write the members with these messages.
  func bytes(_ messages: JSON) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(before.count + after.count + 512)
    bytes += before
    messages.write(to: &bytes)
    bytes += after
    return bytes
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
  /// In place of `body` where it is not JSON.
  var rawBody: String?
  /// What it carries that is known for a secret by more than its name.
  var secrets: [String] = []
}
