import Comparison
import Formats
import Statistics
import Vocabulary

/// The figures of a run as JSON: what `--json` prints and what the JSON report begins with.
/// docs/reports.md has the schema; `version` counts up when a key changes its meaning.
public enum SummaryJSON {
  public static let version = 1

  public static func json(_ summary: RunSummary) -> JSON {
    let run = summary.run
    return [
      "version": JSON(version),
      "run": [
        "name": .string(run.name), "suite": text(run.suiteFile), "description": text(run.description),
        "state": .string(run.state.rawValue), "verdict": .string(summary.verdict),
        "exit_code": run.exitCode.map { JSON($0) } ?? .null, "started_at": .string(run.startedAt),
        "ended_at": text(run.endedAt), "seed": .string(String(run.seed)), "tags": run.tags,
        "not_asked": summary.unasked.map { JSON($0) } ?? .null,
        "git_commit": text(run.gitCommit), "git_branch": text(run.gitBranch),
        "shard": run.shard.map { .string("\($0.index)/\($0.count)") } ?? .null,
      ],
      "total": target(summary.whole), "targets": .array(summary.targets.map(target)),
      "gates": .array(
        summary.gates.map { gate in
          [
            "gate": .string(gate.expression), "target": text(gate.target),
            "holds": gate.verdict.map { JSON($0 == .pass) } ?? .null, "observed": number(gate.observed),
            "explanation": text(gate.explanation),
          ]
        }),
      "comparisons": .array(summary.comparisons.map(comparison)),
      "notes": .array(
        summary.notes.map { note in
          [
            "severity": .string(note.severity.rawValue), "message": .string(note.message),
            "mend": text(note.mend),
            "file": text(note.location?.file), "line": note.location.map { JSON($0.line) } ?? .null,
          ]
        }),
      "agreements": .array(summary.agreements.map(agreement)),
    ]
  }

  public static func agreement(_ one: VoteAgreement) -> JSON {
    [
      "check": .string(one.type), "metric": text(one.metric),
      "judge": text(one.judge), "replies": JSON(one.replies), "agree": number(one.kappa.observed),
      "kappa": number(one.kappa.kappa), "interval": interval(one.kappa.interval),
    ]
  }

