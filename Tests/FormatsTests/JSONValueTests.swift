import Testing

@testable import Formats

@Suite("values of JSON")
struct JSONValueTests {
  @Test(
    "numbers are equal by value, whatever their size and spelling",
    arguments: [
      ("1", "1.0", true), ("1", "1e0", true), ("100", "1e2", true), ("0", "-0", true), ("0.1", "1e-1", true),
      ("9007199254740993", "9007199254740992", false), ("9007199254740993", "9007199254740993.0", true),
      ("1e400", "1e401", false), ("1e400", "10e399", true), ("-1e400", "1e400", false),
      ("1e-400", "0", false),
      ("0.1", "0.10000000000000000555", false), ("12345678901234567890", "1234567890123456789e1", true),
    ])
  func numberEquality(a: String, b: String, areEqual: Bool) throws {
    let (a, b) = (try JSON(parsing: a), try JSON(parsing: b))
    #expect((a == b) == areEqual)
    if areEqual { #expect(a.hashValue == b.hashValue) }
  }

  @Test(
    "numbers are ordered by value",
    arguments: [
      ("1", "2"), ("-1e400", "-5"), ("1e400", "1e401"), ("9007199254740992", "9007199254740993"),
      ("-2.5", "-2.4999"),
    ])
  func numberOrder(less: String, more: String) {
    let (less, more) = (JSONNumber(literal: less), JSONNumber(literal: more))
    #expect(less < more && !(more < less))
  }

  @Test(
    "an integer is one however it is written",
    arguments: [
      ("3", 3), ("3.0", 3), ("3e0", 3), ("30e-1", 3), ("9007199254740993.0", 9_007_199_254_740_993),
      ("3.5", nil), ("1e30", nil),
      ("-9223372036854775808", Int.min), ("9223372036854775808", nil), ("-0", 0),
    ] as [(String, Int?)])
  func integers(text: String, expected: Int?) throws { #expect(try JSON(parsing: text).int == expected) }

  @Test(
    "multiples are exact",
    arguments: [
      ("0.3", "0.1", true), ("4.35", "0.01", true), ("4.355", "0.01", false), ("1e308", "0.5", true),
      ("0", "7", true),
      ("7", "0", false), ("12345678901234567891", "10", false), ("1e999999999", "7", false),
      ("-9", "3", true), ("9.5", "3", false),
    ])
  func multiples(value: String, unit: String, expected: Bool) {
    #expect(JSONNumber(literal: value).isMultiple(of: JSONNumber(literal: unit)) == expected)
  }

  @Test("strings and keys are equal by their code points")
  func codePoints() throws {
    let json = try JSON(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
    #expect(json.object?.count == 2)
    #expect(json["\u{E9}"] == 1)
    #expect(json["e\u{301}"] == 2)
    #expect(JSON("\u{E9}") != JSON("e\u{301}"))
  }

  @Test("objects are equal whatever their order, and hash alike")
  func objectEquality() throws {
    let (a, b) = (try JSON(parsing: #"{"a":1,"b":[2]}"#), try JSON(parsing: #"{"b":[2.0],"a":1}"#))
    #expect(a == b)
    #expect(a.hashValue == b.hashValue)
    #expect(a != ["a": 1, "b": [3]])
    #expect(a != ["a": 1, "c": [2]])
  }

  @Test("big objects keep their order and find their members", arguments: [3, 16, 17, 1000])
  func bigObjects(count: Int) throws {
    var object = JSONObject((0..<count).map { ("key\($0)", JSON($0)) })
    #expect(object.map(\.key) == (0..<count).map { "key\($0)" })
    for number in 0..<count { #expect(object["key\(number)"]?.int == number) }
    object["key1"] = nil
    object["new"] = true
    object["key0"] = "first"
    #expect(object.count == count)
    #expect(object["key1"] == nil && object["new"] == true && object.first?.value == "first")
    #expect(object["key2"]?.int == 2)
    let text = JSON.object(object).text
    #expect(try JSON(parsing: text).object == object)
  }

  @Test("members that repeat in a big object are found too")
  func repeatedInBig() throws {
    let text = "{" + (0..<100).map { "\"k\($0 % 90)\":\($0)" }.joined(separator: ",") + "}"
    var heard = 0
    let json = try JSON(parsing: text, onDuplicateKey: { _ in heard += 1 })
    #expect(json.object?.count == 90)
    #expect(json["k5"] == 95)
    #expect(heard == 10)
  }

  @Test(
    "the canonical form is that of RFC 8785, with big integers exact",
    arguments: [
      (#"{"b":1,"a":2}"#, #"{"a":2,"b":1}"#),
      ("[1.0, 1.10, 1e3, 1E-7, 0.000001]", "[1,1.1,1000,1e-7,0.000001]"),
      (
        "[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]",
        "[333333333.3333333,1e+30,4.5,0.002,1e-27]"
      ),
      (
        "[-0, 9007199254740992, 9007199254740993, 12345678901234567890]",
        "[0,9007199254740992,9007199254740993,12345678901234567890]"
      ),
      (
        "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}",
        "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{FB33}\":3}"
      ),
      (#""€$\u000F\u000aA'\u0042\u0022\u005c\\\"\/""#, #""€$\u000f\nA'B\"\\\\\"/""#), ("1e400", "1e400"),
    ])
  func canonical(text: String, expected: String) throws {
    #expect(try JSON(parsing: text).canonical == expected)
  }
}
