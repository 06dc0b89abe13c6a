import Formats
import Templates

/// Renders `{{ env.NAME }}` in the texts of a suite; every other template is left for later.
struct EnvironmentReferences {
  let environment: [String: String]
  let findings: Findings
  /// Names used, whether set or not.
  private(set) var used: Set<String> = []

  init(environment: [String: String], findings: Findings) {
    self.environment = environment
    self.findings = findings
  }

  mutating func rendered(_ node: Node, mustBeSet: Bool = false) -> Node {
    switch node.content {
    case .scalar(let value):
      guard let text = value.string, mayRefer(text) else { return node }
      var copy = node
      let result = render(text, at: node.location, mustBeSet: mustBeSet)
      let isWhole = text.hasPrefix("{{") && text.hasSuffix("}}") && result != text
      copy.content = .scalar(isWhole ? EnvironmentReferences.value(of: result) : .string(result))
      return copy
    case .array(let items):
      var copy = node
      copy.content = .array(items.map { rendered($0, mustBeSet: mustBeSet) })
      return copy
    case .object(let members):
      var copy = node
      copy.content = .object(
        members.map { key, value in
          let name = key.plainText ?? ""
          // What a target is made of must be known before anything is sent.
          let must = mustBeSet || name == "targets" || name == "providers"
          return (must ? rendered(key, mustBeSet: true) : key, rendered(value, mustBeSet: must))
        })
      return copy
    }
  }

  /// A number or a boolean stays one when it comes from the environment.
  private static func value(of text: String) -> JSON {
    if let value = try? JSON(parsing: text), value.number != nil || value.bool != nil { return value }
    return .string(text)
  }

  private func mayRefer(_ text: String) -> Bool { text.contains("env") && text.contains("{{") }

  private mutating func render(_ text: String, at location: SourceLocation, mustBeSet: Bool) -> String {
    var result = ""
    var rest = text[...]
    while let open = rest.firstRange(of: "{{") {
      result += rest[..<open.lowerBound]
      let raw = result.hasOpenRawBlock
      guard let close = rest[open.upperBound...].firstRange(of: "}}") else { break }
      let expression = rest[open.upperBound..<close.lowerBound]
      let whole = rest[open.lowerBound..<close.upperBound]
      rest = rest[close.upperBound...]
      if !raw, let name = variable(in: expression) {
        result += value(of: name, String(whole), expression, at: location, mustBeSet: mustBeSet)
      } else {
        result += whole
      }
    }
    return result + rest
  }

  private mutating func value(
    of name: String, _ whole: String, _ expression: Substring, at location: SourceLocation, mustBeSet: Bool
  ) -> String {
    // A key in a prompt or a variable would go to a model and into the ledger: the renderer refuses it.
    if !mustBeSet, SecretAccess.looksSecret(name, value: environment[name] ?? "") { return whole }
    used.insert(name)
    let hasFilter = expression.contains("|") || expression.contains(" or ")
    if !hasFilter {
      if let value = environment[name] { return value }
      if mustBeSet {
        findings.error(
          "the environment variable \(name) is not set", at: location,
          mend: "set it, put it into .env beside the suite, or write {{ env.\(name) | default('...') }}")
      }
      return whole
    }
    let surroundings = TemplateEnvironment(env: environment, secrets: .allowed)
    do {
      return try Template(whole, file: location.file, line: location.line).render(
        [:], environment: surroundings)
    } catch {
      findings.error("\(whole): \(error.message)", at: location, mend: error.mend)
      return whole
    }
  }

  /// `env.NAME` and `env["NAME"]`, with whatever filters follow.
  private func variable(in expression: Substring) -> String? {
    var text = expression.drop { $0 == " " || $0 == "-" }
    guard text.hasPrefix("env") else { return nil }
    text = text.dropFirst(3)
    let name: Substring
    if text.hasPrefix(".") {
      name = text.dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    } else if text.hasPrefix("[\"") || text.hasPrefix("['") {
      name = text.dropFirst(2).prefix { $0 != "\"" && $0 != "'" }
    } else {
      return nil
    }
    return name.isEmpty ? nil : String(name)
  }
}

extension String {
  fileprivate var hasOpenRawBlock: Bool {
    guard let open = lastRange(of: "{% raw") else { return false }
    guard let close = lastRange(of: "{% endraw") else { return true }
    return close.lowerBound < open.lowerBound
  }

  private func lastRange(of text: String) -> Range<String.Index>? { ranges(of: text).last }
}
