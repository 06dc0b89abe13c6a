import Formats
import Vocabulary

enum TargetForms {
  /// `{"openai:gpt-4o": {config: ...}}`: the id and the rest; nil for a plain target.
  static func mapForm(_ node: Node) -> (id: String, options: Node)? {
    guard let members = node.members, members.count == 1, let id = members[0].key.plainText,
      SuiteFormat.target[id] == nil
    else { return nil }
    // A mistyped key of a target is a mistake, not an id.
    let isID = id.contains(":") || members[0].value.members != nil || ["echo", "http", "https"].contains(id)
    return isID ? (id, members[0].value) : nil
  }
}

/// Reads targets in every form, crosses them with the settings matrix and gives each a label of its own.
struct TargetReader {
  let folder: String
  let findings: Findings
  var suiteMatrix: SettingsMatrix?
  private(set) var targets: [Target] = []
  private(set) var files: [String] = []
  private var targetFiles: [String] = []

  private static let mostFiles = 100

  init(folder: String, findings: Findings, suiteMatrix: SettingsMatrix?) {
    self.folder = folder
    self.findings = findings
    self.suiteMatrix = suiteMatrix
  }

  mutating func read(_ node: Node) {
    switch node.content {
    case .scalar:
      guard let id = node.plainText, !id.isEmpty else {
        if !node.isEmpty {
          findings.error("the target is empty", at: node.location, mend: "for example: openai:gpt-4o-mini")
        }
        return
      }
      readID(id, at: node.location)
    case .array(let items): for item in items { read(item) }
    case .object:
      if let (id, options) = TargetForms.mapForm(node) {
        return readObject(options, id: id, at: node.location)
      }
      guard let id = node.text("id") else {
        return findings.error(
          "a target needs \"id\"", at: node.location, mend: "for example: id: openai:gpt-4o-mini")
      }
      readObject(node, id: id, at: node.location)
    }
  }

  private mutating func readID(_ id: String, at location: SourceLocation) {
    let reference = FileReference(id)
    guard id.hasPrefix("file://"), ["yaml", "yml", "json"].contains(reference.fileExtension) else {
      return add(target(id, at: location), own: nil)
    }
    let path = Path.resolve(reference.path, against: folder)
    guard File.exists(path) else {
      return findings.missingFile(reference.path, folder: folder, for: "target", at: location)
    }
    guard files.count < TargetReader.mostFiles, !targetFiles.contains(path) else {
      return findings.error("the target file \(reference.path) is read twice", at: location)
    }
    files.append(path)
    targetFiles.append(path)
    guard let node = findings.node(of: path, at: location) else { return }
    let validator = Validator(findings: findings)
    for entry in node.items ?? [node] {
      validator.check(entry, as: .either([.text, .object(.target)]), named: "target")
      read(entry)
    }
  }

  private func target(_ id: String, at location: SourceLocation) -> Target {
    var target = Target(id: id, label: AddressText.withoutSecrets(id))
    target.location = location
    if id.trimmed != id || id.isEmpty {
      findings.error("the target \"\(id)\" has white space at an end", at: location, mend: "write it without")
    }
    if let colon = id.last, colon == ":" {
      findings.error(
        "the target \"\(id)\" names no model", at: location, mend: "for example: \(id)gpt-4o-mini")
    }
    return target
  }

  private mutating func readObject(_ node: Node, id: String, at location: SourceLocation) {
    let id = node.text("id") ?? id
    var target = target(id, at: location)
    if let label = node.text("label") {
      target.label = label
      target.baseLabel = label
    }
    target.config = node.objectValue("config") ?? JSONObject()
    target.prompts = node.texts("prompts")
    target.transform = node.text("transform")
    target.delayMilliseconds = node.integer("delay") ?? 0
    target.environment = node.textMap("env")
    target.repeats = node.integer("repeat")
    target.limits = node.value("limits").map { Limits($0) }
    target.fallback = node.text("fallback")
    target.context = node.value("context").map { ContextPolicy($0) }
    if let config = node.value("config") {
      checkConfig(config, &target)
      readFiles(config, &target)
    }
    let own = node.value("settings").map { SettingsMatrix($0, findings: findings) }
    add(target, own: own)
  }

  /// Settings in `config` that the API would refuse, or that promptfoo leaves out without a word.
  private func checkConfig(_ config: Node, _ target: inout Target) {
    let version = TargetReader.apiVersion(target.config)
    for (key, value) in config.members ?? [] {
      guard let name = key.plainText else { continue }
      guard let setting = Setting.named(name) else {
        warnOfSlip(name, key.location)
        continue
      }
      if value.json.string?.contains("{{") == true || value.json.string?.hasPrefix("file://") == true {
        continue
      }
      Validator(findings: findings).check(value, as: setting.type, named: name)
      guard
        let found = SettingRule.objection(to: name, value: value.json, for: target.id, apiVersion: version)
      else { continue }
      if found.promptfooLeavesOut {
        findings.warn("\(found.message); it is left out", at: key.location, mend: found.mend)
        target.config[name] = nil
      } else {
        findings.error(found.message, at: key.location, mend: found.mend)
      }
    }
  }

