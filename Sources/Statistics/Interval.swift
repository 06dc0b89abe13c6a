/// An interval estimate. A bound that the data can't give is nil: unbounded on that side.
public struct Interval: Sendable, Hashable {
  public var lower: Double?
  public var upper: Double?

  public init(_ lower: Double?, _ upper: Double?) {
    self.lower = lower
    self.upper = upper
  }

  /// The same interval of a quantity with its sign turned, such as A − B from B − A.
  public var negated: Interval { Interval(upper.map { -$0 }, lower.map { -$0 }) }

  public func contains(_ value: Double) -> Bool {
    (lower.map { $0 <= value } ?? true) && (upper.map { value <= $0 } ?? true)
  }
}
