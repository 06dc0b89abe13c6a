/// Cuts a template into tokens, and does away with comments, whitespace control and raw blocks.
struct Lexer {
  private let bytes: [UInt8]
  private var place = 0
  private var tokens: [Token] = []
  /// The tag that ended just before ends with `-`: the white space after it goes.
  private var trimsNextText = false

  private init(_ source: String) { bytes = Array(source.utf8) }

  static func tokens(of source: String) throws(Fault) -> [Token] {
    var lexer = Lexer(source)
    try lexer.readAll()
    return lexer.tokens
  }

  private mutating func readAll() throws(Fault) {
    while place < bytes.count {
      let start = place
      while place < bytes.count, !isTagStart(at: place) { place += 1 }
      let trimsEnd = place + 2 < bytes.count && bytes[place + 2] == UInt8(ascii: "-")
      appendText(start..<place, trimsEnd: place < bytes.count && trimsEnd)
      guard place < bytes.count else { break }
      switch bytes[place + 1] {
      case UInt8(ascii: "#"): try skipComment()
      case UInt8(ascii: "%"): if try !readRawBlock() { try readTag(.tagStart, .tagEnd, closing: "%}") }
      default: try readTag(.outputStart, .outputEnd, closing: "}}")
      }
    }
    append(.end)
  }

  private func isTagStart(at place: Int) -> Bool {
    guard bytes[place] == UInt8(ascii: "{"), place + 1 < bytes.count else { return false }
    return switch bytes[place + 1] {
    case UInt8(ascii: "{"), UInt8(ascii: "%"), UInt8(ascii: "#"): true
    default: false
    }
  }

  private mutating func append(_ kind: Token.Kind, at offset: Int? = nil) {
    tokens.append(Token(kind: kind, offset: offset ?? place))
  }

  private mutating func appendText(_ range: Range<Int>, trimsEnd: Bool) {
    guard !range.isEmpty else { return }
    var text = Substring(String(decoding: bytes[range], as: UTF8.self))
    if trimsNextText { text = text.withoutLeadingJavaScriptSpace }
    if trimsEnd { text = text.withoutTrailingJavaScriptSpace }
    trimsNextText = false
    append(.text(String(text)), at: range.lowerBound)
  }

  private mutating func skipComment() throws(Fault) {
    let start = place
    guard let end = position(of: "#}", from: place + 2) else { throw unclosed("{#", "#}", at: start) }
    trimsNextText = end > start + 2 && bytes[end - 1] == UInt8(ascii: "-")
    place = end + 2
  }

  // MARK: Raw blocks

  /// `{% raw %}…{% endraw %}`, and the same with `verbatim`: what is inside is text. They nest.
  private mutating func readRawBlock() throws(Fault) -> Bool {
    let start = place
    guard let opening = rawTag(at: place), !opening.isEnd else { return false }
    var level = 1
    var cursor = opening.end
    while let next = position(of: "{%", from: cursor) {
      guard let tag = rawTag(at: next), tag.name == opening.name else {
        cursor = next + 2
        continue
      }
      cursor = tag.end
      level += tag.isEnd ? -1 : 1
      guard level == 0 else { continue }
      trimsNextText = opening.trimsAfter
      appendText(opening.end..<next, trimsEnd: tag.trimsBefore)
      trimsNextText = tag.trimsAfter
      place = tag.end
      return true
    }
    throw Fault(
      "\"{% \(opening.name) %}\" is never closed", at: start, mend: "end it with \"{% end\(opening.name) %}\""
    )
  }

  private struct RawTag {
    var name: String
    var isEnd: Bool
    var trimsBefore: Bool
    var trimsAfter: Bool
    var end: Int
  }

  private func rawTag(at start: Int) -> RawTag? {
    var cursor = start + 2
    let trimsBefore = skip("-", at: &cursor)
    skipSpace(at: &cursor)
    let isEnd = skip("end", at: &cursor)
    guard let name = ["raw", "verbatim"].first(where: { skip($0, at: &cursor) }) else { return nil }
    skipSpace(at: &cursor)
    let trimsAfter = skip("-", at: &cursor)
    guard skip("%}", at: &cursor) else { return nil }
    return RawTag(
      name: name, isEnd: isEnd, trimsBefore: trimsBefore, trimsAfter: trimsAfter, end: cursor)
  }

  // MARK: Inside tags

  private mutating func readTag(_ start: Token.Kind, _ end: Token.Kind, closing: StaticString)
    throws(Fault)
  {
    let tagStart = place
    append(start)
    place += 2
    skip("-", at: &place)
    trimsNextText = false
    var openBraces = 0
    while true {
      skipSpace(at: &place)
      guard place < bytes.count else {
        throw unclosed(start == .tagStart ? "{%" : "{{", "\(closing)", at: tagStart)
      }
      let tokenStart = place
      // The braces of a dictionary may end in `}}` too.
      if openBraces == 0 || bytes[place] != UInt8(ascii: "}") {
        let trims = skip("-%}", at: &place) || skip("-}}", at: &place)
        if trims || skip("%}", at: &place) || skip("}}", at: &place) {
          let isTagEnd = bytes[place - 2] == UInt8(ascii: "%")
          append(isTagEnd ? .tagEnd : .outputEnd, at: tokenStart)
          guard isTagEnd == (end == .tagEnd) else {
            throw Fault("expected \"\(closing)\"", at: tokenStart)
          }
          trimsNextText = trims
          return
        }
      }
      if bytes[place] == UInt8(ascii: "{") { openBraces += 1 }
      if bytes[place] == UInt8(ascii: "}") { openBraces -= 1 }
      try readToken(tagStart: tagStart, closing: "\(closing)")
    }
  }

