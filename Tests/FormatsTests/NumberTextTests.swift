import Testing

@testable import Formats

@Suite("numbers as text")
struct NumberTextTests {
  @Test(
    "a double prints as in JavaScript",
    arguments: [
      (0, "0"), (-0.0, "0"), (1, "1"), (-1.5, "-1.5"), (1e21, "1e+21"), (1e20, "100000000000000000000"),
      (123e-20, "1.23e-18"),
      (1e-7, "1e-7"), (1e-6, "0.000001"), (0.1, "0.1"), (1.0 / 3, "0.3333333333333333"),
      (.leastNonzeroMagnitude, "5e-324"),
      (1.7976931348623157e308, "1.7976931348623157e+308"),
      (123_456_789_012_345_683_968, "123456789012345680000"),
      (0.00001234, "0.00001234"), (9_007_199_254_740_992, "9007199254740992"), (1.5e300, "1.5e+300"),
      (-1e-9, "-1e-9"),
      (.nan, "NaN"), (.infinity, "Infinity"), (-.infinity, "-Infinity"), (100, "100"),
      (4_294_967_296.5, "4294967296.5"),
    ] as [(Double, String)])
  func javaScript(value: Double, expected: String) { #expect(NumberText.javaScript(value) == expected) }

  @Test(
    "fixed decimals round as JavaScript's toFixed does",
    arguments: [
      (1.005, 2, "1.00"), (1.45, 1, "1.4"), (2.5, 0, "3"), (0.5, 0, "1"), (-2.5, 0, "-3"), (0.125, 2, "0.13"),
      (9.995, 2, "9.99"),
      (0.000001, 7, "0.0000010"), (1e21, 2, "1000000000000000000000.00"), (-0.0001, 2, "0.00"),
      (0, 2, "0.00"), (99.5, 0, "100"),
      (0.25, 1, "0.3"), (123.456, 5, "123.45600"),
    ] as [(Double, Int, String)])
  func fixed(value: Double, decimals: Int, expected: String) {
    #expect(NumberText.fixed(value, decimals: decimals) == expected)
  }

  @Test("what JavaScript's form prints reads back as the same double")
  func roundTrip() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: random.next())
      if value.isFinite { #expect(Double(NumberText.javaScript(value)) == value, "\(value)") }
    }
  }
}
