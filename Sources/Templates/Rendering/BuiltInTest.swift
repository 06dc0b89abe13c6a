import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The tests of `value is test(argument)`.
enum BuiltInTest {
  typealias Body = @Sendable (Value, Value) throws(Fault) -> Bool

  static let names = table.keys.sorted()

  static func named(_ name: String) throws(Fault) -> Body {
    if let body = table[name] { return body }
    let near = nearest(to: name, in: names).map { "; did you mean \"\($0)\"?" } ?? ""
    throw Fault("unknown test \"\(name)\"\(near)")
  }

  private static let table: [String: Body] = [
    "callable": { (value, _) throws(Fault) in if case .function = value { true } else { false } },
    "defined": { (value, _) throws(Fault) in !value.isUndefined },
    "undefined": { (value, _) throws(Fault) in value.isUndefined },
    "null": { (value, _) throws(Fault) in if case .null = value { true } else { false } },
    "none": { (value, _) throws(Fault) in if case .null = value { true } else { false } },
    "truthy": { (value, _) throws(Fault) in value.isTrue },
    "falsy": { (value, _) throws(Fault) in !value.isTrue },
    "escaped": { (value, _) throws(Fault) in if case .safe = value { true } else { false } },
    "number": { (value, _) throws(Fault) in if case .number = value { true } else { false } },
    "string": { (value, _) throws(Fault) in if case .string = value { true } else { false } },
    "mapping": { (value, _) throws(Fault) in
      switch value {
      case .object, .safe, .regex: true
      default: false
      }
    },
    "iterable": { (value, _) throws(Fault) in
      guard !value.isNullish else { throw Fault("cannot tell whether \(value.kindName) is iterable") }
      if case .array = value { return true }
      return value.text != nil
    },
    "lower": { (value, _) throws(Fault) in
      let text = try text(value, "lower")
      return text.lowercased().hasSameText(as: text)
    },
    "upper": { (value, _) throws(Fault) in
      let text = try text(value, "upper")
      return text.uppercased().hasSameText(as: text)
    },
    "even": { (value, _) throws(Fault) in fmod(try value.number(), 2) == 0 },
    "odd": { (value, _) throws(Fault) in fmod(try value.number(), 2) == 1 },
    "divisibleby": { (value, divisor) throws(Fault) in fmod(try value.number(), try divisor.number()) == 0 },
    "equalto": equal, "eq": equal, "sameas": equal,
    "ne": { (a, b) throws(Fault) in !Value.identical(a, b) },
    "greaterthan": greater, "gt": greater,
    "lessthan": less, "lt": less,
    "ge": { (a, b) throws(Fault) in try Value.compare(a, b) { $0 != .less } },
    "le": { (a, b) throws(Fault) in try Value.compare(a, b) { $0 != .greater } },
  ]

  private static let equal: Body = { (a, b) throws(Fault) in Value.identical(a, b) }
  private static let greater: Body = { (a, b) throws(Fault) in try Value.compare(a, b) { $0 == .greater } }
  private static let less: Body = { (a, b) throws(Fault) in try Value.compare(a, b) { $0 == .less } }

  private static func text(_ value: Value, _ test: String) throws(Fault) -> String {
    guard let text = value.text else { throw Fault("test \"\(test)\" needs a string, not \(value.kindName)") }
    return text
  }
}
