/// The formats of RFC 3339.
enum SchemaTimeFormats {
  @Sendable static func isDateTime(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count > 11, bytes[10] | 0x20 == UInt8(ascii: "t") else { return false }
    return isDate(bytes[..<10]) && isTime(bytes[11...])
  }

  @Sendable static func isDate(_ text: String) -> Bool { isDate(Array(text.utf8)[...]) }
  @Sendable static func isTime(_ text: String) -> Bool { isTime(Array(text.utf8)[...]) }

  private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    guard let year = number(&rest, digits: 4), skip(&rest, "-"), let month = number(&rest, digits: 2),
      skip(&rest, "-"),
      let day = number(&rest, digits: 2), rest.isEmpty, (1...12).contains(month)
    else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...lengths[month - 1]).contains(day)
  }

  private static func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    guard let hour = number(&rest, digits: 2), skip(&rest, ":"), let minute = number(&rest, digits: 2),
      skip(&rest, ":"),
      let second = number(&rest, digits: 2), hour < 24, minute < 60, second < 61
    else { return false }
    if skip(&rest, ".") {
      let digits = rest.prefix(while: isDigit)
      if digits.isEmpty { return false }
      rest = rest.dropFirst(digits.count)
    }
    guard let offset = offset(&rest), rest.isEmpty else { return false }
    // A leap second is the last of a day in UTC.
    return second < 60 || (hour * 60 + minute - offset + 2 * 1440) % 1440 == 1439
  }

  /// Minutes east of UTC.
  private static func offset(_ rest: inout ArraySlice<UInt8>) -> Int? {
    guard let sign = rest.popFirst() else { return nil }
    if sign | 0x20 == UInt8(ascii: "z") { return 0 }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = number(&rest, digits: 2),
      skip(&rest, ":"),
      let minutes = number(&rest, digits: 2), hours < 24, minutes < 60
    else { return nil }
    return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
  }

  /// RFC 3339, appendix A: `P1Y2M3DT4H5M6S`, units in order and without gaps, or weeks alone.
  @Sendable static func isDuration(_ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    guard skip(&rest, "P"), !rest.isEmpty else { return false }
    if rest.last == UInt8(ascii: "W") { return rest.count > 1 && rest.dropLast().allSatisfy(isDigit) }
    guard let hasDate = units(&rest, "YMD") else { return false }
    if skip(&rest, "T") {
      guard units(&rest, "HMS") == true else { return false }
      return rest.isEmpty
    }
    return hasDate && rest.isEmpty
  }

  /// Passes numbers with units, whether there were any; nil when they are out of order.
  private static func units(_ rest: inout ArraySlice<UInt8>, _ order: String) -> Bool? {
    let order = Array(order.utf8)
    var last: Int?
    while let first = rest.first, isDigit(first) {
      rest = rest.drop(while: isDigit)
      guard let unit = rest.popFirst(), let place = order.firstIndex(of: unit) else { return nil }
      if let last, place != last + 1 { return nil }
      last = place
    }
    return last != nil
  }

  private static func number(_ rest: inout ArraySlice<UInt8>, digits: Int) -> Int? {
    guard rest.count >= digits, rest.prefix(digits).allSatisfy(isDigit) else { return nil }
    defer { rest = rest.dropFirst(digits) }
    return rest.prefix(digits).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  private static func skip(_ rest: inout ArraySlice<UInt8>, _ mark: UnicodeScalar) -> Bool {
    guard rest.first == UInt8(ascii: mark) else { return false }
    rest = rest.dropFirst()
    return true
  }
}
