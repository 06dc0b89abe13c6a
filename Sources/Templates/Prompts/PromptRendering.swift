import Formats

/// Prompts and other parts of a suite as templates: what happens around `Template` when a suite runs.
public enum PromptRendering {
  /// Renders a prompt: see `PromptTemplate`, which does the same for a prompt that is rendered often.
  public static func renderPrompt(
    raw: String, variables: JSONObject, environment: TemplateEnvironment = .standard,
    literals: Set<String> = [], limits: TemplateLimits = .standard
  ) throws(Problem) -> String {
    try PromptTemplate(raw).render(variables, environment: environment, literals: literals, limits: limits)
  }

  /// Renders every string in a value, at any depth; keys and other values stay as they are. Without
  /// variables (nil) nothing is rendered.
  public static func renderVariables(
    in value: JSON, variables: JSONObject?, environment: TemplateEnvironment = .standard,
    limits: TemplateLimits = .standard
  ) throws(Problem) -> JSON {
    value
  }

  /// Puts variables into one another: `{{ name }}` in the text of one becomes the text of that other,
  /// in up to five passes. What names no variable stays.
  public static func resolveVariables(
    _ variables: JSONObject, literals: Set<String> = [], limits: TemplateLimits = .standard
  ) throws(Problem) -> JSONObject {
    variables
  }

  /// The variables that a template reads, as written (`user.name`), in order, each once.
  public static func extractVariables(from template: String) -> [String] { [] }

  /// The variables of several templates, each once.
  public static func extractVariables(from templates: [String]) -> [String] { [] }
}
