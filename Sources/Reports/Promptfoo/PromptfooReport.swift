import Formats
import Ledger
import Vocabulary

/// promptfoo's results file, version 3, so that what reads it goes on working. A prompt there is a prompt with a
/// target here, a test a case; repetitions are tests of their own, which is how promptfoo has them.
public enum PromptfooReport {
  public static func write(_ summary: RunSummary, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    let run = summary.run
    let created = run.startedAt
    // The head of promptfoo's ids is three letters; the rest is when it was made.
    try file.write("{\n  \"evalId\": ")
    try file.write(JSON.string("eval-\(run.name.suffix(3))-\(created)").bytes)
    try file.write(",\n  \"results\": {\n    \"version\": 3,\n    \"timestamp\": ")
    try file.write(JSON.string(created).bytes)
    try file.write(",\n    \"results\": [")
    var columns = PromptfooColumns(summary)
    var isFirst = true
    try TrialReader(run, ledger: ledger).forEach(parts: { _ in [.checks, .output, .calls] }) { trial in
      let place = columns.add(trial)
      let result = PromptfooResult.json(
        trial, column: place,
        test: trial.figure.slot.caseNo * summary.repetitions
          + trial.figure.slot.repetition, rendered: try rendered(trial, ledger))
      try file.write((isFirst ? "\n      " : ",\n      "))
      try file.write(result.bytes)
      isFirst = false
    }
    try file.write("\n    ],\n    \"prompts\": ")
    try file.write(JSON.array(columns.json).bytes)
    try file.write(",\n    \"stats\": ")
    try file.write(stats(summary).bytes)
    try file.write("\n  },\n  \"config\": ")
    try file.write(config(summary).bytes)
    try file.write(",\n  \"shareableUrl\": null,\n  \"metadata\": ")
    let metadata: JSON = [
      "promptfooVersion": .string("assay \(run.versions["assay"]?.string ?? "")"), "nodeVersion": "",
      "platform": "", "arch": "", "exportedAt": .string(run.endedAt ?? created),
      "evaluationCreatedAt": .string(created), "author": .null,
    ]
    try file.write(metadata.bytes)
    try file.write("\n}\n")
    try file.finish()
  }

  /// What the model was sent: the one message where there is one, else all of them as JSON.
  private static func rendered(_ trial: TrialDetail, _ ledger: Ledger) throws -> String {
    guard let call = trial.trial.calls.first(where: { $0.call.purpose == .trial })?.call,
      let request = try ledger.request(of: call)
    else { return trial.prompt.body }
    let messages = sentMessages(of: request)
    if messages.count == 1, let text = messages[0]["content"]?.string { return text }
    return messages.isEmpty ? trial.prompt.body : JSON.array(messages).text
  }

  private static func stats(_ summary: RunSummary) -> JSON {
    let whole = summary.whole
    var object = JSONObject([
      ("successes", JSON(whole.count(.pass))), ("failures", JSON(whole.count(.fail))),
      ("errors", JSON(whole.count(.error))),
      (
        "tokenUsage",
        PromptfooResult.tokens(
          input: whole.inputTokens, output: whole.outputTokens, cached: whole.cachedInputTokens,
          reasoning: whole.reasoningTokens, requests: whole.calls)
      ),
    ])
    if let elapsed = summary.run.summary?["elapsed_us"]?.int {
      object["durationMs"] = PromptfooResult.milliseconds(Microseconds(elapsed))
    }
    return .object(object)
  }

  private static func config(_ summary: RunSummary) -> JSON {
    [
      "description": .string(summary.run.description ?? summary.run.suiteFile ?? ""),
      "prompts": .array(summary.prompts.map { .string($0.body) }),
      "providers": .array(
        summary.targets.map { ["id": .string($0.provider), "label": .string($0.label)] }),
      "tags": summary.run.tags,
    ]
  }
}

/// What is summed for each prompt with each target.
private struct PromptfooColumns {
  private struct Column {
    var prompt: PromptRow
    var target: TargetRow
    var score = 0.0
    var outcomes: [Outcome: Int] = [:]
    var assertsPassed = 0
    var assertsFailed = 0
    var latency: Int64 = 0
    var cost: Money? = .zero
    var tokens = (input: 0, output: 0, cached: 0, reasoning: 0, requests: 0)
    var named: [String: (sum: Double, count: Int)] = [:]
  }
  private var columns: [Column] = []
  private var places: [VariantKey: Int] = [:]
  private let order: [VariantKey]

  /// promptfoo counts through the targets, and through the prompts of each.
  init(_ summary: RunSummary) {
    order = summary.variantOrder
    for (place, key) in order.enumerated() { places[key] = place }
  }

  /// The number of the trial's column.
  mutating func add(_ trial: TrialDetail) -> Int {
    let figure = trial.figure
    let place = places[VariantKey(target: trial.target.id, prompt: trial.prompt.id)] ?? 0
    while columns.count < order.count {
      columns.append(Column(prompt: trial.prompt, target: trial.target))
    }
    columns[place].prompt = trial.prompt
    columns[place].target = trial.target
    columns[place].score += figure.score
    columns[place].outcomes[figure.outcome, default: 0] += 1
    columns[place].assertsPassed += trial.checks.count { $0.outcome == .pass }
    columns[place].assertsFailed += trial.checks.count { $0.outcome != .pass }
    columns[place].latency += figure.latency ?? 0
    // A sum with an unknown part is unknown.
    if let cost = figure.knownCost, let sum = columns[place].cost {
      columns[place].cost = sum + cost
    } else {
      columns[place].cost = nil
    }
    columns[place].tokens.input += figure.inputTokens
    columns[place].tokens.output += figure.outputTokens
    columns[place].tokens.cached += figure.cachedInputTokens
    columns[place].tokens.reasoning += figure.reasoningTokens
    columns[place].tokens.requests += figure.calls
    for (name, score) in figure.namedScores {
      let before = columns[place].named[name] ?? (0, 0)
      columns[place].named[name] = (before.sum + score, before.count + 1)
    }
    return place
  }

  var json: [JSON] {
    columns.map { column in
      let tokens = column.tokens
      let named = column.named.sorted { $0.key < $1.key }
      var metrics = JSONObject([
        ("score", SummaryJSON.number(column.score)),
        ("testPassCount", JSON(column.outcomes[.pass] ?? 0)),
        ("testFailCount", JSON(column.outcomes[.fail] ?? 0)),
        ("testErrorCount", JSON(column.outcomes[.error] ?? 0)),
        ("assertPassCount", JSON(column.assertsPassed)), ("assertFailCount", JSON(column.assertsFailed)),
        ("totalLatencyMs", PromptfooResult.milliseconds(column.latency)),
        (
          "tokenUsage",
          PromptfooResult.tokens(
            input: tokens.input, output: tokens.output, cached: tokens.cached, reasoning: tokens.reasoning,
            requests: tokens.requests)
        ),
        ("namedScores", .object(JSONObject(named.map { ($0.key, SummaryJSON.number($0.value.sum)) }))),
        ("namedScoresCount", .object(JSONObject(named.map { ($0.key, JSON($0.value.count)) }))),
      ])
      // Absent where a price is unknown: promptfoo's readers take a number, and 0 would be a lie.
      if let cost = column.cost { metrics["cost"] = SummaryJSON.money(cost) }
      return [
        "id": .string(PromptfooResult.id(of: column.prompt)), "raw": .string(column.prompt.body),
        "label": .string(column.prompt.label), "provider": .string(column.target.label),
        "metrics": .object(metrics),
      ]
    }
  }
}
