/// The exact value of a number: sign, digits without zeros at either end, power of ten.
///
/// Takes no memory in proportion to the exponent: `1e999999999` is one digit.
struct JSONDecimal: Hashable {
  var isNegative = false
  /// From the most significant on, 0...9; empty for zero.
  var digits: [UInt8] = []
  /// The value is `digits` x 10^exponent.
  var exponent = 0

  init(literal text: String) {
    var fractionDigits = 0
    var isFraction = false
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): isFraction = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if isFraction { fractionDigits += 1 }
        if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.append(byte - UInt8(ascii: "0")) }
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        exponent = Self.exponent(&bytes)
      default: break
      }
    }
    exponent -= fractionDigits
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
    if digits.isEmpty { (isNegative, exponent) = (false, 0) }
  }

  /// Exponents beyond a billion are as good as infinite; saturating keeps the arithmetic safe.
  private static func exponent(_ bytes: inout String.UTF8View.Iterator) -> Int {
    var value = 0
    var isNegative = false
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        value = min(value * 10 + Int(byte - UInt8(ascii: "0")), 1_000_000_000)
      default: break
      }
    }
    return isNegative ? -value : value
  }

  /// The integer it is, when it is one and fits.
  var int: Int? {
    guard exponent >= 0, digits.count + exponent <= 19 else { return nil }
    var value = 0
    for place in 0..<(digits.count + exponent) {
      let digit = place < digits.count ? Int(digits[place]) : 0
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(isNegative ? -digit : digit)
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }
}

extension JSONDecimal: Comparable {
  static func < (a: Self, b: Self) -> Bool {
    if a.isNegative != b.isNegative { return a.isNegative }
    let isLess = a.isSmallerInMagnitude(than: b)
    return a.isNegative ? a != b && !isLess : isLess
  }

  private func isSmallerInMagnitude(than other: Self) -> Bool {
    if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
    let (mine, its) = (digits.count + exponent, other.digits.count + other.exponent)
    return mine == its ? digits.lexicographicallyPrecedes(other.digits) : mine < its
  }
}

extension JSONNumber {
  /// Whether this is a whole number of times `divisor`, in exact decimal arithmetic; nothing is a multiple of zero.
  public func isMultiple(of divisor: JSONNumber) -> Bool {
    if let value = Int(text), let divisor = Int(divisor.text) {
      return divisor != 0 && (divisor == -1 || value % divisor == 0)
    }
    let (value, unit) = (decimal, divisor.decimal)
    if unit.digits.isEmpty { return false }
    if value.digits.isEmpty { return true }
    // The last digit of each is not zero: with fewer decimals than the unit has there is no way to be its multiple.
    guard value.exponent >= unit.exponent else { return false }
    guard unit.digits.count <= 18 else {
      return (double / divisor.double).truncatingRemainder(dividingBy: 1) == 0
    }
    let modulus = unit.digits.reduce(0 as UInt64) { $0 * 10 + UInt64($1) }
    var remainder: UInt64 = 0
    for digit in value.digits { remainder = Self.multiply(remainder, 10, modulus, plus: UInt64(digit)) }
    return Self.multiply(remainder, Self.powerOfTen(value.exponent - unit.exponent, modulus), modulus) == 0
  }

  private static func multiply(_ a: UInt64, _ b: UInt64, _ modulus: UInt64, plus c: UInt64 = 0) -> UInt64 {
    let product = (a % modulus).multipliedFullWidth(by: b % modulus)
    // The high part is below the modulus, as both factors are.
    let remainder = modulus.dividingFullWidth(product).remainder
    return (remainder + c % modulus) % modulus
  }

  private static func powerOfTen(_ exponent: Int, _ modulus: UInt64) -> UInt64 {
    var (result, base, rest): (UInt64, UInt64, Int) = (1 % modulus, 10 % modulus, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = multiply(result, base, modulus) }
      base = multiply(base, base, modulus)
      rest >>= 1
    }
    return result
  }
}
