import Formats

/// Makes templates up, the same ones for the same seed: any filter on any value, any operator between
/// any two, tags within tags. Most are nonsense, and all have a meaning that can be compared.
struct RandomTemplates {
  var generator: SeededGenerator
  private let values: [String]

  /// - Parameter values: names of variables.
  init(seed: UInt64, values: [String]) {
    generator = SeededGenerator(seed: seed)
    self.values = values
  }

  private mutating func pick(_ choices: [String]) -> String { choices[generator.next(below: choices.count)] }
  private mutating func chance(_ percent: Int) -> Bool { generator.next(below: 100) < percent }

  mutating func template() -> String {
    var text = ""
    for _ in 0...generator.next(below: 3) { text += statement(depth: 0) }
    return text
  }

  // MARK: Statements

  private mutating func body(_ depth: Int) -> String {
    var text = ""
    for _ in 0...generator.next(below: 2) { text += statement(depth: depth + 1) }
    return text
  }

  private mutating func open() -> String { chance(15) ? "{%- " : "{% " }
  private mutating func close() -> String { chance(15) ? " -%}" : " %}" }

  private mutating func tag(_ text: String) -> String { open() + text + close() }

  private mutating func statement(depth: Int) -> String {
    let kind = generator.next(below: depth > 2 ? 50 : 100)
    switch kind {
    case ..<15:
      return pick(["text ", "\n", " ", "a\n  b ", "{ ", "é", "%", "}", "{# note #}", " {#- note -#} "])
    case ..<50:
      let value = chance(5) ? "(" + expression(depth) + ") | safe" : expression(depth)
      return (chance(10) ? "{{- " : "{{ ") + value + (chance(10) ? " -}}" : " }}")
    case ..<60:
      return tag("if " + expression(depth)) + body(depth)
        + (chance(40) ? tag(pick(["elif ", "elseif "]) + expression(depth)) + body(depth) : "")
        + (chance(40) ? tag("else") + body(depth) : "") + tag("endif")
    case ..<72:
      let names = pick(["x", "x", "x", "k, v", "a, b", "a, b, c"])
      return tag("for \(names) in \(expression(depth))") + body(depth)
        + (chance(50)
          ? "{{ \(pick(["x", "k", "v", "a", "b", "loop.index", "loop.last", "loop.revindex0", "loop.length"])) }}"
          : "")
        + (chance(30) ? tag("else") + body(depth) : "") + tag("endfor")
    case ..<80: return tag("set \(pick(["x", "y", "z", "x, y", "name"])) = \(expression(depth))")
    case ..<83: return tag("set \(pick(["x", "y"]))") + body(depth) + tag("endset")
    case ..<87:
      return tag("macro m(\(pick(["", "a", "a, b", "a, b=1", "x=2, y=a"])))") + body(depth) + tag("endmacro")
        + "{{ m(\(pick(["", "1", "1, 2", "b=3", expression(depth), "a=" + expression(depth)]))) }}"
    case ..<90: return tag("filter \(pick(Self.textFilters))") + body(depth) + tag("endfilter")
    case ..<93:
      return tag("macro w(a)") + "<{{ caller(a) }}>" + tag("endmacro")
        + tag("call(v) w(\(expression(depth)))")
        + "{{ v }}" + tag("endcall")
    case ..<96:
      return tag("switch \(expression(depth))") + tag("case \(expression(depth))") + body(depth)
        + tag("case 1") + tag("case 'a'") + body(depth) + (chance(50) ? tag("default") + body(depth) : "")
        + tag("endswitch")
    default: return "{% raw %}{{ x }}\(pick(["", "{%", "{{", "#}"])){% endraw %}"
    }
  }

  private static let textFilters = [
    "upper", "lower", "title", "trim", "indent(2)", "replace('a', 'b')", "length",
  ]

  // MARK: Expressions

  private mutating func expression(_ depth: Int) -> String {
    let kind = generator.next(below: depth > 3 ? 45 : 100)
    let next = depth + 1
    switch kind {
    case ..<30: return pick(values)
    case ..<45:
      return pick([
        "1", "0", "2.5", "'a'", "'b c'", "''", "true", "false", "none", "missing", "-3", "10", "'10'",
        "[1, 2]", "[]",
        "{a: 1}", "['b', 'a']", "x", "y", "[[1, 'p'], [2, 'q']]",
      ])
    case ..<65: return operand(next) + " | " + filter(next) + (chance(30) ? " | " + filter(next) : "")
    case ..<80:
      return operand(next) + " "
        + pick([
          "+", "-", "*", "/", "//", "%", "~", "==", "!=", "===", "!==", "<", ">", "<=", ">=", "and",
          "or", "in",
          "not in",
        ]) + " " + operand(next)
    case ..<82: return pick(["not ", "-", "+", "not not "]) + operand(next)
    case ..<84: return pick(["not ", "not not ", "-"]) + chain(next)
    case ..<88: return "(" + operand(next) + " is " + pick(["", "not "]) + test() + ")"
    case ..<91: return operand(next) + " if " + operand(next) + (chance(70) ? " else " + operand(next) : "")
    case ..<94:
      return pick(values) + pick([".length", "[0]", "['a']", ".a", "[1]", ".list", "[-1]", ".name"])
    case ..<96: return (chance(30) ? "(" + expression(next) + ")" : pick(values)) + "." + method()
    case ..<98: return chain(next)
    default: return "[" + expression(next) + ", " + expression(next) + "]"
    }
  }

  private mutating func operand(_ depth: Int) -> String {
    depth < 4 && chance(40) ? "(" + expression(depth) + ")" : simple()
  }

  /// Operators without brackets.
  private mutating func chain(_ depth: Int) -> String {
    var text = operand(depth)
    for _ in 0...generator.next(below: 3) {
      text += pick([
        " + ", " - ", " * ", " ~ ", " % ", " // ", " / ", " ** 2 + ", " == ", " < ", " != ", " >= ", " === ",
      ])
      text += operand(depth)
    }
    return text
  }

  private mutating func simple() -> String {
    chance(70) ? pick(values) : pick(["1", "'a'", "2", "none", "missing", "[3, 1]", "'A b'", "0.5", "true"])
  }

  private mutating func test() -> String {
    let other = simple()
    return pick([
      "defined", "undefined", "none", "null", "string", "number", "iterable", "mapping", "odd", "even",
      "lower", "upper",
      "truthy", "falsy", "callable", "escaped", "divisibleby(2)", "eq(\(other))", "ne(\(other))",
      "gt(\(other))",
      "le(\(other))", "sameas(\(other))", "equalto(1)", "greaterthan('a')", "lessthan(5)", "lt(3)", "ge(1)",
    ])
  }

  private mutating func filter(_ depth: Int) -> String {
    let other = simple()
    return pick([
      "abs", "batch(2)", "batch(2, \(other))", "batch(\(other))", "capitalize", "center(9)",
      "center(\(other))", "default(\(other))",
      "default(\(other), true)", "d('x')", "dictsort", "dictsort(false, 'value')", "dump", "dump(2)", "first",
      "float", "float(\(other))", "groupby('a')", "groupby('length')", "indent", "indent(2, true)",
      "indent(\(other))", "int", "int(\(other))", "int(0, 16)", "join", "join(', ')", "join(\(other))",
      "join('-', 'name')", "last", "length", "list", "lower", "nl2br", "reject", "reject('odd')",
      "reject('string')",
      "rejectattr('a')", "replace('a', 'b')", "replace('', '-')", "replace(\(other), \(other))",
      "replace('a', 'b', 1)",
      "reverse", "round", "round(1)", "round(1, 'floor')", "round(\(other), 'ceil')", "select",
      "select('even')",
      "select('number')", "selectattr('name')", "slice(2)", "slice(3, \(other))", "slice(\(other))", "sort",
      "sort(true)", "sort(false, true)", "sort(attribute='a')", "string", "striptags", "striptags(true)",
      "sum",
      "sum('a')", "sum('length', 2)", "title", "trim", "truncate(5)", "truncate(5, true)",
      "truncate(\(other))",
      "truncate(7, false, \(other))", "upper", "urlencode", "urlize", "urlize(4)", "wordcount",
    ])
  }

  private mutating func method() -> String {
    let other = simple()
    return pick([
      "length", "toUpperCase()", "toLowerCase()", "split(' ')", "split('')", "slice(1)", "slice(-2, 3)",
      "substring(1, 3)",
      "indexOf(\(other))", "includes(\(other))", "join('+')", "join(\(other))", "concat(\(other))", "trim()",
      "replace('a', 'b')", "charAt(1)", "toFixed(1)", "toString()", "startsWith('a')", "endsWith('e')",
      "lastIndexOf('a')", "repeat(2)", "padStart(5, '*')", "padEnd(4)", "pop()", "shift()", "push(\(other))",
      "reverse()",
      "substr(1, 2)", "substr(-2)", "hasOwnProperty('a')", "replaceAll('l', 'L')", "nope()", "sort()",
    ])
  }
}
