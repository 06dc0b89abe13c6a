/// What a plain scalar means: the core schema of YAML 1.2 with timestamps, as js-yaml 4 resolves it.
///
/// - `yes`, `no`, `on`, `off` are strings; only `true`, `True`, `TRUE` and their opposites are booleans.
/// - Numbers keep the digits they were written with, but for what JSON's grammar has no form for:
///   `0x1F`, `0o17`, `0b11`, `1_000`, `+1`, `.5`, `007` (which is 7).
/// - `.inf`, `-.inf` and `.nan` are numbers that print as `null` in JSON and as JavaScript prints them elsewhere.
/// - Dates and times become ISO strings in UTC, as JavaScript's `toISOString`.
enum YAMLScalar {
  static func resolve(_ text: String) -> JSON {
    guard let first = text.utf8.first else { return .null }
    switch first {
    case UInt8(ascii: "~"), UInt8(ascii: "n"), UInt8(ascii: "N"):
      return isNull(text) ? .null : .string(text)
    case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"):
      return bool(text).map { .bool($0) } ?? .string(text)
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      if let number = integer(text) ?? float(text) { return number }
      return timestamp(text).map { .string($0) } ?? .string(text)
    default: return .string(text)
    }
  }

  static func isNull(_ text: String) -> Bool {
    switch text {
    case "", "~", "null", "Null", "NULL": true
    default: false
    }
  }

