import Formats
import Testing

@Suite("Instants")
struct InstantTests {
  static let rfc3339: [(text: String, microseconds: Int64?)] = [
    ("1970-01-01T00:00:00Z", 0), ("1994-11-06T08:49:37Z", 784_111_777_000_000),
    ("1994-11-06", 784_080_000_000_000),
    ("2026-03-01T09:30:00.123456Z", 1_772_357_400_123_456),
    ("2026-03-01 09:30:00.1+00:00", 1_772_357_400_100_000),
    ("2026-03-01T10:30:00+01:00", 1_772_357_400_000_000),
    ("2026-03-01T04:30:00-05:00", 1_772_357_400_000_000),
    ("1969-12-31T23:59:59.5Z", -500_000), ("2000-02-29T00:00:00Z", 951_782_400_000_000),
    ("2001-02-29T00:00:00Z", nil),
    ("2026-13-01T00:00:00Z", nil), ("2026-03-01T24:00:00Z", nil), ("2026-03-01T00:00:00", nil),
    ("2026-3-1", nil),
    ("2026-03-01T00:00:00.Z", nil), ("", nil), ("2026-03-01T00:00:00Zx", nil),
    ("0001-01-01", -62_135_596_800_000_000),
  ]

  @Test("RFC 3339", arguments: rfc3339)
  func reads(text: String, microseconds: Int64?) {
    #expect(Instant(rfc3339: text)?.microseconds == microseconds)
  }

  @Test("printing reads back the same")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<2000 {
      let instant = Instant(
        microseconds: Int64(generator.next(below: 8_000_000_000_000_000)) - 4_000_000_000_000_000)
      try #require(Instant(rfc3339: instant.description) == instant)
      try #require(Instant(rfc3339: instant.isoMicroseconds) == instant)
      let second = Instant(seconds: instant.seconds)
      try #require(Instant(httpDate: second.httpDate) == second)
    }
    #expect(Instant(microseconds: 1_500).description == "1970-01-01T00:00:00.001500Z")
    #expect(Instant(microseconds: 1_000).description == "1970-01-01T00:00:00.001Z")
    #expect(Instant(seconds: 0).isoMilliseconds == "1970-01-01T00:00:00.000Z")
  }

  @Test(
    "HTTP dates in all three forms",
    arguments: [
      "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
  func httpDates(text: String) {
    #expect(Instant(httpDate: text)?.seconds == 784_111_777)
  }

  @Test(
    "what is no HTTP date is refused",
    arguments: [
      "", "120", "Sun, 06 Nov 1994", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 PST", "x, y",
    ])
  func noDates(text: String) {
    #expect(Instant(httpDate: text) == nil)
  }
}