  private mutating func readToken(tagStart: Int, closing: String) throws(Fault) {
    let start = place
    let byte = bytes[place]
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      append(.string(try readString(tagStart: tagStart, closing: closing)), at: start)
    } else if byte == UInt8(ascii: "r"), place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "/") {
      append(try readRegex(), at: start)
    } else if Self.isDelimiter(byte) {
      append(.symbol(readSymbol()), at: start)
    } else {
      while place < bytes.count, !Self.isDelimiter(bytes[place]), !isSpace(at: place) { place += 1 }
      let word = String(decoding: bytes[start..<place], as: UTF8.self)
      append(try numberOrName(word, from: start), at: start)
    }
  }

  private mutating func numberOrName(_ word: String, from start: Int) throws(Fault) -> Token.Kind {
    guard word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      if word.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }) {
        throw Fault("a quote inside the name \(word)", at: start, mend: "put a space before the quote")
      }
      return .name(word)
    }
    if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
      place += 1
      while place < bytes.count, (0x30...0x39).contains(bytes[place]) { place += 1 }
    }
    return .number(Double(String(decoding: bytes[start..<place], as: UTF8.self)) ?? .nan)
  }

  /// One character, or up to three that make one operator: `!==` before `!=`.
  private mutating func readSymbol() -> String {
    let start = place
    let (first, second) = (bytes[place], byte(after: 1))
    place += 1
    switch (first, second) {
    case (UInt8(ascii: "="), UInt8(ascii: "=")), (UInt8(ascii: "!"), UInt8(ascii: "=")):
      place += byte(after: 1) == UInt8(ascii: "=") ? 2 : 1
    case (UInt8(ascii: "<"), UInt8(ascii: "=")), (UInt8(ascii: ">"), UInt8(ascii: "=")),
      (UInt8(ascii: "/"), UInt8(ascii: "/")), (UInt8(ascii: "*"), UInt8(ascii: "*")):
      place += 1
    default: break
    }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  /// Zero behind the end.
  private func byte(after distance: Int) -> UInt8 {
    place + distance < bytes.count ? bytes[place + distance] : 0
  }

  /// `\n`, `\t` and `\r` mean what they mean everywhere; a backslash before any other character goes.
  private mutating func readString(tagStart: Int, closing: String) throws(Fault) -> String {
    let start = place
    let quote = bytes[place]
    var text: [UInt8] = []
    place += 1
    while place < bytes.count, bytes[place] != quote {
      if bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count {
        place += 1
        switch bytes[place] {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        default: text.append(bytes[place])
        }
      } else {
        text.append(bytes[place])
      }
      place += 1
    }
    guard place < bytes.count else {
      var fault = Fault(
        "a string that nothing closes", at: start, mend: "end it with \(Character(Unicode.Scalar(quote)))")
      fault.isUnclosedTag = position(of: closing, from: tagStart) == nil
      throw fault
    }
    place += 1
    return String(decoding: text, as: UTF8.self)
  }

  /// `r/source/flags`; a `/` with a backslash before it does not end the source.
  private mutating func readRegex() throws(Fault) -> Token.Kind {
    let start = place
    place += 2
    let first = place
    while place < bytes.count, bytes[place] != UInt8(ascii: "/") || bytes[place - 1] == UInt8(ascii: "\\") {
      place += 1
    }
    guard place < bytes.count else {
      throw Fault("a regular expression that nothing closes", at: start, mend: "end it with /")
    }
    let source = String(decoding: bytes[first..<place], as: UTF8.self)
    place += 1
    let flags = bytes[place...].prefix { "gimy".utf8.contains($0) }
    place += flags.count
    return .regex(source: source, flags: String(decoding: flags, as: UTF8.self))
  }

  // MARK: Bytes

  private static func isDelimiter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
      UInt8(ascii: "}"), UInt8(ascii: "%"), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "~"), UInt8(ascii: "/"), UInt8(ascii: "#"), UInt8(ascii: ","), UInt8(ascii: ":"),
      UInt8(ascii: "|"), UInt8(ascii: "."), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "="),
      UInt8(ascii: "!"):
      true
    default: false
    }
  }

  /// Space, line breaks, tab and the no-break space.
  private func isSpace(at place: Int) -> Bool {
    switch bytes[place] {
    case 0x20, 0x09, 0x0A, 0x0D: true
    case 0xC2: place + 1 < bytes.count && bytes[place + 1] == 0xA0
    default: false
    }
  }

  private func skipSpace(at cursor: inout Int) {
    while cursor < bytes.count, isSpace(at: cursor) { cursor += bytes[cursor] == 0xC2 ? 2 : 1 }
  }

  @discardableResult
  private func skip(_ text: String, at cursor: inout Int) -> Bool {
    var end = cursor
    for byte in text.utf8 {
      guard end < bytes.count, bytes[end] == byte else { return false }
      end += 1
    }
    cursor = end
    return true
  }

  private func position(of pair: String, from start: Int) -> Int? {
    let wanted = Array(pair.utf8)
    guard bytes.count >= 2, start <= bytes.count - 2 else { return nil }
    return (start...(bytes.count - 2)).first { bytes[$0] == wanted[0] && bytes[$0 + 1] == wanted[1] }
  }

  private func unclosed(_ opening: String, _ closing: String, at offset: Int) -> Fault {
    var fault = Fault("\"\(opening)\" is never closed", at: offset, mend: "end it with \"\(closing)\"")
    fault.isUnclosedTag = true
    return fault
  }
}
