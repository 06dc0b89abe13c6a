/// Strings as JavaScript has them: counted in UTF-16 units, equal when their units are.
extension String {
  /// Unlike `==`, which holds `é` and `e` with an accent for the same.
  func hasSameText(as other: String) -> Bool {
    utf8.count == other.utf8.count && (self == other && utf8.elementsEqual(other.utf8))
  }

  var javaScriptLength: Int { utf16.count }

  func javaScriptOrder(to other: String) -> Value.Order {
    if hasSameText(as: other) { return .same }
    return utf16.lexicographicallyPrecedes(other.utf16) ? .less : .greater
  }

  /// The units from `start` up to `end`, held within the string. Half a character becomes U+FFFD.
  func units(_ start: Int, _ end: Int) -> String {
    let count = utf16.count
    let start = min(max(start, 0), count)
    let end = min(max(end, start), count)
    if start == 0, end == count { return self }
    let from = utf16.index(utf16.startIndex, offsetBy: start)
    let to = utf16.index(from, offsetBy: end - start)
    return String(utf16[from..<to]) ?? String(decoding: utf16[from..<to], as: UTF16.self)
  }

  /// The character at a unit: a whole one where two units make it up.
  func character(atUnit place: Int) -> String? {
    guard place >= 0, place < utf16.count else { return nil }
    let index = utf16.index(utf16.startIndex, offsetBy: place)
    return index.samePosition(in: unicodeScalars).map { String(unicodeScalars[$0]) } ?? "\u{FFFD}"
  }

  /// One string a character (code point).
  var characters: [String] { unicodeScalars.map { String($0) } }

  /// Where `text` begins at or after `start`, in units.
  func unitIndex(of text: String, from start: Int = 0) -> Int? {
    let count = utf16.count
    guard start <= count else { return nil }
    let from = utf16.index(utf16.startIndex, offsetBy: max(start, 0))
    return byteRange(of: text, from: from).map { utf16.distance(from: utf16.startIndex, to: $0.lowerBound) }
  }

  func lastUnitIndex(of text: String, upTo end: Int = .max) -> Int? {
    let whole = Array(utf16)
    let part = Array(text.utf16)
    guard part.count <= whole.count else { return nil }
    var place = min(max(end, 0), whole.count - part.count)
    while place >= 0 {
      if whole[place..<(place + part.count)].elementsEqual(part) { return place }
      place -= 1
    }
    return nil
  }

  func contains(text: String) -> Bool { byteRange(of: text, from: startIndex) != nil }

  /// Byte by byte, so that no two different characters are taken for the same.
  func byteRange(of text: String, from start: Index) -> Range<Index>? {
    let part = Array(text.utf8)
    guard let first = part.first else { return start..<start }
    let view = utf8
    var place = start
    while let found = view[place...].firstIndex(of: first) {
      var cursor = found
      var matched = 0
      while matched < part.count, cursor < view.endIndex, view[cursor] == part[matched] {
        matched += 1
        cursor = view.index(after: cursor)
      }
      if matched == part.count { return found..<cursor }
      place = view.index(after: found)
    }
    return nil
  }

  /// The pieces between the places where `separator` stands; characters when it is empty.
  func pieces(by separator: String) -> [String] {
    guard !separator.isEmpty else { return characters }
    var pieces: [String] = []
    var start = startIndex
    while let range = byteRange(of: separator, from: start) {
      pieces.append(String(self[start..<range.lowerBound]))
      start = range.upperBound
    }
    pieces.append(String(self[start...]))
    return pieces
  }

  var withoutJavaScriptSpace: String {
    String(self[...].withoutLeadingJavaScriptSpace.withoutTrailingJavaScriptSpace)
  }

  /// `Number(text)`: NaN unless the whole text is one number.
  var javaScriptNumber: Double {
    let text = withoutJavaScriptSpace
    if text.isEmpty { return 0 }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.lowercased().hasPrefix(prefix) {
      let digits = text.dropFirst(2)
      guard !digits.isEmpty, digits.utf8.first != UInt8(ascii: "+"), digits.utf8.first != UInt8(ascii: "-")
      else {
        return .nan
      }
      return Int(digits, radix: radix).map { Double($0) } ?? .nan
    }
    let length = text.decimalPrefixLength
    guard length == text.utf8.count else { return .nan }
    return text.decimalValue
  }

