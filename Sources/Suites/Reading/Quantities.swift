import Formats

/// Durations as suites write them.
enum DurationText {
  /// `500ms`, `3s`, `2m`, `1h`, or seconds as a number.
  static func seconds(_ node: Node) -> Double? { node.scalar.flatMap(seconds) }

  static func seconds(_ value: JSON) -> Double? {
    if let number = value.double { return number >= 0 && number.isFinite ? number : nil }
    guard let text = value.string else { return nil }
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let number = Double(digits), let factor = units[String(unit)] else { return nil }
    return number * factor
  }

  private static let units: [String: Double] = [
    "": 1, "ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600,
  ]
}

/// Amounts of money as suites write them.
enum AmountText {
  /// `0.5`, `"0.50"`, `"$0.50"` or `0.50 USD`; not below zero.
  static func money(_ node: Node) -> Money? {
    guard var text = node.plainText, node.scalar?.bool == nil else { return nil }
    if text.hasSuffix("USD") { text = String(text.dropLast(3)) }
    if text.hasPrefix("$") { text = String(text.dropFirst()) }
    guard let money = Money(roundingDollars: text.trimmed), money >= .zero else { return nil }
    return money
  }
}