  public static func target(_ target: TargetSummary) -> JSON {
    var scores = JSONObject()
    for score in target.namedScores {
      scores[score.name] = [
        "mean": number(score.mean.value), "interval": interval(score.mean.interval),
        "cases": JSON(score.mean.cases), "trials": JSON(score.trials),
      ]
    }
    for (name, value) in target.derivedScores {
      switch value {
      case .success(let value): scores[name] = ["derived": number(value)]
      case .failure(let problem): scores[name] = ["derived": .null, "reason": .string(problem.message)]
      }
    }
    var kinds = JSONObject()
    for (kind, count) in target.errorKinds.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      kinds[kind.rawValue] = JSON(count)
    }
    return [
      "label": .string(target.label), "provider": .string(target.provider),
      "settings": .object(target.settings),
      "trials": JSON(target.trials), "passed": JSON(target.count(.pass)), "failed": JSON(target.count(.fail)),
      "erred": JSON(target.count(.error)), "skipped": JSON(target.count(.skipped)), "errors": .object(kinds),
      "pass_rate": rate(target.passRate), "score": rate(target.score), "latency_us": time(target.latency),
      "ttft_us": time(target.timeToFirstToken), "total_us": time(target.total),
      "time_per_output_token_us": number(target.timePerOutputToken), "cost_usd": money(target.cost),
      "calls_of_unknown_cost": JSON(target.callsOfUnknownCost), "judge_cost_usd": money(target.judgeCost),
      "judge_calls_of_unknown_cost": JSON(target.judgeCallsOfUnknownCost),
      "avoided_usd": money(target.avoided),
      "possibly_billed_usd": money(target.possiblyBilled), "input_tokens": JSON(target.inputTokens),
      "output_tokens": JSON(target.outputTokens), "cached_input_tokens": JSON(target.cachedInputTokens),
      "reasoning_tokens": JSON(target.reasoningTokens), "calls": JSON(target.calls),
      "judge_calls": JSON(target.judgeCalls), "attempts": JSON(target.attempts),
      "reused": JSON(target.reused),
      "fallbacks": JSON(target.fallbacks), "flaky_cases": JSON(target.flakyCases),
      "simulated": JSON(target.isSimulated), "client_limited": JSON(target.isClientLimited),
      "named_scores": .object(scores), "function_calls": functionCalls(target.functionCalls),
      "votes": votes(target.votes),
    ]
  }

  private static func functionCalls(_ calls: FunctionCallSummary?) -> JSON {
    guard let calls else { return .null }
    func share(_ share: FunctionCallSummary.Share) -> JSON {
      ["held": JSON(share.held), "known": JSON(share.known)]
    }
    return [
      "trials": JSON(calls.trials), "calls": JSON(calls.calls), "success": rate(calls.success),
      "valid": share(calls.valid), "right_function": share(calls.rightFunction),
      "right_arguments": share(calls.rightArguments), "completed": share(calls.completed),
    ]
  }

  private static func votes(_ votes: VoteSummary?) -> JSON {
    guard let votes else { return .null }
    return [
      "votes": JSON(votes.count), "up": JSON(votes.up), "down": JSON(votes.down), "trust": rate(votes.trust),
    ]
  }

  public static func comparison(_ c: MetricComparison) -> JSON {
    [
      "metric": .string(c.metric.name), "a": .string(c.labelA), "b": .string(c.labelB), "n": JSON(c.n),
      "value_a": number(c.valueA), "value_b": number(c.valueB), "difference": number(c.difference),
      "interval": interval(c.interval), "level": JSON(c.level), "p": number(c.p),
      "p_adjusted": number(c.adjustedP), "method": .string(c.method), "verdict": .string(c.verdict.rawValue),
      "effect": c.effect.map { ["name": .string($0.name), "value": number($0.value)] } ?? .null,
      "margin": number(c.margin), "unit": .string(c.unit.rawValue),
      "pairs_that_differ": c.differing.map { JSON($0) } ?? .null,
      "valid_at_any_stop": JSON(c.isAnytime), "headline": .string(c.headline),
      "percentiles": .array(
        c.percentiles.map { one in
          [
            "p": JSON(one.p), "value_a": number(one.valueA), "value_b": number(one.valueB),
            "interval": interval(one.interval),
          ]
        }),
      "detectable": number(c.detectable), "cases_to_tell": c.casesToTell.map { JSON($0) } ?? .null,
      "sentence": .string(c.sentence), "notes": .array(c.notes.map { .string($0) }),
    ]
  }

  static func rate(_ rate: RateSummary?) -> JSON {
    guard let rate else { return .null }
    return ["value": number(rate.value), "interval": interval(rate.interval), "cases": JSON(rate.cases)]
  }

  static func time(_ time: TimeSummary?) -> JSON {
    guard let time else { return .null }
    var object: JSONObject = JSONObject([
      ("count", JSON(time.count)), ("mean", number(time.mean)), ("min", number(time.least)),
      ("max", number(time.greatest)),
    ])
    for p in time.percentiles {
      object["p\(Int((p.p * 100).rounded()))"] = ["value": number(p.value), "interval": interval(p.interval)]
    }
    return .object(object)
  }

  static func interval(_ interval: Interval?) -> JSON {
    interval.map { [number($0.lower), number($0.upper)] } ?? .null
  }

  static func number(_ value: Double?) -> JSON { value.flatMap { $0.isFinite ? JSON($0) : nil } ?? .null }
  /// Dollars, exact to the last picodollar.
  static func money(_ money: Money) -> JSON { .number(JSONNumber(literal: money.description)) }
  static func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}
