import Formats
import Vocabulary

/// A wait written as seconds, a Go duration, a date, or an instant in seconds or milliseconds since 1970.
enum WaitText {
  /// Seconds from now, never negative; nil when it is none of these.
  static func seconds(_ text: String, now: Int64) -> Double? {
    var text = text.trimmed
    return text.withUTF8 { seconds(UnsafeRawBufferPointer($0), now: now) }
  }

  static func seconds(_ bytes: UnsafeRawBufferPointer, now: Int64) -> Double? {
    if let number = PlainNumber(bytes) { return seconds(number.double, now: now) }
    if let duration = goDuration(bytes) { return duration }
    let text = String(decoding: bytes, as: UTF8.self).trimmed
    if let number = Double(text) {
      guard number.isFinite, number >= 0 else { return nil }
      return seconds(number, now: now)
    }
    guard let instant = Instant(rfc3339: text) ?? Instant(httpDate: text) else {
      return nil
    }
    return max(0, Double(instant.microseconds - now) / 1e6)
  }

  private static func seconds(_ number: Double, now: Int64) -> Double {
    if number >= 1e11 { return max(0, number / 1e3 - Double(now) / 1e6) }
    if number >= 1e9 { return max(0, number - Double(now) / 1e6) }
    return number
  }

  /// `1h2m3.5s`, `120ms`, `6m0s`: numbers each with its unit, as Go prints durations.
  static func goDuration(_ text: String) -> Double? {
    var text = text
    return text.withUTF8 { goDuration(UnsafeRawBufferPointer($0)) }
  }

  private static func goDuration(_ bytes: UnsafeRawBufferPointer) -> Double? {
    var seconds = 0.0
    var place = 0
    func passes(_ isWanted: (UInt8) -> Bool) -> UnsafeRawBufferPointer {
      let start = place
      while place < bytes.count, isWanted(bytes[place]) { place += 1 }
      return UnsafeRawBufferPointer(rebasing: bytes[start..<place])
    }
    func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte || byte == UInt8(ascii: ".") }
    guard !bytes.isEmpty else { return nil }
    while place < bytes.count {
      let digits = passes(isDigit)
      guard let number = PlainNumber(digits)?.double ?? Double(String(decoding: digits, as: UTF8.self)),
        let factor = factor(of: String(decoding: passes { !isDigit($0) }, as: UTF8.self))
      else { return nil }
      seconds += number * factor
    }
    return seconds.isFinite ? seconds : nil
  }

  private static func factor(of unit: String) -> Double? {
    switch unit {
    case "s": 1
    case "ms": 1e-3
    case "m": 60
    case "h": 3600
    case "d": 86400
    case "us", "µs", "μs": 1e-6
    case "ns": 1e-9
    default: nil
    }
  }

  /// `Please try again in 5.289s`, `Please retry in 10h17m5.7s`: the wait that a message names, if it does.
  static func named(in message: String) -> Double? {
    for lead in ["try again in ", "retry in ", "retry after "] {
      guard let found = message.lowercased().range(ofText: lead) else { continue }
      let lowered = message.lowercased()
      var word = String(lowered[found.upperBound...].prefix { !$0.isWhitespace && $0 != "," })
      while let last = word.last, !last.isLetter { word.removeLast() }
      if let duration = goDuration(word) { return duration }
      let digits = lowered[found.upperBound...].prefix { $0.isNumber || $0 == "." }
      let unit = lowered[digits.endIndex...].drop { $0 == " " }
      if let number = Double(digits), unit.hasPrefix("second") { return number }
    }
    return nil
  }
}

/// Up to fifteen digits with a point at most, told without a text: what nearly every header holds that holds a number.
struct PlainNumber {
  private(set) var digits = 0
  private(set) var decimals = 0

  init?(_ bytes: UnsafeRawBufferPointer) {
    guard (1...16).contains(bytes.count) else { return nil }
    var point: Int?
    for (place, byte) in bytes.enumerated() {
      if 0x30...0x39 ~= byte {
        digits = digits * 10 + Int(byte - 0x30)
      } else if byte == UInt8(ascii: "."), point == nil, place > 0, place + 1 < bytes.count {
        point = place
      } else {
        return nil
      }
    }
    guard bytes.count - (point == nil ? 0 : 1) <= 15 else { return nil }
    decimals = point.map { bytes.count - $0 - 1 } ?? 0
  }

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  /// The nearest double, since both are exact.
  var double: Double { Double(digits) / Self.powers[decimals] }
}

extension String {
  /// The first place where a text stands, compared character by character.
  func range(ofText text: String) -> Range<Index>? {
    guard let first = text.first else { return nil }
    var from = startIndex
    while let start = self[from...].firstIndex(of: first) {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      from = index(after: start)
    }
    return nil
  }
}
