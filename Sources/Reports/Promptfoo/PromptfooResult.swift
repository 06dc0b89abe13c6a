import Formats
import Ledger
import Vocabulary

/// One of promptfoo's `EvaluateResult`s.
enum PromptfooResult {
  static func json(_ trial: TrialDetail, column: Int, test: Int, rendered: String) -> JSON {
    let figure = trial.figure
    let reason = why(trial)
    var named = JSONObject()
    for (name, score) in figure.namedScores.sorted(by: { $0.key < $1.key }) {
      named[name] = SummaryJSON.number(score)
    }
    let usage = tokens(
      input: figure.inputTokens, output: figure.outputTokens, cached: figure.cachedInputTokens,
      reasoning: figure.reasoningTokens, requests: figure.calls)
    let members: [(String, JSON)] = [
      ("id", .string(uuid(figure.trialID))), ("promptIdx", JSON(column)), ("testIdx", JSON(test)),
      ("testCase", testCase(trial)), ("promptId", .string(id(of: trial.prompt))),
      ("provider", ["id": .string(trial.target.provider), "label": .string(trial.target.label)]),
      ("prompt", ["raw": .string(rendered), "label": .string(trial.prompt.label)]),
      ("vars", .object(trial.test.variables)), ("failureReason", JSON(failureReason(figure.outcome))),
      ("success", JSON(figure.outcome == .pass)), ("score", SummaryJSON.number(figure.score)),
      ("latencyMs", milliseconds(figure.latency ?? 0)), ("namedScores", .object(named)),
      ("tokenUsage", usage), ("metadata", .object(trial.test.metadata)),
    ]
    var object = JSONObject(members)
    if let output = trial.output {
      var response = JSONObject([("output", .string(output)), ("tokenUsage", usage)])
      response["cached"] = JSON(figure.source == .cache || figure.source == .replay)
      if let finish = figure.finishReason { response["finishReason"] = .string(finish.name) }
      if let cost = figure.knownCost { response["cost"] = SummaryJSON.money(cost) }
      object["response"] = .object(response)
    }
    if figure.outcome != .pass { object["error"] = .string(reason) }
    if let cost = figure.knownCost { object["cost"] = SummaryJSON.money(cost) }
    if figure.outcome == .pass || figure.outcome == .fail {
      object["gradingResult"] = [
        "pass": JSON(figure.outcome == .pass), "score": SummaryJSON.number(figure.score),
        "reason": .string(reason), "namedScores": .object(named),
        "componentResults": .array(trial.checks.map(grading)),
      ]
    }
    return .object(object)
  }

  /// 0 none, 1 an assertion, 2 an error.
  private static func failureReason(_ outcome: Outcome) -> Int {
    switch outcome {
    case .pass: 0
    case .fail: 1
    case .error, .skipped: 2
    }
  }

  private static func why(_ trial: TrialDetail) -> String {
    if trial.figure.outcome == .pass { return "All assertions passed" }
    return trial.failedChecks.first?.reason ?? trial.errorMessage ?? trial.reason
      ?? trial.figure.outcome.rawValue
  }

  private static func testCase(_ trial: TrialDetail) -> JSON {
    var object = JSONObject([
      ("vars", .object(trial.test.variables)), ("assert", .array(trial.checks.map(assertion))),
      ("metadata", .object(trial.test.metadata)),
    ])
    if let description = trial.test.description { object["description"] = .string(description) }
    return .object(object)
  }

  private static func assertion(_ check: CheckResult) -> JSON {
    var object = JSONObject([("type", .string(check.type))])
    if let expected = check.expected { object["value"] = expected }
    if let metric = check.metric { object["metric"] = .string(metric) }
    if let threshold = check.threshold { object["threshold"] = SummaryJSON.number(threshold) }
    if check.weight != 1 { object["weight"] = SummaryJSON.number(check.weight) }
    return .object(object)
  }

  private static func grading(_ check: CheckResult) -> JSON {
    var object = JSONObject([
      ("pass", JSON(check.outcome == .pass)), ("score", SummaryJSON.number(check.score)),
      ("reason", .string(check.reason)), ("assertion", assertion(check)),
    ])
    if !check.components.isEmpty {
      object["componentResults"] = .array(check.components.map { grading($0) })
    }
    return .object(object)
  }

  static func tokens(input: Int, output: Int, cached: Int, reasoning: Int, requests: Int) -> JSON {
    let details: JSON = [
      "reasoning": JSON(reasoning), "acceptedPrediction": 0, "rejectedPrediction": 0,
    ]
    return [
      "prompt": JSON(input), "completion": JSON(output), "cached": JSON(cached),
      "total": JSON(input + output),
      "numRequests": JSON(requests), "completionDetails": details,
    ]
  }

  /// promptfoo's milliseconds, with the decimals that it drops.
  static func milliseconds(_ time: Microseconds) -> JSON { JSON(Double(time) / 1_000) }

  static func id(of prompt: PromptRow) -> String { hex(SHA256.hash(Array(prompt.body.utf8))) }

  /// The same trial has the same id in every report.
  private static func uuid(_ trial: Int64) -> String {
    let digits = hex(SHA256.hash(Array("assay trial \(trial)".utf8)))
    func part(_ start: Int, _ count: Int) -> String { String(digits.dropFirst(start).prefix(count)) }
    return "\(part(0, 8))-\(part(8, 4))-4\(part(13, 3))-a\(part(17, 3))-\(part(20, 12))"
  }

  private static func hex(_ bytes: [UInt8]) -> String { Hex.text(bytes) }
}
