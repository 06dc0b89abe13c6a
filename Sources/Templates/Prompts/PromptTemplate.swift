import Formats

/// A prompt, compiled once: text, or JSON whose strings are templates.
public struct PromptTemplate: Sendable {
  public let raw: String

  public init(_ raw: String, file: String = "prompt", line: Int = 1) throws(Problem) {
    self.raw = raw
  }

  /// The prompt with these variables.
  ///
  /// - Parameter literals: variables whose text is put in as it is, never rendered: attacks, replies of
  ///   models, and other text that is not the author's.
  public func render(
    _ variables: JSONObject, environment: TemplateEnvironment = .standard, literals: Set<String> = [],
    limits: TemplateLimits = .standard
  ) throws(Problem) -> String {
    try Template(raw).render(variables, environment: environment, limits: limits)
  }
}
