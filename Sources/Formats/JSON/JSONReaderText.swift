// How the reader reads strings, keys and numbers, and says what is wrong with a text.

extension JSONReader {
  /// The key that starts here, and a bit that stands for it.
  mutating func key() throws(JSONError) -> (String, mark: UInt64) {
    guard position < count, bytes[position] == UInt8(ascii: "\"") else {
      throw unexpected("a key in double quotes")
    }
    position += 1
    let start = position
    let isASCII = skipPlainText()
    if position < count, bytes[position] == UInt8(ascii: "\""), isASCII {
      let end = position
      position += 1
      return keys.string(in: bytes, from: start, to: end)
    }
    position = start
    let text = try stringAfterQuote()
    return (text, 1 << (stableHash(text) & 63))
  }

  /// Passes bytes that stand for themselves; says whether all of them were ASCII.
  @inline(__always)
  mutating func skipPlainText() -> Bool {
    let (end, isASCII) = plainTextEnd(in: bytes, from: position)
    position = end
    return isASCII
  }

  /// Reads a string whose opening quote is passed.
  mutating func stringAfterQuote() throws(JSONError) -> String {
    let start = position
    let isASCII = skipPlainText()
    guard position < count, bytes[position] == UInt8(ascii: "\"") else {
      return try escapedString(from: start)
    }
    let raw = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    position += 1
    // Several times as fast: the other looks up types of the standard library for each text.
    if isASCII { return String(decoding: raw, as: UTF8.self) }
    guard let text = String(validating: raw, as: UTF8.self) else { throw invalidUTF8(from: start) }
    return text
  }

  /// Reads a string that holds escapes, or is wrong.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    scratch.removeAll(keepingCapacity: true)
    position = start
    if let message = appendUnescaped(bytes, from: &position, to: &scratch) {
      throw fault(message, at: position < count ? position : start - 1)
    }
    guard let text = String(validating: scratch, as: UTF8.self) else { throw invalidUTF8(from: start) }
    return text
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
