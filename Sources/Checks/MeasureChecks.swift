#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Formats
import Vocabulary

/// Checks of what the call took: time, money, tokens, probabilities, how it ended. What was not measured is
/// no verdict, never a pass.
enum MeasureChecks {
  static let all: [String: PureCheck] = [
    "latency": { time($0, $1, $1.latency, "latency", of: "from a service or a script") },
    "ttft": { time($0, $1, $1.timeToFirstToken, "time to first token", of: "as a stream") },
    "cost": cost,
    "tokens": tokens,
    "perplexity": perplexity,
    "perplexity-score": perplexityScore,
    "finish-reason": finishReason,
    "guardrails": guardrails,
  ]

  private static func time(
    _ check: CheckSpecView, _ input: CheckInput, _ measured: Microseconds?, _ what: String, of way: String
  ) -> Finding {
    guard let most = check.threshold ?? check.value?.double else {
      return .undecided("\"\(check.type)\" needs a threshold in milliseconds")
    }
    guard let measured else {
      return .undecided("no \(what) was measured: the reply did not come \(way)")
    }
    let milliseconds = Double(measured) / 1_000
    return .holds(
      milliseconds <= most,
      "the \(what) of \(NumberText.fixed(milliseconds, decimals: milliseconds < 10 ? 2 : 0)) ms\(then(input)) is "
        + "\(milliseconds <= most ? "within" : "above") \(shown(most)) ms")
  }

  private static func cost(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let most = check.threshold ?? check.value?.double else {
      return .undecided("\"cost\" needs a threshold in USD")
    }
    guard let cost = input.cost else {
      return .undecided("the cost is unknown" + (input.costReason.map { ": \($0)" } ?? ""))
    }
    // Compared in picodollars: a threshold of 0.001 is exactly 0.001.
    let limit = (most * 1e12).rounded()
    let holds = Double(cost.picodollars) <= limit
    return .holds(
      holds, "the cost of \(cost.shown)\(then(input)) is \(holds ? "within" : "above") $\(shown(most))")
  }

  private static func then(_ input: CheckInput) -> String {
    input.isUsedAgain ? ", when the reply was made," : ""
  }

  private static func tokens(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let usage = input.usage else { return .undecided("the service reported no token usage") }
    let kind = check.option("kind")?.string ?? "output"
    let count: Int
    switch kind {
    case "input": count = usage.input
    case "output": count = usage.output
    case "total": count = usage.total
    case "reasoning": count = usage.reasoning
    case "cached": count = usage.cachedInput
    default:
      return .undecided("\"tokens\" has no kind \"\(kind)\"; one of input, output, total, reasoning, cached")
    }
    if case .object(let range) = check.value {
      let (least, most) = (range["min"]?.double, range["max"]?.double)
      guard least != nil || most != nil else { return .undecided("\"tokens\" needs min or max") }
      let holds = Double(count) >= least ?? 0 && Double(count) <= most ?? .infinity
      return .holds(
        holds, "\(count) \(kind) tokens; wanted \(least.map(shown) ?? "0") to \(most.map(shown) ?? "any")")
    }
    guard let most = check.threshold ?? check.value?.double else {
      return .undecided("\"tokens\" needs a threshold")
    }
    return .holds(Double(count) <= most, "\(count) \(kind) tokens; at most \(shown(most))")
  }

  private static func logProbabilities(_ input: CheckInput) -> [Double]? {
    guard let all = input.reply?.logProbabilities, !all.isEmpty else { return nil }
    return all
  }

  private static func perplexity(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let logs = logProbabilities(input) else {
      return .undecided("no log probabilities came back; ask for them: config: {logprobs: true}")
    }
    let value = exp(-logs.reduce(0, +) / Double(logs.count))
    let most = check.threshold ?? .infinity
    return .holds(
      value <= most, "the perplexity is \(NumberText.fixed(value, decimals: 2)); at most \(shown(most))")
  }

  private static func perplexityScore(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let logs = logProbabilities(input) else {
      return .undecided("no log probabilities came back; ask for them: config: {logprobs: true}")
    }
    let score = 1 / (1 + exp(-logs.reduce(0, +) / Double(logs.count)))
    return .score(score, atLeast: check.threshold ?? 0, "the perplexity score")
  }

  private static func finishReason(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let wanted = check.value?.string else { return .undecided("\"finish-reason\" needs a string") }
    guard let found = input.reply?.finishReason?.name else {
      return .undecided("the service gave no finish reason")
    }
    let same = normalised(wanted) == found.lowercased()
    return .holds(same, "the finish reason is \(quoted(found))" + (same ? "" : ", not \(quoted(wanted))"))
  }

  /// Other services' words for the four reasons.
  private static func normalised(_ name: String) -> String {
    switch name.lowercased() {
    case "end_turn", "stop_sequence": "stop"
    case "max_tokens": "length"
    case "tool_use", "function_call": "tool_calls"
    default: name.lowercased()
    }
  }

  private static func guardrails(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let earlier = input.metadata?["redteamHistory"]?.array ?? []
    let flagged = input.reply?.flagged ?? earlier.contains { $0["guardrails"]?["flagged"]?.bool == true }
    let reason = input.reply?.flagReason
    return .holds(
      !flagged, flagged ? (reason ?? "the content failed safety checks") : "the content passed safety checks")
  }
}
