import Formats

/// Reads checks and says what a check lacks to be able to hold or fail.
struct CheckReader {
  let folder: String
  let findings: Findings
  /// The case's `options.rubricPrompt`, or that of the defaults.
  var rubricPrompt: JSON?
  /// Is shown every judge that a check names.
  var isAsked: (Node) -> Void = { _ in }

  func read(_ node: Node?) -> [CheckSpec] { (node?.items ?? []).compactMap { readOne($0, inSet: false) } }

  private func readOne(_ node: Node, inSet: Bool) -> CheckSpec? {
    guard node.members != nil, let written = node.text("type") else { return nil }
    let place = node["type"]?.location ?? node.location
    var check = CheckReader.named(written)
    check.location = node.location
    check.value = node["value"].flatMap { $0.isEmpty ? nil : $0.json }
    check.threshold = node.number("threshold")
    check.weight = node.number("weight") ?? 1
    check.metric = node.text("metric")
    check.judge = node.value("provider")?.json
    if let judge = node.value("provider") { isAsked(judge) }
    check.rubricPrompt = node.value("rubricPrompt")?.json
    check.transform = node.text("transform")
    check.contextTransform = node.text("contextTransform")
    check.config = node.objectValue("config") ?? JSONObject()
    for key in CheckReader.extraKeys {
      if let value = node.value(key) { check.extra[key] = value.json }
    }
    if written == "assert-set" { return readSet(check, node, inSet: inSet) }
    guard let type = CheckTypes.named(check.type) else {
      unknownType(written, at: place)
      return nil
    }
    demand(type, of: check, node, at: place)
    if check.type != "matches-file", let value = node.value("value") {
      findings.demandFile(value, folder: folder)
    }
    if let transform = node.value("transform") { findings.demandFile(transform, folder: folder) }
    return check
  }

  /// Keys that only some types have.
  private static let extraKeys = [
    "alpha", "beta", "gamma", "votes", "tolerance", "relative", "n", "flags", "exact", "kind", "html",
    "against",
    "ties",
  ]

  /// A check of a type, a value, a threshold, a weight and a metric, in which nothing is wrong; nil for
  /// every other.
  static func quick(_ json: JSON, at location: SourceLocation) -> CheckSpec? {
    guard let object = json.object, let written = object["type"]?.string, written != "regex" else {
      return nil
    }
    var check = named(written)
    guard let type = CheckTypes.named(check.type) else { return nil }
    check.location = location
    for (key, value) in object {
      switch (key, value) {
      case ("type", _): continue
      case ("value", .string("")), ("value", .array([])), ("value", .null): return nil
      case ("value", _): check.value = value
      case ("threshold", .number(let number)): check.threshold = number.double
      case ("weight", .number(let number)) where number.double >= 0: check.weight = number.double
      case ("metric", .string(let name)): check.metric = name
      default: return nil
      }
    }
    if case .required = type.value, check.value == nil { return nil }
    if case .required = type.threshold, check.threshold == nil { return nil }
    return check
  }

  private func readSet(_ check: CheckSpec, _ node: Node, inSet: Bool) -> CheckSpec? {
    if inSet {
      findings.error(
        "an assert-set stands within another", at: node.location, mend: "put its checks beside it")
      return nil
    }
    var check = check
    check.components = (node.value("assert")?.items ?? []).compactMap { readOne($0, inSet: true) }
    if node.value("assert")?.items?.isEmpty == true {
      findings.error(
        "the assert-set has no checks, so it says nothing", at: node.location,
        mend: "put checks under its \"assert\"")
    }
    for index in check.components.indices {
      var config = check.config
      for (key, value) in check.components[index].config { config[key] = value }
      check.components[index].config = config
    }
    return check
  }

  /// The type without `not-`.
  static func named(_ written: String) -> CheckSpec {
    let isNegated = written.hasPrefix("not-") && CheckTypes.named(written) == nil
    var check = CheckSpec(type: isNegated ? String(written.dropFirst(4)) : written)
    check.isNegated = isNegated
    return check
  }

  private func unknownType(_ written: String, at place: SourceLocation) {
    if written.hasPrefix("promptfoo:redteam:") {
      return findings.error(
        "\"\(written)\" is a red-team check, and red teaming is no part of assay", at: place,
        mend: "remove the check")
    }
    if written == "human" {
      return findings.error(
        "\"human\" is no check of a suite", at: place, mend: "vote on replies with: assay vote")
    }
    let bare = written.hasPrefix("not-") ? String(written.dropFirst(4)) : written
    let names = CheckTypes.all.map(\.name) + ["assert-set"]
    let meant = nearest(to: bare, in: names).map { (written.hasPrefix("not-") ? "not-" : "") + $0 }
    findings.error(
      "unknown check \"\(written)\"" + (meant.map { "; did you mean \"\($0)\"?" } ?? ""), at: place,
      mend: meant == nil ? "docs/checks.md lists all checks" : nil)
  }

  /// A prompt of the suite's own may say all that is to be judged; a map has only parts of one.
  private func isWholePrompt(_ prompt: JSON?) -> Bool {
    guard let prompt else { return false }
    return !prompt.isNull && prompt.object == nil
  }

  /// A check without what it needs would pass or fail whatever the reply.
  private func demand(_ type: CheckType, of check: CheckSpec, _ node: Node, at place: SourceLocation) {
    if case .required(let what) = type.value {
      switch check.value {
      case nil where type.name == "llm-rubric" && isWholePrompt(check.rubricPrompt ?? rubricPrompt): break
      case nil:
        findings.error("\"\(check.name)\" needs a value: \(what)", at: place, mend: "add: value: ...")
      case .string("") where type.name != "equals", .array([]):
        findings.error(
          "the value of \"\(check.name)\" is empty, so it says nothing", at: node["value"]?.location ?? place,
          mend: "give it \(what)")
      default: break
      }
    }
    if case .required(let what) = type.threshold, check.threshold == nil {
      findings.error("\"\(check.name)\" needs a threshold: \(what)", at: place, mend: "add: threshold: ...")
    }
    if type.name == "regex", let text = check.value?.string, !text.contains("{{"), !text.hasPrefix("file://")
    {
      do throws(PatternError) { _ = try Pattern(text) } catch {
        findings.error(
          "the regular expression is wrong: \(error.message)", at: node["value"]?.location ?? place)
      }
    }
  }
}
