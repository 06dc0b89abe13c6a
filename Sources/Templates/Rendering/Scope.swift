import Formats

/// Variables that tags bind: one scope a loop, macro, block or template.
final class Scope {
  private struct Binding {
    let name: String
    var value: Value
    /// The variable of a loop or a parameter: hides one of that name outside even when it is undefined.
    /// Variables that are set count as not there then.
    let isDeclared: Bool

    var isThere: Bool { isDeclared || !value.isUndefined }
  }

  private var bindings: [Binding] = []
  let parent: Scope?
  /// Setting a variable does not reach what lies outside.
  let isolatesWrites: Bool
  /// The outermost scope of a template: what is set there can be seen by macros and exported.
  let isTopLevel: Bool

  init(parent: Scope? = nil, isolatesWrites: Bool = false, isTopLevel: Bool = false) {
    self.parent = parent
    self.isolatesWrites = isolatesWrites
    self.isTopLevel = isTopLevel
  }

  private func place(of name: String) -> Int? {
    for place in bindings.indices where bindings[place].name == name { return place }
    return nil
  }

  func lookUp(_ name: String) -> Value? {
    var scope: Scope? = self
    while let current = scope {
      if let place = current.place(of: name), current.bindings[place].isThere {
        return current.bindings[place].value
      }
      scope = current.parent
    }
    return nil
  }

  /// Binds the variable of a loop or a parameter in this very scope.
  func declare(_ name: String, _ value: Value) {
    bind(name, value, isDeclared: true)
  }

  private func bind(_ name: String, _ value: Value, isDeclared: Bool) {
    if let place = place(of: name) {
      bindings[place].value = value
    } else {
      bindings.append(Binding(name: name, value: value, isDeclared: isDeclared))
    }
  }

  /// Binds a name where it is bound already, else here.
  func set(_ name: String, _ value: Value) {
    var scope = self
    while true {
      if let place = scope.place(of: name), scope.bindings[place].isThere {
        scope.bindings[place].value = value
        return
      }
      guard !scope.isolatesWrites, let parent = scope.parent else { break }
      scope = parent
    }
    bind(name, value, isDeclared: false)
  }
}

/// What a template was given, and what its outermost scope set.
final class Context {
  private let variables: JSONObject
  /// Arrays and objects, unpacked once so that two readings give the same one; and what was set.
  private var values: [String: Value]
  private(set) var exports: [String] = []
  /// The bodies of each block, those of the template that was asked for first.
  var blocks: [String: [(block: Block, program: Program)]] = [:]

  init(_ variables: JSONObject, values: [String: Value] = [:]) {
    self.variables = variables
    self.values = values
  }

  /// A copy for an included template: what that sets stays with it.
  func copy() -> Context { Context(variables, values: values) }

  func lookUp(_ name: String) -> Value? {
    if !values.isEmpty, let value = values[name] { return value }
    guard let json = variables[name] else { return nil }
    let value = Value(json)
    switch value {
    case .array, .object: values[name] = value
    default: break
    }
    return value
  }

  func set(_ name: String, _ value: Value) {
    values[name] = value
    export(name)
  }

  /// Notes that an `import` of this template sees a name.
  func export(_ name: String) {
    if !name.hasPrefix("_"), !exports.contains(name) { exports.append(name) }
  }

  func exported() -> [(key: String, value: Value)] {
    exports.map { ($0, lookUp($0) ?? .undefined) }
  }
}
