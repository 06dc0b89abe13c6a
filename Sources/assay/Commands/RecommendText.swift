import Comparison
import Formats
import Terminal

/// A recommendation for people: the answer first, then the candidates, then what is open.
enum RecommendText {
  static func text(_ found: Recommendation, width: Int, style: Style) -> String {
    var out = style.bold(printable(answer(found))) + "\n\n" + table(found).text(width: width, style: style)
    let reasons = reasons(found)
    if !reasons.isEmpty { out += "\n" + reasons.map { "  \(printable($0))\n" }.joined() }
    return out
  }

  static func answer(_ found: Recommendation) -> String {
    guard let pick = found.pick else {
      return found.wish.conditions.isEmpty
        ? "No target has a figure for \(found.wish.best.title)."
        : "No target meets the conditions."
    }
    let sure = MetricComparison.percent(found.wish.confidence)
    return found.isSettled
      ? "Use \(pick): settled at \(sure) confidence."
      : "Use \(pick) for now: not settled at \(sure) confidence."
  }

  private static func table(_ found: Recommendation) -> Table {
    var table = Table(
      [
        .init("target", shrinksTo: 12), .init(found.wish.best.name, isNumber: true),
        .init("95 % CI", isNumber: true),
      ]
        + found.wish.conditions.map { .init($0.text, isNumber: true) } + [.init("conditions")])
    for candidate in found.candidates {
      let figure = candidate.figure
      table.add(
        [
          (candidate.label == found.pick ? "> " : "  ") + candidate.label,
          shown(figure.value, figure) ?? "no data", interval(figure),
        ] + candidate.conditions.map { shown($0.verdict.value, $0.verdict) ?? "?" }
          + [found.wish.conditions.isEmpty ? "-" : word(candidate.standing)])
    }
    return table
  }

  private static func interval(_ verdict: JudgedGate) -> String {
    guard let low = verdict.interval?.lower, let high = verdict.interval?.upper else { return "n/a" }
    return "\(shown(low, verdict) ?? "") to \(shown(high, verdict) ?? "")"
  }

  private static func shown(_ value: Double?, _ verdict: JudgedGate) -> String? {
    guard let value else { return nil }
    switch verdict.gate.metric {
    case .passRate, .errorRate, .functionSuccess, .trust: return RunText.percent(value)
    case .score, .cost, .tokens, .latency, .timeToFirstToken, .named, nil: return verdict.shown(value)
    }
  }

  private static func word(_ standing: Candidate.Standing) -> String {
    switch standing {
    case .meets: "met"
    case .unclear: "unclear"
    case .fails: "not met"
    }
  }

  /// Why, and what more data would settle it.
  static func reasons(_ found: Recommendation) -> [String] {
    var lines: [String] = []
    for rivalry in found.rivalries {
      let comparison = rivalry.comparison
      guard comparison.n > 0 else {
        lines.append("\(rivalry.rival) has nothing to compare on \(found.wish.best.title).")
        continue
      }
      let sure = MetricComparison.percent(comparison.level)
      let detail = "\(comparison.effectText) (\(sure) CI \(comparison.intervalText), n = \(comparison.n))"
      lines.append(
        rivalry.isDecided
          ? "Against \(rivalry.rival): \(detail)."
          : "\(found.pick ?? "") can't be told from \(rivalry.rival) on \(found.wish.best.title): \(detail)."
            + (comparison.casesMissing.map { " About \($0) more \($0 == 1 ? "case" : "cases") would tell." }
              ?? ""))
    }
    for candidate in found.candidates where candidate.standing != .meets {
      for condition in candidate.conditions {
        if condition.holds == true { continue }
        let verdict = condition.verdict
        lines.append(
          "\(candidate.label): \(verdict.gate.text) "
            + (condition.holds == false ? "does not hold" : "is unclear") + ": \(verdict.explanation)"
            + (condition.moreTrials.map { "; about \($0) more \($0 == 1 ? "trial" : "trials") would tell" }
              ?? "")
            + ".")
      }
    }
    return lines
  }

  static func json(_ found: Recommendation) -> JSON {
    func number(_ value: Double?) -> JSON { value.map { JSON($0) } ?? .null }
    func bounds(_ verdict: JudgedGate) -> JSON {
      [number(verdict.interval?.lower), number(verdict.interval?.upper)]
    }
    return [
      "best": .string(found.wish.best.name), "confidence": JSON(found.wish.confidence),
      "pick": found.pick.map { .string($0) } ?? .null, "settled": .bool(found.isSettled),
      "answer": .string(answer(found)), "reasons": .array(reasons(found).map { .string($0) }),
      "candidates": .array(
        found.candidates.map { candidate in
          [
            "target": .string(candidate.label), "value": number(candidate.figure.value),
            "interval": bounds(candidate.figure), "n": JSON(candidate.figure.n),
            "conditions": .array(
              candidate.conditions.map { condition in
                [
                  "gate": .string(condition.verdict.gate.text), "value": number(condition.verdict.value),
                  "interval": bounds(condition.verdict), "n": JSON(condition.verdict.n),
                  "holds": condition.holds.map { .bool($0) } ?? .null,
                  "more_trials": condition.moreTrials.map { JSON($0) } ?? .null,
                ]
              }),
          ]
        }),
      "rivals": .array(
        found.rivalries.map { rivalry in
          [
            "target": .string(rivalry.rival), "decided": .bool(rivalry.isDecided),
            "difference": number(rivalry.comparison.difference), "n": JSON(rivalry.comparison.n),
            "more_cases": rivalry.comparison.casesMissing.map { JSON($0) } ?? .null,
          ]
        }),
    ]
  }
}
