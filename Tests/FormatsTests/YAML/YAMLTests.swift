import Formats
import Testing

@Suite("YAML")
struct YAMLTests {
  static let values: [(yaml: String, json: String)] = [
    ("", "null"), ("~", "null"), ("null", "null"), ("Null", "null"), ("nULL", #""nULL""#),
    ("true", "true"), ("False", "false"), ("TRUE", "true"), ("tRUE", #""tRUE""#),
    ("yes", #""yes""#), ("no", #""no""#), ("on", #""on""#), ("off", #""off""#), ("y", #""y""#),
    ("0", "0"), ("-0", "-0"), ("12", "12"), ("+12", "12"), ("-7", "-7"), ("1_000", "1000"), ("_1", #""_1""#),
    ("1_", #""1_""#), ("007", "7"), ("0o17", "15"), ("0o18", #""0o18""#), ("0x1F", "31"),
    ("0xfg", #""0xfg""#),
    ("0b101", "5"), ("-0x10", "-16"), ("12345678901234567890123", "12345678901234567890123"),
    ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"), ("0x", #""0x""#),
    ("1.50", "1.50"), ("1.", "1"), (".5", "0.5"), ("-.5", #""-.5""#), ("1e3", "1e3"), ("1.5E-3", "1.5e-3"),
    ("1e", #""1e""#), ("1.2.3", #""1.2.3""#), (".", #"".""#), ("-", "[null]"), ("+", #""+""#),
    (".inf", "null"),
    ("12:30:45", #""12:30:45""#), ("190:20:30", #""190:20:30""#),
    ("2026-03-01", #""2026-03-01T00:00:00.000Z""#), ("2026-3-1", #""2026-3-1""#),
    ("2001-12-14t21:59:43.10-05:00", #""2001-12-15T02:59:43.100Z""#),
    ("2001-12-14 21:59:43.1 -5", #""2001-12-15T02:59:43.100Z""#),
    ("2001-12-15 2:59:43.10", #""2001-12-15T02:59:43.100Z""#), ("2026-02-30", #""2026-03-02T00:00:00.000Z""#),
    ("'it''s'", #""it's""#), (#""a\tb\u00e9\x41\U0001F600""#, "\"a\\tbéA😀\""), ("'12'", #""12""#),
    (#""\ud83d\ude00 \uD83D\uDE01""#, "\"😀 😁\""),
    ("a: \"x\"\nb: \"\\ud83d\\ude00\"", "{\"a\":\"x\",\"b\":\"😀\"}"),
    ("a: 1\nb: [x, 'y', {z: 2}]", #"{"a":1,"b":["x","y",{"z":2}]}"#),
    ("a:\n- 1\n-\n  b: 2", #"{"a":[1,{"b":2}]}"#),
    ("a: |\n  one\n   two\n\n", #"{"a":"one\n two\n"}"#), ("a: |-\n  one\n  two\n", #"{"a":"one\ntwo"}"#),
    ("a: |+\n  one\n\nb: 1", #"{"a":"one\n\n","b":1}"#),
    ("a: >\n  one\n  two\n\n  three\n", #"{"a":"one two\nthree\n"}"#),
    ("a: |2\n    one\n", #"{"a":"  one\n"}"#), ("a: one\n  two", #"{"a":"one two"}"#),
    ("{\"a\":1,\"b\":[true,null]}", #"{"a":1,"b":[true,null]}"#), ("a: # comment\n  b", #"{"a":"b"}"#),
    (
      "1: a\n1.5: b\n2.0: x\ntrue: c\nnull: d\n0x10: e",
      #"{"1":"a","1.5":"b","2":"x","true":"c","null":"d","16":"e"}"#
    ),
    ("? [a, 1]\n: b", #"{"a,1":"b"}"#),
    ("a: &x [1, 2]\nb: *x", #"{"a":[1,2],"b":[1,2]}"#), ("a: &x 1\nb: &x 2\nc: *x", #"{"a":1,"b":2,"c":2}"#),
    ("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n  z: 4", #"{"a":{"x":1,"y":2},"b":{"x":1,"y":3,"z":4}}"#),
    ("a: &a {x: 1}\nb: {x: 0, <<: *a}", #"{"a":{"x":1},"b":{"x":0}}"#),
    (
      "- &a {x: 1, y: 1}\n- &b {x: 2, z: 2}\n- <<: [*a, *b]\n  z: 3",
      #"[{"x":1,"y":1},{"x":2,"z":2},{"x":1,"y":1,"z":3}]"#
    ),
    ("'<<': 1", #"{"<<":1}"#), ("<<: {a: 1}\n<<: {b: 2}", #"{"a":1,"b":2}"#),
    ("!!str 12", #""12""#), ("!!int '12'", "12"), ("!!float 1", "1"), ("!!null ''", "null"),
    ("!!bool 'true'", "true"),
    ("! 12", #""12""#), ("!!seq [a]", #"["a"]"#), ("!!map {a: 1}", #"{"a":1}"#),
    ("!!set {a, b}", #"{"a":null,"b":null}"#),
    ("!!pairs [a: 1, a: 2]", #"[["a",1],["a",2]]"#), ("a: !!str\nb: !!str 1", #"{"a":"","b":"1"}"#),
    ("--- a\n...", #""a""#), ("%YAML 1.2\n---\na: 1", #"{"a":1}"#),
    ("\u{FEFF}a: 1", #"{"a":1}"#),
  ]

  @Test("values are what js-yaml makes of them", arguments: values)
  func readsValues(yaml: String, json: String) throws {
    #expect(try Node(parsingYAML: yaml, file: "a.yaml").json.text == json)
  }

  static let mistakes: [(yaml: String, place: String, words: String)] = [
    ("a: 1\nb: 2\na: 3", "3:1", "the key \"a\" is here twice: first on line 1"),
    ("{a: 1, b: 2, a: 3}", "1:14", "twice"), ("1: a\n'1': b", "2:1", "twice"),
    ("a: *b", "1:4", "unknown alias \"*b\""), ("a: &b [1, *b]", "1:11", "inside the value that it names"),
    ("a: !foo x", "1:4", "unknown tag !foo"), ("a: !!int x", "1:4", "\"x\" is no !!int value"),
    ("a: !!str [1]", "1:4", "a list cannot be !!str"),
    ("a: {{ name }}", "1:5", "a key cannot be a list or a mapping"),
    ("a: b: c", "1:5", "\":\" is not possible here"),
    ("a:\n\t- b", "2:1", "a value cannot begin with this character"),
    ("a: 'x\nb: 1\n", "1:4", "never closed"), ("a: [1, 2\nb: 3", "2:2", "lacks"),
    ("a: @x", "1:4", "cannot begin"),
    ("a: \"\\q\"", "1:5", "unknown escape"), ("a: \"\\ud83d\"", "1:7", "surrogate"),
    ("<<: 1", "1:1", "can merge only"), ("<<: [1]", "1:1", "can merge only"),
    ("a: 1\n b: 2", "2:3", "\":\" is not possible here"),
    ("a: 1\nb\nc: 1", "2:1", "a key without \":\""), ("a: \u{1}", "1:4", "control character"),
    ("- a\nb: 1", "2:1", "no list item"), ("a: 1\n---\nb: 2", "3:1", "a second document"),
    ("é: \"é\" x", "1:8", "no key where one was expected"),
  ]

  @Test("mistakes say where they are and what is wrong", arguments: mistakes)
  func tellsMistakes(yaml: String, place: String, words: String) throws {
    let problem = try #require(throws: Problem.self) { try Node(parsingYAML: yaml, file: "a.yaml") }
    #expect(problem.location?.description == "a.yaml:\(place)", "\(problem.message)")
    #expect(problem.message.contains(words), "\(problem.message)")
  }

  @Test(
    "infinities are numbers that print as in JavaScript",
    arguments: [(".inf", "Infinity"), ("-.INF", "-Infinity"), (".NaN", "NaN")])
  func infinities(yaml: String, text: String) throws {
    #expect(try Node(parsingYAML: yaml, file: "a.yaml").json.number?.javaScriptText == text)
  }

  @Test("every value knows its place")
  func places() throws {
    let yaml = "a: 1\nbé: {c: d}\ne:\n  - f\n  - |\n    one\n    two\n  - \"q\"\n"
    let root = try Node(parsingYAML: yaml, file: "s.yaml")
    #expect(root["a"]?.location.description == "s.yaml:1:4")
    #expect(root["bé"]?["c"]?.location.description == "s.yaml:2:9")
    #expect(root.members?[1].key.location.description == "s.yaml:2:1")
    let items = try #require(root["e"]?.array)
    #expect(items[0].location.description == "s.yaml:4:5")
    #expect(items[1].style == .literal)
    #expect(items[1].location(ofLine: 2, column: 3).description == "s.yaml:7:7")
    #expect(items[2].location(ofLine: 1, column: 1).description == "s.yaml:8:6")
  }

  @Test("several documents are a list")
  func documents() throws {
    let documents = try Node.parseYAML("a: &x 1\n---\n- 2\n---\n", file: "a.yaml")
    #expect(documents.map(\.json.text) == [#"{"a":1}"#, "[2]", "null"])
    #expect(throws: Problem.self) { try Node.parseYAML("a: &x 1\n---\nb: *x", file: "a.yaml") }
    #expect(try Node.parseYAML("# nothing\n", file: "a.yaml").isEmpty)
  }

  @Test("a few lines of aliases do not unfold to billions of values")
  func bombs() throws {
    var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for i in 1...9 {
      yaml += "a\(i): &a\(i) [\((0..<10).map { _ in "*a\(i - 1)" }.joined(separator: ", "))]\n"
    }
    let problem = try #require(throws: Problem.self) { try Node(parsingYAML: yaml, file: "a.yaml") }
    #expect(problem.message.contains("aliases unfold to more than"))
  }

  @Test("depth is bounded, also through aliases")
  func depth() throws {
    #expect(throws: Problem.self) {
      try Node(parsingYAML: String(repeating: "[", count: 100_000), file: "a.yaml")
    }
    var nested = "- &a0 [x]\n"
    for i in 1...300 { nested += "- &a\(i) [*a\(i - 1)]\n" }
    let problem = try #require(throws: Problem.self) { try Node(parsingYAML: nested, file: "a.yaml") }
    #expect(problem.message == "nested deeper than 200 levels")
  }

  @Test("text that is not UTF-8 is refused with its place")
  func encoding() throws {
    let problem = try #require(throws: Problem.self) {
      try Node(parsingYAML: Array("a: 1\nb: ".utf8) + [0xFF, 0x0A], file: "a.yaml")
    }
    #expect(problem.location?.description == "a.yaml:2:4")
    #expect(problem.mend == "save the file as UTF-8")
  }
}
