import Formats

/// Variables that tags bind: one scope a loop, macro, block or template.
///
/// A variable that is undefined counts as not there.
final class Scope {
  private var names: [String] = []
  private var values: [Value] = []
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
    for place in names.indices where names[place] == name { return place }
    return nil
  }

  func lookUp(_ name: String) -> Value? {
    var scope: Scope? = self
    while let current = scope {
      if let place = current.place(of: name), !current.values[place].isUndefined {
        return current.values[place]
      }
      scope = current.parent
    }
    return nil
  }

  /// Binds a name in this very scope.
  func bind(_ name: String, _ value: Value) {
    if let place = place(of: name) {
      values[place] = value
    } else {
      names.append(name)
      values.append(value)
    }
  }

  /// Binds a name where it is bound already, else here.
  func set(_ name: String, _ value: Value) {
    var scope = self
    while true {
      if let place = scope.place(of: name), !scope.values[place].isUndefined {
        scope.values[place] = value
        return
      }
      guard !scope.isolatesWrites, let parent = scope.parent else { break }
      scope = parent
    }
    bind(name, value)
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
