import Formats

/// A Nunjucks template, compiled once and rendered many times.
///
///     let template = try Template("Translate {{ text }} into {{ language | title }}.")
///     let prompt = try template.render(["text": "hello", "language": "french"])
///
/// Nothing is escaped; what is undefined prints nothing; operators, truth and printing follow
/// JavaScript. See docs/templates.md.
public struct Template: Sendable {
  let program: Program

  /// - Parameters:
  ///   - file: the file to name in messages.
  ///   - line, column: where in that file the template starts.
  public init(_ source: String, file: String = "prompt", line: Int = 1, column: Int = 1) throws(Problem) {
    let text = SourceText(file: file, firstLine: line, firstColumn: column, text: source)
    do throws(Fault) {
      program = try Program(text)
    } catch {
      throw error.problem(in: text)
    }
  }

  init(_ program: Program) { self.program = program }

  /// Whether a text has anything that a template would act on.
  static func hasTags(_ text: String) -> Bool { text.hasBrace(before: "{%#") }

  /// The text of the template with these variables.
  public func render(
    _ variables: JSONObject, environment: TemplateEnvironment = .standard,
    limits: TemplateLimits = .standard
  ) throws(Problem) -> String {
    do throws(Fault) {
      return try Renderer(environment: environment, limits: limits).render(program, variables)
    } catch {
      throw error.problem(in: program.source)
    }
  }

  /// The variables that the template reads and does not set itself, each once, in order of reading.
  public var variables: [String] {
    var seen = Globals.names
    return program.reads.filter { !$0.isBound && seen.insert($0.name).inserted }.map(\.name)
  }

  /// Those of `variables` that it prints or works with, and not only asks for in a condition, in a test
  /// such as `is defined`, or before `default`: without them something is missing from the text.
  public var neededVariables: [String] {
    let needed = Set(program.reads.filter { !$0.isOptional }.map(\.name))
    return variables.filter { needed.contains($0) }
  }

  /// Where each variable is read, as written (`user.name`).
  public var readings: [(path: String, location: SourceLocation)] {
    program.reads.filter { !$0.isBound }.map { ($0.path, program.source.location(ofByte: $0.at)) }
  }

  /// Names of the filters that the template uses.
  public var filters: [String] { program.filters }

  /// Names of the filters that every template has.
  public static var builtInFilters: [String] { BuiltInFilter.names }
}
