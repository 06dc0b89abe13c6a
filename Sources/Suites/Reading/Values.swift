import Formats

/// Parts of the model that are read the same wherever they stand. The shape has been validated.
extension Limits {
  init(_ node: Node) {
    requestsPerMinute = node.integer("requests_per_minute")
    tokensPerMinute = node.integer("tokens_per_minute")
    concurrency = node.integer("concurrency")
    timeoutSeconds = node.value("timeout").flatMap(DurationText.seconds)
    retries = node.integer("retries")
  }
}

extension Budget {
  init(_ node: Node) {
    guard node.members != nil else {
      cost = AmountText.money(node)
      return
    }
    cost = node.value("cost").flatMap(AmountText.money)
    tokens = node.integer("tokens")
    calls = node.integer("calls")
  }
}

extension GateSpec {
  init?(_ node: Node) {
    guard let expression = node.plainText ?? node.text("gate") else { return nil }
    self.init(expression: expression)
    target = node.members == nil ? nil : node.text("target")
    let place = node.members == nil ? node : node["gate"]
    location = place?.location(ofLine: 1, column: 1)
  }
}

extension DerivedMetric {
  init?(_ node: Node) {
    guard let name = node.text("name"), let value = node.text("value") else { return nil }
    self.init(name: name, expression: value)
    location = node["value"]?.location(ofLine: 1, column: 1)
  }
}

extension ContextPolicy {
  init(_ node: Node) {
    self.init()
    maxTokens = node.integer("max_tokens")
    keep = node.texts("keep")
  }
}

extension ToolSpec {
  init(_ node: Node) {
    self.init()
    if let rounds = node.members == nil ? nil : node.integer("max_rounds") { maxRounds = rounds }
    let entries = node.items ?? node.value("results")?.items ?? []
    results = entries.compactMap { entry in
      guard let name = entry.text("name") else { return nil }
      var result = Result(name: name)
      result.when = entry.value("when")?.json
      result.result = entry["result"]?.json
      result.script = entry.text("script")
      return result
    }
  }
}

extension CaseOptions {
  private static let own = Set(SuiteFormat.options.keys.map(\.name))

  /// From the merged `options` of a case; every key that is not ours goes to the target.
  init(_ json: JSONObject) {
    self.init()
    if json.isEmpty { return }
    prefix = json["prefix"]?.scalarText
    suffix = json["suffix"]?.scalarText
    transform = json["transform"]?.scalarText ?? json["postprocess"]?.scalarText
    transformVariables = json["transformVars"]?.scalarText
    variablesMaxAge = json["transformVarsMaxAge"].flatMap(DurationText.seconds)
    storeOutputAs = json["storeOutputAs"]?.scalarText
    rubricPrompt = json["rubricPrompt"]?.unlessNull
    judge = json["provider"]?.unlessNull
    factualityScores = json["factuality"]?.object
    expandsVariables = json["disableVarExpansion"]?.bool != true
    sharesConversation = json["disableConversationVar"]?.bool != true
    runsSerially = json["runSerially"]?.bool == true
    for (key, value) in json where !CaseOptions.own.contains(key) { config[key] = value }
  }
}
