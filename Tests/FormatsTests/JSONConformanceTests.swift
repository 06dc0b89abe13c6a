import Foundation
import Testing

@testable import Formats

/// What RFC 8259 allows and what it does not, case by case: the ground that the public JSONTestSuite covers.
@Suite("the grammar of JSON")
struct JSONConformanceTests {
  @Test(
    "what the grammar allows is read",
    arguments: [
      // structure
      "[]", "{}", " [ ] ", "\t{\r\n}\n", "[\"\"]", "[1\n]", " [1]", "[2] ", "[1,null,null,null,2]", "[[]   ]",
      "true", "false",
      "null", "42", "-0.1", "\"asd\"", "\"\"", "[\"a\"]\n", "[true]", " [] ", "[null, 1, \"1\", {}]",
      "[false]",
      // numbers
      "[123e65]", "[0e+1]", "[0e1]", "[ 4]",
      "[-0.000000000000000000000000000000000000000000000000000000000000000000001]",
      "[20e1]", "[-0]", "[-123]", "[-1]", "[1E22]", "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]",
      "[1e+2]",
      "[123]", "[123.456789]", "{\"min\":-1.0e+28,\"max\":1.0e+28}",
      // objects
      "{\"asd\":\"sdf\",\"dfg\":\"fgh\"}", "{\"a\":\"b\",\"a\":\"c\"}", "{\"a\":\"b\",\"a\":\"b\"}",
      "{\"\":0}",
      "{\"foo\\u0000bar\":42}",
      "{\"x\":[{\"id\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}],\"id\":\"y\"}",
      "{\"title\":\"\\u041f\\u043e\\u043b\"}", "{\n\"a\": \"b\"\n}",
      // strings
      "[\"\\u0060\\u012a\\u12AB\"]", "[\"\\uD801\\udc37\"]", "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]",
      "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\\u0000\"]", "[\"\\\"\"]", "[\"a/*b*/c/*d//e\"]",
      "[\"\\\\a\"]", "[\"\\\\n\"]",
      "[\"\\u0012\"]", "[\"\\uFFFF\"]", "[ \"asd\"]", "[\"\\uDBFF\\uDFFF\"]", "[\"new\\u00A0line\"]",
      "[\"\u{10FFFF}\"]",
      "[\"\u{FFFF}\"]", "[\"\\u0000\"]", "[\"\\u002c\"]", "[\"π\"]", "[\"\u{1BFFF}\"]", "[\" \"]",
      "[\"\\uD834\\uDd1e\"]",
      "[\"\\u0821\"]", "[\"\\u0123\"]", "[\"\u{2028}\"]", "[\"\u{2029}\"]", "[\"\\u0061\\u30af\\u30EA\"]",
      "[\"new\\u000Aline\"]",
      "[\"\u{7F}\"]", "[\"\\uA66D\"]", "[\"\\u005C\"]", "[\"⍂㈴⍂\"]", "[\"\\uDBFF\\uDFFE\"]", "[\"\\u200B\"]",
      "[\"\\uFDD0\"]",
      "[\"\\u0022\"]", "[\"€𝄞\"]", "[\"a\u{7F}a\"]",
    ])
  func allowed(text: String) throws {
    let json = try JSON(parsing: text)
    #expect(try JSON(parsing: json.text) == json)
    #expect(try JSON(parsing: json.pretty) == json)
    #expect(try Node(parsingJSON: text, file: "f").json == json)
  }

