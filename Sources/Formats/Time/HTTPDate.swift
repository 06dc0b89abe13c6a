/// Dates of HTTP headers (RFC 9110, section 5.6.7).
extension Instant {
  private static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]
  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

  /// `Sun, 06 Nov 1994 08:49:37 GMT`
  public var httpDate: String {
    let days = floorDivide(seconds, 86400)
    let day = CalendarDay(daysSince1970: days)
    let month = Instant.months[day.month - 1]
    let second = seconds - days * 86400
    let time = "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
    let name = month.prefix(1).uppercased() + month.dropFirst()
    return
      "\(Instant.weekdays[day.weekday]), \(pad(Int64(day.day), 2)) \(name) \(pad(day.year, 4)) \(time) GMT"
  }

  /// Any of the three forms: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`,
  /// `Sun Nov  6 08:49:37 1994`. The name of the weekday is not looked at. A year of two digits that
  /// would lie more than 50 years ahead of `now` is one of the past.
  public init?(httpDate text: String, now: Instant = .now()) {
    var scanner = DigitScanner(text)
    guard !scanner.word().isEmpty else { return nil }
    if scanner.skip(",") {
      scanner.skipSpaces()
      guard let day = scanner.digits(2) else { return nil }
      let isOldForm = scanner.skip("-")
      scanner.skipSpaces()
      guard let month = Instant.monthNumber(scanner.word()) else { return nil }
      var year: Int64
      if isOldForm {
        guard scanner.skip("-"), let short = scanner.digits(2) else { return nil }
        let current = CalendarDay(daysSince1970: floorDivide(now.seconds, 86400)).year
        year = current / 100 * 100 + short
        if year > current + 50 { year -= 100 }
      } else {
        scanner.skipSpaces()
        guard let full = scanner.digits(4) else { return nil }
        year = full
      }
      scanner.skipSpaces()
      guard let time = scanner.timeOfDay() else { return nil }
      scanner.skipSpaces()
      guard ["gmt", "utc"].contains(scanner.word()), scanner.isAtEnd else { return nil }
      self.init(year: year, month: month, day: day, secondOfDay: time)
    } else {
      scanner.skipSpaces()
      guard let month = Instant.monthNumber(scanner.word()) else { return nil }
      scanner.skipSpaces()
      guard let day = scanner.digits(1...2) else { return nil }
      scanner.skipSpaces()
      guard let time = scanner.timeOfDay() else { return nil }
      scanner.skipSpaces()
      guard let year = scanner.digits(4), scanner.isAtEnd else { return nil }
      self.init(year: year, month: month, day: day, secondOfDay: time)
    }
  }

  private static func monthNumber(_ name: String) -> Int64? {
    months.firstIndex(of: name).map { Int64($0) + 1 }
  }
}
