// The keywords that apply other schemas to the same value.

extension SchemaEvaluation {
  mutating func holdsInPlace(_ keyword: SchemaKeyword, _ value: JSON, _ own: inout SchemaEvaluated) -> Bool {
    switch keyword {
    case .reference(let node, let keyword): return evaluate(node, value, by: [.key(keyword)], &own)
    case .dynamicReference(let name, let node):
      return evaluate(dynamicTarget(name, otherwise: node), value, by: [.key("$dynamicRef")], &own)
    case .recursiveReference(let node):
      return evaluate(recursiveTarget(otherwise: node), value, by: [.key("$recursiveRef")], &own)
    case .allOf(let nodes): return holdsAll(nodes, value, &own)
    case .anyOf(let nodes): return holdsAny(nodes, value, &own)
    case .oneOf(let nodes): return holdsOne(nodes, value, &own)
    case .not(let node):
      var ignored = SchemaEvaluated()
      let matches = quietly { $0.evaluate(node, value, &ignored) }
      return !matches || fail("must not match the schema", "not")
    case .condition(let condition, let yes, let no):
      let matches = quietly { $0.evaluate(condition, value, &own) }
      guard let next = matches ? yes : no else { return true }
      return evaluate(next, value, by: [.key(matches ? "then" : "else")], &own)
    case .dependentSchemas(let parts, let keyword):
      guard let object = value.object else { return true }
      var holds = true
      for (key, node) in parts where object.contains(key) {
        if !evaluate(node, value, by: [.key(keyword), .key(key)], &own) { holds = false }
      }
      return holds
    default: return true
    }
  }

  private mutating func holdsAll(_ nodes: [Int], _ value: JSON, _ own: inout SchemaEvaluated) -> Bool {
    var holds = true
    for (number, node) in nodes.enumerated() {
      if !evaluate(node, value, by: [.key("allOf"), .index(number)], &own) { holds = false }
      if !holds, isQuiet { break }
    }
    return holds
  }

  private mutating func holdsAny(_ nodes: [Int], _ value: JSON, _ own: inout SchemaEvaluated) -> Bool {
    let (matching, nearest) = alternatives(nodes, "anyOf", value, &own, untilFirst: !tracksEvaluated)
    if !matching.isEmpty { return true }
    _ = fail("matches none of the \(nodes.count) alternatives", "anyOf")
    tell(nearest)
    return false
  }

  private mutating func holdsOne(_ nodes: [Int], _ value: JSON, _ own: inout SchemaEvaluated) -> Bool {
    let (matching, nearest) = alternatives(nodes, "oneOf", value, &own, untilFirst: false)
    if matching.count == 1 { return true }
    if matching.isEmpty {
      _ = fail("matches none of the \(nodes.count) alternatives", "oneOf")
      tell(nearest)
      return false
    }
    let numbers = matching.map(String.init).joined(separator: " and ")
    return fail("must match one alternative only, matches \(numbers)", "oneOf")
  }

  /// The numbers of the alternatives that match, and what is wrong with the one that comes nearest.
  private mutating func alternatives(
    _ nodes: [Int], _ keyword: String, _ value: JSON, _ own: inout SchemaEvaluated, untilFirst: Bool
  ) -> (matching: [Int], nearest: [SchemaViolation]) {
    var matching: [Int] = []
    var nearest: [SchemaViolation] = []
    for (number, node) in nodes.enumerated() {
      let start = violations.count
      if evaluate(node, value, by: [.key(keyword), .index(number)], &own) {
        matching.append(number)
        if untilFirst { break }
      }
      let wrong = Array(violations[start...])
      violations.removeSubrange(start...)
      if nearest.isEmpty || !wrong.isEmpty && Self.isNearer(wrong, than: nearest) { nearest = wrong }
    }
    return (matching, nearest)
  }

  /// An alternative that fails deeper in the value was meant more likely.
  private static func isNearer(_ some: [SchemaViolation], than others: [SchemaViolation]) -> Bool {
    func depth(_ list: [SchemaViolation]) -> Int {
      list.map { $0.instancePath.split(separator: "/").count }.max() ?? 0
    }
    let (mine, theirs) = (depth(some), depth(others))
    return mine == theirs ? some.count < others.count : mine > theirs
  }

  private mutating func tell(_ nearest: [SchemaViolation]) {
    if !isQuiet { violations += nearest }
  }
}
