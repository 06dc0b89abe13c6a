#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Arithmetic over named numbers: `2 * p * r / (p + r)`, `x > 0 ? sqrt(x) : 0`.
///
/// Operators by falling strength: `^`, unary `-`, `* / %`, `+ -`, comparisons, `and`, `or`, `a ? b : c`. Truth is 1, its
/// opposite 0. Functions: abs, ceil, exp, floor, log (natural, or to a base), log10, log2, max, mean, min, pow, round,
/// sqrt, sum.
public struct Formula: Sendable, Hashable {
  public let text: String
  private let root: Node

  indirect enum Node: Sendable, Hashable {
    case number(Double)
    case name(String)
    case unary(String, Node)
    case binary(String, Node, Node)
    case choice(Node, Node, Node)
    case call(String, [Node])
  }

  public init(parsing text: String) throws(Problem) {
    self.text = text
    var parser = FormulaParser(text)
    root = try parser.whole()
  }

  /// The names that must have a value, in the order they occur.
  public var names: [String] {
    func names(_ node: Node) -> [String] {
      switch node {
      case .number: []
      case .name(let name): [name]
      case .unary(_, let a): names(a)
      case .binary(_, let a, let b): names(a) + names(b)
      case .choice(let a, let b, let c): names(a) + names(b) + names(c)
      case .call(_, let arguments): arguments.flatMap(names)
      }
    }
    return names(root)
  }

  /// Throws where a name has no value, and where the result is no number: what is divided by 0 is not known.
  public func value(of names: [String: Double]) throws(Problem) -> Double {
    let value = try Self.value(root, names)
    guard value.isFinite else { throw Problem("\(text) is no number here") }
    return value
  }

  private static func value(_ node: Node, _ names: [String: Double]) throws(Problem) -> Double {
    switch node {
    case .number(let number): return number
    case .name(let name):
      guard let value = names[name] else {
        let near = nearest(to: name, in: Array(names.keys))
        throw Problem("there is no metric \"\(name)\"" + (near.map { "; is \"\($0)\" meant?" } ?? ""))
      }
      return value
    case .unary(let sign, let a):
      let a = try value(a, names)
      return sign == "-" ? -a : (a == 0 ? 1 : 0)
    case .binary(let sign, let a, let b):
      let (a, b) = (try value(a, names), try value(b, names))
      switch sign {
      case "+": return a + b
      case "-": return a - b
      case "*": return a * b
      case "/": return a / b
      case "%": return a - b * (a / b).rounded(.down)
      case "^": return pow(a, b)
      case "<": return a < b ? 1 : 0
      case "<=": return a <= b ? 1 : 0
      case ">": return a > b ? 1 : 0
      case ">=": return a >= b ? 1 : 0
      case "==": return a == b ? 1 : 0
      case "!=": return a != b ? 1 : 0
      case "and": return a != 0 && b != 0 ? 1 : 0
      default: return a != 0 || b != 0 ? 1 : 0
      }
    case .choice(let condition, let a, let b):
      return try value(condition, names) != 0 ? value(a, names) : value(b, names)
    case .call(let name, let arguments):
      var values: [Double] = []
      for argument in arguments { values.append(try value(argument, names)) }
      return call(name, values)
    }
  }

  private static func logarithm(_ x: Double) -> Double { log(x) }

  private static func call(_ name: String, _ a: [Double]) -> Double {
    switch name {
    case "abs": abs(a[0])
    case "ceil": a[0].rounded(.up)
    case "exp": exp(a[0])
    case "floor": a[0].rounded(.down)
    case "log": a.count > 1 ? logarithm(a[0]) / logarithm(a[1]) : logarithm(a[0])
    case "log10": log10(a[0])
    case "log2": log2(a[0])
    case "max": a.max() ?? .nan
    case "mean": a.reduce(0, +) / Double(a.count)
    case "min": a.min() ?? .nan
    case "pow": pow(a[0], a[1])
    case "round": a[0].rounded()
    case "sqrt": a[0].squareRoot()
    default: a.reduce(0, +)
    }
  }
}

/// By descent; what it reads is one line of a suite.
private struct FormulaParser {
  private enum Token: Equatable {
    case number(Double)
    case name(String)
    case sign(String)
  }

  private let text: String
  private var tokens: [Token] = []
  private var place = 0
  private var depth = 0
  private var mistake: Problem?

  static let arguments: [String: ClosedRange<Int>] = [
    "abs": 1...1, "ceil": 1...1, "exp": 1...1, "floor": 1...1, "log": 1...2, "log10": 1...1, "log2": 1...1,
    "max": 1...99, "mean": 1...99, "min": 1...99, "pow": 2...2, "round": 1...1, "sqrt": 1...1, "sum": 1...99,
  ]

  init(_ text: String) {
    self.text = text
    scan()
  }

