import Formats

/// Prompts and other parts of a suite as templates: what happens around `Template` when a suite runs.
public enum PromptRendering {
  /// Renders a prompt once; `PromptTemplate` does the same for a prompt that is rendered often.
  public static func renderPrompt(
    raw: String, variables: JSONObject, environment: TemplateEnvironment = .standard,
    literals: Set<String> = [], options: PromptOptions = .standard, limits: TemplateLimits = .standard
  ) throws(Problem) -> String {
    try PromptTemplate(raw, options: options)
      .render(variables, environment: environment, literals: literals, limits: limits)
  }

  /// Renders every string in a value, at any depth; keys and other values stay as they are. Without
  /// variables (nil) nothing is rendered.
  public static func renderVariables(
    in value: JSON, variables: JSONObject?,
    environment: TemplateEnvironment = .standard, limits: TemplateLimits = .standard
  ) throws(Problem) -> JSON {
    guard let variables else { return value }
    return try render(value, variables, environment, limits)
  }

  private static func render(
    _ value: JSON, _ variables: JSONObject, _ environment: TemplateEnvironment, _ limits: TemplateLimits
  ) throws(Problem) -> JSON {
    switch value {
    case .string(let text) where Template.hasTags(text):
      return .string(
        try Template(text, file: "text").render(variables, environment: environment, limits: limits))
    case .array(let items):
      var rendered: [JSON] = []
      for item in items { rendered.append(try render(item, variables, environment, limits)) }
      return .array(rendered)
    case .object(let object):
      var members: [(String, JSON)] = []
      for (key, member) in object {
        members.append((key, try render(member, variables, environment, limits)))
      }
      return .object(JSONObject(members))
    case .null, .bool, .number, .string: return value
    }
  }

  /// Puts variables into one another: `{{ name }}` in the text of one becomes the text of that other,
  /// in up to five passes. What names no variable stays.
  public static func resolveVariables(
    _ variables: JSONObject, literals: Set<String> = [], limits: TemplateLimits = .standard
  ) throws(Problem) -> JSONObject {
    var resolution = VariableResolution(variables, literals: literals)
    try resolution.resolve(limits: limits)
    return resolution.variables
  }

  /// The variables that a template reads, as written (`user.name`), each once: those that are printed or
  /// asked for in order, then those that are looped over. A text that is no template reads none.
  public static func extractVariables(from template: String) -> [String] {
    guard let program = try? Template(template).program else { return [] }
    let reads = program.reads.filter { $0.name != "env" || $0.path != "env" }
      .filter { !Globals.functions.contains($0.name) }
    return (reads.filter { !$0.isLooped } + reads.filter(\.isLooped)).map(\.path).withoutRepeats
  }

  /// The variables of several templates, each once.
  public static func extractVariables(from templates: [String]) -> [String] {
    templates.flatMap { extractVariables(from: $0) }.withoutRepeats
  }
}
