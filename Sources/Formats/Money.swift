/// An amount in picodollars (1e-12 USD), in which every listed price is exact.
public struct Money: Sendable, Hashable, Comparable {
  public var picodollars: Int64

  public init(picodollars: Int64) { self.picodollars = picodollars }
  public static let zero = Money(picodollars: 0)

  /// Saturates rather than traps: a sum that large is wrong either way, and a report must not crash.
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

  public var dollars: Double { Double(picodollars) / 1e12 }
}
