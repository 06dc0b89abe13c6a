import Formats

/// What a template computes. `at` is the byte of the template where it stands, for messages.
indirect enum Expression: Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case regex(RegularExpression)
  case variable(String, at: Int)
  case array([Expression])
  case dictionary([(key: String, value: Expression)])
  /// `(a, b)`: the last one counts.
  case group([Expression])
  /// `a.b` and `a[b]`
  case member(of: Expression, Expression)
  case call(Expression, Arguments, at: Int)
  case filter(String, BuiltInFilter?, Expression, Arguments, at: Int)
  /// `value is test(argument)`
  case test(String, Expression, argument: Expression?, at: Int)
  case contains(Expression, in: Expression, at: Int)
  case conditional(Expression, then: Expression, else: Expression?)
  case and(Expression, Expression)
  case or(Expression, Expression)
  case not(Expression)
  case negative(Expression)
  case positive(Expression)
  case binary(BinaryOperator, Expression, Expression, at: Int)
  /// `a // b` is the floor of `a / b`.
  case floor(Expression)
  /// `a ** b`
  case power(Expression, Expression)
  /// Text made by statements: the body of a `set`, `filter` or `call` block.
  case capture([Statement])
  case caller(Macro)
}

enum BinaryOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
  case concatenate = "~"
  case equal = "=="
  case notEqual = "!="
  case identical = "==="
  case notIdentical = "!=="
  case less = "<"
  case greater = ">"
  case lessOrEqual = "<="
  case greaterOrEqual = ">="

  /// As in JavaScript, to which Nunjucks hands its operators without brackets.
  var precedence: Int {
    switch self {
    case .equal, .notEqual, .identical, .notIdentical: 1
    case .less, .greater, .lessOrEqual, .greaterOrEqual: 2
    case .add, .subtract, .concatenate: 3
    case .multiply, .divide, .remainder: 4
    }
  }
}

struct Arguments: Sendable {
  var positional: [Expression] = []
  var keyword: [(name: String, value: Expression)] = []
}

enum Statement: Sendable {
  case text(String)
  case output(Expression, at: Int)
  case choice([Branch], otherwise: [Statement])
  case loop(Loop)
  case set([String], Expression, at: Int)
  case macro(Macro)
  case selection(Expression, [Branch], otherwise: [Statement])
  case include(Expression, ignoresMissing: Bool, at: Int)
  case importAll(Expression, as: String, withContext: Bool, at: Int)
  case importNames(Expression, [(name: String, alias: String)], withContext: Bool, at: Int)
  case block(Block)
  case extends(Expression, at: Int)
}

/// `if` and `elif`, or a `case` of a `switch`.
struct Branch: Sendable {
  var condition: Expression
  var body: [Statement]
}

final class Loop: Sendable {
  let names: [String]
  let items: Expression
  let body: [Statement]
  let otherwise: [Statement]
  let offset: Int
  /// Whether `loop` may be asked for inside: it is made anew in every round.
  let usesLoopVariable: Bool

  init(names: [String], items: Expression, body: [Statement], otherwise: [Statement], offset: Int) {
    self.names = names
    self.items = items
    self.body = body
    self.otherwise = otherwise
    self.offset = offset
    usesLoopVariable = VariableReader.mayRead("loop", in: body)
  }
}

final class Macro: Sendable {
  let name: String
  let parameters: [String]
  let defaults: [(name: String, value: Expression)]
  let body: [Statement]
  /// How deep the rendering of the body can nest.
  let depth: Int

  init(
    name: String, parameters: [String], defaults: [(name: String, value: Expression)], body: [Statement],
    depth: Int
  ) {
    self.name = name
    self.parameters = parameters
    self.defaults = defaults
    self.body = body
    self.depth = depth
  }
}

final class Block: Sendable {
  let name: String
  let body: [Statement]

  init(name: String, body: [Statement]) {
    self.name = name
    self.body = body
  }
}