  private mutating func scan() {
    let characters = Array(text)
    var i = 0
    func isName(_ c: Character) -> Bool { c.isLetter || c == "_" || c.isNumber }
    while i < characters.count {
      let c = characters[i]
      if c.isWhitespace {
        i += 1
      } else if c.isNumber || c == ".", c.isASCII {
        var end = i
        while end < characters.count,
          characters[end].isNumber || characters[end] == "."
            || "eE".contains(characters[end]) && end + 1 < characters.count
              && (characters[end + 1].isNumber || "+-".contains(characters[end + 1]))
            || "+-".contains(characters[end]) && "eE".contains(characters[end - 1])
        { end += 1 }
        guard let number = Double(String(characters[i..<end])) else {
          mistake = Problem("\"\(String(characters[i..<end]))\" is no number")
          return
        }
        tokens.append(.number(number))
        i = end
      } else if isName(c) {
        var end = i
        while end < characters.count, isName(characters[end]) { end += 1 }
        let name = String(characters[i..<end])
        tokens.append(["and", "or", "not"].contains(name) ? .sign(name) : .name(name))
        i = end
      } else {
        let two = i + 1 < characters.count ? String(characters[i...(i + 1)]) : ""
        if ["<=", ">=", "==", "!=", "&&", "||"].contains(two) {
          tokens.append(.sign(two == "&&" ? "and" : two == "||" ? "or" : two))
          i += 2
        } else if "+-*/%^<>?:(),!".contains(c) {
          tokens.append(.sign(c == "!" ? "not" : String(c)))
          i += 1
        } else {
          mistake = Problem("\"\(c)\" belongs in no formula")
          return
        }
      }
    }
  }

  mutating func whole() throws(Problem) -> Formula.Node {
    if let mistake { throw mistake }
    if tokens.isEmpty { throw Problem("the formula is empty") }
    let node = try choice()
    if place < tokens.count { throw Problem("the formula goes on where it should end, at \(shown(place))") }
    return node
  }

  private func shown(_ place: Int) -> String {
    guard place < tokens.count else { return "its end" }
    switch tokens[place] {
    case .number(let number): return "\(NumberText.javaScript(number))"
    case .name(let name): return "\"\(name)\""
    case .sign(let sign): return "\"\(sign)\""
    }
  }

  private mutating func take(_ signs: [String]) -> String? {
    guard place < tokens.count, case .sign(let sign) = tokens[place], signs.contains(sign) else { return nil }
    place += 1
    return sign
  }

  private mutating func demand(_ sign: String) throws(Problem) {
    if take([sign]) == nil { throw Problem("\"\(sign)\" is missing before \(shown(place))") }
  }

  private mutating func choice() throws(Problem) -> Formula.Node {
    depth += 1
    defer { depth -= 1 }
    if depth > 100 { throw Problem("the formula is nested too deeply") }
    let condition = try binary(0)
    guard take(["?"]) != nil else { return condition }
    let yes = try choice()
    try demand(":")
    return .choice(condition, yes, try choice())
  }

  private static let levels = [
    ["or"], ["and"], ["==", "!="], ["<", "<=", ">", ">="], ["+", "-"], ["*", "/", "%"],
  ]

  private mutating func binary(_ level: Int) throws(Problem) -> Formula.Node {
    if level == Self.levels.count { return try unary() }
    var node = try binary(level + 1)
    while let sign = take(Self.levels[level]) { node = .binary(sign, node, try binary(level + 1)) }
    return node
  }

  private mutating func unary() throws(Problem) -> Formula.Node {
    depth += 1
    defer { depth -= 1 }
    if depth > 100 { throw Problem("the formula is nested too deeply") }
    if let sign = take(["-", "not"]) { return .unary(sign, try unary()) }
    let base = try primary()
    return take(["^"]) == nil ? base : .binary("^", base, try unary())
  }

  private mutating func primary() throws(Problem) -> Formula.Node {
    guard place < tokens.count else { throw Problem("the formula ends too early") }
    switch tokens[place] {
    case .number(let number):
      place += 1
      return .number(number)
    case .name(let name):
      place += 1
      guard take(["("]) != nil else { return .name(name) }
      return try call(name)
    case .sign("("):
      place += 1
      let inner = try choice()
      try demand(")")
      return inner
    case .sign: throw Problem("a number or a name is missing before \(shown(place))")
    }
  }

  private mutating func call(_ name: String) throws(Problem) -> Formula.Node {
    guard let count = Self.arguments[name] else {
      let near = nearest(to: name, in: Array(Self.arguments.keys))
      throw Problem(
        "unknown function \"\(name)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""),
        mend: "known: " + Self.arguments.keys.sorted().joined(separator: ", "))
    }
    var arguments = [try choice()]
    while take([","]) != nil { arguments.append(try choice()) }
    try demand(")")
    guard count.contains(arguments.count) else {
      throw Problem("\(name) does not take \(arguments.count) arguments")
    }
    return .call(name, arguments)
  }
}
