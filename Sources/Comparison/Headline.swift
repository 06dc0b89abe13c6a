import Formats
import Statistics

// The first line: for a reader who knows no statistics. What was found, in the figures themselves, and how far to
// trust it; never a p-value, never "equal".

extension MetricComparison {
  public var headline: String {
    switch verdict {
    case .better, .worse:
      return "\(labelB) \(claim): \(figures). That is more than chance would explain."
    case .equivalent:
      return
        "\(labelA) and \(labelB) differ by less than matters to you on \(metric.title) "
        + "(\(amount(margin ?? 0))): \(figures)."
    case .notWorse:
      return
        "\(labelB) is at most \(amount(margin ?? 0)) worse than \(labelA) on \(metric.title), which you said does "
        + "not matter: \(figures)."
    case .noDetectableDifference:
      return
        "Can't tell which of \(labelA) and \(labelB) is better on \(metric.title): \(figures). "
        + "So small a difference can be chance\(more)."
    case .insufficientData:
      guard n > 0 else { return "\(labelA) and \(labelB) share no case that both can be compared on." }
      let seen = differing.map { $0 == 0 ? ", and they differ on none" : ", and they differ on \($0)" } ?? ""
      return
        "Too few cases to tell \(labelA) and \(labelB) apart on \(metric.title): \(figures) over \(n) "
        + "\(n == 1 ? "case" : "cases")\(seen)\(more)."
    }
  }

  private var more: String {
    casesMissing.map { "; about \(moreText($0)) would tell" } ?? ""
  }

  private var claim: String {
    let isHigher = (verdict == .better) == metric.higherIsBetter
    switch metric {
    case .passRate: return isHigher ? "passes more cases than \(labelA)" : "passes fewer cases than \(labelA)"
    case .errorRate: return "errs \(isHigher ? "more" : "less") often than \(labelA)"
    case .functionSuccess:
      return "calls functions right \(isHigher ? "more" : "less") often than \(labelA)"
    case .trust: return "is trusted \(isHigher ? "more" : "less") than \(labelA)"
    case .score, .named: return "scores \(isHigher ? "higher" : "lower") than \(labelA) on \(metric.title)"
    case .cost: return "costs \(isHigher ? "more" : "less") than \(labelA)"
    case .tokens: return "uses \(isHigher ? "more" : "fewer") tokens than \(labelA)"
    case .latency: return "is \(isHigher ? "slower" : "faster") than \(labelA)"
    case .timeToFirstToken: return "starts to answer \(isHigher ? "later" : "sooner") than \(labelA)"
    }
  }

  /// `labelA 92.0 %, labelB 74.7 %`
  private var figures: String {
    guard let valueA, let valueB else { return "no figures" }
    return "\(labelA) \(shown(valueA)), \(labelB) \(shown(valueB))"
  }

  /// A side's own figure.
  public func shown(_ value: Double) -> String {
    switch metric {
    case .passRate, .errorRate, .functionSuccess, .trust:
      return NumberText.fixed(value * 100, decimals: 1) + " %"
    case .score, .named: return NumberText.fixed(value, decimals: 3)
    case .cost: return "$" + NumberText.fixed(value, decimals: value < 0.1 ? 6 : (value < 10 ? 4 : 2))
    case .tokens: return NumberText.fixed(value, decimals: value < 10 ? 1 : 0)
    case .latency, .timeToFirstToken:
      return value < 1
        ? NumberText.fixed(value * 1_000, decimals: 0) + " ms" : NumberText.fixed(value, decimals: 2) + " s"
    }
  }
}
