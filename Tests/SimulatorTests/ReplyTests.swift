import Formats
import Testing

@testable import Simulator

struct ReplyTests {
  private static func author(
    _ model: String, _ question: String, expected: [String] = [], format: Ask.Format = .text, seed: UInt64 = 1
  ) -> Author {
    let ask = Ask(api: .chat, family: .openAI, model: model, body: .null)
    ask.messages = [.init(role: .user, text: question)]
    ask.expected = expected
    ask.format = format
    return Author(
      model: .named(model), draws: Draws(seed: seed, content: stableHash(question), sample: 0), ask: ask)
  }

  @Test(
    "a model gives the expected answer as often as its skill says",
    arguments: [
      ("sim-large", 0.92), ("sim-small", 0.74), ("sim-tiny", 0.5), ("sim-perfect", 1.0), ("sim-wrong", 0),
    ])
  func skill(name: String, skill: Double) {
    let count = 4000
    let right = (0..<count).filter { number in
      let answer = Self.author(name, "question \(number)", expected: ["Paris"]).answer(profile: .instant)
      #expect(answer.isRight == (answer.text == "Paris"))
      return answer.isRight == true
    }.count
    let error = 4 * (skill * (1 - skill) / Double(count)).squareRoot()
    #expect(abs(Double(right) / Double(count) - skill) <= error)
  }

  @Test(
    "a wrong answer never contains the right one",
    arguments: [
      "42", "0", "-7", "3.14", "yes", "NO", "true", "Paris", "B", "monday", #"{"a":1}"#, "[1]", "a dog",
    ])
  func wrong(expected: String) {
    for number in 0..<200 {
      let author = Self.author("sim-wrong", "q \(number)", expected: [expected])
      let answer = author.answer(profile: .instant)
      #expect(answer.text.lowercased().firstRange(ofText: expected.lowercased()) == nil, "\(answer.text)")
    }
  }

  @Test("lengths follow a log-normal around the model's median")
  func lengths() {
    let lengths = (0..<2000).map { number in
      Self.author("sim-small", "question \(number)").answer(profile: .instant).usage.output
    }.sorted()
    #expect((100...122).contains(lengths[1000]))
    #expect(lengths[1900] > 330)
  }

  @Test(
    "tokens cover the text and never cut a character",
    arguments: [
      "Hello, world!", "", "    indented\n\n\tcode {x: 1}", "Ünïcödé wörds 😀😀😀 und 漢字漢字漢字漢字", "a", " ",
    ])
  func tokens(text: String) {
    let bytes = Array(text.utf8)
    let ends = Tokens.ends(bytes)
    #expect(ends.count == Tokens.count(text))
    #expect(ends.last.map(Int.init) ?? 0 == bytes.count)
    var from = 0
    for end in ends {
      #expect(Int(end) > from)
      #expect(String(validating: bytes[from..<Int(end)], as: UTF8.self) != nil)
      from = Int(end)
    }
  }

  @Test("a schema is filled with what the user wrote, within its bounds")
  func schemas() throws {
    let schema = try JSON(
      parsing: #"""
        {"type":"object","required":["name","age","color","ids","nested","ref","either","note"],
         "$defs":{"place":{"type":"object","required":["city"],"properties":{"city":{"type":"string","minLength":3}}}},
         "properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":18,"maximum":40},
           "color":{"enum":["red","green"]},"ids":{"type":"array","minItems":3,"items":{"type":"integer"}},
           "nested":{"type":"object","properties":{"on":{"type":"boolean"}}},"ref":{"$ref":"#/$defs/place"},
           "either":{"anyOf":[{"type":"null"},{"type":"number"}]},"note":{"type":["string","null"],"maxLength":10},
           "optional":{"type":"string"}}}
        """#)
    for seed in 0..<50 as Range<UInt64> {
      let draws = Draws(seed: seed, content: 1, sample: 0)
      let filler = SchemaFiller(schema, hints: #"Call me "Ann", I am 33, in green."#, draws)
      let value = filler.value()
      #expect(value["name"] == "Ann")
      #expect(value["age"] == 33)
      #expect(value["color"]?.string.map { ["red", "green"].contains($0) } == true)
      #expect(value["ids"]?.array?.count == 3)
      #expect(value["nested"]?["on"]?.bool != nil)
      #expect(value["ref"]?["city"]?.string?.count ?? 0 >= 3)
      #expect(value["either"]?.double != nil)
      #expect(value["note"]?.string?.count ?? 99 <= 10)
      #expect(value["optional"] == nil)
    }
  }

  @Test("a schema that refers to itself comes to an end")
  func recursive() throws {
    let schema = try JSON(
      parsing: ##"{"type":"object","required":["next"],"properties":{"next":{"$ref":"#"}}}"##)
    let value = SchemaFiller(schema, hints: "", Draws(seed: 1, content: 1, sample: 0)).value()
    #expect(value["next"] != nil)
  }

  @Test("a grading prompt gets a verdict, and the one that is expected")
  func verdicts() throws {
    let prompt = """
      You are grading output according to a rubric. Reply with JSON {"reason": string, "pass": boolean, "score": number}.
      <Output>Paris</Output><Rubric>names the capital</Rubric>
      """
    for expected in ["pass", "fail"] {
      let answer = Self.author("sim-perfect", prompt, expected: [expected]).answer(profile: .instant)
      let verdict = try JSON(parsing: answer.text)
      #expect(verdict["pass"]?.bool == (expected == "pass"))
      #expect(verdict["reason"]?.string?.isEmpty == false)
      #expect((verdict["score"]?.double ?? -1 >= 0.5) == (expected == "pass"))
    }
    let schema: JSON = [
      "type": "object", "required": ["verdict", "score", "explanation"],
      "properties": [
        "verdict": ["enum": ["correct", "incorrect"]],
        "score": ["type": "integer", "minimum": 1, "maximum": 5],
        "explanation": ["type": "string"],
      ],
    ]
    let answer = Self.author("sim-perfect", "Judge it.", expected: ["pass"], format: .schema(schema))
      .answer(profile: .instant)
    let verdict = try JSON(parsing: answer.text)
    #expect(verdict["verdict"] == "correct")
    #expect(verdict["score"] == 5)
  }

  @Test("embeddings of like texts lie closer than those of unlike ones")
  func embeddings() {
    func likeness(_ a: String, _ b: String) -> Float {
      zip(Embedding.vector(a, dimensions: 512), Embedding.vector(b, dimensions: 512)).reduce(0) {
        $0 + $1.0 * $1.1
      }
    }
    #expect(likeness("the red car", "the red car") > 0.999)
    #expect(likeness("the red car", "a red car") > likeness("the red car", "tax law in Norway") + 0.3)
    #expect(Embedding.vector("", dimensions: 8).contains { $0 != 0 })
  }
}
