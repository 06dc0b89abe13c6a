/// Reads the keywords of one schema that need no other schema, and says where a schema is wrong.
struct SchemaKeywords {
  let place: SchemaPlace
  let dialect: SchemaDialect
  var assertsFormats = false

  init(place: SchemaPlace, dialect: SchemaDialect) {
    self.place = place
    self.dialect = dialect
  }

  func problem(_ message: String, at tokens: [String]) -> Problem {
    Problem("schema, at #\(JSONPointer(tokens: place.pointer + tokens)): \(message)")
  }

  func assertions(of object: JSONObject) throws(Problem) -> [SchemaKeyword] {
    var keywords: [SchemaKeyword] = []
    if let value = object["type"] { keywords.append(.type(try types(value))) }
    if let value = object["const"] { keywords.append(.constant(value)) }
    if let value = object["enum"] {
      guard let values = value.array else { throw problem("must be a list of values", at: ["enum"]) }
      keywords.append(.oneOfValues(values))
    }
    if let value = object["multipleOf"] {
      guard let number = value.number, number > JSONNumber(0) else {
        throw problem("must be a number above zero", at: ["multipleOf"])
      }
      keywords.append(.multipleOf(number))
    }
    for bound in [SchemaBound.minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum] {
      guard let value = object[bound.rawValue] else { continue }
      guard let number = value.number else { throw problem("must be a number", at: [bound.rawValue]) }
      keywords.append(.bound(bound, number))
    }
    for size in [SchemaSize.minLength, .maxLength, .minItems, .maxItems, .minProperties, .maxProperties] {
      if let count = try count(size.rawValue, object) { keywords.append(.size(size, count)) }
    }
    if let value = object["pattern"] {
      guard let source = value.string else { throw problem("must be a string", at: ["pattern"]) }
      keywords.append(.pattern(try pattern(source, at: ["pattern"])))
    }
    if object["uniqueItems"] == true { keywords.append(.uniqueItems) }
    if let value = object["required"] { keywords.append(.required(try names(value, at: ["required"]))) }
    return keywords + (try dependencies(of: object))
  }

  /// `dependentRequired`, and the lists in `dependencies` of old.
  private func dependencies(of object: JSONObject) throws(Problem) -> [SchemaKeyword] {
    var keywords: [SchemaKeyword] = []
    for keyword in dialect.dependencyKeywords(newer: "dependentRequired") {
      guard let value = object[keyword] else { continue }
      guard let members = value.object else { throw problem("must be an object", at: [keyword]) }
      var needs: [(key: String, needs: [String])] = []
      for (key, value) in members where keyword == "dependentRequired" || value.array != nil {
        needs.append((key, try names(value, at: [keyword, key])))
      }
      if !needs.isEmpty { keywords.append(.dependentRequired(needs, keyword: keyword)) }
    }
    return keywords
  }

  func count(_ keyword: String, _ object: JSONObject) throws(Problem) -> Int? {
    guard let value = object[keyword] else { return nil }
    guard let number = value.number, number.isInteger, number >= JSONNumber(0) else {
      throw problem("must be a whole number, not below zero", at: [keyword])
    }
    return number.int ?? .max
  }

  func pattern(_ source: String, at tokens: [String]) throws(Problem) -> Pattern {
    do {
      return try Pattern(source, flags: "u")
    } catch {
      throw problem("no regular expression: \(error.message)", at: tokens)
    }
  }

  private func types(_ value: JSON) throws(Problem) -> SchemaTypes {
    var types: SchemaTypes = []
    for name in value.array ?? [value] {
      guard let known = SchemaTypes.names.first(where: { $0.name == name.string }) else {
        let near = name.string.flatMap { nearest(to: $0, in: SchemaTypes.names.map(\.name)) }
        throw problem(
          "no such type: \(name.text)\(near.map { "; did you mean \"\($0)\"?" } ?? "")", at: ["type"])
      }
      types.insert(known.type)
    }
    return types
  }

  private func names(_ value: JSON, at tokens: [String]) throws(Problem) -> [String] {
    guard let items = value.array, items.allSatisfy({ $0.string != nil }) else {
      throw problem("must be a list of names", at: tokens)
    }
    return items.compactMap(\.string)
  }
}
