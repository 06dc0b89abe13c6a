import Formats

/// One of the filters that every template has: `value | name(arguments)`.
struct BuiltInFilter: Sendable {
  typealias Body = @Sendable (Renderer, Value, CallArguments) throws(Fault) -> Value

  let name: String
  /// Names of the arguments, so that they may also be given as `name=value`.
  let parameters: [String]
  let body: Body

  init(_ name: String, _ parameters: [String] = [], _ body: @escaping Body) {
    self.name = name
    self.parameters = parameters
    self.body = body
  }

  static let names = table.keys.sorted()

  static func named(_ name: String) -> BuiltInFilter? { table[name] }

  private static let table: [String: BuiltInFilter] = {
    var table: [String: BuiltInFilter] = [:]
    for filter in textFilters + markupFilters + listFilters + numberFilters + valueFilters {
      table[filter.name] = filter
    }
    table["d"] = table["default"]
    table["e"] = table["escape"]
    return table
  }()

  func apply(_ renderer: Renderer, _ input: Value, _ arguments: CallArguments) throws(Fault) -> Value {
    guard !arguments.keyword.isEmpty else { return try body(renderer, input, arguments) }
    var arguments = arguments
    for (name, value) in arguments.keyword {
      guard let place = parameters.firstIndex(of: name) else {
        let near = nearest(to: name, in: parameters).map { "; did you mean \"\($0)\"?" } ?? ""
        throw Fault("filter \"\(self.name)\" has no argument \"\(name)\"\(near)")
      }
      while arguments.positional.count <= place { arguments.positional.append(.undefined) }
      arguments.positional[place] = value
    }
    arguments.keyword = []
    return try body(renderer, input, arguments)
  }
}

// MARK: What filters take

extension Value {
  /// The text of a string. Null, undefined and false count as none; anything else is refused.
  func textOrEmpty(_ filter: String) throws(Fault) -> String {
    switch self {
    case .undefined, .null, .bool(false): ""
    default: try text(for: filter)
    }
  }

  func text(for filter: String) throws(Fault) -> String {
    guard let text else {
      throw Fault("filter \"\(filter)\" needs a string, not \(kindName)", mend: mend(for: filter))
    }
    return text
  }

  private func mend(for filter: String) -> String? {
    switch self {
    case .undefined: "give a default first: \"| default('') | \(filter)\""
    case .number, .bool: "make it a string first: \"| string | \(filter)\""
    default: nil
    }
  }

  /// The items of an array; characters of a string; of anything else none, but null and undefined are refused.
  func items(for filter: String, _ renderer: Renderer) throws(Fault) -> [Value] {
    switch self {
    case .undefined, .null: throw Fault("filter \"\(filter)\" needs an array, not \(kindName)")
    case .array(let box): box.items
    case .string(let text), .safe(let text): try renderer.characters(of: text).map { .string($0) }
    default: []
    }
  }

  func array(for filter: String) throws(Fault) -> [Value] {
    guard case .array(let box) = self else {
      throw Fault("filter \"\(filter)\" needs an array, not \(kindName)")
    }
    return box.items
  }

  /// Text that is safe when this is.
  func sameSafety(_ text: String) -> Value {
    if case .safe = self { .safe(text) } else { .string(text) }
  }
}
