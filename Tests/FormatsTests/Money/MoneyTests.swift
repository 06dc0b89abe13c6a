import Formats
import Testing

@Suite("Money")
struct MoneyTests {
  static let exact: [(text: String, picodollars: Int64?)] = [
    ("0", 0), ("1", 1_000_000_000_000), ("0.15", 150_000_000_000), ("2.5e-06", 2_500_000),
    ("2.5E-6", 2_500_000),
    ("0.000000000001", 1), ("1e-12", 1), ("1e-13", nil), ("0.0000000000015", nil),
    ("-1.5", -1_500_000_000_000),
    ("+3", 3_000_000_000_000), ("9223372", 9_223_372_000_000_000_000), ("9223373", nil), ("1e300", nil),
    ("0e300", 0),
    ("1e6", 1_000_000_000_000_000_000), (".5", 500_000_000_000), ("5.", 5_000_000_000_000), ("", nil),
    (".", nil),
    ("1,5", nil), ("$1", nil), ("1e", nil), ("0x10", nil), ("nan", nil), (" 1", nil),
    ("00012.300", 12_300_000_000_000),
    ("1e99999999999", nil), ("0.30000000000000004", nil),
  ]

  @Test("decimal text is read exactly or not at all", arguments: exact)
  func readsExactly(text: String, picodollars: Int64?) {
    #expect(Money(dollars: text)?.picodollars == picodollars)
  }

  @Test(
    "reported costs round to the nearest picodollar",
    arguments: [
      ("0.30000000000000004", 300_000_000_000), ("0.0000000000015", 2), ("1e-13", 0), ("5e-13", 1),
      ("4e-20", 0),
    ]
      as [(String, Int64)])
  func rounds(text: String, picodollars: Int64) {
    #expect(Money(roundingDollars: text)?.picodollars == picodollars)
  }

  @Test(
    "prices for a million tokens",
    arguments: [("0.15", 150_000), ("0.0375", 37_500), ("15", 15_000_000)] as [(String, Int64)])
  func perMillion(text: String, picodollars: Int64) {
    #expect(Money(dollarsPerMillion: text)?.picodollars == picodollars)
    #expect(Money(dollarsPerMillion: "0.0000001") == nil)
  }

  @Test(
    "shown to people with the precision that matters",
    arguments: [
      ("0", "$0.00"), ("0.0042", "$0.0042"), ("12.3", "$12.30"), ("0.15", "$0.15"), ("0.1234", "$0.123"),
      ("0.5", "$0.50"),
      ("0.00012345", "$0.000123"), ("0.9996", "$1.00"), ("0.9949", "$0.995"), ("1204", "$1,204.00"),
      ("1234567.899", "$1,234,567.90"), ("-0.0042", "-$0.0042"), ("0.000000000001", "$0.000000000001"),
      ("0.0000025", "$0.0000025"),
      ("0.0099995", "$0.01"),
    ])
  func shown(text: String, shown: String) throws {
    #expect(try #require(Money(dollars: text)).shown == shown)
  }

  @Test("printing exactly reads back the same", arguments: [3 as UInt64])
  func roundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let amount = Money(picodollars: Int64(bitPattern: generator.next()) >> Int64(generator.next(below: 63)))
      try #require(Money(dollars: amount.description) == amount || amount.picodollars == .min)
    }
    #expect(Money(picodollars: 2_500_000).description == "0.0000025")
    #expect(Money(picodollars: -12_300_000_000_000).description == "-12.3")
  }

  @Test("sums and products saturate")
  func saturation() {
    let most = Money(picodollars: .max)
    #expect(most + most == most)
    #expect(most * 2 == most)
    #expect(most * -2 == Money(picodollars: .min))
    #expect(Money(picodollars: 150_000) * 1_000_000 == Money(dollars: "0.15"))
    #expect(most.scaled(by: 3, over: 2) == most)
  }

  @Test("parts of an amount round to the nearest")
  func parts() {
    #expect(Money(picodollars: 5).scaled(by: 1, over: 2).picodollars == 3)
    #expect(Money(picodollars: -5).scaled(by: 1, over: 2).picodollars == -3)
    #expect(Money(picodollars: 10).scaled(by: 1, over: 3).picodollars == 3)
    #expect(Money(picodollars: .max).scaled(by: 50, over: 100).picodollars == 4_611_686_018_427_387_904)
  }
}
