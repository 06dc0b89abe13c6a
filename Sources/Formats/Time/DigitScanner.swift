/// Walks over the fixed fields of dates.
struct DigitScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { position == bytes.count }
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skip(_ character: Character) -> Bool {
    guard let next, next == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func skipSpaces() { while skip(" ") {} }

  /// Exactly `count` digits.
  mutating func digits(_ count: Int) -> Int64? { digits(count...count) }

  mutating func digits(_ counts: ClosedRange<Int>) -> Int64? {
    var value: Int64 = 0
    var seen = 0
    while seen < counts.upperBound, let byte = next, (0x30...0x39).contains(byte) {
      value = value * 10 + Int64(byte - 0x30)
      position += 1
      seen += 1
    }
    return seen >= counts.lowerBound ? value : nil
  }

  /// The letters up to the next other character, in lower case.
  mutating func word() -> String {
    let start = position
    while let byte = next, (0x41...0x5A).contains(byte & 0xDF) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
  }

  /// `hh:mm:ss` as seconds; a leap second counts as the next second.
  mutating func timeOfDay() -> Int64? {
    guard let hour = digits(2), skip(":"), let minute = digits(2), skip(":"), let second = digits(2),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    return hour * 3600 + minute * 60 + second
  }

  /// `.123456`, or nothing: 0.
  mutating func microseconds() -> Int64? {
    guard skip(".") else { return 0 }
    var value: Int64 = 0
    var seen = 0
    while let digit = digits(1) {
      if seen < 6 { value = value * 10 + digit }
      seen += 1
    }
    if seen == 0 { return nil }
    for _ in min(seen, 6)..<6 { value *= 10 }
    return value
  }

  /// `Z` or `+hh:mm`, in seconds east.
  mutating func offset() -> Int64? {
    if skip("Z") || skip("z") { return 0 }
    let isWest = skip("-")
    guard isWest || skip("+"), let hours = digits(2), skip(":"), let minutes = digits(2), hours < 24,
      minutes < 60
    else { return nil }
    return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
  }
}