  @Test(
    "what it does not allow is refused",
    arguments: [
      // arrays
      "[1 true]", "[\"\": 1]", "[\"\"],", "[,1]", "[1,,2]", "[\"x\",,]", "[\"x\"]]", "[\"\",]", "[\"x\"",
      "[x", "[3[4]]", "[1:2]",
      "[,]", "[-]", "[   , \"\"]", "[\"a\",\n4\n,1,", "[1,]", "[1,,]", "[\"\u{B}a\"\\f]", "[*]", "[\"\"",
      "[1,", "[1,\n1\n,1", "[{}",
      "[fals]", "[nul]", "[tru]",
      // numbers
      "[++1234]", "[+1]", "[+Inf]", "[-01]", "[-1.0.]", "[-2.]", "[-NaN]", "[.-1]", "[.2e-3]", "[0.1.2]",
      "[0.3e+]", "[0.3e]",
      "[0.e1]", "[0E+]", "[0E]", "[0e+]", "[0e]", "[1.0e+]", "[1.0e-]", "[1.0e]", "[1 000.0]", "[1eE2]",
      "[2.e+3]", "[2.e-3]",
      "[2.e3]", "[9.e+]", "[Inf]", "[NaN]", "[１]", "[1+2]", "[0x1]", "[0x42]", "[Infinity]", "[0e+-1]",
      "[-123.123foo]",
      "[-Infinity]", "[-foo]", "[- 1]", "[-012]", "[-.123]", "[-1x]", "[1ea]", "[1.]", "[.123]", "[1.2a-3]",
      "[1.8011670033376514H-308]", "[012]", "123\u{0}", "1]", "2@", "-", "+", "00", "01", "1e", "1.5.5", "0x",
      "--1", "1e+", "-a",
      // objects
      "[\"x\", truth]", "{[: \"x\"}\n", "{\"x\", null}", "{\"x\"::\"b\"}", "{🇨🇭}", "{\"a\":\"a\" 123}",
      "{key: 'value'}",
      "{\"a\" b}", "{:\"b\"}", "{\"a\" \"b\"}", "{\"a\":", "{\"a\"", "{1:1}", "{9999E9999:1}",
      "{null:null,null:null}",
      "{\"id\":0,,,,,}", "{'a':0}", "{\"id\":0,}", "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}/**//",
      "{\"a\":\"b\"}//", "{\"a\":\"b\"}/",
      "{\"a\":\"b\",,\"c\":\"d\"}", "{a: \"b\"}", "{\"a\":\"a", "{ \"foo\" : \"bar\", \"a\" }",
      "{\"a\":\"b\"}#", "{\"a\"}", "{,}",
      // strings
      "[\"\\uD800\\\"]", "[\"\\uD800\\u\"]", "[\"\\uD800\\u1\"]", "[\"\\uD800\\u1x\"]", "[é]",
      "[\"\\\u{0}\"]", "[\"\\x00\"]",
      "[\"\\\\\\\"]", "[\"\\\t\"]", "[\"\\🌀\"]", "[\"\\\"]", "[\"\\u00A\"]", "[\"\\uD834\\uDd\"]",
      "[\"\\uD800\\uD800\\x\"]",
      "[\"\\a\"]", "[\"\\uqqqq\"]", "[\\u0020\"asd\"]", "[\\n]", "\"", "['single quote']", "abc", "[\"\\",
      "[\"a\u{0}a\"]",
      "[\"new\nline\"]", "[\"\t\"]", "\"\\UA66D\"", "\"\"x", "\"\\u\"", "\"\\ud8\"", "\"a\\",
      // structure
      "", " ", "[\u{2060}]", "<.>", "[<null>]", "[1]x", "[1]]", "[\"asd]", "aå", "[True]", "]",
      "{\"x\": true,", "[][]", "[",
      "[\u{0}]", "{\"a\":true} \"x\"", "{}}", "{\"\":", "{\"a\":/*comment*/\"b\"}", "{\"a\": true} x", "['",
      "[,", "[{", "[\"a", "[\"a\"",
      "{", "{]", "{,", "{[", "{\"a", "{'a'", "[\"\\{[\"\\{[\"\\{[\"\\{", "é", "*", "{\"a\":\"b\"}#{}",
      "[\\u000A\"\"]", "[1",
      "[ false, nul", "[ true, fals", "[ false, tru", "{\"asd\":\"asd\"", "å", "\u{2060}", "[\u{C}]",
      "\u{B}1", "\u{A0}1", "// c\n1",
      "nul", "nulll", "True", "tru", "undefined", "\u{FEFF}\u{FEFF}1",
    ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try JSON(parsing: text) }
    #expect(throws: Problem.self) { try Node(parsingJSON: text, file: "f") }
  }

