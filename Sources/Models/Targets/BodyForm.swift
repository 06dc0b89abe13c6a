import Formats
import Synchronization

/// The body of a chat request but for its messages, and the request's identity but for them, each with its bytes on both
/// sides of them: of ten thousand requests to one endpoint they alone differ.
final class BodyForm: Sendable {
  let members: JSONObject
  private let body: Frame
  private let identity = Mutex<Identity?>(nil)

  /// `members` has a place for the messages, which holds null where they are not given with the settings.
  init(_ members: JSONObject) {
    self.members = members
    body = Frame(members, around: "messages", \.bytes)
  }

  /// As `JSON.bytes` would write the members with these messages.
  func bytes(_ messages: JSON) -> [UInt8] { body.bytes(messages, \.bytes) }

  /// The canonical request with these messages, and its canonical bytes. `make` gives that of a request without any.
  func canonical(_ messages: JSON, _ make: () -> JSONObject) -> (JSON, [UInt8]) {
    let known = identity.withLock { identity in
      let known = identity ?? Identity(make())
      identity = known
      return known
    }
    return (known.request(messages), known.frame.bytes(messages, \.canonicalBytes))
  }

  private struct Identity {
    let members: JSONObject
    let frame: Frame

    init(_ members: JSONObject) {
      self.members = members
      let body = members["body"]?.object ?? JSONObject()
      frame = Frame(members.inCanonicalOrder, around: "body", \.canonicalBytes).around(
        Frame(body.inCanonicalOrder, around: "messages", \.canonicalBytes))
    }

    func request(_ messages: JSON) -> JSON {
      var members = members
      var body = members["body"]?.object ?? JSONObject()
      body["messages"] = messages
      members["body"] = .object(body)
      return .object(members)
    }
  }
}

/// The bytes of an object before and after the value of one of its members.
private struct Frame {
  private var before: [UInt8]
  private var after: [UInt8]

  /// The members are written in their order, which has to be that of the form wanted.
  init(_ members: JSONObject, around key: String, _ form: (JSON) -> [UInt8]) {
    let place = members.keys.firstIndex(of: key) ?? members.count
    let head = members[..<place].map { ($0.key, $0.value) }
    let rest = members[min(place + 1, members.count)...].map { ($0.key, $0.value) }
    before = form(.object(JSONObject(head))).dropLast() + (head.isEmpty ? [] : [UInt8(ascii: ",")])
    before += form(.string(key)) + [UInt8(ascii: ":")]
    after = rest.isEmpty ? [] : [UInt8(ascii: ",")]
    after += form(.object(JSONObject(rest))).dropFirst()
  }

  func around(_ inner: Frame) -> Frame {
    var frame = self
    frame.before += inner.before
    frame.after = inner.after + after
    return frame
  }

  func bytes(_ value: JSON, _ form: (JSON) -> [UInt8]) -> [UInt8] {
    let own = form(value)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(before.count + own.count + after.count)
    bytes += before
    bytes += own
    bytes += after
    return bytes
  }
}
