import Formats

/// Reading CSV and YAML, matching patterns, judging by a schema: `assay-bench formats`.
func measureFormats(_ arguments: [String]) throws {
  try measureCSV("CSV, short fields", table { "\($0),case \($0),What is \($0) plus 17?,en\n" })
  try measureCSV(
    "CSV, quoted prose", table { "\($0),\"a text, with \"\"quotes\"\" and\na second line \($0)\",en\n" })

  let suite = (0..<2_000).map {
    "  - vars: {question: What is \($0) plus 17?}\n    assert:\n      - {type: contains, value: \"\($0 + 17)\"}\n"
  }
  let yaml = Array(("prompts: ['{{question}}']\ntests:\n" + suite.joined()).utf8)
  let reading = try leastNanoseconds { _ = try Node(parsingYAML: yaml, file: "suite.yaml") }
  report("YAML, a suite into located nodes", Double(yaml.count) / Double(reading) * 1e3, "MB/s")

  let schema = try JSONSchema(
    JSON(
      parsing: #"""
        {"type": "object", "required": ["city", "unit", "days"], "additionalProperties": false,
         "properties": {"city": {"type": "string", "minLength": 1}, "unit": {"enum": ["C", "F"]},
         "days": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 14}}}}
        """#))
  let call = try JSON(parsing: #"{"city": "Oslo", "unit": "C", "days": [0, 1, 2, 3]}"#)
  let judging = leastNanoseconds(rounds: 50) { for _ in 0..<1_000 { _ = schema.isValid(call) } }
  report("JSON Schema, the arguments of a tool call", Double(judging) / 1e6, "µs", decimals: 2)

  let pattern = try Pattern(#"\b\d{4}-\d{2}-\d{2}\b"#)
  let text = String(repeating: "The meeting was moved. ", count: 20) + "It is on 2026-11-25 now."
  let matching = try leastNanoseconds(rounds: 50) { for _ in 0..<1_000 { _ = try pattern.matches(in: text) } }
  report("a pattern found at the end of 480 characters", Double(matching) / 1e6, "µs", decimals: 2)
}

private func table(_ row: (Int) -> String) -> [UInt8] {
  Array(("id,name,question,language\n" + (0..<200_000).map(row).joined()).utf8)
}

private func measureCSV(_ what: String, _ bytes: [UInt8]) throws {
  var rows = 0
  let least = try leastNanoseconds(rounds: 5) {
    let reader = CSVReader(bytes: bytes, file: "table.csv")
    rows = 0
    while let row = try reader.next() { rows += row.fields.count > 1 ? 1 : 0 }
  }
  report(what, Double(bytes.count) / Double(least) * 1e3, "MB/s")
  report("\(what): rows", Double(rows) / Double(least) * 1e9, "rows/s", decimals: 0)
}