  /// Definitions of tools and schemas of replies may stand in files of their own.
  private mutating func readFiles(_ config: Node, _ target: inout Target) {
    for key in ["tools", "functions", "response_format"] {
      guard let place = config.value(key), let text = place.string, text.hasPrefix("file://") else {
        continue
      }
      let reference = FileReference(text)
      let path = Path.resolve(reference.path, against: folder)
      guard File.exists(path) else {
        findings.missingFile(reference.path, folder: folder, for: "", at: place.location)
        continue
      }
      if reference.isScript { continue }
      files.append(path)
      if let node = findings.node(of: path, at: place.location) { target.config[key] = node.json }
    }
  }

  private func warnOfSlip(_ name: String, _ location: SourceLocation) {
    guard name.count >= 4, let near = nearest(to: name, in: Setting.all.map(\.name)),
      !TargetReader.known.contains(name)
    else { return }
    findings.warn("\"\(name)\" is passed on as it is; did you mean \"\(near)\"?", at: location)
  }

  /// Keys of `config` that resemble a setting and are none.
  private static let known: Set<String> = [
    "tools", "topP", "topK", "top_a", "stream_options", "stop_sequences", "stopSequences",
    "max_output_tokens",
    "maxOutputTokens", "max_tool_calls", "streaming", "text", "tool_config", "toolConfig", "store",
    "typical_p",
    "reasoning", "min_p", "tool_resources", "tls",
  ]

  static func apiVersion(_ config: JSONObject) -> String? {
    if let version = (config["apiVersion"] ?? config["anthropicVersion"])?.string { return version }
    return config["headers"]?.object?.first { $0.key.lowercased() == "anthropic-version" }?.value.string
  }

  // MARK: matrix and labels

  private mutating func add(_ target: Target, own: SettingsMatrix?) {
    let matrix = SettingsMatrix.combined(suiteMatrix, own)
    let version = TargetReader.apiVersion(target.config)
    for combination in matrix?.combinations() ?? [[]] {
      var copy = target
      for entry in combination {
        if let found = SettingRule.objection(
          to: entry.name, value: entry.value, for: target.id, apiVersion: version)
        {
          findings.error(found.message, at: entry.location, mend: found.mend)
        }
        copy.config[entry.name] = entry.value
        copy.settings[entry.name] = entry.value
      }
      targets.append(copy)
    }
  }

  mutating func giveLabels() { targets = TargetLabels.labelled(targets) }
}

/// Targets of the same name get labels that say what sets them apart.
enum TargetLabels {
  static func labelled(_ targets: [Target]) -> [Target] {
    zip(targets, distinct(targets)).map { target, label in
      var target = target
      target.label = label
      return target
    }
  }

  /// A label for each: its own, or with what differs among those of the same name, or numbered.
  static func distinct(_ targets: [Target]) -> [String] {
    let bases = targets.map(\.baseLabel)
    var labels = bases
    for (base, places) in Dictionary(grouping: targets.indices, by: { bases[$0] }) where places.count > 1 {
      let names = differing(places.map { targets[$0].config })
      for place in places {
        let parts = names.compactMap { name in targets[place].config[name].map { "\(name)=\(short($0))" } }
        if !parts.isEmpty { labels[place] = "\(base) \(parts.joined(separator: " "))" }
      }
    }
    var taken: [String] = []
    for index in labels.indices {
      let label = labels[index]
      if taken.contains(label) {
        var number = 2
        while taken.contains("\(label) #\(number)") || labels.contains("\(label) #\(number)") { number += 1 }
        labels[index] = "\(label) #\(number)"
      }
      taken.append(labels[index])
    }
    return labels
  }

  /// Names of the members that are not the same in all, in the order they are first met; secrets left out.
  private static func differing(_ configs: [JSONObject]) -> [String] {
    var names: [String] = []
    for name in configs.flatMap(\.keys) where !names.contains(name) && !isSecret(name) {
      if Set(configs.map { $0[name] }).count > 1 { names.append(name) }
    }
    return names
  }

  private static func isSecret(_ name: String) -> Bool {
    let lower = name.lowercased()
    return ["key", "secret", "token", "password", "headers", "auth"].contains { lower.contains($0) }
      && Setting.named(name) == nil
  }

  private static func short(_ value: JSON) -> String {
    let text = value.scalarText ?? value.text
    return text.count <= 24 ? text : String(text.prefix(23)) + "…"
  }
}
