#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Numbers as text, without Foundation.
public enum NumberText {
  /// A double as JavaScript's `String(x)` prints it: the shortest digits that read back the same,
  /// `1e21` and `1e-7` where plain digits would be long (ECMAScript, Number::toString).
  public static func javaScript(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    if let integer = Int(exactly: value), integer.magnitude <= 1 << 53 { return String(integer) }
    let (digits, point) = shortestDigits(of: value.magnitude)
    let sign = value < 0 ? "-" : ""
    let count = digits.utf8.count
    switch point {
    case count...21 where count <= point: return sign + digits + zeros(point - count)
    case 1...21: return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    case -5...0: return sign + "0." + zeros(-point) + digits
    default:
      let exponent = (point > 0 ? "e+" : "e-") + String((point - 1).magnitude)
      return sign + digits.prefix(1) + (count > 1 ? "." + digits.dropFirst() : "") + exponent
    }
  }

  /// Exactly `decimals` digits after the point, ties away from zero, as JavaScript's `toFixed` prints them;
  /// never in exponent form. `decimals` is held within 0...100.
  public static func fixed(_ value: Double, decimals: Int) -> String {
    if !value.isFinite { return javaScript(value) }
    let decimals = min(max(decimals, 0), 100)
    let text = printed(value.magnitude, decimals: decimals)
    // printf rounds ties to even. A tie has just one digit more, and that is a 5.
    let tie = printed(value.magnitude, decimals: decimals + 1)
    var rounded = text
    if tie.utf8.last == UInt8(ascii: "5"),
      printed(value.magnitude, decimals: 1074).dropFirst(tie.utf8.count).allSatisfy({ $0 == "0" })
    {
      rounded = incremented(tie.dropLast(tie.utf8.dropLast().last == UInt8(ascii: ".") ? 2 : 1))
    }
    return value < 0 && rounded.contains { $0 != "0" && $0 != "." } ? "-" + rounded : rounded
  }

  /// The shortest digits that read back as `value`, and how many of them stand before the point.
  private static func shortestDigits(of value: Double) -> (digits: String, point: Int) {
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    var text = Substring(value.description)
    if let mark = text.firstIndex(of: "e") {
      exponent = Int(text[text.index(after: mark)...]) ?? 0
      text = text[..<mark]
    }
    for byte in text.utf8 {
      if byte == UInt8(ascii: ".") { point = digits.count } else { digits.append(byte) }
    }
    var place = (point ?? digits.count) + exponent
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    place -= leading
    digits.removeFirst(leading)
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return (String(decoding: digits, as: UTF8.self), place)
  }

  private static func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }

  /// `printf("%.*f")`.
  private static func printed(_ value: Double, decimals: Int) -> String {
    // The largest double has 309 digits before its point.
    let capacity = 309 + 1 + decimals + 1
    return String(unsafeUninitializedCapacity: capacity) { buffer in
      let written = buffer.withMemoryRebound(to: CChar.self) { characters in
        withVaList([Int32(decimals), value]) { vsnprintf(characters.baseAddress, capacity, "%.*f", $0) }
      }
      return min(max(Int(written), 0), capacity - 1)
    }
  }

  /// Decimal digits, one up in the last place.
  private static func incremented(_ text: Substring) -> String {
    var bytes = Array(text.utf8)
    for place in bytes.indices.reversed() where bytes[place] != UInt8(ascii: ".") {
      if bytes[place] < UInt8(ascii: "9") {
        bytes[place] += 1
        return String(decoding: bytes, as: UTF8.self)
      }
      bytes[place] = UInt8(ascii: "0")
    }
    return "1" + String(decoding: bytes, as: UTF8.self)
  }
}
