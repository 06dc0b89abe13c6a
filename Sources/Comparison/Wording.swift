import Formats
import Statistics

extension MetricComparison {
  /// The verdict in one sentence: always the effect with its interval, never a p-value alone, and never
  /// "equal" where nothing was detected.
  public var sentence: String {
    switch verdict {
    case .better, .worse:
      "\(labelB) is \(verdict.rawValue) than \(labelA) on \(metric.title): \(effectText) (\(detail(withP: true)))."
    case .equivalent:
      "\(labelB) is equivalent to \(labelA) within ±\(amount(margin ?? 0)) on \(metric.title): "
        + "\(effectText) (\(detail(withP: false)))."
    case .notWorse:
      "\(labelB) is not worse than \(labelA) by more than \(amount(margin ?? 0)) on \(metric.title): "
        + "\(effectText) (\(detail(withP: false)))."
    case .noDetectableDifference:
      "No detectable difference of \(labelB) from \(labelA) on \(metric.title): \(effectText) "
        + "(\(detail(withP: false)))."
        + (detectable.map { " This run could have detected about ±\(amount($0)) (80 % power)." } ?? "")
        + moreCases
    case .insufficientData:
      "Too few cases to tell \(labelB) from \(labelA) on \(metric.title)" + insufficiency + moreCases
    }
  }

  /// Short, for tables.
  public var short: String {
    switch verdict {
    case .better: "better"
    case .worse: "worse"
    case .equivalent: "equivalent"
    case .notWorse: "not worse"
    case .noDetectableDifference: "can't tell"
    case .insufficientData: "too few cases"
    }
  }

  /// `+6.2 pp`
  public var effectText: String { difference.map { signed($0) } ?? "n/a" }

  /// `+1.1 to +11.3`
  public var intervalText: String {
    guard let interval else { return "n/a" }
    return
      "\(interval.lower.map { signed($0, unit: false) } ?? "-∞") to \(interval.upper.map { signed($0) } ?? "∞")"
  }

  private func detail(withP: Bool) -> String {
    var parts: [String] = []
    if interval != nil { parts.append("\(Self.percent(level)) CI \(intervalText)") }
    if withP, let p = adjustedP { parts.append("p \(Self.pText(p)) Holm-adjusted") }
    switch pairing {
    case .paired: parts.append("n = \(n) \(n == 1 ? "pair" : "pairs")")
    case .unpaired(let a, let b): parts.append("n = \(a) and \(b), unpaired")
    }
    if withP, !method.isEmpty { parts.append(method) }
    if isAnytime { parts.append("valid whenever one stops") }
    return parts.joined(separator: ", ")
  }

  private var insufficiency: String {
    guard n > 0 else { return ": there is nothing to compare." }
    guard let leastP else { return " (n = \(n))." }
    let shown =
      differing == 0 ? "no case differs" : "the smallest possible p is \(Self.pText(leastP, equals: false))"
    return ": \(effectText) with n = \(n), and \(shown)."
  }

  private var moreCases: String {
    guard let missing = casesMissing, let goal = toldDifference else { return "" }
    return " About \(moreText(missing)) would tell a difference of \(amount(goal))."
  }

  /// `12 more cases`, on either side where they differ.
  func moreText(_ missing: Int) -> String {
    let cases = "\(missing) more \(missing == 1 ? "case" : "cases")"
    if case .unpaired = pairing { return cases + " on each side" }
    return cases
  }

  /// A difference without its sign.
  public func amount(_ value: Double) -> String {
    switch unit {
    case .share: "\(NumberText.fixed(abs(value) * 100, decimals: 1)) pp"
    case .points: NumberText.fixed(abs(value), decimals: 3)
    case .relative: "\(NumberText.fixed(abs(value) * 100, decimals: 1)) %"
    case .amount: shown(abs(value))
    }
  }

  private func signed(_ value: Double, unit shows: Bool = true) -> String {
    let text = amount(value)
    let bare = shows ? text : String(text.prefix { $0 != " " })
    let isZero = !bare.contains { "123456789".contains($0) }
    return isZero ? "±" + bare : (value < 0 ? "-" : "+") + bare
  }

  /// `95 %`
  public static func percent(_ level: Double) -> String {
    var text = NumberText.fixed(level * 100, decimals: 2)[...]
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text + " %"
  }

  /// `= 0.018`, `< 0.001`: never 0.
  public static func pText(_ p: Double, equals: Bool = true) -> String {
    if p < 0.001 { return equals ? "< 0.001" : "below 0.001" }
    let text = NumberText.fixed(p, decimals: p < 0.0995 ? 3 : 2)
    return equals ? "= \(text)" : text
  }
}
