import Formats

/// Expressions. Nunjucks reads them by a grammar of its own, prints them as JavaScript without brackets,
/// and lets JavaScript group the operators again; the tree that is built here is what comes out of that.
extension Parser {
  mutating func readExpression() throws(Fault) -> Expression {
    try nested { (parser: inout Parser) throws(Fault) in try parser.readConditional() }
  }

  /// `a if condition else b`
  private mutating func readConditional() throws(Fault) -> Expression {
    let value = try readOr()
    guard skip(name: "if") else { return value }
    let valueDepth = depth
    let condition = try readOr()
    let conditionDepth = depth
    depth = 0
    let otherwise = skip(name: "else") ? try readOr() : nil
    try deepen(valueDepth, conditionDepth, depth)
    return .conditional(condition, then: value, else: otherwise)
  }

  private mutating func readOr() throws(Fault) -> Expression {
    var value = try readAnd()
    while skip(name: "or") {
      let before = depth
      value = .or(value, try readAnd())
      try deepen(before, depth)
    }
    return value
  }

  private mutating func readAnd() throws(Fault) -> Expression {
    var value = try readNot()
    while skip(name: "and") {
      let before = depth
      value = .and(value, try readNot())
      try deepen(before, depth)
    }
    return value
  }

  private mutating func readNot() throws(Fault) -> Expression {
    guard token.kind == .name("not") else { return try readIn() }
    return try nested { (parser: inout Parser) throws(Fault) in
      parser.advance()
      let value = try parser.readNot()
      try parser.deepen(parser.depth)
      return value.negated
    }
  }

  /// `a in b`, `a not in b`
  private mutating func readIn() throws(Fault) -> Expression {
    var value = try readIs()
    while true {
      let at = token.offset
      let isNegated = token.kind == .name("not") && following.kind == .name("in")
      if isNegated { advance() }
      guard skip(name: "in") else { return value }
      let before = depth
      value = .contains(value, in: try readIs(), at: at)
      try deepen(before, depth)
      if isNegated { value = .not(value) }
    }
  }

  /// `value is test`, `value is not test(argument)`
  private mutating func readIs() throws(Fault) -> Expression {
    let value = try readOperators()
    guard skip(name: "is") else { return value }
    let isNegated = skip(name: "not")
    let before = depth
    let at = token.offset
    let test: Expression
    switch try readOperators() {
    case .null: test = .test("null", value, argument: nil, at: at)
    case .bool(let bool): test = .test(String(bool), value, argument: nil, at: at)
    case .string(let name), .variable(let name, _): test = .test(name, value, argument: nil, at: at)
    case .call(.variable(let name, _), let arguments, _):
      test = .test(name, value, argument: arguments.positional.first, at: at)
    default: throw Fault("expected the name of a test after \"is\"", at: at)
    }
    try deepen(before, depth)
    return isNegated ? .not(test) : test
  }

  // MARK: Operators

  /// One run of operators and what stands between them, in the order written.
  private struct Run {
    var operands: [Expression]
    var operators: [(BinaryOperator, at: Int)] = []
    var depth: Int

    /// Grouped from the left by precedence.
    func tree() -> Expression {
      guard !operators.isEmpty else { return operands[0] }
      var values = [operands[0]]
      var waiting: [(BinaryOperator, at: Int)] = []
      func reduce(_ values: inout [Expression], _ waiting: inout [(BinaryOperator, at: Int)]) {
        let (operation, at) = waiting.removeLast()
        let right = values.removeLast()
        let left = values.removeLast()
        values.append(.binary(operation, left, right, at: at))
      }
      for (operation, operand) in zip(operators, operands.dropFirst()) {
        while let last = waiting.last, last.0.precedence >= operation.0.precedence {
          reduce(&values, &waiting)
        }
        waiting.append(operation)
        values.append(operand)
      }
      while !waiting.isEmpty { reduce(&values, &waiting) }
      return values[0]
    }
  }

  private mutating func readOperators() throws(Fault) -> Expression {
    var run = try readFactors()
    while case .symbol(let symbol) = token.kind, let operation = BinaryOperator(rawValue: symbol) {
      try append(&run, operation) { (parser: inout Parser) throws(Fault) in try parser.readFactors() }
    }
    depth = run.depth
    try deepen(run.depth + run.operators.count - 1)
    return run.tree()
  }

  /// Reads an operator and what follows it, and puts both behind the run.
  private mutating func append(
    _ run: inout Run, _ operation: BinaryOperator, _ read: (inout Parser) throws(Fault) -> Run
  ) throws(Fault) {
    run.operators.append((operation, token.offset))
    advance()
    let next = try read(&self)
    run.operands += next.operands
    run.operators += next.operators
    run.depth = max(run.depth, next.depth)
  }

  /// `a // b`, whose two sides are runs of `%`, and which then counts as one operand.
  private mutating func readFactors() throws(Fault) -> Run {
    var run = try readRemainders()
    while token.kind == .symbol("//") {
      try append(&run, .divide) { (parser: inout Parser) throws(Fault) in try parser.readRemainders() }
      try deepen(run.depth + run.operators.count)
      run = Run(operands: [.floor(run.tree())], depth: depth)
    }
    return run
  }

  private mutating func readRemainders() throws(Fault) -> Run {
    var run = try readPowers()
    while token.kind == .symbol("%") {
      try append(&run, .remainder) { (parser: inout Parser) throws(Fault) in try parser.readPowers() }
    }
    return run
  }

