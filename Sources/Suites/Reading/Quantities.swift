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
  /// `0.5`, `"0.50"`, `"$0.50"` or `0.50 USD`; not below zero, exact to a picodollar.
  static func money(_ node: Node) -> Money? {
    guard var text = node.plainText, node.scalar?.bool == nil else { return nil }
    if text.hasSuffix("USD") { text = String(text.dropLast(3)) }
    if text.hasPrefix("$") { text = String(text.dropFirst()) }
    while text.last == " " { text.removeLast() }
    return picodollars(text).map(Money.init(picodollars:))
  }

  /// Exact where the text is a plain decimal, which prices are.
  private static func picodollars(_ text: String) -> Int64? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count == 2 ? String(parts[1]) : ""
    guard let first = parts.first, !first.isEmpty || !fraction.isEmpty,
      first.allSatisfy(isDigit), fraction.allSatisfy(isDigit), fraction.count <= 12
    else { return exponential(text) }
    return Int64(first + fraction + String(repeating: "0", count: 12 - fraction.count))
  }

  private static func exponential(_ text: String) -> Int64? {
    guard let value = Double(text), value >= 0, value.isFinite else { return nil }
    return Int64(exactly: (value * 1e12).rounded())
  }

  private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
}
