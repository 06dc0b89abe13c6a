// How the reader reads strings, keys and numbers, and says what is wrong with a text.

extension JSONReader {
  /// The key that starts here, and a bit that stands for it.
  mutating func key() throws(JSONError) -> (String, mark: UInt64) {
    guard position < count, bytes[position] == UInt8(ascii: "\"") else {
      throw unexpected("a key in double quotes")
    }
    position += 1
    let start = position
    let special = skipPlainText()
    if position < count, bytes[position] == UInt8(ascii: "\""), special == .none {
      let raw = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
      position += 1
      return keys.string(for: raw)
    }
    position = start
    let text = try stringAfterQuote()
    var hasher = Hasher()
    hasher.combine(text)
    return (text, 1 << UInt64(UInt(bitPattern: hasher.finalize()) & 63))
  }

  /// What the plain run of a string held besides ASCII.
  enum Special { case none, nonASCII }

  /// Passes bytes that stand for themselves, eight at a time, up to a quote, backslash, control character or the end.
  mutating func skipPlainText() -> Special {
    var high: UInt64 = 0
    while position &+ 8 <= count {
      let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
      // The lowest marked byte is exact; a borrow can only mark bytes above it.
      let quote = word ^ 0x2222_2222_2222_2222
      let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
      let ones: UInt64 = 0x0101_0101_0101_0101
      let marks =
        ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
        | ((word &- 0x2020_2020_2020_2020) & ~word)
      let stops = marks & 0x8080_8080_8080_8080
      if stops == 0 {
        high |= word
        position &+= 8
        continue
      }
      let plain = stops.trailingZeroBitCount & ~7
      high |= word & ((1 << UInt64(plain)) &- 1)
      position &+= plain >> 3
      return high & 0x8080_8080_8080_8080 == 0 ? .none : .nonASCII
    }
    while position < count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
      high |= UInt64(byte)
      position += 1
    }
    return high & 0x8080_8080_8080_8080 == 0 ? .none : .nonASCII
  }

  /// Reads a string whose opening quote is passed.
  mutating func stringAfterQuote() throws(JSONError) -> String {
    let start = position
    _ = skipPlainText()
    guard position < count, bytes[position] == UInt8(ascii: "\"") else {
      return try escapedString(from: start)
    }
    let raw = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    position += 1
    guard let text = String(validating: raw, as: UTF8.self) else { throw invalidUTF8(from: start) }
    return text
  }

  /// Reads the rest of a string that is more than plain text; `position` stands where that begins.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    scratch.removeAll(keepingCapacity: true)
    var plainStart = start
    while true {
      guard position < count else { throw fault("this string never ends", at: start - 1) }
      scratch.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[plainStart..<position]))
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        guard let text = String(validating: scratch, as: UTF8.self) else { throw invalidUTF8(from: start) }
        return text
      case UInt8(ascii: "\\"):
        try escape()
        plainStart = position
      default:
        throw fault("a control character in a string must be escaped", at: position)
      }
      _ = skipPlainText()
    }
  }

  private mutating func escape() throws(JSONError) {
    guard position + 1 < count else { throw fault("this escape is cut short", at: position) }
    let byte = bytes[position + 1]
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(byte)
    case UInt8(ascii: "n"): scratch.append(0x0A)
    case UInt8(ascii: "t"): scratch.append(0x09)
    case UInt8(ascii: "r"): scratch.append(0x0D)
    case UInt8(ascii: "b"): scratch.append(0x08)
    case UInt8(ascii: "f"): scratch.append(0x0C)
    case UInt8(ascii: "u"):
      try unicodeEscape()
      return
    default: throw fault("no such escape in JSON", at: position)
    }
    position += 2
  }

  private mutating func unicodeEscape() throws(JSONError) {
    guard let first = hexadecimal(at: position) else {
      throw fault("\\u takes four hexadecimal digits", at: position)
    }
    position += 6
    var scalar = first
    if first & 0xFC00 == 0xD800 {
      if let second = hexadecimal(at: position), second & 0xFC00 == 0xDC00 {
        position += 6
        scalar = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
      }
    }
    // Half of a surrogate pair is no character.
    scratch.append(contentsOf: String(UnicodeScalar(scalar) ?? "\u{FFFD}").utf8)
  }

  /// The value of `\uXXXX` at a place, when that is what stands there.
  private func hexadecimal(at place: Int) -> UInt32? {
    guard place + 6 <= count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u") else {
      return nil
    }
    var value: UInt32 = 0
    for byte in bytes[(place + 2)..<(place + 6)] {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
    return value
  }

  /// The number that starts here.
  mutating func number() throws(JSONError) -> JSONNumber {
    let start = position
    let isNegative = bytes[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    let firstDigit = position
    let magnitude = digits()
    let length = position - firstDigit
    if length == 0 { throw fault("a digit must follow the minus sign", at: position) }
    if length > 1, bytes[firstDigit] == UInt8(ascii: "0") {
      throw fault("a number does not start with a zero", at: firstDigit)
    }
    let isWhole = try !fractionAndExponent()
    if isWhole, length <= 18, !(isNegative && magnitude == 0) {
      return JSONNumber(isNegative ? -magnitude : magnitude)
    }
    return JSONNumber(literal: String(decoding: bytes[start..<position], as: UTF8.self))
  }

  /// Passes digits; their value is right up to 18 of them.
  private mutating func digits() -> Int {
    var value = 0
    while position < count {
      let digit = bytes[position] &- UInt8(ascii: "0")
      if digit > 9 { break }
      value = value &* 10 &+ Int(digit)
      position += 1
    }
    return value
  }

  /// Passes what may follow the whole part, and says whether there was any.
  private mutating func fractionAndExponent() throws(JSONError) -> Bool {
    guard position < count else { return false }
    var found = false
    if bytes[position] == UInt8(ascii: ".") {
      found = true
      position += 1
      try someDigits("a digit must follow the decimal point")
    }
    if position < count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      found = true
      position += 1
      if position < count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      try someDigits("a digit must follow the exponent's mark")
    }
    return found
  }

  private mutating func someDigits(_ message: String) throws(JSONError) {
    let start = position
    _ = digits()
    if position == start { throw fault(message, at: position) }
  }
}