  private mutating func readPowers() throws(Fault) -> Run {
    var value = try readUnary(withFilters: true)
    while token.kind == .symbol("**") {
      advance()
      let before = depth
      value = .power(value, try readUnary(withFilters: true))
      try deepen(before, depth)
    }
    return Run(operands: [value], depth: depth)
  }

  private mutating func readUnary(withFilters: Bool) throws(Fault) -> Expression {
    var value: Expression
    if token.kind == .symbol("-") || token.kind == .symbol("+") {
      let isNegative = token.kind == .symbol("-")
      value = try nested { (parser: inout Parser) throws(Fault) in
        parser.advance()
        return try parser.readUnary(withFilters: false)
      }
      try deepen(depth)
      value = isNegative ? .negative(value) : .positive(value)
    } else {
      value = try readPrimary()
    }
    while withFilters, skip("|") {
      let at = token.offset
      let name = try readFilterName()
      let before = depth
      depth = 0
      let arguments = token.kind == .symbol("(") ? try readArguments() : Arguments()
      try deepen(before, depth)
      value = .filter(name, BuiltInFilter.named(name), value, arguments, at: at)
    }
    return value
  }

  mutating func readFilterName() throws(Fault) -> String {
    var name = try expectName("the name of a filter")
    while skip(".") { name += "." + (try expectName("the name of a filter")) }
    if !filters.contains(name) { filters.append(name) }
    return name
  }

  // MARK: Operands

  mutating func readPrimary() throws(Fault) -> Expression {
    let start = token
    depth = 1
    var value: Expression
    switch start.kind {
    case .string(let text):
      advance()
      value = .string(text)
    case .number(let number):
      advance()
      value = .number(number)
    case .regex(let source, let flags):
      advance()
      value = .regex(try RegularExpression(source: source, flags: flags, at: start.offset))
    case .name("true"), .name("false"):
      advance()
      value = .bool(start.kind == .name("true"))
    case .name("none"), .name("null"):
      advance()
      value = .null
    case .name(let name):
      advance()
      value = .variable(name, at: start.offset)
    case .symbol("("), .symbol("["), .symbol("{"):
      value = try nested { (parser: inout Parser) throws(Fault) in try parser.readAggregate() }
    default:
      throw unexpected("a value")
    }
    return try readPostfix(value)
  }

  /// Members, indices and calls behind a value.
  private mutating func readPostfix(_ start: Expression) throws(Fault) -> Expression {
    var value = start
    while true {
      let at = token.offset
      let before = depth
      if token.kind == .symbol("(") {
        let arguments = try readArguments()
        try deepen(before, depth)
        value = .call(value, arguments, at: at)
      } else if skip("[") {
        let index = try readExpression()
        guard skip("]") else { throw unexpected("\"]\"") }
        try deepen(before, depth)
        value = .member(of: value, index)
      } else if skip(".") {
        let name = try expectName("the name of a member")
        try deepen(before)
        value = .member(of: value, .string(name))
      } else {
        return value
      }
    }
  }

  private mutating func readAggregate() throws(Fault) -> Expression {
    let opening = token
    advance()
    let closing = opening.kind == .symbol("(") ? ")" : opening.kind == .symbol("[") ? "]" : "}"
    var items: [Expression] = []
    var members: [(key: String, value: Expression)] = []
    var deepest = 0
    while !skip(closing) {
      if !items.isEmpty || !members.isEmpty {
        guard skip(",") else { throw unexpected("\",\" or \"\(closing)\"") }
      }
      if closing == "}" { members.append(try readMember()) } else { items.append(try readExpression()) }
      deepest = max(deepest, depth)
    }
    try deepen(deepest)
    switch closing {
    case ")":
      guard !items.isEmpty else { throw Fault("brackets with nothing in them", at: opening.offset) }
      return .group(items)
    case "]": return .array(items)
    default: return .dictionary(members)
    }
  }

  private mutating func readMember() throws(Fault) -> (key: String, value: Expression) {
    let key: String
    switch token.kind {
    case .string(let text), .name(let text): key = text
    default: throw unexpected("a key: a name or a string")
    }
    advance()
    guard skip(":") else { throw unexpected("\":\" after the key") }
    return (key, try readExpression())
  }

  mutating func readArguments() throws(Fault) -> Arguments {
    guard skip("(") else { throw unexpected("\"(\"") }
    var arguments = Arguments()
    var deepest = 0
    var isFirst = true
    while !skip(")") {
      guard isFirst || skip(",") else { throw unexpected("\",\" or \")\"") }
      isFirst = false
      let at = token.offset
      let value = try readExpression()
      deepest = max(deepest, depth)
      guard skip("=") else {
        arguments.positional.append(value)
        continue
      }
      guard case .variable(let name, _) = value else { throw Fault("expected a name before \"=\"", at: at) }
      arguments.keyword.append((name, try readExpression()))
      deepest = max(deepest, depth)
    }
    depth = deepest
    return arguments
  }
}

extension Expression {
  /// `not` in front of operators takes the first operand only, as the `!` of JavaScript does:
  /// `not a == b` asks whether `not a` equals `b`.
  fileprivate var negated: Expression {
    switch self {
    case .binary(let operation, let left, let right, let at):
      .binary(operation, left.negated, right, at: at)
    default: .not(self)
    }
  }
}
