import Formats

extension JSON {
  /// A text, a number or a boolean as text; nil for all else.
  var scalarText: String? {
    switch self {
    case .string(let text): text
    case .number(let number): number.text
    case .bool(let value): value ? "true" : "false"
    case .null, .array, .object: nil
    }
  }

  /// With its article where it has one: `found ...`.
  var kindPhrase: String {
    switch self {
    case .null: "nothing"
    case .bool: "true or false"
    case .number(let number): "the number \(number.text)"
    case .string(let text): text.utf8.count <= 40 && !text.contains("\n") ? "\"\(text)\"" : "a text"
    case .array: "a list"
    case .object: "a map"
    }
  }
}

extension Node {
  var items: [Node]? { array }
  var isEmpty: Bool { isNull }
  var scalar: JSON? { if case .scalar(let value) = content { value } else { nil } }
  /// A text, a number or a boolean as text.
  var plainText: String? { scalar?.scalarText }
  var kindPhrase: String {
    switch content {
    case .scalar(let value): value.kindPhrase
    case .array: "a list"
    case .object: "a map"
    }
  }

  /// The value of a key unless it is empty.
  func value(_ key: String) -> Node? {
    guard let found = self[key], !found.isEmpty else { return nil }
    return found
  }

  func keyLocation(_ key: String) -> SourceLocation {
    members?.last { $0.key.plainText == key }?.key.location ?? location
  }

  func text(_ key: String) -> String? { value(key)?.plainText }
  func flag(_ key: String) -> Bool? { value(key)?.scalar?.bool }
  func integer(_ key: String) -> Int? { value(key)?.scalar?.int }
  func number(_ key: String) -> Double? { value(key)?.scalar?.double }

  /// A text, or a list of texts.
  func texts(_ key: String) -> [String] {
    guard let value = value(key) else { return [] }
    if let text = value.plainText { return [text] }
    return (value.items ?? []).compactMap(\.plainText)
  }

  func textMap(_ key: String) -> [String: String] {
    var map: [String: String] = [:]
    for (key, value) in value(key)?.members ?? [] {
      if let name = key.plainText, let text = value.plainText { map[name] = text }
    }
    return map
  }

  func objectValue(_ key: String) -> JSONObject? { value(key)?.json.object }

  init(_ json: JSON, at location: SourceLocation) {
    switch json {
    case .array(let items): self.init(.array(items.map { Node($0, at: location) }), at: location)
    case .object(let object):
      self.init(
        .object(object.map { (Node(.scalar(.string($0.key)), at: location), Node($0.value, at: location)) }),
        at: location)
    case .null, .bool, .number, .string: self.init(.scalar(json), at: location)
    }
  }
}
