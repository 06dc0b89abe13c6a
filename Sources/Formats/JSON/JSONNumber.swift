/// A number as it was written: `1.10` stays `1.10`, and integers of any size stay exact.
///
/// Two numbers are equal when their values are (`1`, `1.0` and `1e0`), whatever their size.
public struct JSONNumber: Sendable {
  /// Most numbers are integers, and most others are short: neither needs memory of its own.
  private enum Storage {
    case integer(Int)
    case double(Double)
    case text(String)
  }

  private let storage: Storage

  /// Takes digits that are already known to follow JSON's grammar.
  public init(literal text: String) { storage = .text(text) }
  public init(_ value: Int) { storage = .integer(value) }
  /// A double in its shortest form that reads back the same, as JavaScript prints it.
  /// One that is not finite prints as `null`, as in JavaScript.
  public init(_ value: Double) { storage = .double(value) }

  /// The digits, in JSON's grammar.
  public var text: String {
    switch storage {
    case .integer(let value): String(value)
    case .double(let value): value.isFinite ? NumberText.javaScript(value) : "null"
    case .text(let text): text
    }
  }

  /// The nearest double: infinite when the number is beyond all doubles.
  public var double: Double {
    switch storage {
    case .integer(let value): Double(value)
    case .double(let value): value
    case .text(let text): Double(text) ?? .nan
    }
  }

  /// The number as an integer, when it is one (`3`, `3.0`, `3e0`) and fits.
  public var int: Int? {
    switch storage {
    case .integer(let value): value
    case .double(let value): Int(exactly: value)
    case .text(let text): Int(text) ?? decimal.int
    }
  }

  /// Whether the value has no fraction: true of `3.0` and `1e300`.
  public var isInteger: Bool {
    switch storage {
    case .integer: true
    case .double(let value): value.isFinite && value == value.rounded()
    case .text: decimal.exponent >= 0
    }
  }

  /// The number as JavaScript prints it once it has read it: `1.10` is `1.1`, `1E3` is `1000`.
  public var javaScriptText: String {
    if case .integer(let value) = storage, value.magnitude <= 1 << 53 { return String(value) }
    return NumberText.javaScript(double)
  }

  /// The exact value.
  var decimal: JSONDecimal { JSONDecimal(literal: text) }
}

extension JSONNumber: Hashable, Comparable {
  public static func == (a: Self, b: Self) -> Bool {
    switch (a.storage, b.storage) {
    case (.integer(let a), .integer(let b)): return a == b
    case (.text(let a), .text(let b)) where a == b: return true
    default:
      let (x, y) = (a.double, b.double)
      guard x == y || (x.isNaN && y.isNaN) else { return false }
      // Below 2^53 and up to 15 digits doubles tell all decimals apart; beyond, only the digits do.
      return a.decimal == b.decimal
    }
  }

  public static func < (a: Self, b: Self) -> Bool {
    if case .integer(let a) = a.storage, case .integer(let b) = b.storage { return a < b }
    let (x, y) = (a.double, b.double)
    return x == y ? a.decimal < b.decimal : x < y
  }

  /// Equal values are the same double.
  public func hash(into hasher: inout Hasher) { hasher.combine(double) }
}
