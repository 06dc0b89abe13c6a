/// A schema with an identifier of its own.
struct SchemaResource: Sendable {
  var uri: String
  var root: JSON
  var dialect: SchemaDialect
  /// Places by `$anchor` and `$dynamicAnchor`, as pointers from the root of this resource.
  var anchors: [String: [String]] = [:]
  /// The names among them that are dynamic, with their nodes once these exist.
  var dynamicAnchors: [String: Int] = [:]
  /// The node of the root, where `$recursiveAnchor` is true.
  var recursiveRoot: Int?
}

/// A place in a resource.
struct SchemaPlace: Hashable {
  var resource: Int
  /// Tokens from the root of the resource.
  var pointer: [String]
}

/// All documents at hand, cut into resources: what references are looked up in.
struct SchemaLibrary {
  private(set) var resources: [SchemaResource] = []
  private var numbers: [String: Int] = [:]
  private let registry: [String: JSON]
  private let defaultDraft: JSONSchema.Draft
  /// Documents that are being looked at for their dialect: meta-schemas may name themselves.
  private var pendingDialects: Set<String> = []

  init(draft: JSONSchema.Draft, registry: [String: JSON]) {
    defaultDraft = draft
    self.registry = Dictionary(registry.map { (URIReference($0.key).document, $0.value) }) { first, _ in first
    }
  }

  /// Takes in a document and every resource within it; gives the number of its root.
  mutating func add(_ document: JSON, uri: String) throws(Problem) -> Int {
    let dialect = try dialect(of: document) ?? SchemaDialect(draft: defaultDraft)
    var base = URIReference(uri)
    if let id = Self.identifier(of: document, dialect) { base = URIReference(id).resolved(against: base) }
    let root = register(document, uri: base.document, dialect)
    if numbers[uri] == nil { numbers[uri] = root }
    try survey(document, in: root, at: [], base: base, depth: 0)
    return root
  }

  private mutating func register(_ value: JSON, uri: String, _ dialect: SchemaDialect) -> Int {
    if numbers[uri] == nil { numbers[uri] = resources.count }
    resources.append(SchemaResource(uri: uri, root: value, dialect: dialect))
    return resources.count - 1
  }

  /// Finds the identifiers and anchors of a schema and its parts.
  private mutating func survey(
    _ schema: JSON, in resource: Int, at pointer: [String], base: URIReference, depth: Int
  ) throws(Problem) {
    guard case .object(let object) = schema else { return }
    if depth > 400 { throw Problem("this schema nests too deep") }
    var (resource, pointer, base) = (resource, pointer, base)
    var dialect = resources[resource].dialect
    if !pointer.isEmpty, let id = Self.identifier(of: schema, dialect) {
      dialect = try self.dialect(of: schema) ?? dialect
      base = URIReference(id).resolved(against: base)
      resource = register(schema, uri: base.document, dialect)
      pointer = []
    }
    noteAnchors(of: object, in: resource, at: pointer, dialect)
    for (keyword, value) in object {
      for part in SchemaParts.parts(of: keyword, value) {
        try survey(
          part.value, in: resource, at: pointer + [keyword] + part.tokens, base: base, depth: depth + 1)
      }
    }
  }

  private mutating func noteAnchors(
    of object: JSONObject, in resource: Int, at pointer: [String], _ dialect: SchemaDialect
  ) {
    if dialect.refStandsAlone {
      if object.contains("$ref") { return }
      if let id = object["$id"]?.string, id.hasPrefix("#"), id.count > 1 {
        resources[resource].anchors[String(id.dropFirst())] = pointer
      }
      return
    }
    if let anchor = object["$anchor"]?.string { resources[resource].anchors[anchor] = pointer }
    if dialect.draft == .draft2020, let anchor = object["$dynamicAnchor"]?.string {
      resources[resource].anchors[anchor] = pointer
      resources[resource].dynamicAnchors[anchor] = -1
    }
    if dialect.draft == .draft2019, pointer.isEmpty, object["$recursiveAnchor"] == true {
      resources[resource].recursiveRoot = -1
    }
  }

  /// The `$id` that makes a schema a resource; one that is only a fragment does not.
  static func identifier(of schema: JSON, _ dialect: SchemaDialect) -> String? {
    guard case .object(let object) = schema, let id = object["$id"]?.string, !id.hasPrefix("#") else {
      return nil
    }
    return dialect.refStandsAlone && object.contains("$ref") ? nil : id
  }

