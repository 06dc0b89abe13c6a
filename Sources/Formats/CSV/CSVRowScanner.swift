#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Takes one row apart. Lives only while the buffer is held.
struct CSVRowScanner {
  enum Ending {
    case row
    /// the buffer ends within the row
    case needsMore
    /// no row is left
    case end
    case mistake(String, mend: String)
  }

  private(set) var fields: [String] = []
  private(set) var ending = Ending.needsMore
  private(set) var position: Int
  private(set) var line: Int
  private(set) var column = 1
  private(set) var sawQuote = false
  /// The first quote of the row that was taken as text.
  private(set) var relaxedAt: (line: Int, column: Int)?
  private let bytes: UnsafeBufferPointer<UInt8>
  private let start: Int
  private let isAtEnd: Bool
  private let delimiter: UInt8
  private let isRelaxed: Bool
  private let trims: Bool

  private static let quote = UInt8(ascii: "\"")
  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  init(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, line: Int, isAtEnd: Bool, options: CSVReader.Options
  ) {
    self.bytes = bytes
    self.start = start
    self.line = line
    self.isAtEnd = isAtEnd
    position = start
    delimiter = options.delimiter
    isRelaxed = options.relaxedQuotes
    trims = options.trimsFields
    fields.reserveCapacity(8)
  }

  mutating func scan() {
    if position >= bytes.count {
      ending = isAtEnd ? .end : .needsMore
      return
    }
    while true {
      if trims {
        position = afterBlanks(position)
        if position == bytes.count && !isAtEnd { return }
      }
      let isQuoted = position < bytes.count && bytes[position] == CSVRowScanner.quote
      guard isQuoted ? quotedField() : plainField(from: position) else { return }
      if endOfField() { return }
    }
  }

  /// Steps over what follows a field; true when the row is over or more bytes are needed.
  private mutating func endOfField() -> Bool {
    guard position < bytes.count else {
      ending = isAtEnd ? .row : .needsMore
      return true
    }
    let byte = bytes[position]
    position += 1
    if byte == delimiter {
      if position == bytes.count && isAtEnd {
        fields.append("")
        ending = .row
        return true
      }
      return false
    }
    if byte == CSVRowScanner.carriageReturn {
      if position == bytes.count && !isAtEnd {
        ending = .needsMore
        return true
      }
      if position < bytes.count, bytes[position] == CSVRowScanner.newline { position += 1 }
    }
    line += 1
    ending = .row
    return true
  }

  /// Up to the next delimiter or end of line. False when the row cannot go on.
  private mutating func plainField(from fieldStart: Int) -> Bool {
    var i = position
    while i < bytes.count {
      let byte = bytes[i]
      if byte == delimiter || byte == CSVRowScanner.newline || byte == CSVRowScanner.carriageReturn { break }
      if byte == CSVRowScanner.quote {
        guard isRelaxed else {
          fail(
            at: i, "a quote within a field that does not begin with one",
            mend: "put the whole field in quotes and double the quotes inside it")
          return false
        }
        relax(at: i)
      }
      i += 1
    }
    if i == bytes.count && !isAtEnd {
      ending = .needsMore
      return false
    }
    var end = i
    if trims { while end > fieldStart, isBlank(bytes[end - 1]) { end -= 1 } }
    fields.append(text(fieldStart, end))
    position = i
    return true
  }

  /// From the opening quote to after the closing one.
  private mutating func quotedField() -> Bool {
    sawQuote = true
    let fieldStart = position
    let openedOn = line
    var i = position + 1
    var pieces: [UInt8]?
    var pieceStart = i
    while let closing = nextQuote(from: i) {
      let after = trims ? afterBlanks(closing + 1) : closing + 1
      guard after < bytes.count || isAtEnd else { break }
      let next = after < bytes.count ? bytes[after] : nil
      if next == CSVRowScanner.quote, after == closing + 1 {
        pieces = (pieces ?? []) + bytes[pieceStart...closing]
        i = closing + 2
        pieceStart = i
      } else if isEnd(next) {
        if let pieces {
          fields.append(String(decoding: pieces + bytes[pieceStart..<closing], as: UTF8.self))
        } else {
          fields.append(text(pieceStart, closing))
        }
        countLines(fieldStart, closing)
        position = after
        return true
      } else if isRelaxed {
        // The field was no quoted one: it goes on as it stands, opening quote and all.
        countLines(fieldStart, closing)
        relax(at: closing)
        position = closing + 1
        return plainField(prefix: [CSVRowScanner.quote] + (pieces ?? []) + bytes[pieceStart...closing])
      } else {
        countLines(fieldStart, closing)
        fail(at: closing + 1, "text after a closing quote", mend: "double the quotes inside a quoted field")
        return false
      }
    }
    if isAtEnd {
      line = openedOn
      fail(at: fieldStart, "a quote that is never closed", mend: "double the quotes inside a quoted field")
    } else {
      ending = .needsMore
    }
    return false
  }

  private mutating func plainField(prefix: [UInt8]) -> Bool {
    guard plainField(from: position) else { return false }
    let rest = fields.removeLast()
    fields.append(String(decoding: prefix, as: UTF8.self) + rest)
    return true
  }

  private func nextQuote(from i: Int) -> Int? {
    guard i < bytes.count, let base = bytes.baseAddress,
      let found = memchr(base + i, Int32(CSVRowScanner.quote), bytes.count - i)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  private func afterBlanks(_ place: Int) -> Int {
    var i = place
    while i < bytes.count, isBlank(bytes[i]) { i += 1 }
    return i
  }

  /// A tab may be the delimiter.
  private func isBlank(_ byte: UInt8) -> Bool { (byte == 0x20 || byte == 0x09) && byte != delimiter }

  private func isEnd(_ byte: UInt8?) -> Bool {
    byte == nil || byte == delimiter || byte == CSVRowScanner.newline || byte == CSVRowScanner.carriageReturn
  }

  private func text(_ from: Int, _ to: Int) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[from..<to]), as: UTF8.self)
  }

  private mutating func countLines(_ from: Int, _ to: Int) {
    for i in from..<to
    where bytes[i] == CSVRowScanner.newline
      || bytes[i] == CSVRowScanner.carriageReturn && i + 1 < bytes.count
        && bytes[i + 1] != CSVRowScanner.newline
    {
      line += 1
    }
  }

  private mutating func relax(at place: Int) {
    if relaxedAt == nil { relaxedAt = (line, columnNumber(of: place)) }
  }

  private func columnNumber(of place: Int) -> Int {
    var lineStart = place
    while lineStart > start, bytes[lineStart - 1] != CSVRowScanner.newline { lineStart -= 1 }
    return text(lineStart, place).unicodeScalars.count + 1
  }

  private mutating func fail(at place: Int, _ message: String, mend: String) {
    column = columnNumber(of: place)
    ending = .mistake(message, mend: mend)
  }
}
