/// A number as it was written: `1.10` stays `1.10`, and integers of any size stay exact.
///
/// Two numbers are equal when their values are (`1`, `1.0` and `1e0`).
public struct JSONNumber: Sendable {
  /// The digits, in JSON's grammar.
  public let text: String

  /// Takes digits that are already known to follow JSON's grammar.
  public init(literal text: String) { self.text = text }
  public init(_ value: Int) { text = String(value) }
  /// A finite double in its shortest form that reads back the same, as JavaScript prints it.
  public init(_ value: Double) {
    if value == value.rounded(), abs(value) < 1e15 {
      text = String(Int(value))
    } else {
      text = "\(value)"
    }
  }

  public var double: Double { Double(text) ?? .nan }
  public var int: Int? { Int(text) ?? Int(exactly: double) }
}

extension JSONNumber: Hashable {
  public static func == (a: Self, b: Self) -> Bool { a.text == b.text || a.double == b.double }
  public func hash(into hasher: inout Hasher) { hasher.combine(double) }
}
