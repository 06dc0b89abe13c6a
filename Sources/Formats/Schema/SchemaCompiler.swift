/// Turns schemas into nodes. Every part that is referred to becomes a node of its own, made when it is first needed.
struct SchemaCompiler {
  var library: SchemaLibrary
  private let assertsFormats: Bool
  private var numbers: [SchemaPlace: Int] = [:]
  private var nodes: [SchemaNode] = []
  private var pending: [(place: SchemaPlace, value: JSON, number: Int)] = []
  private var completedResources = 0
  private(set) var tracksEvaluated = false

  init(draft: JSONSchema.Draft, registry: [String: JSON], assertsFormats: Bool) {
    library = SchemaLibrary(draft: draft, registry: registry)
    self.assertsFormats = assertsFormats
  }

  var finishedNodes: [SchemaNode] { nodes }

  /// The whole schema becomes node 0.
  mutating func compile(_ schema: JSON) throws(Problem) {
    let root = try library.add(schema, uri: "")
    _ = node(at: SchemaPlace(resource: root, pointer: []), schema)
    repeat {
      while let next = pending.popLast() { try compile(next.value, at: next.place, as: next.number) }
    } while prepareDynamicTargets()
  }

  /// Dynamic references may lead into any resource at hand: their targets need nodes too.
  private mutating func prepareDynamicTargets() -> Bool {
    let start = pending.count
    while completedResources < library.resources.count {
      let number = completedResources
      completedResources += 1
      let resource = library.resources[number]
      for name in resource.dynamicAnchors.keys {
        guard let tokens = resource.anchors[name], let (place, value) = library.place(of: tokens, in: number)
        else {
          continue
        }
        library.setDynamicAnchor(name, of: number, to: node(at: place, value))
      }
      if resource.recursiveRoot != nil {
        let root = node(at: SchemaPlace(resource: number, pointer: []), resource.root)
        library.setRecursiveRoot(of: number, to: root)
      }
    }
    return pending.count > start
  }

  /// The node of a place, which is compiled later.
  private mutating func node(at place: SchemaPlace, _ value: JSON) -> Int {
    if let number = numbers[place] { return number }
    let number = nodes.count
    numbers[place] = number
    nodes.append(SchemaNode(resource: place.resource))
    pending.append((place, value, number))
    return number
  }

  private mutating func compile(_ value: JSON, at place: SchemaPlace, as number: Int) throws(Problem) {
    var reader = SchemaKeywords(place: place, dialect: library.resources[place.resource].dialect)
    reader.assertsFormats = assertsFormats || reader.dialect.assertsFormats
    switch value {
    case .bool(true): return
    case .bool(false): nodes[number].keywords = [.nothing]
    case .object(let object):
      let keywords = try self.keywords(of: object, &reader)
      nodes[number].keywords = keywords
    case .null, .number, .string, .array:
      throw reader.problem("a schema is an object, true or false, not \(value.typeName)", at: [])
    }
  }

  private mutating func keywords(of object: JSONObject, _ reader: inout SchemaKeywords) throws(Problem)
    -> [SchemaKeyword]
  {
    var keywords: [SchemaKeyword] = []
    if let reference = try self.reference(of: object, reader) {
      keywords.append(reference)
      if reader.dialect.refStandsAlone { return keywords }
    }
    keywords += try dynamicReferences(of: object, reader)
    if reader.dialect.hasValidation { keywords += try reader.assertions(of: object) }
    if reader.assertsFormats, let format = object["format"]?.string { keywords.append(.format(format)) }
    if reader.dialect.hasApplicators { keywords += try applicators(of: object, reader) }
    if reader.dialect.hasUnevaluated, reader.dialect.draft != .draft7 {
      if let rest = object["unevaluatedItems"] {
        keywords.append(.unevaluatedItems(part(["unevaluatedItems"], rest, reader)))
      }
      if let rest = object["unevaluatedProperties"] {
        keywords.append(.unevaluatedProperties(part(["unevaluatedProperties"], rest, reader)))
      }
      tracksEvaluated =
        tracksEvaluated || object.contains("unevaluatedItems") || object.contains("unevaluatedProperties")
    }
    return keywords
  }

  private mutating func part(_ tokens: [String], _ value: JSON, _ reader: SchemaKeywords) -> Int {
    let place = SchemaPlace(resource: reader.place.resource, pointer: reader.place.pointer + tokens)
    return node(at: library.settled(place, value), value)
  }

  private mutating func reference(of object: JSONObject, _ reader: SchemaKeywords) throws(Problem)
    -> SchemaKeyword?
  {
    guard let value = object["$ref"] else { return nil }
    guard let text = value.string else { throw reader.problem("must be a string", at: ["$ref"]) }
    return .reference(try target(of: text, "$ref", reader), keyword: "$ref")
  }

  private mutating func target(_ text: String, _ keyword: String, _ reader: SchemaKeywords) throws(Problem)
    -> (Int, SchemaPlace)
  {
    do {
      let (place, value) = try library.resolve(text, from: reader.place.resource)
      return (node(at: place, value), place)
    } catch {
      throw reader.problem(error.message, at: [keyword])
    }
  }

  private mutating func target(of text: String, _ keyword: String, _ reader: SchemaKeywords) throws(Problem)
    -> Int
  {
    try target(text, keyword, reader).0
  }

