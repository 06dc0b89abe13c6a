/// A schema or a part of one, ready to be applied. Nodes name each other by their number, so that schemas may refer
/// to themselves.
struct SchemaNode: Sendable {
  /// The resource it belongs to, for dynamic references.
  var resource: Int
  var keywords: [SchemaKeyword] = []
}

/// One thing that a schema demands, in the order in which it is looked at: `unevaluated...` come last.
enum SchemaKeyword: Sendable {
  /// The schema `false`.
  case nothing
  case type(SchemaTypes)
  case oneOfValues([JSON])
  case constant(JSON)
  case multipleOf(JSONNumber)
  case bound(SchemaBound, JSONNumber)
  case size(SchemaSize, Int)
  case pattern(Pattern)
  case format(String)
  case uniqueItems
  case required([String])
  case dependentRequired([(key: String, needs: [String])], keyword: String)

  case reference(Int, keyword: String)
  case dynamicReference(name: String, otherwise: Int)
  case recursiveReference(otherwise: Int)
  case allOf([Int])
  case anyOf([Int])
  case oneOf([Int])
  case not(Int)
  case condition(if: Int, then: Int?, else: Int?)
  case dependentSchemas([(key: String, node: Int)], keyword: String)
  case properties(SchemaMembers)
  case propertyNames(Int)
  case items(SchemaItems)
  case contains(Int, least: Int, most: Int?, countsAsEvaluated: Bool)
  case unevaluatedItems(Int)
  case unevaluatedProperties(Int)
}

struct SchemaTypes: OptionSet, Sendable {
  let rawValue: UInt8
  static let null = SchemaTypes(rawValue: 1)
  static let boolean = SchemaTypes(rawValue: 2)
  static let number = SchemaTypes(rawValue: 4)
  static let integer = SchemaTypes(rawValue: 8)
  static let string = SchemaTypes(rawValue: 16)
  static let array = SchemaTypes(rawValue: 32)
  static let object = SchemaTypes(rawValue: 64)

  static let names: [(name: String, type: SchemaTypes)] = [
    ("null", .null), ("boolean", .boolean), ("number", .number), ("integer", .integer), ("string", .string),
    ("array", .array), ("object", .object),
  ]

  var text: String { Self.names.filter { contains($0.type) }.map(\.name).joined(separator: " or ") }
}

enum SchemaBound: String, Sendable {
  case minimum, maximum, exclusiveMinimum, exclusiveMaximum
}

enum SchemaSize: String, Sendable {
  case minLength, maxLength, minItems, maxItems, minProperties, maxProperties
}

/// `properties`, `patternProperties` and `additionalProperties` of one schema.
struct SchemaMembers: Sendable {
  /// The nodes as numbers, by key.
  var named = JSONObject()
  var patterns: [(pattern: Pattern, node: Int)] = []
  var additional: Int?
}

/// The first items each with a schema of its own, and the rest.
struct SchemaItems: Sendable {
  var first: [Int] = []
  var rest: Int?
  var firstKeyword = "prefixItems"
  var restKeyword = "items"
}
