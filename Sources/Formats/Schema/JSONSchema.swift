/// A JSON Schema, compiled once, asked many times: drafts 2020-12, 2019-09 and 07.
///
///     let schema = try JSONSchema(JSON(parsing: #"{"type": "object", "required": ["name"]}"#))
///     for violation in schema.validate(reply) { print(violation) }  // /: must have property "name"
///
/// Nothing is fetched: references to other documents are looked up in `registry` and among the drafts' own schemas.
/// Hostile schemas are bounded: endless recursion and exponential work end in a violation that says so.
public struct JSONSchema: Sendable {
  public enum Draft: String, Sendable, CaseIterable {
    case draft7 = "http://json-schema.org/draft-07/schema"
    case draft2019 = "https://json-schema.org/draft/2019-09/schema"
    case draft2020 = "https://json-schema.org/draft/2020-12/schema"
  }

  let nodes: [SchemaNode]
  let resources: [SchemaResource]
  /// Whether any part asks what the others have looked at.
  let tracksEvaluated: Bool
  let limits: SchemaLimits

  /// - Parameters:
  ///   - draft: what holds where the schema has no `$schema`; drafts 04 and 06 are read as 07.
  ///   - registry: other documents that may be referred to, by their absolute URI.
  ///   - assertsFormats: whether `format` must hold, rather than being a remark. A schema whose own meta-schema requires
  ///     the format-assertion vocabulary always asserts them.
  /// - Throws: a problem that names the place in the schema that is wrong, or the reference that leads nowhere.
  public init(
    _ schema: JSON, draft: Draft = .draft2020, registry: [String: JSON] = [:], assertsFormats: Bool = false,
    limits: SchemaLimits = SchemaLimits()
  ) throws(Problem) {
    var compiler = SchemaCompiler(draft: draft, registry: registry, assertsFormats: assertsFormats)
    try compiler.compile(schema)
    nodes = compiler.finishedNodes
    resources = compiler.library.resources
    tracksEvaluated = compiler.tracksEvaluated
    self.limits = limits
  }

  /// What is wrong with a value: nothing when it follows the schema.
  public func validate(_ value: JSON) -> [SchemaViolation] {
    var evaluation = SchemaEvaluation(schema: self)
    return evaluation.violations(of: value)
  }

  public func isValid(_ value: JSON) -> Bool { validate(value).isEmpty }
}

/// One way in which a value breaks a schema.
public struct SchemaViolation: Sendable, Hashable, CustomStringConvertible {
  /// Where in the value, as a JSON pointer; empty for the whole.
  public var instancePath: String
  /// The way through the schema, references included: `/properties/a/$ref/type`.
  public var schemaPath: String
  /// What must be so: `must be string, not number`.
  public var message: String
  /// The work was cut short: whether the value follows the schema is not known.
  public var isUndecided = false

  public init(instancePath: String, schemaPath: String, message: String) {
    self.instancePath = instancePath
    self.schemaPath = schemaPath
    self.message = message
  }

  public var description: String { (instancePath.isEmpty ? "/" : instancePath) + ": " + message }
}

/// What a schema may ask of the evaluation.
public struct SchemaLimits: Sendable {
  /// Schemas within schemas, whether they step into the value or not.
  public var depth: Int
  /// Schemas applied in all.
  public var steps: Int
  /// Violations gathered before the rest is left out.
  public var violations: Int

  public init(depth: Int = 1_100, steps: Int = 2_000_000, violations: Int = 100) {
    self.depth = depth
    self.steps = steps
    self.violations = violations
  }
}
