/// One value held against one schema.
struct SchemaEvaluation {
  /// A step of a path, kept apart from its text until a violation needs that.
  enum Step {
    case key(String)
    case index(Int)
  }

  let nodes: [SchemaNode]
  let resources: [SchemaResource]
  let tracksEvaluated: Bool
  let limits: SchemaLimits
  var violations: [SchemaViolation] = []
  var instancePath: [Step] = []
  var schemaPath: [Step] = []
  /// The resources that were entered on the way here: what dynamic references look through.
  private var scope: [Int] = []
  /// Above zero where only the verdict counts.
  private var quiet = 0
  private var depth = 0
  private var steps = 0
  private var limitViolation: SchemaViolation?
  private var patternBudget = PatternBudget()

  init(schema: JSONSchema) {
    nodes = schema.nodes
    resources = schema.resources
    tracksEvaluated = schema.tracksEvaluated
    limits = schema.limits
  }

  mutating func violations(of value: JSON) -> [SchemaViolation] {
    var evaluated = SchemaEvaluated()
    _ = evaluate(0, value, &evaluated)
    // What was found while the work was cut short is no verdict.
    if let limitViolation { return [limitViolation] }
    return violations
  }

  /// Whether it makes no sense to look on: nobody reads more messages.
  var isQuiet: Bool { quiet > 0 || violations.count >= limits.violations }

  /// Holds a value against a node. What the node has evaluated is added to `evaluated` when it holds.
  mutating func evaluate(_ number: Int, _ value: JSON, _ evaluated: inout SchemaEvaluated) -> Bool {
    guard limitViolation == nil, mayGoOn() else { return false }
    let node = nodes[number]
    depth += 1
    let isNewScope = scope.last != node.resource
    if isNewScope { scope.append(node.resource) }
    defer {
      depth -= 1
      if isNewScope { scope.removeLast() }
    }
    var own = SchemaEvaluated()
    var holds = true
    for keyword in node.keywords where !self.holds(keyword, value, &own) {
      holds = false
      if isQuiet { break }
    }
    if holds, tracksEvaluated { evaluated.add(own) }
    return holds
  }

  private mutating func mayGoOn() -> Bool {
    steps += 1
    if depth >= limits.depth {
      limitViolation = limit("the schema goes round in circles: more than \(limits.depth) schemas deep")
    } else if steps > limits.steps {
      limitViolation = limit("the schema asks for too much work: more than \(limits.steps) steps")
    }
    return limitViolation == nil
  }

  /// A pattern that takes too long ends the evaluation: it neither matches nor does not.
  mutating func matches(_ pattern: Pattern, _ text: String) -> Bool {
    guard limitViolation == nil else { return false }
    do { return try patternBudget.matches(pattern, in: text) } catch {
      limitViolation = limit("cannot be matched with /\(pattern.source)/: \(error.message)")
      return false
    }
  }

  private func limit(_ message: String) -> SchemaViolation {
    var violation = violation(message)
    violation.isUndecided = true
    return violation
  }

  /// The same, by way of a keyword of the schema.
  mutating func evaluate(
    _ number: Int, _ value: JSON, by way: [Step], _ evaluated: inout SchemaEvaluated
  ) -> Bool {
    schemaPath += way
    defer { schemaPath.removeLast(way.count) }
    return evaluate(number, value, &evaluated)
  }

  /// Holds a part of the value against a node.
  mutating func evaluate(_ number: Int, part: JSON, at step: Step, by way: [Step]) -> Bool {
    instancePath.append(step)
    defer { instancePath.removeLast() }
    var evaluated = SchemaEvaluated()
    return evaluate(number, part, by: way, &evaluated)
  }

  /// Runs without gathering messages.
  mutating func quietly(_ work: (inout SchemaEvaluation) -> Bool) -> Bool {
    quiet += 1
    defer { quiet -= 1 }
    return work(&self)
  }

  /// The node of a dynamic reference: that of the outermost resource on the way here which has the anchor.
  func dynamicTarget(_ name: String, otherwise: Int) -> Int {
    for resource in scope {
      if let node = resources[resource].dynamicAnchors[name] { return node }
    }
    return otherwise
  }

  func recursiveTarget(otherwise: Int) -> Int {
    for resource in scope {
      if let node = resources[resource].recursiveRoot { return node }
    }
    return otherwise
  }

  /// Notes what is wrong, and is false.
  mutating func fail(_ message: @autoclosure () -> String, _ keyword: String, _ more: Step? = nil) -> Bool {
    if isQuiet { return false }
    schemaPath.append(.key(keyword))
    if let more { schemaPath.append(more) }
    defer { schemaPath.removeLast(more == nil ? 1 : 2) }
    return note(message())
  }

  /// The same where the path already leads to what is wrong.
  mutating func note(_ message: @autoclosure () -> String) -> Bool {
    if !isQuiet { violations.append(violation(message())) }
    return false
  }

  private func violation(_ message: String) -> SchemaViolation {
    SchemaViolation(
      instancePath: Self.text(instancePath), schemaPath: Self.text(schemaPath), message: message)
  }

  private static func text(_ path: [Step]) -> String {
    path.map { step in
      switch step {
      case .key(let key): "/" + JSONPointer.escaped(key)
      case .index(let index): "/\(index)"
      }
    }.joined()
  }
}

/// Which members and items of a value some schema has looked at, for `unevaluatedProperties` and `unevaluatedItems`.
struct SchemaEvaluated {
  var allMembers = false
  /// By their number within the object.
  var members: Set<Int> = []
  var allItems = false
  /// So many from the start.
  var firstItems = 0
  var items: Set<Int> = []

  mutating func add(_ other: SchemaEvaluated) {
    allMembers = allMembers || other.allMembers
    allItems = allItems || other.allItems
    firstItems = max(firstItems, other.firstItems)
    if !other.members.isEmpty { members.formUnion(other.members) }
    if !other.items.isEmpty { items.formUnion(other.items) }
  }
}
