/// An amount in picodollars (1e-12 USD), in which every listed price is exact.
///
/// Sums and products saturate rather than trap: an amount beyond nine million dollars is wrong either
/// way, and a report must not crash.
public struct Money: Sendable, Hashable, Comparable {
  public var picodollars: Int64

  public init(picodollars: Int64) { self.picodollars = picodollars }
  public static let zero = Money(picodollars: 0)

  public static func + (a: Money, b: Money) -> Money {
    let (sum, overflow) = a.picodollars.addingReportingOverflow(b.picodollars)
    return Money(picodollars: overflow ? (a.picodollars < 0 ? .min : .max) : sum)
  }
  public static func - (a: Money, b: Money) -> Money {
    let (difference, overflow) = a.picodollars.subtractingReportingOverflow(b.picodollars)
    return Money(picodollars: overflow ? (a.picodollars < 0 ? .min : .max) : difference)
  }
  public static func += (a: inout Money, b: Money) { a = a + b }
  public static func -= (a: inout Money, b: Money) { a = a - b }
  public static func < (a: Money, b: Money) -> Bool { a.picodollars < b.picodollars }

  /// The price of one token times how many there were.
  public static func * (price: Money, count: Int) -> Money {
    let (product, overflow) = price.picodollars.multipliedReportingOverflow(by: Int64(count))
    return Money(picodollars: overflow ? ((price.picodollars < 0) == (count < 0) ? .max : .min) : product)
  }

  /// A part of the amount, such as a discount of 50 % (`over` 100), rounded to the nearest picodollar,
  /// halves away from zero. Nothing for `over` zero.
  public func scaled(by numerator: Int, over denominator: Int) -> Money {
    guard denominator != 0 else { return .zero }
    let product = picodollars.magnitude.multipliedFullWidth(by: UInt64(numerator.magnitude))
    let divisor = UInt64(denominator.magnitude)
    let isNegative = (picodollars < 0) != ((numerator < 0) != (denominator < 0))
    guard product.high < divisor else { return Money(picodollars: isNegative ? .min : .max) }
    let (quotient, remainder) = divisor.dividingFullWidth(product)
    let rounded =
      remainder >= divisor - remainder ? quotient.addingReportingOverflow(1).partialValue : quotient
    guard let amount = Int64(exactly: rounded) else { return Money(picodollars: isNegative ? .min : .max) }
    return Money(picodollars: isNegative ? -amount : amount)
  }

  /// For charts and statistics; sums belong in picodollars.
  public var dollars: Double { Double(picodollars) / 1e12 }
}
