import Formats

/// Numbers and dates that need not be met exactly.
enum CloseChecks {
  /// The last number in the output, against a value with a tolerance (`threshold`, `tolerance` or `relative`).
  static func number(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let wanted = check.value?.double ?? check.value?.string.flatMap({ Double($0.trimmed) }),
      wanted.isFinite
    else {
      return .undecided("\"number-close\" needs a number")
    }
    guard let found = input.output.double ?? lastNumber(in: input.text) else {
      return .holds(false, "the output has no number; wanted \(shown(wanted))")
    }
    let relative = check.option("relative")?.double.map { abs($0 * wanted) }
    let slack = relative ?? check.threshold ?? check.option("tolerance")?.double ?? 1e-9
    guard slack >= 0 else { return .undecided("\"number-close\" needs a tolerance of 0 or more") }
    let off = abs(found - wanted)
    return .holds(
      off <= slack * (1 + 1e-12),
      "\(shown(found)) is \(shown(rounded(off))) off \(shown(wanted)); at most \(shown(slack))")
  }

  /// To six digits: what a subtraction leaves behind them is noise.
  private static func rounded(_ off: Double) -> Double {
    guard off > 0, off.isFinite else { return off }
    var unit = 1.0
    while unit <= off / 1e6, unit < 1e300 { unit *= 10 }
    if unit > 1 { return (off / unit).rounded() * unit }
    var scale = 1.0
    while off * scale < 1e5, scale < 1e300 { scale *= 10 }
    return (off * scale).rounded() / scale
  }

  /// The last date in the output, within so many days of the value (`threshold` or `tolerance`; 0: the same day).
  static func date(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let text = check.value?.string, let wanted = dates(in: text).last else {
      return .undecided("\"date-close\" needs a date, such as 2026-03-01")
    }
    let most = check.threshold ?? check.option("tolerance")?.double ?? 0
    guard most >= 0 else { return .undecided("\"date-close\" needs a tolerance of 0 or more, in days") }
    guard input.text.utf8.count <= 1 << 20 else {
      return .undecided("the output is longer than 1 MiB, which is too long for \"date-close\"")
    }
    guard let found = dates(in: input.text).last else {
      return .holds(false, "the output has no date; wanted \(wanted.date)")
    }
    // A day is a day: times of day count only where both sides have one.
    let both = found.hasTime && wanted.hasTime
    let off =
      both
      ? Double(abs(found.instant.since(wanted.instant))) / 86_400e6
      : Double(abs(found.day - wanted.day))
    return .holds(
      off <= most,
      "\(found.date) is \(NumberText.fixed(off, decimals: both ? 3 : 0)) days off \(wanted.date); at most \(shown(most))"
    )
  }

  struct FoundDate {
    var instant: Instant
    var hasTime: Bool
    var date: String { instant.date }
    var day: Int64 { instant.seconds >= 0 ? instant.seconds / 86_400 : (instant.seconds - 86_399) / 86_400 }
  }

  /// `2026-03-01`, with a time or not; `March 1, 2026`; `1 March 2026`. Days that no calendar has are no dates.
  static func dates(in text: String) -> [FoundDate] {
    guard let found = try? pattern?.allMatches(in: text) else { return [] }
    return found.compactMap { match in
      let groups = match.groups.map { $0 ?? "" } + [String](repeating: "", count: 8)
      if !groups[1].isEmpty {
        let time = groups[2]
        let zone =
          time.hasSuffix("Z") || time.hasSuffix("z") || time.dropFirst(1).contains { "+-".contains($0) }
        let whole =
          groups[1] + (time.isEmpty ? "" : time + (time.utf8.count == 6 ? ":00" : "") + (zone ? "" : "Z"))
        return (Instant(rfc3339: whole) ?? Instant(rfc3339: groups[1])).map {
          FoundDate(instant: $0, hasTime: !time.isEmpty)
        }
      }
      let (name, day, year) =
        groups[3].isEmpty ? (groups[7], groups[6], groups[8]) : (groups[3], groups[4], groups[5])
      guard let month = months.firstIndex(where: { name.lowercased().hasPrefix($0) }), let number = Int(day)
      else {
        return nil
      }
      func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
      return Instant(rfc3339: "\(year)-\(two(month + 1))-\(two(number))").map {
        FoundDate(instant: $0, hasTime: false)
      }
    }
  }

  private static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]

  private static let month =
    "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"

  private static let pattern = try? Pattern(
    #"\b(\d{4}-\d\d-\d\d)([Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)?)?(?!\d)"#
      + "|\\b\(month)\\.? (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})\\b"
      + "|\\b(\\d{1,2})(?:st|nd|rd|th)?\\.? (?:of )?\(month)\\.?,? (\\d{4})\\b", flags: "i")
}
