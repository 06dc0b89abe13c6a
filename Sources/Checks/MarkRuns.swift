import Formats

/// Swift compares and hashes texts in normal form, in time that grows with the square of the marks on one letter. A
/// text is read where no letter has more than twice the 30 that Unicode's stream-safe format allows (UAX #15, 13).
enum MarkRuns {
  static let most = 60
  static let refusal = "the output has more than \(most) combining marks on one letter, too many to read it"

  static func areTooLong(in value: JSON) -> Bool {
    switch value {
    case .string(let text): areTooLong(in: text)
    case .array(let items): items.contains(where: areTooLong)
    case .object(let object): object.contains { areTooLong(in: $0.key) || areTooLong(in: $0.value) }
    case .null, .bool, .number: false
    }
  }

  /// Marks may also be written as JSON writes them, `\\u0301`.
  static func areTooLong(in text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      // Nearly all replies are ASCII without a backslash.
      guard bytes.contains(where: { $0 >= 0x80 || $0 == 0x5C }) else { return false }
      var place = 0
      var run = 0
      while place < bytes.count {
        let byte = bytes[place]
        var scalar = UInt32(byte)
        var length = 1
        if byte >= 0xC2 {
          length = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
          guard place + length <= bytes.count else { return false }
          scalar = UInt32(byte) & (0xFF >> UInt32(length + 1))
          for next in bytes[(place + 1)..<(place + length)] { scalar = scalar << 6 | UInt32(next & 0x3F) }
        } else if byte == 0x5C, place + 6 <= bytes.count, bytes[place + 1] == 0x75,
          let written = hexadecimal(bytes[(place + 2)..<(place + 6)])
        {
          (scalar, length) = (written, 6)
          // Beyond four digits JSON writes two halves.
          if 0xD800..<0xDC00 ~= written, place + 12 <= bytes.count, bytes[place + 6] == 0x5C,
            bytes[place + 7] == 0x75,
            let low = hexadecimal(bytes[(place + 8)..<(place + 12)]), 0xDC00..<0xE000 ~= low
          {
            (scalar, length) = (0x10000 + (written - 0xD800) << 10 + (low - 0xDC00), 12)
          }
        }
        run = isMark(scalar) ? run + 1 : 0
        if run > most { return true }
        place += length
      }
      return false
    }
  }

  private static func isMark(_ value: UInt32) -> Bool {
    if value < 0x300 || (0x3100..<0xA66F).contains(value) || (0xAC00..<0xD800).contains(value) {
      return false
    }
    // Each falls apart into two marks, though it is of class 0 itself (UnicodeData.txt).
    if value == 0xF73 || value == 0xF75 || value == 0xF81 { return true }
    guard let scalar = Unicode.Scalar(value) else { return false }
    return scalar.properties.canonicalCombiningClass != .notReordered
  }

  private static func hexadecimal(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt32? {
    var value: UInt32 = 0
    for digit in digits {
      switch digit {
      case 0x30...0x39: value = value << 4 | UInt32(digit - 0x30)
      case 0x41...0x46, 0x61...0x66: value = value << 4 | UInt32((digit | 0x20) - 0x57)
      default: return nil
      }
    }
    return value
  }
}
