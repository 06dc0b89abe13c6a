import Testing

@testable import Formats

@Suite("JSON under mutated inputs")
struct JSONFuzzTests {
  private static let seeds = [
    #"{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"a\n\u00e9\ud83d\ude00"},"finish_reason":null}],"usage":null}"#,
    #"[1,-2.50,3e10,1E-7,0,-0,12345678901234567890,true,false,null,"",{},[]]"#,
    #"{"é":"日本語 😀","key with more than fifteen bytes":{"a":{"b":{"c":[[[[]]]]}}},"a":1,"a":2}"#,
    "  {\r\n\t\"x\" : [ \"\\\"\\\\\\/\\b\\f\\n\\r\\t\" ] }  ", #""\ud800\u0000""#,
  ]

  @Test("what is read is written and read again as the same; nothing crashes", arguments: [UInt64(1), 2])
  func readers(seed: UInt64) throws {
    var mutator = Mutator(seed: seed, alphabet: #"{}[]",:\u0123456789eE+-. tfn"# + "\n")
    let scanner = JSONScanner("choices[0].delta.content", "choices[0].finish_reason", "usage", "x[0]")
    var fields = scanner.emptyFields
    for number in 0..<(Mutator.count(5_000) / 2) {
      let bytes = mutator.mutate(Array(Self.seeds[number % Self.seeds.count].utf8))
      let isWell = scanner.scan(bytes, into: &fields)
      for field in fields { _ = (field.string(in: bytes), field.int(in: bytes), try? field.json(in: bytes)) }
      let located = try? Node(parsingJSON: bytes, file: "f")
      guard let json = try? JSON(parsing: bytes) else {
        #expect(located == nil, "seed \(seed), input \(number)")
        continue
      }
      // The scanner knows no byte order mark.
      #expect(isWell || bytes.starts(with: [0xEF, 0xBB, 0xBF]), "seed \(seed), input \(number)")
      #expect(located?.json == json, "seed \(seed), input \(number)")
      #expect(try JSON(parsing: json.bytes) == json, "seed \(seed), input \(number)")
      #expect(try JSON(parsing: json.canonical).canonical == json.canonical, "seed \(seed), input \(number)")
    }
  }

  @Test("paths and pointers made at random do no harm")
  func paths() throws {
    let paths = [
      "$.a[*]..b[1:2:-1]", "$[?@.a < 1 && !(@.b == 'x')]", "$..[?length(@) > count(@.*)]", "/a/0/~1~0",
    ]
    let value = try JSON(parsing: #"{"a":[{"b":"x"},{"a":1,"b":[1,2,3]}],"c":{"d":null}}"#)
    var mutator = Mutator(seed: 3, alphabet: "$.[]*?@()'\"&|!=<>:,0123-ab")
    for number in 0..<(Mutator.count(5_000) / 4) {
      let text = String(decoding: mutator.mutate(Array(paths[number % paths.count].utf8)), as: UTF8.self)
      _ = try? JSONPath(text).values(in: value, steps: 2_000)
      _ = JSONPointer(text).flatMap { value[$0] }
    }
  }

  @Test("schemas made at random do no harm")
  func schemas() throws {
    let value = try JSON(parsing: #"{"a":[{"b":"x"},{"a":1,"b":[1,2,3]}],"c":{"d":null}}"#)
    let schemas = [
      ##"{"$id":"http://x/a","properties":{"a":{"items":{"$ref":"#/$defs/n"}}},"$defs":{"n":{"anyOf":[{"$ref":"#"}]}}}"##,
      ##"{"$dynamicAnchor":"m","additionalProperties":{"$dynamicRef":"#m"},"unevaluatedItems":false,"minimum":1}"##,
      ##"{"$schema":"http://json-schema.org/draft-07/schema#","dependencies":{"a":["b"]},"pattern":"^a+$"}"##,
    ]
    var mutator = Mutator(seed: 4, alphabet: ##"{}[]",:#/$0123"##)
    for number in 0..<(Mutator.count(5_000) / 5) {
      guard let json = try? JSON(parsing: mutator.mutate(Array(schemas[number % schemas.count].utf8))) else {
        continue
      }
      let limits = SchemaLimits(depth: 100, steps: 2_000)
      _ = try? JSONSchema(json, assertsFormats: true, limits: limits).validate(value)
    }
  }

  @Test("values made at random survive writing and reading", arguments: [UInt64(11), 12])
  func roundTrip(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for number in 0..<500 {
      let value = Self.value(&random, depth: 0)
      for text in [value.text, value.pretty] {
        #expect(try JSON(parsing: text) == value, "seed \(seed), value \(number)")
      }
      #expect(
        try JSON(parsing: value.canonical).canonical == value.canonical, "seed \(seed), value \(number)")
    }
  }

  private static func value(_ random: inout SeededGenerator, depth: Int) -> JSON {
    switch random.next(below: depth > 4 ? 5 : 7) {
    case 0: .null
    case 1: .bool(random.next(below: 2) == 0)
    case 2: JSON(Int(truncatingIfNeeded: random.next() >> UInt64(random.next(below: 64))))
    case 3: number(&random)
    case 4: .string(text(&random))
    case 5: .array((0..<random.next(below: 6)).map { _ in value(&random, depth: depth + 1) })
    default:
      .object(
        JSONObject(
          (0..<random.next(below: 24)).map { _ in (text(&random), value(&random, depth: depth + 1)) }))
    }
  }

  private static func number(_ random: inout SeededGenerator) -> JSON {
    let value = Double(bitPattern: random.next())
    return JSON(value.isFinite ? value : 0.5)
  }

  private static func text(_ random: inout SeededGenerator) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<random.next(below: 20) {
      let bound = [0x20, 0x80, 0x800, 0x110000][random.next(below: 4)]
      if let scalar = UnicodeScalar(UInt32(random.next(below: bound))) { text.append(scalar) }
    }
    return String(text)
  }
}
