import Formats
import Vocabulary
import Wire

/// How an API's stream is put together again: the pieces become the reply that the same API would have
/// given whole, and one function reads both.
protocol StreamDialect: Sendable {
  init(_ question: Question)
  /// Takes one event and says what it held.
  mutating func take(event: RawSpan, data: RawSpan) -> Seen
  /// An error that came inside the stream.
  var failure: Failure? { get }
  /// The last usage seen, also of a stream that broke.
  var usage: JSON? { get }
  /// For streams that end by closing: what has come is a whole reply.
  var isComplete: Bool { get }
  /// The text so far that a user would see; asked for only where somebody watches.
  var shown: [UInt8] { get }
  /// The reply as it would have come whole; nil when its text is not UTF-8.
  func whole() -> JSON?
}

extension StreamDialect {
  var isComplete: Bool { false }
}

/// What a stream came to, whatever its dialect.
protocol StreamOutcome: EventReceiver {
  var stamps: StreamStamps { get }
  var failure: Failure? { get }
  var usage: JSON? { get }
  /// Its end mark was seen, or it needs none and said why it finished.
  var isWhole: Bool { get }
  func whole() -> JSON?
  /// Tells a watcher what was held back.
  func endText()
}

/// Takes the events of one stream, on the loop's thread, in a dialect that the compiler knows.
// @unchecked Sendable: one thread at a time calls `receive` while the request is under way, as `EventReceiver` promises, and
// nobody else touches the state then; the task that asked reads it after the client has resumed it with the finished
// exchange, which orders the two.
final class StreamReader<Dialect: StreamDialect>: StreamOutcome, @unchecked Sendable {
  private(set) var stamps = StreamStamps()
  private var dialect: Dialect
  private var watched: WatchedText?

  init(_ question: Question) {
    dialect = Dialect(question)
    watched = question.onText.map { WatchedText(question.endpoint.redaction, tell: $0) }
  }

  func receive(event name: RawSpan, data: RawSpan, at microsecondsFromStart: Int64) {
    // After the end mark or an error nothing belongs to the reply.
    guard stamps.end == nil, dialect.failure == nil else { return }
    let seen = dialect.take(event: name, data: data)
    stamps.note(seen, at: microsecondsFromStart)
    if watched != nil, seen.contains(.visible) { watched?.grew(to: dialect.shown) }
  }

  func endText() { watched?.ended(with: dialect.shown) }

  var isWhole: Bool { stamps.end != nil || dialect.isComplete }
  var isFinished: Bool { stamps.end != nil || dialect.failure != nil }
  var failure: Failure? { dialect.failure }
  var usage: JSON? { dialect.usage }
  func whole() -> JSON? { dialect.whole() }
}

extension RawSpan {
  var array: [UInt8] { withUnsafeBytes { Array($0) } }

  func starts(with text: StaticString) -> Bool {
    guard byteCount >= text.utf8CodeUnitCount else { return false }
    return withUnsafeBytes { bytes in
      text.withUTF8Buffer { text in
        for index in 0..<text.count where bytes[index] != text[index] { return false }
        return true
      }
    }
  }

  func equals(_ text: StaticString) -> Bool {
    byteCount == text.utf8CodeUnitCount && starts(with: text)
  }
}

extension Endpoint {
  /// What takes the events of a stream from this endpoint, by itself: for measuring what that costs.
  package func makeStreamReceiver(for prompt: RenderedPrompt) -> any EventReceiver {
    api.streamReader(Question(endpoint: self, prompt: prompt, settings: settings, variables: [:]))
  }
}
