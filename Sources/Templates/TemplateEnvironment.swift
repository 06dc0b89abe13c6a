import Formats

/// A filter that a suite brings along: the value, then the arguments. Keyword arguments arrive as one
/// object behind the others.
public typealias TemplateFilter = @Sendable (_ value: JSON, _ arguments: [JSON]) throws -> JSON

/// Finds the source of a template that another one includes, imports or extends; nil when there is none.
///
/// The closure decides what may be read: it gets the name as written and should refuse what lies
/// outside its folder.
public typealias TemplateLoader = @Sendable (_ name: String) throws -> LoadedTemplate?

/// What a `TemplateLoader` found.
public struct LoadedTemplate: Sendable {
  public var source: String
  /// The file to name in messages.
  public var file: String

  public init(source: String, file: String) {
    self.source = source
    self.file = file
  }
}

/// What a template may reach beside its variables.
public struct TemplateEnvironment: Sendable {
  /// The global `env`: environment variables by name.
  public var env: [String: String]
  /// Which of the variables in `env` that look like secrets may be read.
  public var secrets: SecretAccess
  /// Filters of the suite; they win over built-in ones of the same name.
  public var filters: [String: TemplateFilter]
  /// For `include`, `import`, `from` and `extends`; without it these tags are refused.
  public var loader: TemplateLoader?
  /// Seed of the `random` filter: the same seed and template give the same text.
  public var seed: UInt64

  public init(
    env: [String: String] = [:], secrets: SecretAccess = .refused, filters: [String: TemplateFilter] = [:],
    loader: TemplateLoader? = nil, seed: UInt64 = 0
  ) {
    self.env = env
    self.secrets = secrets
    self.filters = filters
    self.loader = loader
    self.seed = seed
  }

  /// No environment variables, no files, built-in filters only.
  public static let standard = TemplateEnvironment()
}

/// Bounds that a template cannot pass; one that tries ends with an error.
public struct TemplateLimits: Sendable {
  /// The longest text, in bytes, that may be written or built on the way.
  public var outputBytes: Int
  /// Nodes evaluated, loop rounds, list items made and (per 64 bytes) text copied.
  public var steps: Int
  /// Macro calls and included templates within one another.
  public var calls: Int

  public init(outputBytes: Int = 32 << 20, steps: Int = 5_000_000, calls: Int = 50) {
    self.outputBytes = outputBytes
    self.steps = steps
    self.calls = calls
  }

  public static let standard = TemplateLimits()
}
