import Testing

@testable import Formats

@Suite("scanning a stream event")
struct JSONScannerTests {
  private let event = Array(
    #"""
    { "id" : "x\"y{", "choices" : [ {"index":0,"delta":{"content":"a\n\u00e9\ud83d\ude00","role":""},
      "finish_reason":null, "logprobs":{"content":[]}} , {"delta":{"content":"second"}} ],
      "usage":{"prompt_tokens":12,"nested":[[1,{}]]}, "done" : true, "error":{} }
    """#.utf8)

  private func field(_ path: String, in bytes: [UInt8]) -> JSONField? {
    let scanner = JSONScanner(path)
    var fields = scanner.emptyFields
    return scanner.scan(bytes, into: &fields) ? fields[0] : nil
  }

  @Test("one pass finds all fields")
  func manyFields() throws {
    let scanner = JSONScanner(
      "choices[0].delta.content", "choices[0].finish_reason", "usage", "usage.prompt_tokens",
      "choices[1].delta.content",
      "nothing.here", "done", "id")
    var fields = scanner.emptyFields
    #expect(scanner.scan(event, into: &fields))
    #expect(fields[0].string(in: event) == "a\né😀")
    #expect(fields[1].kind == .null)
    #expect(try fields[2].json(in: event).text == #"{"prompt_tokens":12,"nested":[[1,{}]]}"#)
    #expect(fields[3].int(in: event) == 12)
    #expect(fields[4].string(in: event) == "second")
    #expect(fields[5].isMissing)
    #expect(fields[6].bool == true)
    #expect(fields[7].string(in: event) == "x\"y{")
    var text: [UInt8] = []
    fields[4].appendText(in: event, to: &text)
    #expect(String(decoding: text, as: UTF8.self) == "second")
  }

  @Test(
    "emptiness is told without making values",
    arguments: [
      (#"{"a":""}"#, false), (#"{"a":" "}"#, true), (#"{"a":null}"#, false), (#"{"a":[ ]}"#, false),
      (#"{"a":[0]}"#, true), (#"{"a":{ }}"#, false), (#"{"a":{"b":0}}"#, true), (#"{"a":0}"#, true),
      (#"{"a":false}"#, false), (#"{"a":true}"#, true), (#"{"b":1}"#, false),
    ])
  func emptiness(text: String, isNonEmpty: Bool) {
    #expect(field("a", in: Array(text.utf8))?.isNonEmpty == isNonEmpty)
  }

  @Test(
    "a text that is cut short or no JSON is refused",
    arguments: [
      "", " ", "{", #"{"a"#, #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":1,"#, #"{"a":"x}"#, "{}x",
      "nul", #"{a:1}"#,
    ])
  func cutShort(text: String) {
    #expect(field("a", in: Array(text.utf8)) == nil)
  }

  @Test("keys match whole, also when long")
  func keys() {
    let text = Array(#"{"reasoning_contents":1,"reasoning_conten":2,"reasoning_content":3,"ab":4}"#.utf8)
    #expect(field("reasoning_content", in: text)?.int(in: text) == 3)
    #expect(field("ab", in: text)?.int(in: text) == 4)
    #expect(field("reasoning_content", in: text)?.equals("x", in: text) == false)
  }

  @Test("the scanner finds what the parser finds, whatever the spacing")
  func agreesWithParser() throws {
    let scanner = JSONScanner("choices[0].delta", "choices[1].delta.content", "usage.nested[0][1]", "error")
    for text in [try JSON(parsing: event).text, try JSON(parsing: event).pretty] {
      var fields = scanner.emptyFields
      let bytes = Array(text.utf8)
      #expect(scanner.scan(bytes, into: &fields))
      let json = try JSON(parsing: text)
      #expect(try fields[0].json(in: bytes) == json["choices"]?[0]?["delta"])
      #expect(try fields[1].json(in: bytes) == json["choices"]?[1]?["delta"]?["content"])
      #expect(try fields[2].json(in: bytes) == json["usage"]?["nested"]?[0]?[1])
      #expect(try fields[3].json(in: bytes) == json["error"])
    }
  }
}
