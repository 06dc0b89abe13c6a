// The inside of a JSON string: where plain text ends, and what escapes stand for.

/// Where the next quote, backslash, control character or the end of the bytes stands, and whether all before it is
/// ASCII. Looks at eight bytes at a time.
@inline(__always)
func plainTextEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> (end: Int, isASCII: Bool) {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let highs: UInt64 = 0x8080_8080_8080_8080
  var position = start
  var high: UInt64 = 0
  while position &+ 8 <= bytes.count {
    let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
    let quote = word ^ 0x2222_2222_2222_2222
    let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
    let control = (word &- 0x2020_2020_2020_2020) & ~word
    // The lowest marked byte is exact: a borrow can only mark bytes above it.
    let stops = (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | control) & highs
    if stops != 0 {
      let bits = UInt64(stops.trailingZeroBitCount & ~7)
      high |= word & ((1 << bits) &- 1)
      return (position &+ Int(bits >> 3), high & highs == 0)
    }
    high |= word
    position &+= 8
  }
  while position < bytes.count {
    let byte = bytes[position]
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
    high |= UInt64(byte)
    position &+= 1
  }
  return (position, high & highs == 0)
}

/// Appends the text of a string, from after its opening quote to its closing one, which is passed.
/// On a mistake says what it is; `position` then stands at it. Does not ask whether the bytes are UTF-8.
func appendUnescaped(
  _ bytes: UnsafeRawBufferPointer, from position: inout Int, to text: inout [UInt8]
) -> String? {
  while true {
    let end = plainTextEnd(in: bytes, from: position).end
    if end > position { text.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[position..<end])) }
    position = end
    guard position < bytes.count else { return "this string never ends" }
    switch bytes[position] {
    case UInt8(ascii: "\""):
      position += 1
      return nil
    case UInt8(ascii: "\\"):
      if let message = appendEscape(bytes, from: &position, to: &text) { return message }
    default: return "a control character in a string must be escaped"
    }
  }
}

private func appendEscape(
  _ bytes: UnsafeRawBufferPointer, from position: inout Int, to text: inout [UInt8]
) -> String? {
  guard position + 1 < bytes.count else { return "this escape is cut short" }
  let byte = bytes[position + 1]
  switch byte {
  case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
  case UInt8(ascii: "n"): text.append(0x0A)
  case UInt8(ascii: "t"): text.append(0x09)
  case UInt8(ascii: "r"): text.append(0x0D)
  case UInt8(ascii: "b"): text.append(0x08)
  case UInt8(ascii: "f"): text.append(0x0C)
  case UInt8(ascii: "u"): return appendUnicodeEscape(bytes, from: &position, to: &text)
  default: return "no such escape in JSON"
  }
  position += 2
  return nil
}

private func appendUnicodeEscape(
  _ bytes: UnsafeRawBufferPointer, from position: inout Int, to text: inout [UInt8]
) -> String? {
  guard var scalar = codeUnit(in: bytes, at: position) else { return "\\u takes four hexadecimal digits" }
  position += 6
  if scalar & 0xFC00 == 0xD800, let second = codeUnit(in: bytes, at: position), second & 0xFC00 == 0xDC00 {
    position += 6
    scalar = 0x10000 + (scalar - 0xD800) << 10 + (second - 0xDC00)
  }
  // Half of a surrogate pair is no character.
  UTF8.encode(UnicodeScalar(scalar) ?? "\u{FFFD}", into: { text.append($0) })
  return nil
}

/// The value of `\uXXXX` at a place, when that is what stands there.
private func codeUnit(in bytes: UnsafeRawBufferPointer, at place: Int) -> UInt32? {
  guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u")
  else {
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

extension JSON {
  /// The text of a member that stands first in a compact object, found without reading the rest; nil where another
  /// stands there, or no text. Whether the rest is JSON is not asked.
  public static func leadingString(_ key: StaticString, in bytes: UnsafeRawBufferPointer) -> String? {
    let start = key.utf8CodeUnitCount + 5
    let isFirst = key.withUTF8Buffer { key in
      bytes.count > start && bytes[0] == UInt8(ascii: "{") && bytes[1] == UInt8(ascii: "\"")
        && bytes[2..<(2 + key.count)].elementsEqual(key) && bytes[key.count + 2] == UInt8(ascii: "\"")
        && bytes[key.count + 3] == UInt8(ascii: ":") && bytes[key.count + 4] == UInt8(ascii: "\"")
    }
    guard isFirst else { return nil }
    let end = plainTextEnd(in: bytes, from: start).end
    if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
      return String(decoding: bytes[start..<end], as: UTF8.self)
    }
    var position = start
    var text: [UInt8] = []
    return appendUnescaped(bytes, from: &position, to: &text) == nil
      ? String(decoding: text, as: UTF8.self) : nil
  }
}
