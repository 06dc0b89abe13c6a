import Formats

/// JSON whose strings are compiled templates.
struct JSONTree: Sendable {
  private indirect enum Part: Sendable {
    case fixed(JSON)
    case template(Template)
    case array([Part])
    case object([(key: String, part: Part)])
  }

  /// The JSON as it was written.
  let value: JSON
  private(set) var templates: [Template] = []
  private var root: Part = .fixed(.null)

  /// Nil when the text is no JSON, or a string in it is no template: then it is a text.
  init?(_ raw: String, file: String, line: Int, _ options: PromptOptions) {
    guard Self.mayBeJSON(raw), let node = try? Node(parsingJSON: raw, file: file) else { return nil }
    value = node.json
    guard options.rendersTemplates else { return }
    do {
      root = try compile(node, line: line)
    } catch {
      return nil
    }
  }

  /// A look at the first byte spares texts the parser.
  private static func mayBeJSON(_ raw: String) -> Bool {
    guard let first = raw.utf8.first(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }) else {
      return false
    }
    return "{[\"-0123456789tfn".utf8.contains(first)
  }

  private mutating func compile(_ node: Node, line: Int) throws(Problem) -> Part {
    switch node.content {
    case .scalar(.string(let text)) where Template.hasTags(text):
      let place = node.location
      let template = try Template(
        text, file: place.file, line: place.line + line - 1, column: place.column + 1)
      templates.append(template)
      return .template(template)
    case .scalar(let value): return .fixed(value)
    case .array(let items):
      var parts: [Part] = []
      for item in items { parts.append(try compile(item, line: line)) }
      return .array(parts)
    case .object:
      // Through the value, in which of two members with one key the last has won.
      var parts: [(String, Part)] = []
      for (key, _) in node.json.object ?? JSONObject() {
        if let member = node[key] { parts.append((key, try compile(member, line: line))) }
      }
      return .object(parts)
    }
  }

  func render(
    _ variables: JSONObject, environment: TemplateEnvironment, limits: TemplateLimits
  ) throws(Problem) -> JSON {
    try render(root, variables, environment, limits)
  }

  private func render(
    _ part: Part, _ variables: JSONObject, _ environment: TemplateEnvironment, _ limits: TemplateLimits
  ) throws(Problem) -> JSON {
    switch part {
    case .fixed(let value): return value
    case .template(let template):
      return .string(try template.render(variables, environment: environment, limits: limits))
    case .array(let parts):
      var items: [JSON] = []
      for part in parts { items.append(try render(part, variables, environment, limits)) }
      return .array(items)
    case .object(let parts):
      var members: [(String, JSON)] = []
      for (key, part) in parts { members.append((key, try render(part, variables, environment, limits))) }
      return .object(JSONObject(members))
    }
  }
}
