import Formats

/// Holds a value against the suite format and says everything that does not fit.
struct Validator {
  let findings: Findings
  /// Root keys that a `$ref` points to.
  var referenced: Set<String> = []

  func check(_ node: Node, as type: FormatType, named name: String) {
    if node.isEmpty { return }
    switch type {
    case .any: return
    case .text: if node.plainText == nil { mismatch(node, type, name) }
    case .path: if node.string == nil { mismatch(node, type, name) }
    case .flag: if node.scalar?.bool == nil { mismatch(node, type, name) }
    case .number(let from, let to):
      guard let number = node.scalar?.double else { return mismatch(node, type, name) }
      if number < from ?? -.infinity || number > to ?? .infinity { mismatch(node, type, name) }
    case .integer(let from):
      guard let number = node.scalar?.int, number >= from else { return mismatch(node, type, name) }
      let most = Self.greatest[name] ?? 1_000_000_000_000
      if number > most { findings.error("\"\(name)\" is at most \(most), not \(number)", at: node.location) }
    case .duration: checkDuration(node, type, name)
    case .money: if AmountText.money(node) == nil { mismatch(node, type, name) }
    case .word(let words): checkWord(node, words, type, name)
    case .list(let item):
      guard let items = node.items else { return mismatch(node, type, name) }
      for entry in items { check(entry, as: item, named: name) }
    case .map(let value):
      guard let members = node.members else { return mismatch(node, type, name) }
      for (key, entry) in members { check(entry, as: value, named: key.plainText ?? name) }
    case .object(let object):
      guard node.members != nil else { return mismatch(node, type, name) }
      check(node, as: object)
    case .either(let types): checkEither(node, types, type, name)
    }
  }

  /// Other numbers are multiplied into nanoseconds and sums.
  private static let greatest = [
    "repeat": LoadOptions.mostRepeats, "seed": .max, "votes": 25, "timeoutMs": 1_000_000_000,
  ]
  /// Seconds: of an attempt eleven days, of all else thirty years.
  private static let longest = ["timeout": 1_000_000.0]

  private func checkDuration(_ node: Node, _ type: FormatType, _ name: String) {
    guard let seconds = DurationText.seconds(node) else { return mismatch(node, type, name) }
    if seconds == 0, name == "timeout" {
      findings.error("\"timeout\" must be more than 0: nothing is answered in no time", at: node.location)
    }
    let most = Self.longest[name] ?? 1_000_000_000
    if seconds > most {
      let given = node.plainText ?? ""
      findings.error(
        "\"\(name)\" is at most \(NumberText.javaScript(most)) s, not \(given)", at: node.location)
    }
  }

  private func checkWord(_ node: Node, _ words: [String], _ type: FormatType, _ name: String) {
    guard let text = node.plainText else { return mismatch(node, type, name) }
    if words.contains(text) { return }
    let meant = nearest(to: text, in: words)
    findings.error(
      "\"\(name)\" must be \(type.phrase), not \"\(text)\""
        + (meant.map { "; did you mean \"\($0)\"?" } ?? ""),
      at: node.location)
  }

  /// Goes on with the alternative that has the value's shape, so that the message is about what was meant.
  private func checkEither(_ node: Node, _ types: [FormatType], _ whole: FormatType, _ name: String) {
    let fitting = types.filter { $0.hasShape(of: node) }
    guard let chosen = fitting.count > 1 ? choose(among: fitting, for: node) : fitting.first else {
      return mismatch(node, whole, name)
    }
    check(node, as: chosen, named: name)
  }

  private func choose(among types: [FormatType], for node: Node) -> FormatType? {
    for type in types {
      guard case .object(let name) = type else { continue }
      switch name {
      case .assertSet: if node["type"]?.plainText == "assert-set" { return type }
      case .generator: if node["path"] != nil { return type }
      default: break
      }
    }
    return types.first { type in
      if case .object(.assertSet) = type { return false }
      if case .object(.generator) = type { return false }
      return true
    }
  }

  private func mismatch(_ node: Node, _ type: FormatType, _ name: String) {
    findings.error("\"\(name)\" must be \(type.phrase), not \(node.kindPhrase)", at: node.location)
  }

  // MARK: objects

  func check(_ node: Node, as name: FormatObject.Name) {
    if name == .target, let (id, options) = TargetForms.mapForm(node) {
      if options.isEmpty { return }
      guard options.members != nil else {
        return findings.error(
          "\"\(id)\" must be a map of a target's keys, not \(options.kindPhrase)", at: options.location)
      }
      return check(options, as: .target)
    }
    let object = SuiteFormat.object(name)
    for (keyNode, value) in node.members ?? [] {
      guard let key = keyNode.plainText else { continue }
      guard let known = object[key] else {
        unknown(key, keyNode, value, in: object)
        continue
      }
      if case .ignored(let why) = known.origin, key != "$schema" {
        findings.note("\"\(key)\" has no effect here: \(why)", at: keyNode.location)
      }
      check(value, as: known.type, named: key)
    }
    for key in object.required where node.value(key) == nil {
      findings.error(
        "\(name.phrase) needs \"\(key)\"", at: node.location,
        mend: "for example: \(object[key]?.example ?? key)")
    }
  }

  private func unknown(_ key: String, _ keyNode: Node, _ value: Node, in object: FormatObject) {
    if key.hasPrefix("x-") || key.hasPrefix("."), object.name == .suite { return }
    let meant = nearest(to: key, in: object.keys.map(\.name))
    let suggestion = meant.map { "; did you mean \"\($0)\"?" } ?? ""
    if object.name == .suite {
      if referenced.contains(key) { return }
      guard meant != nil else {
        return findings.note(
          "unknown key \"\(key)\": it has no effect unless something refers to it with $ref",
          at: keyNode.location)
      }
    }
    if case .passedOn = object.others {
      let settings = Setting.all.map(\.name)
      if settings.contains(key) { return }
      if let near = nearest(to: key, in: object.keys.map(\.name) + settings) {
        findings.warn(
          "unknown key \"\(key)\" is passed on as it is; did you mean \"\(near)\"?", at: keyNode.location)
      }
      return
    }
    if object.others == .ignored, meant == nil {
      return findings.noteOnce(
        "\"\(key)\" has no effect in \(object.name.phrase)", at: keyNode.location)
    }
    let mend =
      meant == nil
      ? "\(object.name.phrase) may have: " + object.keys.map(\.name).joined(separator: ", ") : nil
    findings.error(
      "unknown key \"\(key)\" in \(object.name.phrase)\(suggestion)", at: keyNode.location, mend: mend)
  }
}

extension FormatType {
  /// Whether a value of this type is written the way the node is: as a scalar, a list or a map.
  func hasShape(of node: Node) -> Bool {
    switch self {
    case .any: true
    case .text, .word: node.plainText != nil
    case .path: node.string != nil
    case .flag: node.scalar?.bool != nil
    case .number, .integer: node.scalar?.number != nil
    case .duration, .money: node.scalar?.number != nil || node.scalar?.string != nil
    case .list: node.items != nil
    case .map, .object: node.members != nil
    case .either(let types): types.contains { $0.hasShape(of: node) }
    }
  }
}
