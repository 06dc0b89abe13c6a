/// `!!str`, `!!int` and the others that YAML names; any other tag is a mistake, as in js-yaml.
enum YAMLTags {
  private static let prefix = "tag:yaml.org,2002:"

  static func scalar(_ text: String, tag: String, at location: SourceLocation) throws(YAMLReader.Stop) -> JSON
  {
    let value: JSON?
    switch try name(tag, at: location) {
    case "!", "str", "merge": value = .string(text)
    case "null": value = YAMLScalar.isNull(text) ? .null : nil
    case "bool": value = YAMLScalar.bool(text).map { .bool($0) }
    case "int": value = YAMLScalar.integer(text)
    case "float": value = YAMLScalar.float(text) ?? YAMLScalar.integer(text)
    case "timestamp": value = YAMLScalar.timestamp(text).map { .string($0) }
    case "binary": value = .string(String(text.filter { !$0.isWhitespace }))
    default: value = nil
    }
    guard let value else {
      throw .problem(Problem("\"\(text)\" is no \(shown(tag)) value", at: location))
    }
    return value
  }

  static func sequence(_ items: [Node], tag: String?, at location: SourceLocation) throws(YAMLReader.Stop)
    -> Node.Content
  {
    guard let tag else { return .array(items) }
    switch try name(tag, at: location) {
    case "!", "seq", "omap": return .array(items)
    case "pairs":
      return .array(
        items.map { item in
          guard let member = item.members?.first else { return item }
          return Node(.array([member.key, member.value]), at: item.location)
        })
    default: throw .problem(Problem("a list cannot be \(shown(tag))", at: location))
    }
  }

  static func checkMapping(_ tag: String?, at location: SourceLocation) throws(YAMLReader.Stop) {
    guard let tag else { return }
    switch try name(tag, at: location) {
    case "!", "map", "set": return
    default: throw .problem(Problem("a mapping cannot be \(shown(tag))", at: location))
    }
  }

  /// Only a plain `<<` merges; a quoted one is a key.
  static func isMerge(_ event: YAMLEvents.Event) -> Bool {
    guard case .scalar(let scalar, _) = event.kind else { return false }
    return scalar.tag == prefix + "merge"
      || scalar.tag == nil && scalar.style == .plain && scalar.text == "<<"
  }

  /// Keys are strings: `1` is "1", `null` is "null", as JavaScript's objects have it.
  static func textKey(_ key: Node) throws(YAMLReader.Stop) -> Node {
    var key = key
    switch key.content {
    case .scalar(let value): key.content = .scalar(.string(keyText(value)))
    case .array(let items) where items.allSatisfy({ if case .scalar = $0.content { true } else { false } }):
      key.content = .scalar(.string(items.map { keyText($0.json) }.joined(separator: ",")))
    case .array, .object:
      throw .problem(
        Problem(
          "a key cannot be a list or a mapping", at: key.location,
          mend: "quote the text when it begins with \"{{\", \"{\" or \"[\""))
    }
    return key
  }

  private static func keyText(_ value: JSON) -> String {
    switch value {
    case .string(let text): text
    case .number(let number): number.int.map { String($0) } ?? number.javaScriptText
    case .bool(let value): value ? "true" : "false"
    case .null, .array, .object: "null"
    }
  }

  private static func name(_ tag: String, at location: SourceLocation) throws(YAMLReader.Stop) -> String {
    if tag == "!" { return "!" }
    let known = [
      "str", "null", "bool", "int", "float", "timestamp", "binary", "seq", "map", "omap", "pairs", "set",
    ]
    if tag.hasPrefix(prefix) {
      let name = String(tag.dropFirst(prefix.count))
      if known.contains(name) || name == "merge" { return name }
    }
    throw .problem(
      Problem(
        "unknown tag \(shown(tag))", at: location,
        mend:
          "quote the text when it begins with \"!\"; known tags: \(known.map { "!!" + $0 }.joined(separator: " "))"
      ))
  }

  private static func shown(_ tag: String) -> String {
    tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
  }
}
