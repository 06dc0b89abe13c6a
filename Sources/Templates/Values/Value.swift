import Formats

/// A value inside a template, with the types of JavaScript.
enum Value {
  case undefined
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  /// Text that macros and `safe` give: prints like a string, but is always true and never `===` another.
  case safe(String)
  case array(ArrayBox)
  case object(ObjectBox)
  case function(Function)
  case regex(RegularExpression)
}

/// An array: shared by all who hold it, as in JavaScript. Items of JSON are turned into values when asked for.
final class ArrayBox {
  private var json: [JSON]
  private var values: [Value]
  private var isJSON: Bool
  /// Of arrays and objects within one another: bounded, for they let go of each other recursively.
  let depth: Int

  init(_ values: [Value]) {
    json = []
    self.values = values
    isJSON = false
    depth = 1 + (values.lazy.map(\.depth).max() ?? 0)
  }

  init(json: [JSON]) {
    self.json = json
    values = []
    isJSON = true
    depth = 1
  }

  var count: Int { isJSON ? json.count : values.count }

  var items: [Value] {
    unpack()
    return values
  }

  /// Changes the array in its place.
  func change<Result>(_ body: (inout [Value]) -> Result) -> Result {
    unpack()
    return body(&values)
  }

  private func unpack() {
    guard isJSON else { return }
    values = json.map { Value($0) }
    json = []
    isJSON = false
  }

  subscript(index: Int) -> Value {
    unpack()
    return values.indices.contains(index) ? values[index] : .undefined
  }
}

/// An object: shared by all who hold it. Keys that are whole numbers come first, as in JavaScript.
final class ObjectBox {
  private var json: JSONObject?
  private var members: [(key: String, value: Value)]
  let depth: Int
  /// Set for `env`: what must not be read, and is not there either.
  var hidden: Set<String> = []

  /// Takes members whose keys are known to differ and to be words.
  init(words members: [(key: String, value: Value)]) {
    self.members = members
    depth = 1 + (members.lazy.map(\.value.depth).max() ?? 0)
  }

  init(_ members: [(key: String, value: Value)] = []) {
    self.members = []
    depth = 1 + (members.lazy.map(\.value.depth).max() ?? 0)
    for (key, value) in members { self[key] = value }
    sortMembers()
  }

  init(json: JSONObject) {
    self.json = json
    members = []
    depth = 1
  }

  private func unpack() {
    guard let json else { return }
    self.json = nil
    members = json.map { ($0.key, Value($0.value)) }
    sortMembers()
  }

  private func sortMembers() {
    guard members.contains(where: { $0.key.isArrayIndex }) else { return }
    let numbered = members.filter { $0.key.isArrayIndex }.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }
    members = numbered + members.filter { !$0.key.isArrayIndex }
  }

  var entries: [(key: String, value: Value)] {
    unpack()
    return members
  }

  var count: Int { json?.count ?? members.count }

  func contains(_ key: String) -> Bool {
    json?.contains(key) ?? members.contains { $0.key.hasSameText(as: key) }
  }

  subscript(key: String) -> Value? {
    get {
      unpack()
      for member in members where member.key.hasSameText(as: key) { return member.value }
      return nil
    }
    set {
      unpack()
      let place = members.firstIndex { $0.key.hasSameText(as: key) }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append((key, value))
      case (nil, nil): break
      }
    }
  }
}

/// Something that can be called: a macro, a built-in function, a method of a value.
final class Function {
  typealias Body = (Renderer, CallArguments) throws(Fault) -> Value
  let name: String
  let body: Body

  init(_ name: String, _ body: @escaping Body) {
    self.name = name
    self.body = body
  }
}

/// What a function or filter was called with.
struct CallArguments {
  var positional: [Value] = []
  var keyword: [(name: String, value: Value)] = []

  /// Undefined when there are not so many.
  subscript(index: Int) -> Value { positional.indices.contains(index) ? positional[index] : .undefined }
  var count: Int { positional.count }
}

extension Value {
  init(_ json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .number(let value): self = .number(value.double)
    case .string(let value): self = .string(value)
    case .array(let items): self = .array(ArrayBox(json: items))
    case .object(let object): self = .object(ObjectBox(json: object))
    }
  }

  /// As `JSON.parse(JSON.stringify(x))` gives it; nil for what JSON does not know.
  func json(depth: Int = 0) throws(Fault) -> JSON? {
    guard depth < 200 else { throw Fault("a value that holds itself, or is nested more than 200 deep") }
    switch self {
    case .undefined, .function: return nil
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .number(let value): return value.isFinite ? .number(JSONNumber(value)) : .null
    case .string(let value), .safe(let value): return .string(value)
    case .regex: return .object(JSONObject())
    case .array(let box):
      var items: [JSON] = []
      items.reserveCapacity(box.count)
      for item in box.items { items.append(try item.json(depth: depth + 1) ?? .null) }
      return .array(items)
    case .object(let box):
      var members: [(String, JSON)] = []
      for (key, value) in box.entries {
        if let json = try value.json(depth: depth + 1) { members.append((key, json)) }
      }
      return .object(JSONObject(members))
    }
  }

  /// What a message calls it.
  var kindName: String {
    switch self {
    case .undefined: "undefined"
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string, .safe: "a string"
    case .array: "an array"
    case .object: "an object"
    case .function: "a function"
    case .regex: "a regular expression"
    }
  }

  /// The text of a string, safe or not.
  var text: String? {
    switch self {
    case .string(let text), .safe(let text): text
    default: nil
    }
  }

  var isNullish: Bool {
    switch self {
    case .undefined, .null: true
    default: false
    }
  }

  /// Of arrays and objects within one another; what was read from JSON counts as one.
  var depth: Int {
    switch self {
    case .array(let box): box.depth
    case .object(let box): box.depth
    default: 0
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }
}