extension JSONReader {
  func fault(_ message: String, at offset: Int) -> JSONError {
    var place = TextPlace()
    place.advance(to: offset, in: bytes)
    return JSONError(line: place.line, column: place.column, offset: offset, message: message)
  }

  func unexpected(_ expected: String) -> JSONError {
    guard position < count else { return fault("expected \(expected), but the text ends", at: position) }
    let found: String
    switch bytes[position] {
    case UInt8(ascii: "'"): return fault("expected \(expected); JSON has double quotes only", at: position)
    case UInt8(ascii: "/"): return fault("expected \(expected); JSON has no comments", at: position)
    case 0x21..<0x7F: found = "\"\(Character(UnicodeScalar(bytes[position])))\""
    case 0x80...: found = "text outside quotes"
    default: found = "a control character"
    }
    return fault("expected \(expected), not \(found)", at: position)
  }

  func unexpectedAfterItem(_ end: UInt8) -> JSONError {
    unexpected("\",\" or \"\(Character(UnicodeScalar(end)))\"")
  }

  private func invalidUTF8(from start: Int) -> JSONError {
    var offset = start
    while offset < position {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[offset..<position])
      var decoder = UTF8()
      var iterator = rest.makeIterator()
      guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { break }
      offset += UTF8.width(scalar)
    }
    return fault("this is not UTF-8", at: offset)
  }
}

/// A line and a column, moved forward through a text.
struct TextPlace {
  private(set) var line = 1
  private(set) var column = 1
  private var offset = 0

  mutating func advance(to end: Int, in bytes: UnsafeRawBufferPointer) {
    while offset < min(end, bytes.count) {
      let byte = bytes[offset]
      offset += 1
      if byte == 0x0A {
        (line, column) = (line + 1, 1)
      } else if byte & 0xC0 != 0x80 {
        // Bytes that go on with a character don't count.
        column += 1
      }
    }
  }
}

/// Keys come again and again: the strings made of them are kept and shared.
struct KeyCache {
  private static let size = 256
  private var known = [String](repeating: "", count: size)

  /// The string of a key that is plain ASCII, and a bit that stands for it.
  @inline(__always)
  mutating func string(for raw: UnsafeRawBufferPointer) -> (String, mark: UInt64) {
    let count = raw.count
    // Ends and length tell the keys of one kind of document apart well enough.
    var hash = UInt64(count)
    if count >= 8 {
      hash ^= raw.loadUnaligned(as: UInt64.self)
      hash ^= raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self) &* 31
    } else {
      for byte in raw { hash = hash << 8 ^ UInt64(byte) &+ hash >> 56 }
    }
    hash = hash &* 0x9E37_79B9_7F4A_7C15
    let mark: UInt64 = 1 << (hash >> 58)
    // Short strings live in place: making one costs no more than finding one.
    if count <= 15 { return (String(decoding: raw, as: UTF8.self), mark) }
    if count > 64 { return (String(decoding: raw, as: UTF8.self), mark) }
    let slot = Int(truncatingIfNeeded: hash >> 50) & (Self.size - 1)
    var candidate = known[slot]
    let isKnown = candidate.withUTF8 { text in
      text.count == count && text.elementsEqual(raw)
    }
    if isKnown { return (candidate, mark) }
    let made = String(decoding: raw, as: UTF8.self)
    known[slot] = made
    return (made, mark)
  }
}
