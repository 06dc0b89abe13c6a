import Formats

/// One reading of a variable from outside of the template.
struct VariableRead: Sendable {
  /// The variable: `user` of `user.name`.
  var name: String
  /// As written: `user.name`, `items[0].id`.
  var path: String
  var at: Int
  /// The template copes when it is missing: asked for in a condition, a test, or before `default`.
  var isOptional: Bool
  /// The items of a loop.
  var isLooped: Bool
  /// A member of a loop variable, which is no variable from outside: `item.name`.
  var isBound: Bool
}

/// Finds the variables that a template reads and does not bind itself.
struct VariableReader {
  private(set) var reads: [VariableRead] = []
  private var bound: [Binding] = [Binding()]
  /// Only readings of this name are of interest, bound or not.
  private let wanted: String?

  /// What one loop, macro or template binds.
  private struct Binding {
    var names: Set<String> = []
    /// Those among them that stand for the items of something.
    var items: Set<String> = []
  }

  static func reads(of body: [Statement]) -> [VariableRead] {
    var reader = VariableReader(wanted: nil)
    reader.read(body)
    return reader.reads
  }

  /// Whether statements may read a variable, by themselves or through other templates and blocks.
  static func mayRead(_ name: String, in body: [Statement]) -> Bool {
    var reader = VariableReader(wanted: name)
    reader.read(body)
    return !reader.reads.isEmpty
  }

  private init(wanted: String?) { self.wanted = wanted }

  private mutating func note(_ name: String, _ path: String, _ at: Int, _ use: Use) {
    let binding = bound.last { $0.names.contains(name) }
    if let wanted {
      guard name == wanted else { return }
    } else if let binding {
      guard path != name, binding.items.contains(name) else { return }
    }
    reads.append(
      VariableRead(
        name: name, path: path, at: at, isOptional: use == .optional, isLooped: use == .looped,
        isBound: binding != nil))
  }

  private enum Use { case needed, optional, looped }

  // MARK: Statements

  private mutating func read(_ body: [Statement]) {
    for statement in body { read(statement) }
  }

  private mutating func bind(_ names: [String]) {
    bound[bound.count - 1].names.formUnion(names)
  }

  private mutating func inScope(
    _ names: [String], items: [String] = [], _ read: (inout VariableReader) -> Void
  ) {
    bound.append(Binding(names: Set(names), items: Set(items)))
    read(&self)
    bound.removeLast()
  }

  private mutating func read(_ statement: Statement) {
    switch statement {
    case .text: break
    case .output(let value, _): read(value, .needed)
    case .choice(let branches, let otherwise):
      for branch in branches {
        read(branch.condition, .optional)
        read(branch.body)
      }
      read(otherwise)
    case .loop(let loop):
      read(loop.items, .looped)
      inScope(loop.names + ["loop"], items: loop.names) { $0.read(loop.body) }
      read(loop.otherwise)
    case .set(let names, let value, _):
      read(value, .needed)
      bind(names)
    case .macro(let macro):
      bind([macro.name])
      read(macro)
    case .selection(let value, let branches, let otherwise):
      read(value, .optional)
      for branch in branches {
        read(branch.condition, .optional)
        read(branch.body)
      }
      read(otherwise)
    case .include(let name, _, _), .extends(let name, _):
      read(name, .needed)
      noteAnything()
    case .importAll(let name, let alias, let withContext, _):
      read(name, .needed)
      if withContext { noteAnything() }
      bind([alias])
    case .importNames(let name, let names, let withContext, _):
      read(name, .needed)
      if withContext { noteAnything() }
      bind(names.map(\.alias))
    case .block(let block):
      noteAnything()
      read(block.body)
    }
  }

  /// Another template may read what is wanted.
  private mutating func noteAnything() {
    if let wanted { note(wanted, wanted, 0, .needed) }
  }

  private mutating func read(_ macro: Macro) {
    for parameter in macro.defaults { read(parameter.value, .needed) }
    inScope(macro.parameters + macro.defaults.map(\.name) + ["caller"]) { $0.read(macro.body) }
  }

  // MARK: Expressions

  private mutating func read(_ arguments: Arguments) {
    for argument in arguments.positional { read(argument, .needed) }
    for argument in arguments.keyword { read(argument.value, .needed) }
  }

  private mutating func read(_ expression: Expression, _ use: Use) {
    switch expression {
    case .null, .bool, .number, .string, .regex: break
    case .variable(let name, let at): note(name, name, at, use)
    case .member(let target, let key):
      if let path = expression.path {
        note(path.name, path.path, path.at, use)
      } else {
        read(target, use)
      }
      read(key, .needed)
    case .array(let items), .group(let items): for item in items { read(item, use) }
    case .dictionary(let members): for member in members { read(member.value, use) }
    case .call(let callee, let arguments, _):
      if case .member(let target, let key) = callee {
        read(target, use)
        read(key, .needed)
      } else {
        read(callee, use)
      }
      read(arguments)
    case .filter(let name, _, let input, let arguments, _):
      read(input, name == "default" || name == "d" ? .optional : use)
      read(arguments)
    case .test(_, let value, let argument, _):
      read(value, .optional)
      if let argument { read(argument, .needed) }
    case .contains(let item, let container, _):
      read(item, use)
      read(container, use)
    case .conditional(let condition, let then, let otherwise):
      read(then, use)
      read(condition, .optional)
      if let otherwise { read(otherwise, use) }
    case .or(let left, let right):
      read(left, .optional)
      read(right, use)
    case .and(let left, let right), .binary(_, let left, let right, _), .power(let left, let right):
      read(left, use)
      read(right, use)
    case .not(let operand): read(operand, .optional)
    case .negative(let operand), .positive(let operand), .floor(let operand): read(operand, use)
    case .capture(let body): read(body)
    case .caller(let macro): read(macro)
    }
  }
}

extension Expression {
  /// `user.name`, `items[0].id`, `outer[inner]` as written; nil for members of what is computed.
  fileprivate var path: (name: String, path: String, at: Int)? {
    switch self {
    case .variable(let name, let at): return (name, name, at)
    case .member(let target, let key):
      guard let path = target.path else { return nil }
      switch key {
      case .string(let name): return (path.name, "\(path.path).\(name)", path.at)
      case .number(let index): return (path.name, "\(path.path)[\(NumberText.javaScript(index))]", path.at)
      case .variable(let name, _): return (path.name, "\(path.path)[\(name)]", path.at)
      default: return nil
      }
    default: return nil
    }
  }
}
