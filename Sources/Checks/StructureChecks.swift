import Formats

/// Checks of the output as JSON.
enum JSONChecks {
  static let all: [String: PureCheck] = [
    "is-json": isJSON, "contains-json": containsJSON, "json-path": jsonPath,
  ]

  private static func isJSON(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let value: JSON
    if input.output.isContainer {
      value = input.output
    } else {
      do { value = try JSON(parsing: input.text) } catch {
        return .holds(false, "the output is not JSON: \(error)")
      }
    }
    switch schema(check) {
    case .absent: return .holds(true, "the output is JSON")
    case .wrong(let why): return .undecided(why)
    case .schema(let schema): return fits(value, schema)
    }
  }

  private static func fits(_ value: JSON, _ schema: JSONSchema) -> Finding {
    let violations = schema.validate(value)
    if violations.isEmpty { return .holds(true, "the JSON fits the schema") }
    if let cut = violations.first(where: \.isUndecided) {
      return .undecided("the JSON was not held against the whole schema: \(excerpt(cut.message))")
    }
    let list = violations.prefix(3).map { "\($0.instancePath.isEmpty ? "/" : $0.instancePath) \($0.message)" }
    let more = violations.count > 3 ? " and \(violations.count - 3) more" : ""
    return .holds(false, "the JSON does not fit the schema: \(excerpt(list.joined(separator: "; ")))\(more)")
  }

  private enum SchemaValue {
    case absent
    case wrong(String)
    case schema(JSONSchema)
  }

  /// An object, or the text of one in YAML or JSON.
  private static func schema(_ check: CheckSpecView) -> SchemaValue {
    var value: JSON
    switch check.value {
    case nil, .null: return .absent
    case .string(let text):
      if let known = Compiled.schema(writtenAs: text) { return .schema(known) }
      do { value = try Node(parsingYAML: text, file: "schema").json } catch {
        return .wrong("the schema can't be read: \(error.message)")
      }
      if value.isNull { return .absent }
      do { return .schema(try Compiled.schema(value, writtenAs: text)) } catch {
        return .wrong("the schema is wrong: \(error)")
      }
    case .some(let other): value = other
    }
    if value.isNull { return .absent }
    do { return .schema(try Compiled.schema(value)) } catch {
      return .wrong("the schema is wrong: \(error)")
    }
  }

  private static func containsJSON(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let (found, isWhole) =
      input.output.isContainer ? ([input.output], true) : embeddedJSON(in: input.text)
    func nothing(_ finding: Finding) -> Finding {
      // What was not looked at may hold what is looked for.
      isWhole ? finding : .undecided("the output has too many brackets to look for JSON in all of them")
    }
    guard !found.isEmpty else { return nothing(.holds(false, "the output contains no JSON")) }
    switch schema(check) {
    case .absent: return .holds(true, "the output contains JSON")
    case .wrong(let why): return .undecided(why)
    case .schema(let schema):
      var last = Finding.holds(false, "")
      for value in found.reversed() {
        last = fits(value, schema)
        if case .decided(false, _, _) = last { continue }
        if case .undecided = last { return last }
        return .holds(true, "the output contains JSON that fits the schema")
      }
      return nothing(last)
    }
  }

  /// `$.a.b` alone must find something; `{path, equals}` or `{path, matches}` says what.
  private static func jsonPath(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let source = check.value?.string ?? check.value?["path"]?.string else {
      return .undecided("\"json-path\" needs a path, or {path, equals}")
    }
    guard let value = input.output.isContainer ? input.output : try? JSON(parsing: input.text) else {
      return .holds(false, "the output is not JSON")
    }
    do {
      let found = try JSONPath(source).values(in: value)
      guard let first = found.first else { return .holds(false, "nothing stands at \(source)") }
      if let wanted = check.value?["equals"] {
        let holds = found.contains(wanted)
        return .holds(
          holds, "at \(source) stands \(excerpt(first.text))" + (holds ? "" : ", not \(excerpt(wanted.text))")
        )
      }
      if let pattern = check.value?["matches"]?.string {
        let holds = try Compiled.pattern(pattern).matches(in: first.string ?? first.text)
        return .holds(
          holds,
          "\(excerpt(first.text)) at \(source) \(holds ? "matches" : "does not match") /\(excerpt(pattern))/")
      }
      return .holds(true, "at \(source) stands \(excerpt(first.text))")
    } catch {
      return .undecided("\(source): \(error)")
    }
  }
}

/// JSON objects and arrays that stand in a text, outermost first; strict, and bounded in work: `isWhole` says
/// whether all of the text was looked at.
func embeddedJSON(in text: String, most: Int = 100) -> (found: [JSON], isWhole: Bool) {
  let bytes = Array(text.utf8)
  var found: [JSON] = []
  var place = 0
  // Bytes that may be read again and again: each bracket may need all that follows it.
  var budget = 8 << 20
  while place < bytes.count {
    let byte = bytes[place]
    guard byte == 0x7B || byte == 0x5B else {
      place += 1
      continue
    }
    if found.count == most || budget < 0 { return (found, false) }
    let end = balancedEnd(bytes, from: place)
    budget -= (end ?? min(bytes.count, place + 1 << 20)) - place
    guard let end, let value = try? JSON(parsing: Array(bytes[place..<end])) else {
      place += 1
      continue
    }
    // A bracket around a word or number is rarely meant as JSON.
    if case .array(let items) = value, items.isEmpty {
      place = end
      continue
    }
    found.append(value)
    place = end
  }
  return (found, true)
}

/// One past the bracket that closes the one at `start`; strings are skipped. Nil when none does in 1 MiB.
private func balancedEnd(_ bytes: [UInt8], from start: Int) -> Int? {
  var depth = 0
  var isString = false
  var place = start
  let limit = min(bytes.count, start + (1 << 20))
  while place < limit {
    let byte = bytes[place]
    if isString {
      if byte == 0x5C { place += 1 } else if byte == 0x22 { isString = false }
    } else {
      switch byte {
      case 0x22: isString = true
      case 0x7B, 0x5B: depth += 1
      case 0x7D, 0x5D:
        depth -= 1
        if depth == 0 { return place + 1 }
      default: break
      }
    }
    place += 1
  }
  return nil
}
