extension Money {
  /// Reads decimal text exactly: `0.15`, `2.5e-06`, `-1`. Nil when it is no number, has more than
  /// twelve decimals that count, or is too large.
  public init?(dollars text: String) {
    guard let amount = Money.picodollars(text, shift: 12, rounds: false) else { return nil }
    self.init(picodollars: amount)
  }

  /// Reads decimal text to the nearest picodollar: for costs that a service reports with more decimals
  /// than any price has.
  public init?(roundingDollars text: String) {
    guard let amount = Money.picodollars(text, shift: 12, rounds: true) else { return nil }
    self.init(picodollars: amount)
  }

  /// The price of one token, from a price for a million: `0.15` is 150000 picodollars. Nil when that
  /// is no whole number of picodollars.
  public init?(dollarsPerMillion text: String) {
    guard let amount = Money.picodollars(text, shift: 6, rounds: false) else { return nil }
    self.init(picodollars: amount)
  }

  /// The number times ten to the `shift`.
  private static func picodollars(_ text: String, shift: Int, rounds: Bool) -> Int64? {
    guard let decimal = Decimal(text) else { return nil }
    let pointAt = decimal.pointAt + shift
    let whole = decimal.digits.prefix(max(pointAt, 0))
    guard whole.count == 0 || pointAt <= 19 else { return nil }
    var amount: Int64 = 0
    for place in 0..<max(pointAt, 0) where !whole.isEmpty {
      let digit = place < whole.count ? Int64(whole[place]) : 0
      let (tenfold, overflow) = amount.multipliedReportingOverflow(by: 10)
      let (sum, overflowToo) = tenfold.addingReportingOverflow(digit)
      if overflow || overflowToo { return nil }
      amount = sum
    }
    let rest = decimal.digits.dropFirst(max(pointAt, 0))
    if !rest.isEmpty {
      guard rounds else { return nil }
      if pointAt >= 0, let first = rest.first, first >= 5 {
        amount = amount.addingReportingOverflow(1).overflow ? .max : amount + 1
      }
    }
    return decimal.isNegative ? -amount : amount
  }

  /// A decimal number: 0.d1d2d3... times ten to the `pointAt`, without zeros at either end.
  private struct Decimal {
    var isNegative = false
    var digits: [UInt8] = []
    var pointAt = 0

    init?(_ text: String) {
      var rest = text.utf8[...]
      if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        isNegative = sign == UInt8(ascii: "-")
        rest = rest.dropFirst()
      }
      let whole = rest.prefix { (0x30...0x39).contains($0) }
      rest = rest[whole.endIndex...]
      var fraction = rest[rest.startIndex..<rest.startIndex]
      if rest.first == UInt8(ascii: ".") {
        rest = rest.dropFirst()
        fraction = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest[fraction.endIndex...]
      }
      if whole.isEmpty && fraction.isEmpty { return nil }
      var exponent = 0
      if rest.first.map({ $0 | 0x20 }) == UInt8(ascii: "e") {
        guard let value = Int(String(Substring(rest.dropFirst()))), value.magnitude < 10000 else {
          return nil
        }
        exponent = value
        rest = rest[rest.endIndex...]
      }
      guard rest.isEmpty else { return nil }
      let all = (Array(whole) + Array(fraction)).map { $0 - 0x30 }
      let zeros = all.prefix { $0 == 0 }.count
      digits = Array(all.dropFirst(zeros))
      while digits.last == 0 { digits.removeLast() }
      pointAt = digits.isEmpty ? 0 : whole.count - zeros + exponent
    }
  }
}

extension Money: CustomStringConvertible {
  /// Exact dollars without a sign of the currency: `0.0000025`, `12.3`, `-1`.
  public var description: String {
    let (whole, part) = picodollars.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000_000)
    var text = (picodollars < 0 ? "-" : "") + String(whole)
    if part > 0 {
      let digits = String(part)
      let padded = String(repeating: "0", count: 12 - digits.utf8.count) + digits
      text += "." + padded.prefix(12 - padded.reversed().prefix { $0 == "0" }.count)
    }
    return text
  }

  /// For people, with the precision that matters: `$12.30`, `$1,204.00`, `$0.15`, `$0.0042`, `$0.00`.
  /// Below a dollar three significant digits, from a dollar on cents.
  public var shown: String {
    let sign = picodollars < 0 ? "-$" : "$"
    let amount = picodollars.magnitude
    if amount >= 995_000_000_000 {
      let cents = amount / 10_000_000_000 + (amount % 10_000_000_000 >= 5_000_000_000 ? 1 : 0)
      return sign + Money.grouped(cents / 100) + "." + pad(Int64(cents % 100), 2)
    }
    var unit: UInt64 = 1
    while amount / unit >= 1000 { unit *= 10 }
    let rounded = amount / unit + (unit > 1 && amount % unit >= unit / 2 ? 1 : 0)
    // 12 digits after the point, of which those beyond the second lose their zeros.
    let digits = pad(Int64(rounded * unit), 12)
    let zeros = digits.reversed().prefix { $0 == "0" }.count
    return sign + "0." + digits.prefix(max(2, 12 - zeros))
  }

  private static func grouped(_ value: UInt64) -> String {
    var groups: [String] = []
    var rest = value
    while rest >= 1000 {
      groups.append(pad(Int64(rest % 1000), 3))
      rest /= 1000
    }
    return ([String(rest)] + groups.reversed()).joined(separator: ",")
  }
}
