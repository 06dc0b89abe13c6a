import Formats
import Suites
import Vocabulary

extension Checker {
  /// `javascript`, `python`, `ruby`: what the code returned is the verdict.
  func runScript(_ language: CheckTools.Code.Language, _ view: CheckSpecView, _ context: CheckContext) async
    -> CheckResult
  {
    guard let source = view.value?.string, !source.trimmed.isEmpty else {
      return .error("\"\(view.type)\" needs code or a file")
    }
    var code = CheckTools.Code(language: language, source: .inline(source))
    if source.hasPrefix("file://") {
      let (path, function) = splitFunction(String(source.dropFirst(7)))
      code.source = .file(path: path, function: function)
      code.defaultFunction = language == .javascript ? nil : "get_assert"
    }
    do {
      let value = try await tools.run(code, [context.input.output, context.scriptContext(view)])
      return Self.verdict(of: value, view)
    } catch {
      return .error("the script failed: \(describe(error))")
    }
  }

  func webhook(_ view: CheckSpecView, _ context: CheckContext) async -> CheckResult {
    guard let url = view.value?.string else { return .error("\"webhook\" needs an URL") }
    let body: JSON = [
      "output": context.input.output,
      "context": ["prompt": .string(context.input.prompt), "vars": .object(context.input.variables)],
    ]
    do {
      let seconds = tools.environment["WEBHOOK_TIMEOUT"].flatMap { Double($0) }.map { $0 / 1_000 } ?? 5
      let reply = try await tools.post(CheckTools.Post(url: url, body: body, timeoutSeconds: seconds))
      guard reply["pass"]?.bool != nil else { return .error("the web service gave no \"pass\"") }
      return Self.verdict(of: reply, view)
    } catch {
      return .error("the web service failed: \(describe(error))")
    }
  }

  /// A boolean; a number against the threshold (above 0 without one); or `{pass, score, reason}`. What says
  /// neither is no verdict. `not-` turns all of them round.
  static func verdict(of value: JSON, _ view: CheckSpecView) -> CheckResult {
    var result: CheckResult
    switch value {
    case .bool(let holds):
      result = CheckResult(holds ? .pass : .fail, score: holds ? 1 : 0, reason: "the code returned \(holds)")
    case .number(let number):
      let score = number.double
      guard score.isFinite else { return .error("the code returned \(number.text), which is no score") }
      let holds = view.threshold.map { score >= $0 } ?? (score > 0)
      let against = view.threshold.map { "; threshold \(shown($0))" } ?? ""
      result = CheckResult(
        holds ? .pass : .fail, score: score, reason: "the code returned \(shown(score))\(against)")
    case .object(let object): result = graded(object, view)
    case .string(let text) where view.type == "python" || view.type == "ruby":
      if let parsed = try? JSON(parsing: text), parsed.string == nil { return verdict(of: parsed, view) }
      let folded = text.lowercased()
      guard folded == "true" || folded == "false" else {
        return .error("the code returned the text \(quoted(excerpt(text))), which is no verdict")
      }
      return verdict(of: .bool(folded == "true"), view)
    case .string(let text):
      return .error("the code returned the text \(quoted(excerpt(text))), which is no verdict")
    case .null:
      return .error("the code returned nothing; a verdict is true, false, a number or {pass, score, reason}")
    case .array:
      return .error("the code returned a list; a verdict is true, false, a number or {pass, score, reason}")
    }
    result.expected = view.value
    guard view.spec.isNegated, result.outcome != .error else { return result }
    result.outcome = result.outcome == .pass ? .fail : .pass
    result.score = 1 - min(1, max(0, result.score))
    return result
  }

  /// `{pass, score, reason, namedScores, componentResults}` in either spelling.
  private static func graded(_ object: JSONObject, _ view: CheckSpecView) -> CheckResult {
    let given = object["pass"]?.bool ?? object["pass_"]?.bool
    let score = object["score"]?.double
    guard let given = given ?? score.flatMap({ score in view.threshold.map { score >= $0 } }) else {
      return .error("the result has no \"pass\"")
    }
    if object["score"] != nil, score == nil || score?.isFinite == false {
      return .error("the result's score is no number")
    }
    let graded = score ?? (given ? 1 : 0)
    let holds = given && (view.threshold.map { graded >= $0 } ?? true)
    let reason = object["reason"]?.string.flatMap { $0.trimmed.isEmpty ? nil : $0 }
    var result = CheckResult(
      holds ? .pass : .fail, score: graded, reason: reason ?? "the code gave no reason")
    for (name, value) in (object["namedScores"] ?? object["named_scores"])?.object ?? JSONObject() {
      if let number = value.double { result.namedScores[name] = number }
    }
    let components = (object["componentResults"] ?? object["component_results"])?.array ?? []
    result.components = components.prefix(1_000).compactMap(\.object).map { component in
      var inner = Self.graded(component, CheckSpecView(CheckSpec(type: view.type)))
      inner.type = component["assertion"]?["type"]?.string ?? view.type
      return inner
    }
    return result
  }
}

extension Checker {
  /// `assertScoringFunction`: the suite's own code makes the verdict from the named scores and the results. What it
  /// does not say stays as it was; without a verdict of its own there is none.
  public func scored(_ verdict: TrialVerdict, by source: String, threshold: Double?, _ input: CheckInput)
    async
    -> TrialVerdict
  {
    var result = verdict
    func failed(_ why: String) -> TrialVerdict {
      result.outcome = .error
      result.score = 0
      result.reason = "the scoring function failed: \(why)"
      return result
    }
    if verdict.outcome == .error { return verdict }
    let reference = source.hasPrefix("file://") ? String(source.dropFirst(7)) : source
    let (path, function) = splitFunction(reference)
    guard let language = scriptLanguage(ofFile: path) else { return failed("\(source) is no script") }
    let code = CheckTools.Code(
      language: language, source: .file(path: path, function: function),
      defaultFunction: language == .javascript ? nil : "func")
    let scores = JSONObject(verdict.namedScores.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) })
    var context: JSONObject = [
      "vars": .object(input.variables),
      "componentResults": .array(verdict.checks.map(Self.component)),
      "tokensUsed": input.usage.map {
        ["prompt": JSON($0.input), "completion": JSON($0.output), "total": JSON($0.total)]
      } ?? [:],
    ]
    // Absent without one: scripts have their own default.
    if let threshold { context["threshold"] = JSON(threshold) }
    do {
      let value = try await tools.run(code, [.object(scores), .object(context)])
      var spec = CheckSpec(type: "assertScoringFunction")
      spec.threshold = threshold
      let own = Self.verdict(of: value, CheckSpecView(spec))
      if own.outcome == .error { return failed(own.reason) }
      result.outcome = own.outcome
      result.score = min(1, max(0, own.score))
      result.reason = own.reason
      for (name, score) in own.namedScores { result.namedScores[name] = score }
      return result
    } catch { return failed(describe(error)) }
  }

  private static func component(_ check: CheckResult) -> JSON {
    [
      "pass": JSON(check.outcome == .pass), "score": JSON(check.score), "reason": .string(check.reason),
      "assertion": [
        "type": .string(check.type), "metric": check.metric.map { .string($0) } ?? .null,
        "weight": JSON(check.weight), "value": check.expected ?? .null,
      ],
    ]
  }
}