  /// The dialect that a schema's `$schema` names; nil without one.
  private mutating func dialect(of schema: JSON) throws(Problem) -> SchemaDialect? {
    guard let uri = schema["$schema"]?.string else { return nil }
    if let draft = SchemaDialect.draft(named: uri) { return SchemaDialect(draft: draft) }
    let document = URIReference(uri).document
    guard let metaschema = registry[document] else {
      throw Problem("unknown $schema \(JSON(uri).text)", mend: "known are the drafts 07, 2019-09 and 2020-12")
    }
    if !pendingDialects.insert(document).inserted { return nil }
    defer { pendingDialects.remove(document) }
    let draft = try dialect(of: metaschema)?.draft ?? defaultDraft
    guard let vocabularies = metaschema["$vocabulary"]?.object else { return SchemaDialect(draft: draft) }
    return SchemaDialect(draft: draft, vocabularies: vocabularies)
  }

  /// The place that a reference leads to from a resource, and the value there.
  mutating func resolve(_ reference: String, from resource: Int) throws(Problem) -> (SchemaPlace, JSON) {
    let target = URIReference(reference).resolved(against: URIReference(resources[resource].uri))
    guard let found = try number(of: target.document) else {
      throw Problem(
        "the reference \(JSON(reference).text) leads to a document that is not at hand: \(target.document)")
    }
    let fragment = URIReference.percentDecoded(target.fragment ?? "")
    if fragment.isEmpty || fragment.hasPrefix("/") {
      if let tokens = JSONPointer(fragment)?.tokens, let place = place(of: tokens, in: found) { return place }
    } else if let tokens = resources[found].anchors[fragment], let place = place(of: tokens, in: found) {
      return place
    }
    throw Problem("the reference \(JSON(reference).text) leads nowhere")
  }

  private mutating func number(of uri: String) throws(Problem) -> Int? {
    if let number = numbers[uri] { return number }
    if let document = registry[uri] { return try add(document, uri: uri) }
    if let text = Metaschemas.text(of: uri) {
      do {
        return try add(JSON(parsing: text), uri: uri)
      } catch let error as JSONError {
        throw error.problem(in: uri)
      } catch let problem as Problem {
        throw problem
      } catch {
        return nil
      }
    }
    return nil
  }

  /// Follows a pointer, over into resources that lie within this one.
  func place(of tokens: [String], in resource: Int) -> (SchemaPlace, JSON)? {
    var value = resources[resource].root
    var place = SchemaPlace(resource: resource, pointer: [])
    for token in tokens {
      guard let next = value[JSONPointer(tokens: [token])] else { return nil }
      value = next
      place.pointer.append(token)
      place = settled(place, value)
    }
    return (place, value)
  }

  /// The same place as the root of its own resource, when it is one.
  func settled(_ place: SchemaPlace, _ value: JSON) -> SchemaPlace {
    let resource = resources[place.resource]
    guard !place.pointer.isEmpty, let id = Self.identifier(of: value, resource.dialect) else { return place }
    let uri = URIReference(id).resolved(against: URIReference(resource.uri)).document
    guard let own = numbers[uri], resources[own].root == value else { return place }
    return SchemaPlace(resource: own, pointer: [])
  }

  mutating func setDynamicAnchor(_ name: String, of resource: Int, to node: Int) {
    resources[resource].dynamicAnchors[name] = node
  }

  mutating func setRecursiveRoot(of resource: Int, to node: Int) { resources[resource].recursiveRoot = node }
}

/// Where schemas stand within schemas.
enum SchemaParts {
  private static let single: Set<String> = [
    "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
  ]
  private static let lists: Set<String> = ["allOf", "anyOf", "items", "oneOf", "prefixItems"]
  private static let maps: Set<String> = [
    "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties",
  ]

  static func parts(of keyword: String, _ value: JSON) -> [(tokens: [String], value: JSON)] {
    switch value {
    case .object(let object) where maps.contains(keyword): object.map { ([$0.key], $0.value) }
    case .object where single.contains(keyword): [([], value)]
    case .array(let items) where lists.contains(keyword): items.enumerated().map { ([String($0)], $1) }
    case .null, .bool, .number, .string, .array, .object: []
    }
  }
}
