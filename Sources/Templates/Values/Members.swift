import Formats

/// Looking into values.
enum Members {
  /// `target[key]`; members of null and undefined are undefined.
  static func member(_ key: Value, of target: Value) throws(Fault) -> Value {
    if case .number(let number) = key, let index = Int(exactly: number) {
      switch target {
      case .array(let box): return box[index]
      case .string(let text), .safe(let text):
        return text.character(atUnit: index).map { .string($0) } ?? .undefined
      default: break
      }
    }
    return target.isNullish ? .undefined : try member(named: try key.string(), of: target)
  }

  static func member(named name: String, of target: Value) throws(Fault) -> Value {
    switch target {
    case .undefined, .null: return .undefined
    case .object(let box):
      if let value = box[name] { return value }
      guard !box.hidden.contains(name) else {
        throw Fault(
          "env.\(name) looks like a secret, which templates may not read",
          mend: "allow it by name in the suite, or give the value another name")
      }
    case .array(let box):
      if name == "length" { return .number(Double(box.count)) }
      if name.isArrayIndex, let index = Int(name) { return box[index] }
    case .string(let text), .safe(let text):
      if name == "length" { return .number(Double(text.javaScriptLength)) }
      if name.isArrayIndex, let index = Int(name) {
        return text.character(atUnit: index).map { .string($0) } ?? .undefined
      }
    case .regex(let regex):
      if name == "source" { return .string(regex.source) }
      if name == "flags" { return .string(regex.flags) }
    case .bool, .number, .function: break
    }
    return Methods.method(name, of: target).map { .function($0) } ?? .undefined
  }

  /// `a.b` of an item for sorting and grouping: undefined as soon as one step is not there.
  static func attribute(_ path: Value, of item: Value) throws(Fault) -> Value {
    guard path.isTrue else { return item }
    guard let steps = path.text?.pieces(by: ".") else { return try ownMember(try path.string(), of: item) }
    var value = item
    for step in steps { value = try ownMember(step, of: value) }
    return value
  }

  private static func ownMember(_ name: String, of value: Value) throws(Fault) -> Value {
    guard !value.isNullish else { throw Fault("cannot look for \"\(name)\" in \(value.kindName)") }
    if case .object(let box) = value { return box[name] ?? .undefined }
    let member = try member(named: name, of: value)
    if case .function = member { return .undefined }
    return member
  }
}
