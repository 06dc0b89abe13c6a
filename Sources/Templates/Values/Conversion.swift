import Formats

/// What JavaScript makes of one type where it needs another (ECMAScript, section 7.1).
extension Value {
  /// Empty arrays and objects are true, and so is safe text, even empty.
  var isTrue: Bool {
    switch self {
    case .undefined, .null: false
    case .bool(let value): value
    case .number(let value): value != 0 && !value.isNaN
    case .string(let value): !value.isEmpty
    case .safe, .array, .object, .function, .regex: true
    }
  }

  /// `String(x)`
  func string(depth: Int = 0) throws(Fault) -> String {
    switch self {
    case .undefined: return "undefined"
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .number(let value): return NumberText.javaScript(value)
    case .string(let value), .safe(let value): return value
    case .array(let box): return try box.joined(by: ",", depth: depth)
    case .object: return "[object Object]"
    case .function(let function): return "[function \(function.name)]"
    case .regex(let regex): return "/\(regex.source)/\(regex.flags)"
    }
  }

  /// What `{{ x }}` prints: null and undefined print nothing.
  func printed() throws(Fault) -> String {
    isNullish ? "" : try string()
  }

  /// `Number(x)`
  func number() throws(Fault) -> Double {
    switch self {
    case .undefined, .object, .function, .regex: .nan
    case .null: 0
    case .bool(let value): value ? 1 : 0
    case .number(let value): value
    case .string(let value), .safe(let value): value.javaScriptNumber
    case .array: try string().javaScriptNumber
    }
  }

  /// Arrays, objects and the like as text; other values as they are.
  func primitive() throws(Fault) -> Value {
    switch self {
    case .undefined, .null, .bool, .number, .string: self
    case .safe, .array, .object, .function, .regex: .string(try string())
    }
  }

  /// A whole number within Int, as indices and counts are taken; nil when it is no number.
  func integer() throws(Fault) -> Int? {
    let number = try number()
    guard !number.isNaN else { return nil }
    return Int(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
  }
}

extension ArrayBox {
  /// Null and undefined items print nothing.
  func joined(by separator: String, depth: Int = 0) throws(Fault) -> String {
    guard depth < 200 else { throw Fault("an array that holds itself, or is nested more than 200 deep") }
    var text = ""
    for (place, item) in items.enumerated() {
      if place > 0 { text += separator }
      if !item.isNullish { text += try item.string(depth: depth + 1) }
      guard text.utf8.count < 1 << 28 else { throw Fault("a text of more than 256 MB") }
    }
    return text
  }
}

// MARK: Comparing

extension Value {
  /// `===`
  static func identical(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.undefined, .undefined), (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.hasSameText(as: b)
    case (.array(let a), .array(let b)): a === b
    case (.object(let a), .object(let b)): a === b
    case (.function(let a), .function(let b)): a === b
    default: false
    }
  }

  /// `==`
  static func equal(_ a: Value, _ b: Value) throws(Fault) -> Bool {
    switch (a, b) {
    case (.undefined, _), (.null, _): return b.isNullish
    case (_, .undefined), (_, .null): return false
    case (.bool(let value), _): return try equal(.number(value ? 1 : 0), b)
    case (_, .bool(let value)): return try equal(a, .number(value ? 1 : 0))
    case (.number, .number), (.string, .string): return identical(a, b)
    case (.number(let number), .string(let text)), (.string(let text), .number(let number)):
      return text.javaScriptNumber == number
    case (.number, _), (.string, _): return try equal(a, b.primitive())
    case (_, .number), (_, .string): return try equal(a.primitive(), b)
    default: return identical(a, b)
    }
  }

  /// `<`, `>`, `<=` and `>=`: whether the order of the two, if they have one, is among these.
  static func compare(_ a: Value, _ b: Value, _ holds: (Order) -> Bool) throws(Fault) -> Bool {
    let (x, y) = (try a.primitive(), try b.primitive())
    if case .string(let x) = x, case .string(let y) = y { return holds(x.javaScriptOrder(to: y)) }
    let (p, q) = (try x.number(), try y.number())
    guard !p.isNaN, !q.isNaN else { return false }
    return holds(p < q ? .less : p == q ? .same : .greater)
  }

  enum Order { case less, same, greater }

  /// `+`: text if one of the two is text, else the sum.
  static func add(_ a: Value, _ b: Value) throws(Fault) -> Value {
    let (x, y) = (try a.primitive(), try b.primitive())
    if case .number(let p) = x, case .number(let q) = y { return .number(p + q) }
    switch (x, y) {
    case (.string, _), (_, .string): return .string(try x.string() + y.string())
    default: return .number(try x.number() + y.number())
    }
  }
}
