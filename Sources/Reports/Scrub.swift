import Formats

/// Text from models and files, made harmless for what it is put into.
enum Scrub {
  /// Terminal escapes are dropped; other control characters are shown as `#xNN`; tokens that CI systems obey
  /// are broken.
  static func plain(_ text: String) -> String {
    if isPlain(text) { return text }
    var out = ""
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar.value {
      case 0x1B:
        dropEscape(&rest)
      case 0x0D:
        if rest.first?.value != 0x0A { out += "\n" }
      case 0x09, 0x0A: out.unicodeScalars.append(scalar)
      case 0x00..<0x20, 0x7F..<0x85, 0x86..<0xA0, 0xFFFE, 0xFFFF:
        let hex = String(scalar.value, radix: 16, uppercase: true)
        out += "#x" + (hex.count == 1 ? "0" + hex : hex)
      case 0x202A...0x202E, 0x2066...0x2069, 0x200E, 0x200F: break
      default: out.unicodeScalars.append(scalar)
      }
    }
    for token in tokens {
      out = out.replacing(token, with: String(token.prefix(1)) + "\u{200B}" + String(token.dropFirst()))
    }
    return out
  }

  /// What Jenkins, Testmo, GitHub, Azure and TeamCity obey wherever it stands.
  private static let tokens = ["[[ATTACHMENT|", "[[PROPERTY|", "##[", "##vso[", "##teamcity["]

  /// Most texts are: no control character but newline and tab, no byte that begins one of the others, no token.
  private static func isPlain(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var before: UInt8 = 0
      for byte in bytes {
        switch byte {
        case 0x09, 0x0A: break
        case 0x00..<0x20, 0x7F, 0xC2, 0xE2, 0xEF: return false
        case UInt8(ascii: "[") where before == byte, UInt8(ascii: "#") where before == byte: return false
        default: break
        }
        before = byte
      }
      return true
    }
  }

  private static func dropEscape(_ rest: inout String.UnicodeScalarView.SubSequence) {
    guard let kind = rest.first else { return }
    rest.removeFirst()
    if kind == "[" {
      // CSI: parameters and a final byte.
      while let next = rest.first, next.value < 0x40 || next.value > 0x7E { rest.removeFirst() }
      if !rest.isEmpty { rest.removeFirst() }
    } else if kind == "]" {
      // OSC: until BEL or ST.
      while let next = rest.first {
        rest.removeFirst()
        if next.value == 0x07 { return }
        if next.value == 0x1B {
          if rest.first == "\\" { rest.removeFirst() }
          return
        }
      }
    }
  }

  /// At most so many bytes, with a note of what was cut.
  static func bounded(_ text: String, _ most: Int) -> String {
    let count = text.utf8.count
    guard count > most else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: most)
    while end > text.startIndex, end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
    return text[..<end] + "\n[… \(count - most) more bytes cut]"
  }

  /// One line of at most so many characters, without space around it.
  static func line(_ text: String, _ most: Int) -> String {
    let isLine = { (byte: UInt8) in byte != 0x0A && byte != 0x09 }
    if text.utf8.count <= most, isPlain(text), text.utf8.allSatisfy(isLine), !text.hasPrefix(" "),
      !text.hasSuffix(" ")
    {
      return text
    }
    // A line is short: what is far beyond it need not be looked at.
    let start = text.utf8.count > 8 * most ? String(text.prefix(2 * most)) : text
    let joined = plain(start).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return joined.count > most || start.utf8.count < text.utf8.count
      ? joined.prefix(most - 1) + "…" : joined
  }
}

extension String {
  /// By bytes: to Swift a "<" after U+0600 is no character of its own, and neither is the end of "\r\n", but those
  /// that read the report see both.
  func replacing(_ token: String, with other: String) -> String {
    let needle = Array(token.utf8)
    guard let first = needle.first, utf8.contains(first) else { return self }
    let bytes = Array(utf8)
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + bytes.count / 8)
    var place = 0
    while place < bytes.count {
      if bytes[place] == first, bytes[place...].starts(with: needle) {
        out += other.utf8
        place += needle.count
      } else {
        out.append(bytes[place])
        place += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
