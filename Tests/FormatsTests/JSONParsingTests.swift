import Testing

@testable import Formats

@Suite("reading and writing JSON")
struct JSONParsingTests {
  @Test("values keep their order and their digits")
  func roundTrip() throws {
    let text =
      #"{"b":1.10,"a":[1e3,-0,12345678901234567890,"é\n\u0001\"\\"],"c":null,"d":true,"e":{},"f":[]}"#
    #expect(try JSON(parsing: text).text == text)
  }

  @Test(
    "a leading text is read without the rest, and nothing else is taken for one",
    arguments: [
      (#"{"text":"plain"}"#, "plain"), (#"{"text":"","a":1}"#, ""),
      (#"{"text":"é \"q\" \u00e9\n","z":[1]}"#, "é \"q\" é\n"),
      (#"{"text":1}"#, nil), (#"{"texts":"a"}"#, nil), (#"{"a":1,"text":"b"}"#, nil), (#"{"text":"cut"#, nil),
      (#"{"text":""#, nil), ("[]", nil), ("", nil),
    ] as [(String, String?)])
  func leadingText(_ json: String, _ text: String?) {
    let found = Array(json.utf8).withUnsafeBytes { JSON.leadingString("text", in: $0) }
    #expect(found == text)
  }

  @Test("the keys of models' replies are known, each for itself, wherever in a text it stands")
  func usualKeys() throws {
    #expect(Set(KeyCache.usualKeys).count == KeyCache.usualKeys.count)
    for key in KeyCache.usualKeys {
      for text in [
        #"{"\#(key)":1}"#, #"{"\#(key)": {"\#(key)": [{"\#(key)": 2, "x\#(key)": 3}]}, "other": true}"#,
      ] {
        let json = try JSON(parsing: text)
        #expect(json.object?.keys.first == key)
        #expect(try json == JSON(parsing: json.text))
      }
    }
    let cache = KeyCache(learns: false)
    for key in KeyCache.usualKeys {
      let found = Array(key.utf8).withUnsafeBytes { cache.known(in: $0) }
      #expect(found == key, "\(key) shares its place with another")
    }
  }

  @Test("what is wrong is said with its line and column")
  func errors() {
    let text = "{\n  \"a\": 1,\n  \"é\": x\n}"
    let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
    #expect(error?.description == #"3:8: expected a value, not "x""#)
  }

  @Test("of members with the same key the last wins, and each repetition is heard of")
  func duplicates() throws {
    var heard: [String] = []
    let json = try JSON(
      parsing: "{\"a\": 1, \"b\": 2,\n \"a\": 3}", onDuplicateKey: { heard.append("\($0)") })
    #expect(json.text == #"{"a":3,"b":2}"#)
    #expect(heard == [#"2:2: key "a" stands twice in one object"#])
  }

  @Test("pretty printing is that of JavaScript")
  func pretty() throws {
    let json = try JSON(parsing: #"{"a":[1,{"b":[]}],"c":{}}"#)
    #expect(json.pretty == "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}")
  }

  @Test("every located value knows its line and column")
  func located() throws {
    let node = try Node(parsingJSON: "{\n  \"a\": [1,\n \"x\"]}", file: "f.json")
    guard case .array(let items)? = node["a"]?.content else {
      Issue.record("no array")
      return
    }
    #expect(items.map(\.location.description) == ["f.json:2:9", "f.json:3:2"])
  }
}
