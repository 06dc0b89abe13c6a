import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Renderer {
  func evaluate(_ expression: Expression, _ frame: inout Frame) throws(Fault) -> Value {
    try step()
    switch expression {
    case .variable(let name, _): return lookUp(name, frame)
    case .string(let text): return .string(text)
    case .number(let number): return .number(number)
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .regex(let regex): return .regex(regex)
    case .member(let target, let key): return try member(of: target, key, &frame)
    case .filter(let name, let builtIn, let input, let arguments, let at):
      return try filtered(name, builtIn, input, arguments, at: at, &frame)
    case .call(let callee, let arguments, let at): return try call(callee, arguments, at: at, &frame)
    case .binary(let operation, let left, let right, let at):
      return try combine(operation, left, right, at: at, &frame)
    case .and(let left, let right):
      let value = try evaluate(left, &frame)
      return value.isTrue ? try evaluate(right, &frame) : value
    case .or(let left, let right):
      let value = try evaluate(left, &frame)
      return value.isTrue ? value : try evaluate(right, &frame)
    case .not(let operand): return .bool(!(try evaluate(operand, &frame).isTrue))
    case .conditional(let condition, let then, let otherwise):
      if try evaluate(condition, &frame).isTrue { return try evaluate(then, &frame) }
      guard let otherwise else { return .string("") }
      return try evaluate(otherwise, &frame)
    default: return try evaluateRare(expression, &frame)
    }
  }

  /// Apart, so that the stack frames of the common ones stay small.
  private func evaluateRare(_ expression: Expression, _ frame: inout Frame) throws(Fault) -> Value {
    switch expression {
    case .negative(let operand): return .number(-(try evaluate(operand, &frame).number()))
    case .positive(let operand): return .number(try evaluate(operand, &frame).number())
    case .floor(let operand): return .number(floor(try evaluate(operand, &frame).number()))
    case .power(let base, let exponent): return .number(try power(base, exponent, &frame))
    case .array(let items): return try made(.array(ArrayBox(try values(of: items, &frame))))
    case .dictionary(let members):
      var values: [(key: String, value: Value)] = []
      for (key, value) in members { values.append((key, try evaluate(value, &frame))) }
      return try made(.object(ObjectBox(values)))
    case .group(let items): return try values(of: items, &frame).last ?? .undefined
    case .test(let name, let value, let argument, let at):
      return .bool(try isTrue(name, value, argument, at: at, &frame))
    case .contains(let item, let container, let at):
      let item = try evaluate(item, &frame)
      let container = try evaluate(container, &frame)
      do throws(Fault) {
        return .bool(try contains(item, container))
      } catch {
        throw error.located(at: at)
      }
    case .capture(let body): return .string(try captured(body, &frame))
    case .caller(let macro): return .function(caller(macro, frame))
    default: return .undefined
    }
  }

  private func values(of expressions: [Expression], _ frame: inout Frame) throws(Fault) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(expressions.count)
    for expression in expressions { values.append(try evaluate(expression, &frame)) }
    return values
  }

  private func captured(_ body: [Statement], _ frame: inout Frame) throws(Fault) -> String {
    var inner = frame
    defer { frame = inner }
    return try capture { () throws(Fault) in try run(body, &inner) }
  }

  // MARK: Operators

  private func combine(
    _ operation: BinaryOperator, _ left: Expression, _ right: Expression, at: Int, _ frame: inout Frame
  ) throws(Fault) -> Value {
    let a = try evaluate(left, &frame)
    let b = try evaluate(right, &frame)
    do throws(Fault) {
      if let text = a.text { try read(text) }
      return try combine(operation, a, b)
    } catch {
      throw error.located(at: at)
    }
  }

  private func combine(_ operation: BinaryOperator, _ a: Value, _ b: Value) throws(Fault) -> Value {
    switch operation {
    case .add:
      let sum = try Value.add(a, b)
      if case .string(let text) = sum { try made(text) }
      return sum
    case .concatenate: return .string(try made(try a.string() + b.string()))
    case .subtract: return .number(try a.number() - b.number())
    case .multiply: return .number(try a.number() * b.number())
    case .divide: return .number(try a.number() / b.number())
    case .remainder: return .number(fmod(try a.number(), try b.number()))
    case .equal: return .bool(try Value.equal(a, b))
    case .notEqual: return .bool(!(try Value.equal(a, b)))
    case .identical: return .bool(Value.identical(a, b))
    case .notIdentical: return .bool(!Value.identical(a, b))
    case .less: return .bool(try Value.compare(a, b) { $0 == .less })
    case .greater: return .bool(try Value.compare(a, b) { $0 == .greater })
    case .lessOrEqual: return .bool(try Value.compare(a, b) { $0 != .greater })
    case .greaterOrEqual: return .bool(try Value.compare(a, b) { $0 != .less })
    }
  }

  private func power(_ base: Expression, _ exponent: Expression, _ frame: inout Frame) throws(Fault) -> Double
  {
    let base = try evaluate(base, &frame).number()
    let exponent = try evaluate(exponent, &frame).number()
    // JavaScript, unlike C, has no answer for these.
    if exponent.isNaN || (base.magnitude == 1 && exponent.isInfinite) { return .nan }
    return pow(base, exponent)
  }

  /// `in`: an item of an array, a part of a text, a key of an object.
  private func contains(_ item: Value, _ container: Value) throws(Fault) -> Bool {
    switch container {
    case .array(let box):
      try step(box.count)
      return box.items.contains { Value.identical($0, item) }
    case .string(let text), .safe(let text): return try self.text(text, holds: item)
    case .object(let box): return box.contains(try item.string())
    default:
      throw Fault("\"in\" needs an array, a string or an object, not \(container.kindName)")
    }
  }

  private func text(_ text: String, holds item: Value) throws(Fault) -> Bool {
    try read(text)
    return text.contains(text: try item.string())
  }

  // MARK: Members

  private func member(of target: Expression, _ key: Expression, _ frame: inout Frame) throws(Fault) -> Value {
    let target = try evaluate(target, &frame)
    if case .string(let name) = key { return try Members.member(named: name, of: target) }
    let key = try evaluate(key, &frame)
    return try Members.member(key, of: target)
  }
}