  @Test(
    "bytes that are no UTF-8 are refused, and never a crash",
    arguments: [
      [0x22, 0xFF, 0x22], [0x5B, 0xE5, 0x5D], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xE6, 0x97, 0x22],
      [0x22, 0xF4, 0xBF, 0xBF, 0xBF, 0x22], [0x22, 0x81, 0x22], [0x5B, 0x31, 0xE5, 0x5D],
      [0x22, 0x5C, 0xE5, 0x22],
      [0x22, 0x5C, 0x75, 0xE5, 0x22], [0x22, 0x61, 0x5C, 0x6E, 0xE5, 0x22], [0xEF, 0xBB], [0xEF, 0xBB, 0xBF],
      [0xFF, 0xFE, 0x31, 0x00],
      [0x00, 0x31], [0x31, 0x00], [0x7B, 0x22, 0xB9, 0x22, 0x3A, 0x30, 0x2C, 0x7D], [0xC3],
    ] as [[UInt8]])
  func wrongBytes(bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
  }

  @Test("what is no UTF-8 is found at its byte")
  func placeOfWrongBytes() {
    let error = #expect(throws: JSONError.self) {
      try JSON(parsing: Array("[\"é".utf8) + [0xFF, 0x22, 0x5D])
    }
    #expect(error?.description == "1:4: this is not UTF-8")
    #expect(error?.offset == 4)
  }

  @Test(
    "half a surrogate pair becomes the replacement character",
    arguments: [
      (#""\uD800""#, "\u{FFFD}"), (#""\uDC00a""#, "\u{FFFD}a"), (#""\uD800\uD800""#, "\u{FFFD}\u{FFFD}"),
      (#""\uDd1e\uD834""#, "\u{FFFD}\u{FFFD}"), (#""\uD800\n""#, "\u{FFFD}\n"),
      (#""\uD800\u0041""#, "\u{FFFD}A"),
    ])
  func loneSurrogates(text: String, expected: String) throws {
    #expect(try JSON(parsing: text).string == expected)
  }

  @Test("a byte order mark at the start is passed over")
  func byteOrderMark() throws { #expect(try JSON(parsing: "\u{FEFF}{}") == [:]) }

  @Test("depth and size are bounded")
  func limits() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(try JSON(parsing: nested(512)).array?.count == 1)
    #expect(throws: JSONError.self) { try JSON(parsing: nested(513)) }
    #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 100_000)) }
    #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "{\"\":", count: 100_000)) }
    #expect(throws: JSONError.self) { try JSON(parsing: nested(3), limits: JSONLimits(depth: 2)) }
    #expect(throws: JSONError.self) { try JSON(parsing: "[1,2]", limits: JSONLimits(bytes: 4)) }
  }

  /// A checkout of nst/JSONTestSuite: ASSAY_JSON_TEST_SUITE names its folder test_parsing.
  static let publicSuite: [String] = {
    guard let folder = ProcessInfo.processInfo.environment["ASSAY_JSON_TEST_SUITE"] else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().map { folder + "/" + $0 }
  }()

  @Test("every file of the public suite behaves as its name says", arguments: publicSuite)
  func publicFiles(path: String) throws {
    let bytes = Array(try #require(FileManager.default.contents(atPath: path)))
    let json = try? JSON(parsing: bytes)
    let name = path.split(separator: "/").last ?? ""
    if name.hasPrefix("y_") { #expect(json != nil) }
    if name.hasPrefix("n_") { #expect(json == nil) }
    #expect((try? Node(parsingJSON: bytes, file: path).json) == json)
  }
}
