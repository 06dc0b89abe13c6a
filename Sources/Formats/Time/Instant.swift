#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A moment of the wall clock, in UTC, to the microsecond.
///
/// Printed as RFC 3339: `2026-03-01T09:30:00Z`, with as many groups of three decimals as it needs.
public struct Instant: Sendable, Hashable, Comparable {
  /// Since 1970-01-01T00:00:00Z, without leap seconds.
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }
  public init(seconds: Int64) {
    microseconds = seconds.multipliedReportingOverflow(by: 1_000_000).partialValue
  }

  public static func now() -> Instant {
    Instant(microseconds: MonotonicClock.read(CLOCK_REALTIME) / 1000)
  }

  /// Whole seconds since 1970, rounded down.
  public var seconds: Int64 { floorDivide(microseconds, 1_000_000) }
  public var milliseconds: Int64 { floorDivide(microseconds, 1000) }

  public static func < (a: Instant, b: Instant) -> Bool { a.microseconds < b.microseconds }

  /// From `other` to this, in microseconds.
  public func since(_ other: Instant) -> Int64 { microseconds &- other.microseconds }
  public func adding(seconds: Int64) -> Instant {
    Instant(microseconds: microseconds &+ seconds &* 1_000_000)
  }
}

extension Instant: CustomStringConvertible {
  public var description: String {
    let fraction = microseconds - seconds * 1_000_000
    if fraction == 0 { return dateAndTime + "Z" }
    if fraction % 1000 == 0 { return dateAndTime + "." + pad(fraction / 1000, 3) + "Z" }
    return dateAndTime + "." + pad(fraction, 6) + "Z"
  }

  /// Always three decimals, as JavaScript's `toISOString`: sorts as text.
  public var isoMilliseconds: String {
    dateAndTime + "." + pad(milliseconds - seconds * 1000, 3) + "Z"
  }

  /// Always six decimals: sorts as text, loses nothing.
  public var isoMicroseconds: String {
    dateAndTime + "." + pad(microseconds - seconds * 1_000_000, 6) + "Z"
  }

  /// `2026-03-01`
  public var date: String {
    let day = CalendarDay(daysSince1970: floorDivide(seconds, 86400))
    return "\(pad(day.year, 4))-\(pad(Int64(day.month), 2))-\(pad(Int64(day.day), 2))"
  }

  private var dateAndTime: String {
    let second = seconds - floorDivide(seconds, 86400) * 86400
    return "\(date)T\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
  }
}

extension Instant {
  /// RFC 3339, also with a space for the `T`, and a date alone (its midnight in UTC). Decimals beyond
  /// the microsecond are cut. Nil when it is not one, or no such day exists.
  public init?(rfc3339 text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2), scanner.skip("-"),
      let day = scanner.digits(2), let date = CalendarDay(year: year, month: month, day: day)
    else { return nil }
    if scanner.isAtEnd {
      self.init(seconds: date.daysSince1970 * 86400)
      return
    }
    guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
      let time = scanner.timeOfDay(), let fraction = scanner.microseconds(), let offset = scanner.offset(),
      scanner.isAtEnd
    else { return nil }
    self.init(microseconds: (date.daysSince1970 * 86400 + time - offset) * 1_000_000 + fraction)
  }

  init?(year: Int64, month: Int64, day: Int64, secondOfDay: Int64) {
    guard let date = CalendarDay(year: year, month: month, day: day) else { return nil }
    self.init(seconds: date.daysSince1970 * 86400 + secondOfDay)
  }
}

/// A day of the Gregorian calendar, by Howard Hinnant's algorithms (chrono-compatible low-level dates).
struct CalendarDay: Hashable {
  var year: Int64
  var month: Int
  var day: Int

  /// Nil when the calendar has no such day.
  init?(year: Int64, month: Int64, day: Int64) {
    guard (0...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
    self.year = year
    self.month = Int(month)
    self.day = Int(day)
    if CalendarDay(daysSince1970: daysSince1970) != self { return nil }
  }

  init(daysSince1970 days: Int64) {
    let shifted = days + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSince1970: Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = floorDivide(y, 400)
    let yearOfEra = y - era * 400
    let shiftedMonth = Int64(month > 2 ? month - 3 : month + 9)
    let dayOfYear = (153 * shiftedMonth + 2) / 5 + Int64(day) - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// 0 is Sunday.
  var weekday: Int {
    let remainder = (daysSince1970 + 4) % 7
    return Int(remainder < 0 ? remainder + 7 : remainder)
  }
}

func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }

func pad(_ value: Int64, _ width: Int) -> String {
  let digits = String(value.magnitude)
  let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
  return (value < 0 ? "-" : "") + zeros + digits
}
