/// What a text costs libxml2, which compares each attribute of an element with all others, and looks each name up
/// among all namespaces: bounded here, before it reads.
struct MarkupWork {
  private var comparisons = 0
  private var attributes = 0
  private var namespaces = 0
  private var tags = 0
  private var references = 0

  /// Both parsers begin a tag at `<` and a name, and end it at the next `>` outside quotes, which stand after `=` only.
  /// Read from the end, the attributes from any place to the end of its tag are known for each kind of quote it
  /// may stand in, so that no order of quotes, comments and scripts hides any.
  init(of bytes: UnsafeBufferPointer<UInt8>) {
    // A short text can't cost much.
    if bytes.count < 32_768 { return }
    // From here to the end of the tag: outside quotes, within double, within single ones.
    var (open, double, single) = (0, 0, 0)
    for place in bytes.indices.reversed() {
      if bytes[place] == 0x26 { references += 1 }
      switch bytes[place] {
      case 0x3C where place + 1 < bytes.count && Self.startsName(bytes[place + 1]):
        tags += 1
        attributes += open
        comparisons = comparisons.addingReportingOverflow(open &* open).partialValue
        if Self.isLast(comparisons) { return }
      case 0x3E: open = 0
      case 0x22:
        (open, double) = (Self.followsEqualsSign(bytes, place) ? double : open, open)
      case 0x27:
        (open, single) = (Self.followsEqualsSign(bytes, place) ? single : open, open)
      default:
        if place > 0, Self.endsWord(bytes[place - 1]), !Self.endsWord(bytes[place]), bytes[place] != 0x3D {
          open += 1
        }
        if bytes[place] == 0x78, place + 5 <= bytes.count, bytes[place + 1] == 0x6D, bytes[place + 2] == 0x6C,
          bytes[place + 3] == 0x6E, bytes[place + 4] == 0x73
        {
          namespaces += 1
        }
      }
    }
  }

  /// HTML takes longer for each tag, and looks the name of each reference up in a list.
  func isBearable(isHTML: Bool) -> Bool {
    !Self.isLast(comparisons) && (!isHTML || 2 * tags + 3 * references <= 3_000_000)
      && namespaces <= 100_000_000 / max(1, tags + attributes)
  }

  private static func isLast(_ comparisons: Int) -> Bool { comparisons > 150_000_000 }
  private static func startsName(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte >= 0x80 || byte == 0x5F
      || byte == 0x3A
  }
  private static func endsWord(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == 0x22 || byte == 0x27 || byte == 0x2F
  }
  private static func followsEqualsSign(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    var before = place - 1
    while before > max(0, place - 64), bytes[before] <= 0x20 { before -= 1 }
    return before >= 0 && bytes[before] == 0x3D
  }
}
