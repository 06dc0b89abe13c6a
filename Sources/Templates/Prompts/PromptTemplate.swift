import Formats

/// A prompt, compiled once: text, or JSON (a list of messages, say) whose strings are templates.
///
/// JSON stays JSON whatever the variables hold, and is printed with an indent of two spaces. In a prompt
/// that is text, variables are templates too: `{{ name }}` within one stands for that other variable.
public struct PromptTemplate: Sendable {
  public let raw: String
  private let json: JSONTree?
  private let text: Result<Template, Problem>
  private let options: PromptOptions

  /// A text with a `{{`, `{%` or `{#` that nothing closes counts as plain text as a whole.
  public init(_ raw: String, file: String = "prompt", line: Int = 1, options: PromptOptions = .standard)
    throws(Problem)
  {
    self.raw = raw
    self.options = options
    json = options.rendersInsideJSON ? JSONTree(raw, file: file, line: line, options) : nil
    text = Result { () throws(Problem) in
      options.rendersTemplates
        ? try Template(raw, file: file, line: line, unclosedIsText: true) : Template(literal: raw, file: file)
    }
    if json == nil { _ = try text.get() }
  }

  /// The prompt with these variables.
  ///
  /// - Parameter literals: variables whose text is put in as it is, never rendered: attacks, replies of
  ///   models, and other text that is not the author's.
  public func render(
    _ variables: JSONObject, environment: TemplateEnvironment = .standard, literals: Set<String> = [],
    limits: TemplateLimits = .standard
  ) throws(Problem) -> String {
    guard options.rendersTemplates else { return json?.value.pretty ?? raw }
    var resolution = VariableResolution(variables.withoutTrailingNewlines, literals: literals)
    try resolution.resolve(limits: limits)
    guard let json else {
      return try renderText(resolution, environment: environment, limits: limits)
    }
    do throws(Problem) {
      return try json.render(resolution.variables, environment: environment, limits: limits).pretty
    } catch {
      // As text it may make sense: tags that begin in one string and end in another.
      let asText = try? renderText(resolution, environment: environment, limits: limits)
      guard let asText else { throw error }
      return asText
    }
  }

  private func renderText(
    _ resolution: VariableResolution, environment: TemplateEnvironment, limits: TemplateLimits
  ) throws(Problem) -> String {
    let variables = try resolution.rendered(environment: environment, limits: limits)
    return try text.get().render(variables, environment: environment, limits: limits)
  }

  /// The variables that the prompt reads, each once, in order.
  public var variables: [String] { templates.flatMap(\.variables).withoutRepeats }
  /// Those without which something is missing from the prompt: see `Template.neededVariables`.
  public var neededVariables: [String] { templates.flatMap(\.neededVariables).withoutRepeats }
  /// Where each variable is read.
  public var readings: [(path: String, location: SourceLocation)] { templates.flatMap(\.readings) }
  /// Names of the filters that the prompt uses.
  public var filters: [String] { templates.flatMap(\.filters).withoutRepeats }

  private var templates: [Template] { json?.templates ?? (try? text.get()).map { [$0] } ?? [] }
}

extension Array where Element: Hashable {
  var withoutRepeats: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}

extension Template {
  /// A text in which nothing is a tag.
  init(literal text: String, file: String) {
    self.init(Program(literal: SourceText(file: file, firstLine: 1, text: text)))
  }

  /// Takes the text as it is when a tag in it is never closed.
  init(_ source: String, file: String, line: Int, unclosedIsText: Bool) throws(Problem) {
    let text = SourceText(file: file, firstLine: line, text: source)
    do throws(Fault) {
      self.init(try Program(text))
    } catch {
      guard error.isUnclosedTag || UnclosedTag.isIn(source) else { throw error.problem(in: text) }
      self.init(literal: source, file: file)
    }
  }
}

/// Looks for a tag that begins again, or does not end, before its end has come.
enum UnclosedTag {
  static func isIn(_ source: String) -> Bool {
    let bytes = Array(source.utf8)
    var closing: (UInt8, UInt8)?
    var place = 0
    while place + 1 < bytes.count {
      let pair = (bytes[place], bytes[place + 1])
      if let end = closing, pair == end {
        closing = nil
        place += 2
        continue
      }
      if pair.0 == UInt8(ascii: "{"), let end = ending(of: pair.1) {
        if closing != nil, end != (UInt8(ascii: "}"), UInt8(ascii: "}")) { return true }
        if closing != nil, pair.1 == UInt8(ascii: "{") { return true }
        closing = end
        place += 2
        continue
      }
      place += 1
    }
    return closing != nil
  }

  private static func ending(of mark: UInt8) -> (UInt8, UInt8)? {
    switch mark {
    case UInt8(ascii: "{"): (UInt8(ascii: "}"), UInt8(ascii: "}"))
    case UInt8(ascii: "%"), UInt8(ascii: "#"): (mark, UInt8(ascii: "}"))
    default: nil
    }
  }
}
