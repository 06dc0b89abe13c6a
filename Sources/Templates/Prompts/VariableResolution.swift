import Formats

/// Variables on their way into a prompt: put into one another, then rendered.
struct VariableResolution {
  private(set) var variables: JSONObject
  /// Variables whose text must not be rendered: literals, and what literals were put into.
  private(set) var untouched: Set<String>

  init(_ variables: JSONObject, literals: Set<String>) {
    self.variables = variables
    untouched = literals
  }

  /// `{{ name }}`, just that, in a variable becomes the text of that other variable: one a pass in each
  /// variable, in up to five passes. What names no variable stays.
  mutating func resolve(limits: TemplateLimits) throws(Problem) {
    let keys = variables.keys.filter { key in
      !untouched.contains(key) && (variables[key]?.string).map(Template.hasTags) ?? false
    }
    guard !keys.isEmpty else { return }
    for _ in 0..<5 {
      var isDone = true
      for key in keys {
        guard let text = variables[key]?.string, let hole = text.firstHole, let value = variables[hole.name]
        else {
          continue
        }
        let filler = try printed(value)
        guard text.utf8.count + filler.utf8.count <= limits.outputBytes else {
          throw Problem(
            "variable \"\(key)\" grows beyond \(limits.outputBytes) bytes when \"\(hole.name)\" is put into it"
          )
        }
        variables[key] = .string(text[..<hole.range.lowerBound] + filler + text[hole.range.upperBound...])
        if untouched.contains(hole.name) { untouched.insert(key) }
        isDone = false
      }
      if isDone { return }
    }
  }

  private func printed(_ value: JSON) throws(Problem) -> String {
    do throws(Fault) {
      return try Value(value).string()
    } catch {
      throw Problem(error.message)
    }
  }

  /// Each text rendered as a template of all variables, without access to files. One that needs a
  /// variable that is not there stays as it is: it may not be meant as a template.
  func rendered(environment: TemplateEnvironment, limits: TemplateLimits) throws(Problem) -> JSONObject {
    var rendered = variables
    var environment = environment
    environment.loader = nil
    for (key, value) in variables {
      guard let text = value.string, !untouched.contains(key), Template.hasTags(text) else { continue }
      let template = try Template(text, file: "variable \(key)", line: 1, unclosedIsText: true)
      guard template.neededVariables.allSatisfy({ variables.contains($0) }) else { continue }
      rendered[key] = .string(try template.render(variables, environment: environment, limits: limits))
    }
    return rendered
  }
}

extension JSONObject {
  /// One newline less at the end of each text: files end in one, and in a prompt it is a nuisance.
  var withoutTrailingNewlines: JSONObject {
    var result = self
    for (key, value) in self {
      if case .string(let text) = value, text.utf8.last == 0x0A {
        result[key] = .string(String(text.unicodeScalars.dropLast()))
      }
    }
    return result
  }
}

extension String {
  /// The first `{{ name }}` in which nothing but a name stands.
  fileprivate var firstHole: (name: String, range: Range<String.Index>)? {
    var start = startIndex
    while let opening = byteRange(of: "{{", from: start) {
      let inside = self[opening.upperBound...].withoutLeadingJavaScriptSpace
      let name = inside.utf8.prefix { $0.isWordByte }
      let rest = self[name.endIndex...].withoutLeadingJavaScriptSpace
      if !name.isEmpty, rest.utf8.starts(with: "}}".utf8) {
        let end = utf8.index(rest.startIndex, offsetBy: 2)
        return (String(self[name.startIndex..<name.endIndex]), opening.lowerBound..<end)
      }
      start = utf8.index(after: opening.lowerBound)
    }
    return nil
  }
}
