/// The text behind the events, for what libyaml does not tell: where the lines of a block begin.
final class YAMLSource {
  private let input: UnsafeBufferPointer<UInt8>
  private lazy var lineStarts: [Int] = {
    var starts = [0]
    for i in input.indices where input[i] == UInt8(ascii: "\n") { starts.append(i + 1) }
    return starts
  }()

  /// The text must outlive this.
  init(_ input: UnsafeBufferPointer<UInt8>) { self.input = input }

  func textStart(_ style: Node.Style, _ location: SourceLocation) -> (line: Int, column: Int) {
    switch style {
    case .plain: (location.line, location.column)
    case .singleQuoted, .doubleQuoted: (location.line, location.column + 1)
    case .literal, .folded: (location.line + 1, indentation(after: location.line) + 1)
    }
  }

  /// Spaces before the first line with text after that one.
  private func indentation(after line: Int) -> Int {
    for start in lineStarts.dropFirst(line) {
      var end = start
      while end < input.count, input[end] == UInt8(ascii: " ") { end += 1 }
      if end < input.count, input[end] != UInt8(ascii: "\n"), input[end] != UInt8(ascii: "\r") {
        return end - start
      }
    }
    return 0
  }
}

/// JSON writes characters beyond U+FFFF as two escapes (`"\ud83d\ude00"`). js-yaml joins them, libyaml
/// refuses them; so they are joined in the text when libyaml has met one.
enum YAMLSurrogates {
  /// The text with every such pair from that place to the end of the quoted text written as one
  /// escape; nil when there is none at that place.
  static func join(in bytes: [UInt8], from mark: YAMLEvents.Mark) -> [UInt8]? {
    var start = offset(of: mark, in: bytes)
    while start > 0, start > offset(of: mark, in: bytes) - 8, bytes[start] != UInt8(ascii: "\\") {
      start -= 1
    }
    guard pair(in: bytes, at: start) != nil else { return nil }
    var result = Array(bytes[..<start])
    var i = start
    while i < bytes.count, bytes[i] != UInt8(ascii: "\"") {
      if let joined = pair(in: bytes, at: i) {
        result.append(contentsOf: "\\U\(String(repeating: "0", count: 3))\(String(joined, radix: 16))".utf8)
        i += 12
      } else if bytes[i] == UInt8(ascii: "\\"), i + 1 < bytes.count {
        result.append(contentsOf: bytes[i...(i + 1)])
        i += 2
      } else {
        result.append(bytes[i])
        i += 1
      }
    }
    result.append(contentsOf: bytes[i...])
    return result
  }

  private static func pair(in bytes: [UInt8], at i: Int) -> UInt32? {
    guard let high = escape(in: bytes, at: i), let low = escape(in: bytes, at: i + 6),
      (0xD800..<0xDC00).contains(high), (0xDC00..<0xE000).contains(low)
    else { return nil }
    return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
  }

  private static func escape(in bytes: [UInt8], at i: Int) -> UInt32? {
    guard i >= 0, i + 6 <= bytes.count, bytes[i] == UInt8(ascii: "\\"), bytes[i + 1] == UInt8(ascii: "u")
    else {
      return nil
    }
    var value: UInt32 = 0
    for digit in bytes[(i + 2)..<(i + 6)] {
      guard let digit = Hex.value(digit) else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  private static func offset(of mark: YAMLEvents.Mark, in bytes: [UInt8]) -> Int {
    var line = 1
    var i = 0
    while i < bytes.count, line < mark.line {
      if bytes[i] == UInt8(ascii: "\n") { line += 1 }
      i += 1
    }
    var column = 1
    while i < bytes.count, column < mark.column {
      i += 1
      if i < bytes.count, bytes[i] & 0xC0 != 0x80 { column += 1 }
    }
    return min(i, bytes.count - 1)
  }
}