  private mutating func dynamicReferences(of object: JSONObject, _ reader: SchemaKeywords) throws(Problem)
    -> [SchemaKeyword]
  {
    switch reader.dialect.draft {
    case .draft7: return []
    case .draft2019:
      guard let text = object["$recursiveRef"]?.string else { return [] }
      let (number, place) = try target(text, "$recursiveRef", reader)
      let isRecursive = place.pointer.isEmpty && library.resources[place.resource].recursiveRoot != nil
      return [
        isRecursive ? .recursiveReference(otherwise: number) : .reference(number, keyword: "$recursiveRef")
      ]
    case .draft2020:
      guard let text = object["$dynamicRef"]?.string else { return [] }
      let (number, place) = try target(text, "$dynamicRef", reader)
      let name = URIReference.percentDecoded(URIReference(text).fragment ?? "")
      let resource = library.resources[place.resource]
      let isDynamic = resource.dynamicAnchors[name] != nil && resource.anchors[name] == place.pointer
      return [
        isDynamic
          ? .dynamicReference(name: name, otherwise: number) : .reference(number, keyword: "$dynamicRef")
      ]
    }
  }
}

extension SchemaCompiler {
  private mutating func applicators(of object: JSONObject, _ reader: SchemaKeywords) throws(Problem)
    -> [SchemaKeyword]
  {
    var keywords: [SchemaKeyword] = []
    if let parts = try list("allOf", object, reader) { keywords.append(.allOf(parts)) }
    if let parts = try list("anyOf", object, reader) { keywords.append(.anyOf(parts)) }
    if let parts = try list("oneOf", object, reader) { keywords.append(.oneOf(parts)) }
    if let value = object["not"] { keywords.append(.not(part(["not"], value, reader))) }
    if let value = object["if"] {
      let condition = part(["if"], value, reader)
      let yes = object["then"].map { part(["then"], $0, reader) }
      let no = object["else"].map { part(["else"], $0, reader) }
      keywords.append(.condition(if: condition, then: yes, else: no))
    }
    keywords += try dependencies(of: object, reader)
    if let value = object["propertyNames"] {
      keywords.append(.propertyNames(part(["propertyNames"], value, reader)))
    }
    if let members = try members(of: object, reader) { keywords.append(.properties(members)) }
    if let items = try items(of: object, reader) { keywords.append(.items(items)) }
    if let value = object["contains"] { keywords.append(try contains(value, object, reader)) }
    return keywords
  }

  private mutating func list(_ keyword: String, _ object: JSONObject, _ reader: SchemaKeywords)
    throws(Problem) -> [Int]?
  {
    guard let value = object[keyword] else { return nil }
    guard let items = value.array, !items.isEmpty else {
      throw reader.problem("must be a list of schemas", at: [keyword])
    }
    var parts: [Int] = []
    for (number, item) in items.enumerated() { parts.append(part([keyword, String(number)], item, reader)) }
    return parts
  }

  private func map(_ keyword: String, _ object: JSONObject, _ reader: SchemaKeywords) throws(Problem)
    -> JSONObject?
  {
    guard let value = object[keyword] else { return nil }
    guard let members = value.object else { throw reader.problem("must be an object", at: [keyword]) }
    return members
  }

  /// `dependentSchemas`, and `dependencies` of old, whose lists are looked after by the assertions.
  private mutating func dependencies(of object: JSONObject, _ reader: SchemaKeywords) throws(Problem)
    -> [SchemaKeyword]
  {
    var keywords: [SchemaKeyword] = []
    for keyword in reader.dialect.dependencyKeywords(newer: "dependentSchemas") {
      guard let members = try map(keyword, object, reader) else { continue }
      var parts: [(key: String, node: Int)] = []
      for (key, value) in members where value.array == nil {
        parts.append((key, part([keyword, key], value, reader)))
      }
      if !parts.isEmpty { keywords.append(.dependentSchemas(parts, keyword: keyword)) }
    }
    return keywords
  }

  private mutating func members(of object: JSONObject, _ reader: SchemaKeywords) throws(Problem)
    -> SchemaMembers?
  {
    var members = SchemaMembers()
    for (key, value) in try map("properties", object, reader) ?? [:] {
      members.named[key] = JSON(part(["properties", key], value, reader))
    }
    for (key, value) in try map("patternProperties", object, reader) ?? [:] {
      let pattern = try reader.pattern(key, at: ["patternProperties", key])
      members.patterns.append((pattern, part(["patternProperties", key], value, reader)))
    }
    if let value = object["additionalProperties"] {
      members.additional = part(["additionalProperties"], value, reader)
    }
    return members.named.isEmpty && members.patterns.isEmpty && members.additional == nil ? nil : members
  }

  private mutating func items(of object: JSONObject, _ reader: SchemaKeywords) throws(Problem) -> SchemaItems?
  {
    var items = SchemaItems()
    if reader.dialect.draft == .draft2020 {
      items.first = try list("prefixItems", object, reader) ?? []
      items.rest = object["items"].map { part(["items"], $0, reader) }
    } else if let value = object["items"], case .array(let values) = value {
      items.firstKeyword = "items"
      items.restKeyword = "additionalItems"
      for (number, item) in values.enumerated() {
        items.first.append(part(["items", String(number)], item, reader))
      }
      items.rest = object["additionalItems"].map { part(["additionalItems"], $0, reader) }
    } else {
      items.rest = object["items"].map { part(["items"], $0, reader) }
    }
    return items.first.isEmpty && items.rest == nil ? nil : items
  }

  private mutating func contains(_ value: JSON, _ object: JSONObject, _ reader: SchemaKeywords)
    throws(Problem) -> SchemaKeyword
  {
    let part = part(["contains"], value, reader)
    guard reader.dialect.draft != .draft7, reader.dialect.hasValidation else {
      return .contains(part, least: 1, most: nil, countsAsEvaluated: reader.dialect.draft == .draft2020)
    }
    return .contains(
      part, least: try reader.count("minContains", object) ?? 1,
      most: try reader.count("maxContains", object),
      countsAsEvaluated: reader.dialect.draft == .draft2020)
  }
}