  static func bool(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE": true
    case "false", "False", "FALSE": false
    default: nil
    }
  }

  static func integer(_ text: String) -> JSON? {
    var digits = text.utf8[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    if digits.first == UInt8(ascii: "0"), let letter = digits.dropFirst().first, let radix = radix(letter) {
      guard let value = magnitude(digits.dropFirst(2), radix: radix) else { return nil }
      return number(value, isNegative: isNegative)
    }
    // After a zero js-yaml lets no underscore follow.
    let body = digits.first == UInt8(ascii: "0") ? digits.dropFirst() : digits
    guard body.first != UInt8(ascii: "_"), digits.last != UInt8(ascii: "_"), !digits.isEmpty,
      digits.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") })
    else { return nil }
    return number(withoutUnderscores(digits), isNegative: isNegative)
  }

  private static func radix(_ letter: UInt8) -> Int? {
    switch letter {
    case UInt8(ascii: "b"): 2
    case UInt8(ascii: "o"): 8
    case UInt8(ascii: "x"): 16
    default: nil
    }
  }

  /// Decimal digits of a number in another base; beyond 64 bits as the nearest double.
  private static func magnitude(_ digits: Substring.UTF8View, radix: Int) -> String? {
    guard let last = digits.last, last != UInt8(ascii: "_") else { return nil }
    var exact: UInt64? = 0
    var nearest = 0.0
    for digit in digits where digit != UInt8(ascii: "_") {
      guard let value = Hex.value(digit), value < radix else { return nil }
      nearest = nearest * Double(radix) + Double(value)
      if let known = exact {
        let (product, overflow) = known.multipliedReportingOverflow(by: UInt64(radix))
        exact = overflow ? nil : product | UInt64(value)
      }
    }
    if let exact { return String(exact) }
    return nearest.isFinite ? JSONNumber(nearest).text : nil
  }

  /// `-?[0-9][0-9_]*(.[0-9_]*)?(e[-+]?[0-9]+)?`, `.5` (without a sign, as js-yaml has it), `.inf`, `.nan`.
  static func float(_ text: String) -> JSON? {
    switch text {
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return JSON(Double.infinity)
    case "-.inf", "-.Inf", "-.INF": return JSON(-Double.infinity)
    case ".nan", ".NaN", ".NAN": return JSON(Double.nan)
    default: break
    }
    var rest = text.utf8[...]
    let hasSign = rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+")
    let isNegative = rest.first == UInt8(ascii: "-")
    if hasSign { rest = rest.dropFirst() }
    func take(underscores: Bool) -> Substring.UTF8View {
      let digits = rest.prefix { (0x30...0x39).contains($0) || underscores && $0 == UInt8(ascii: "_") }
      rest = rest[digits.endIndex...]
      return digits
    }
    let whole = take(underscores: true)
    if whole.first == UInt8(ascii: "_") { return nil }
    var fraction = rest[rest.startIndex..<rest.startIndex]
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = take(underscores: true)
    }
    if whole.isEmpty && (fraction.isEmpty || hasSign) { return nil }
    var exponent = ""
    if rest.first.map({ $0 | 0x20 }) == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      exponent = "e"
      if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        exponent += sign == UInt8(ascii: "-") ? "-" : "+"
        rest = rest.dropFirst()
      }
      let digits = take(underscores: false)
      if digits.isEmpty { return nil }
      exponent += String(Substring(digits))
    }
    guard rest.isEmpty, text.utf8.last != UInt8(ascii: "_") else { return nil }
    let decimals = withoutUnderscores(fraction)
    return number(
      withoutUnderscores(whole), isNegative: isNegative,
      rest: (decimals.isEmpty ? "" : "." + decimals) + exponent)
  }

  private static func withoutUnderscores(_ digits: Substring.UTF8View) -> String {
    digits.contains(UInt8(ascii: "_"))
      ? String(decoding: digits.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
      : String(Substring(digits))
  }

  private static func number(_ whole: String, isNegative: Bool, rest: String = "") -> JSON {
    let stripped = whole.utf8.drop { $0 == UInt8(ascii: "0") }
    let first = stripped.first.map { (0x30...0x39).contains($0) } ?? false
    let digits = first ? String(Substring(stripped)) : "0" + String(Substring(stripped))
    return .number(JSONNumber(literal: (isNegative ? "-" : "") + digits + rest))
  }

  /// `2026-03-01` or a date and time, as `2026-03-01T00:00:00.000Z`.
  static func timestamp(_ text: String) -> String? {
    var scanner = DigitScanner(text)
    guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(1...2),
      scanner.skip("-"),
      let day = scanner.digits(1...2)
    else { return nil }
    // Days that the calendar lacks run over into the next month, as JavaScript counts them.
    let months = year * 12 + month - 1
    guard let first = CalendarDay(year: months / 12, month: months % 12 + 1, day: 1) else { return nil }
    let date = (first.daysSince1970 + day - 1) * 86400
    if scanner.isAtEnd {
      return text.utf8.count == 10 ? Instant(seconds: date).isoMilliseconds : nil
    }
    guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" ") || scanner.skip("\t") else {
      return nil
    }
    scanner.skipBlanks()
    guard let hour = scanner.digits(1...2), scanner.skip(":"), let minute = scanner.digits(2),
      scanner.skip(":"),
      let second = scanner.digits(2)
    else { return nil }
    var fraction: Int64 = 0
    if scanner.next == UInt8(ascii: "."), let value = scanner.microseconds() {
      fraction = value / 1000 * 1000
    }
    scanner.skipBlanks()
    guard let offset = scanner.isAtEnd ? 0 : scanner.looseOffset(), scanner.isAtEnd else { return nil }
    let time = date + hour * 3600 + minute * 60 + second - offset
    return Instant(microseconds: time * 1_000_000 + fraction).isoMilliseconds
  }
}

extension DigitScanner {
  fileprivate mutating func skipBlanks() { while skip(" ") || skip("\t") {} }

  /// `Z`, `+1`, `-05`, `+05:30`, in seconds east.
  fileprivate mutating func looseOffset() -> Int64? {
    if skip("Z") { return 0 }
    let isWest = skip("-")
    guard isWest || skip("+"), let hours = digits(1...2) else { return nil }
    var minutes: Int64 = 0
    if skip(":") {
      guard let given = digits(2) else { return nil }
      minutes = given
    }
    return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
  }
}
