/// Tells a watcher the text of a stream as it grows, without the secrets of the request: what could be the
/// beginning of one is held back until it turns out not to be.
struct WatchedText: Sendable {
  private let redaction: Redaction
  private let tell: @Sendable (String) -> Void
  private var told = 0

  init(_ redaction: Redaction, tell: @escaping @Sendable (String) -> Void) {
    self.redaction = redaction
    self.tell = tell
  }

  /// A text that is another than before, and shorter than what was told of that, is told once it is longer.
  mutating func grew(to text: [UInt8]) {
    guard told <= text.count else { return }
    tell(text, upTo: text.count - redaction.heldBack(text[told...]))
  }

  mutating func ended(with text: [UInt8]) { tell(text, upTo: text.count) }

  private mutating func tell(_ text: [UInt8], upTo end: Int) {
    guard end > told else { return }
    tell(redaction.text(String(decoding: text[told..<end], as: UTF8.self)))
    told = end
  }
}
