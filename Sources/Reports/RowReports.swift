import Formats
import Ledger
import Vocabulary

/// One row a trial, all figures: CSV and JSON Lines.
public enum RowReports {
  static let columns = [
    "run", "case", "case_no", "file", "line", "target", "provider", "prompt", "repetition", "outcome",
    "score",
    "reason", "error_kind", "error_message", "started_at", "total_us", "latency_us", "ttft_us",
    "time_per_output_token_us", "input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens",
    "cost_usd", "judge_cost_usd", "avoided_usd", "possibly_billed_usd", "calls", "judge_calls", "attempts",
    "source",
    "finish_reason", "fallback", "simulated", "failed_checks", "output",
  ]

  /// The figures of a trial by column; absent is null.
  static func row(_ trial: TrialDetail, run: RunRow) -> JSONObject {
    let f = trial.figure
    func count(_ value: Int) -> JSON { JSON(value) }
    func time(_ value: Microseconds?) -> JSON { value.map { JSON(Int($0)) } ?? .null }
    let failed = trial.failedChecks.map { "\($0.type): \($0.reason)" }.joined(separator: "\n")
    let values: [JSON] = [
      .string(run.name), .string(trial.caseName), count(f.slot.caseNo),
      SummaryJSON.text(trial.test.location?.file),
      trial.test.location.map { JSON($0.line) } ?? .null, .string(trial.target.label),
      .string(trial.target.provider),
      .string(trial.prompt.label), count(f.slot.repetition), .string(f.outcome.rawValue), JSON(f.score),
      SummaryJSON.text(trial.reason), SummaryJSON.text(f.errorKind?.rawValue),
      SummaryJSON.text(trial.errorMessage),
      .string(Instant(microseconds: f.startedAt).isoMicroseconds), time(f.total), time(f.latency),
      time(f.timeToFirstToken),
      SummaryJSON.number(f.timePerOutputToken), count(f.inputTokens), count(f.outputTokens),
      count(f.cachedInputTokens), count(f.reasoningTokens), f.knownCost.map(SummaryJSON.money) ?? .null,
      f.judgeCallsOfUnknownCost == 0 ? SummaryJSON.money(f.judgeCost) : .null, SummaryJSON.money(f.avoided),
      SummaryJSON.money(f.possiblyBilled), count(f.calls), count(f.judgeCalls), count(f.attempts),
      SummaryJSON.text(f.source?.rawValue), SummaryJSON.text(f.finishReason?.name), JSON(f.isFallback),
      JSON(f.isSimulated), failed.isEmpty ? .null : .string(failed), SummaryJSON.text(trial.output),
    ]
    return JSONObject(zip(columns, values).map { ($0, $1) })
  }

  public static func writeJSONLines(_ summary: RunSummary, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    try TrialReader(summary.run, ledger: ledger).forEach { trial in
      var row = row(trial, run: summary.run)
      row["variables"] = .object(trial.test.variables)
      row["checks"] = .array(trial.checks.map(check))
      try file.write(JSON.object(row).bytes + [0x0A])
    }
    try file.finish()
  }

  static func check(_ check: CheckResult) -> JSON {
    [
      "type": .string(check.type), "metric": SummaryJSON.text(check.metric),
      "outcome": .string(check.outcome.rawValue),
      "score": SummaryJSON.number(check.score), "reason": .string(check.reason), "weight": JSON(check.weight),
      "components": .array(check.components.map { Self.check($0) }),
    ]
  }

  /// Cells that a spreadsheet would take for formulas are made text.
  public static func writeCSV(_ summary: RunSummary, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    let csv = CSVWriter(guardsFormulas: true)
    try file.write(csv.row(columns))
    try TrialReader(summary.run, ledger: ledger).forEach { trial in
      let cells = row(trial, run: summary.run).values.map { value -> String in
        switch value {
        case .null: ""
        case .string(let text): Scrub.plain(text)
        default: value.text
        }
      }
      try file.write(csv.row(cells))
    }
    try file.finish()
  }

  /// The summary and every trial in one object, streamed.
  public static func writeJSON(_ summary: RunSummary, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    let head = SummaryJSON.json(summary).pretty
    try file.write(Array((head.dropLast(2) + ",\n  \"trials\": [").utf8))
    var isFirst = true
    try TrialReader(summary.run, ledger: ledger).forEach { trial in
      var row = row(trial, run: summary.run)
      row["variables"] = .object(trial.test.variables)
      row["named_scores"] = .object(
        JSONObject(trial.figure.namedScores.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) }))
      row["checks"] = .array(trial.checks.map(check))
      try file.write(Array(((isFirst ? "\n    " : ",\n    ") + JSON.object(row).text).utf8))
      isFirst = false
    }
    try file.write(Array((isFirst ? "]\n}\n" : "\n  ]\n}\n").utf8))
    try file.finish()
  }
}