  /// `parseFloat(text)`
  var leadingNumber: Double {
    let text = String(self[...].withoutLeadingJavaScriptSpace)
    let length = text.decimalPrefixLength
    return length == 0 ? .nan : String(decoding: text.utf8.prefix(length), as: UTF8.self).decimalValue
  }

  /// `parseInt(text, radix)`
  func leadingInteger(radix: Int) -> Double {
    var digits = Array(withoutJavaScriptSpace.utf8)[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
    var radix = radix
    let hasHexMark =
      digits.count >= 2 && digits.first == UInt8(ascii: "0")
      && digits[digits.startIndex + 1] | 0x20 == UInt8(ascii: "x")
    if hasHexMark, radix == 16 || radix == 0 {
      digits.removeFirst(2)
      radix = 16
    }
    if radix == 0 { radix = 10 }
    guard (2...36).contains(radix) else { return .nan }
    let valid = digits.prefix { Self.digit($0).map { $0 < radix } ?? false }
    guard !valid.isEmpty else { return .nan }
    let value: Double
    if radix == 10 {
      value = Double(String(decoding: valid, as: UTF8.self)) ?? .nan
    } else {
      value = valid.reduce(0.0) { $0 * Double(radix) + Double(Self.digit($1) ?? 0) }
    }
    return isNegative ? -value : value
  }

  private static func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte - 0x30)
    case 0x41...0x5A: Int(byte - 0x41) + 10
    case 0x61...0x7A: Int(byte - 0x61) + 10
    default: nil
    }
  }

  /// How many bytes at the start are a decimal number or `Infinity`, with or without a sign.
  private var decimalPrefixLength: Int {
    let bytes = Array(utf8)
    func isDigit(_ place: Int) -> Bool { place < bytes.count && (0x30...0x39).contains(bytes[place]) }
    var place = 0
    if place < bytes.count, bytes[place] == UInt8(ascii: "-") || bytes[place] == UInt8(ascii: "+") {
      place += 1
    }
    if bytes[place...].starts(with: "Infinity".utf8) { return place + 8 }
    let start = place
    while isDigit(place) { place += 1 }
    var digits = place - start
    if place < bytes.count, bytes[place] == UInt8(ascii: "."), digits > 0 || isDigit(place + 1) {
      place += 1
      while isDigit(place) {
        place += 1
        digits += 1
      }
    }
    guard digits > 0 else { return 0 }
    if place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
      var exponent = place + 1
      if exponent < bytes.count, bytes[exponent] == UInt8(ascii: "-") || bytes[exponent] == UInt8(ascii: "+")
      {
        exponent += 1
      }
      if isDigit(exponent) {
        while isDigit(exponent) { exponent += 1 }
        place = exponent
      }
    }
    return place
  }

  private var decimalValue: Double {
    switch self {
    case "Infinity", "+Infinity": .infinity
    case "-Infinity": -.infinity
    default: Double(self) ?? .nan
    }
  }

  /// Whether an object keeps this key among the numbered ones: `0` up to `4294967294`, no zeros in front.
  var isArrayIndex: Bool {
    guard let first = utf8.first, (0x30...0x39).contains(first), utf8.count <= 10 else { return false }
    guard first != 0x30 || utf8.count == 1 else { return false }
    return utf8.allSatisfy { (0x30...0x39).contains($0) } && (Int(self) ?? .max) < 4_294_967_295
  }
}

extension Unicode.Scalar {
  /// What `\s` matches in JavaScript.
  var isJavaScriptSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x20, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
      true
    default: false
    }
  }
}

extension Substring {
  var withoutLeadingJavaScriptSpace: Substring {
    Substring(unicodeScalars.drop { $0.isJavaScriptSpace })
  }

  var withoutTrailingJavaScriptSpace: Substring {
    var scalars = unicodeScalars
    while let last = scalars.last, last.isJavaScriptSpace { scalars.removeLast() }
    return Substring(scalars)
  }
}
