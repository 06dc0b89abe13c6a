import Testing

@testable import Formats

@Suite("JSON Schema")
struct SchemaTests {
  private func violations(_ schema: String, _ value: String, assertsFormats: Bool = false) throws -> [String]
  {
    try JSONSchema(JSON(parsing: schema), assertsFormats: assertsFormats).validate(JSON(parsing: value)).map {
      "\($0.instancePath) \($0.schemaPath) \($0.message)"
    }
  }

  @Test(
    "a violation says where in the value and the schema, and what must be so",
    arguments: [
      (#"{"type":"string"}"#, "1", [" /type must be string, not number"]),
      (#"{"type":["integer","null"]}"#, "1.5", [" /type must be null or integer, not number"]),
      (
        ##"{"properties":{"a/b":{"$ref":"#/$defs/n"}},"$defs":{"n":{"minimum":3}}}"##, #"{"a/b":2}"#,
        ["/a~1b /properties/a~1b/$ref/minimum must be at least 3"]
      ),
      (
        #"{"required":["a","b"],"additionalProperties":false}"#, #"{"c":1}"#,
        [
          #"/c /additionalProperties property "c" is not allowed"#,
          #" /required must have property "a""#, #" /required must have property "b""#,
        ]
      ),
      (#"{"enum":["a",1]}"#, "2", [#" /enum must be one of "a", 1"#]),
      (
        #"{"items":{"maxLength":2}}"#, #"["ab","abc"]"#,
        ["/1 /items/maxLength must have at most 2 characters, has 3"]
      ),
      (#"{"multipleOf":0.01}"#, "0.075", [" /multipleOf must be a multiple of 0.01"]),
      (#"{"uniqueItems":true}"#, "[1,2,1.0]", [" /uniqueItems must not have equal items: 0 and 2 are"]),
      (
        #"{"oneOf":[{"type":"number"},{"minimum":2}]}"#, "3",
        [" /oneOf must match one alternative only, matches 0 and 1"]
      ),
      (
        #"{"anyOf":[{"type":"null"},{"properties":{"a":{"type":"string"}}}]}"#, #"{"a":1}"#,
        [
          " /anyOf matches none of the 2 alternatives",
          "/a /anyOf/1/properties/a/type must be string, not number",
        ]
      ),
      (#"{"not":{"type":"string"}}"#, #""""#, [" /not must not match the schema"]),
      (
        #"{"contains":{"type":"null"}}"#, "[1]",
        [" /contains must contain at least 1 matching item, contains 0"]
      ),
      (
        #"{"dependentRequired":{"a":["b"]}}"#, #"{"a":1}"#,
        [#" /dependentRequired/a must have property "b", as it has "a""#]
      ),
      (#"{"allOf":[true,false]}"#, "1", [" /allOf/1 nothing is allowed here"]),
      (#"{"pattern":"^a+$"}"#, #""ab""#, [" /pattern must match /^a+$/"]),
    ])
  func messages(schema: String, value: String, expected: [String]) throws {
    #expect(try Set(violations(schema, value)) == Set(expected))
  }

  @Test(
    "a schema that is wrong is refused, with its place",
    arguments: [
      (
        #"{"properties":{"a":{"type":"strin"}}}"#,
        #"schema, at #/properties/a/type: no such type: "strin"; did you mean "string"?"#
      ),
      (##"{"$ref":"#/$defs/none"}"##, ##"schema, at #/$ref: the reference "#/$defs/none" leads nowhere"##),
      (
        #"{"$ref":"https://example.com/x"}"#,
        #"schema, at #/$ref: the reference "https://example.com/x" leads to a document that is not at hand: https://example.com/x"#
      ),
      (#"{"minLength":-1}"#, "schema, at #/minLength: must be a whole number, not below zero"),
      (#"{"items":3}"#, "schema, at #/items: a schema is an object, true or false, not number"),
      (#"{"$schema":"https://example.com/own"}"#, #"unknown $schema "https://example.com/own""#),
    ])
  func wrongSchemas(schema: String, message: String) throws {
    let json = try JSON(parsing: schema)
    let problem = #expect(throws: Problem.self) { try JSONSchema(json) }
    #expect(problem?.message == message)
  }

  @Test("a pattern that is no regular expression is refused")
  func wrongPattern() throws {
    #expect(throws: Problem.self) { try JSONSchema(["pattern": "("]) }
  }

  @Test("a schema that goes round in circles ends")
  func endlessRecursion() throws {
    #expect(try violations(##"{"$ref":"#"}"##, "1").count == 1)
    #expect(try violations(##"{"anyOf":[{"$ref":"#"},{"not":{"$ref":"#"}}]}"##, "1").count == 1)
    let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    #expect(try violations(##"{"items":{"$ref":"#"}}"##, deep) == [])
  }

  @Test("a schema that doubles the work at each step is cut short")
  func exponentialWork() throws {
    var definitions: [String] = []
    for level in 0..<40 {
      definitions.append(
        ##""d\##(level)":{"allOf":[{"$ref":"#/$defs/d\##(level + 1)"},{"$ref":"#/$defs/d\##(level + 1)"}]}"##)
    }
    let schema = ##"{"$ref":"#/$defs/d0","$defs":{\##(definitions.joined(separator: ",")),"d40":true}}"##
    let limits = SchemaLimits(steps: 10_000)
    let found = try JSONSchema(JSON(parsing: schema), limits: limits).validate(1)
    #expect(found.map(\.message) == ["the schema asks for too much work: more than 10000 steps"])
  }

  @Test("other documents come from the registry only")
  func registry() throws {
    let schema = try JSONSchema(
      ["$ref": "https://example.com/shapes#/$defs/point"],
      registry: ["https://example.com/shapes": ["$defs": ["point": ["required": ["x"]]]]])
    #expect(schema.isValid(["x": 1]))
    #expect(!schema.isValid([:]))
  }

  @Test("formats hold only where that is asked for")
  func formats() throws {
    let schema = #"{"format":"date-time"}"#
    #expect(try violations(schema, #""yesterday""#) == [])
    #expect(
      try violations(schema, #""yesterday""#, assertsFormats: true) == [
        " /format must be a well-formed date-time"
      ])
    #expect(try violations(schema, #""2024-02-29T23:59:60Z""#, assertsFormats: true) == [])
  }

  @Test("the drafts' own schemas are at hand")
  func metaschemas() throws {
    for draft in JSONSchema.Draft.allCases {
      let schema = try JSONSchema(["$ref": JSON(draft.rawValue)])
      #expect(schema.isValid(["type": "object", "properties": ["a": true]]))
      #expect(!schema.isValid(["type": "objekt"]))
    }
  }

  @Test("keys that look alike but differ in code points are different properties")
  func exactKeys() throws {
    let schema = try JSONSchema(["properties": ["\u{E9}": ["type": "string"]]])
    #expect(schema.isValid(["e\u{301}": 1]))
    #expect(!schema.isValid(["\u{E9}": 1]))
  }
}
