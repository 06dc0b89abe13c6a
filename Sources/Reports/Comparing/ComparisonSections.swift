import Comparison
import Formats
import Statistics

/// The parts of a comparison as rows of text, which every format lays out in its own way.
extension ComparisonReport {
  /// "A" and "B" stand for the labels of a pair.
  public var columns: [String] {
    let level = MetricComparison.percent(results.first?.level ?? 0.95)
    return ["metric", "A", "B", "change", "\(level) interval", "p (Holm)", "verdict"]
  }

  /// One pair of arms on all metrics.
  public struct PairTable: Sendable {
    public var a: String
    public var b: String
    public var rows: [[String]]
    public var sentences: [String]
  }

  public var tables: [PairTable] {
    var tables: [PairTable] = []
    for result in results {
      if tables.last?.a != result.labelA || tables.last?.b != result.labelB {
        tables.append(PairTable(a: result.labelA, b: result.labelB, rows: [], sentences: []))
      }
      let hasInterval = result.interval != nil
      tables[tables.count - 1].rows.append([
        result.metric.title, result.valueA.map(result.shown) ?? "n/a",
        result.valueB.map(result.shown) ?? "n/a",
        result.effectText, hasInterval ? result.intervalText : "n/a",
        // No p-value without the effect and its interval beside it.
        hasInterval
          ? result.adjustedP.map { $0 < 0.001 ? "<0.001" : MetricComparison.pText($0, equals: false) }
            ?? "n/a" : "n/a",
        result.short,
      ])
      tables[tables.count - 1].sentences += [result.sentence] + result.percentileSentences
      tables[tables.count - 1].sentences += result.notes.map { "\(result.metric.title): \($0)" }
    }
    return tables
  }

  public var rankLines: [String] {
    func shown(_ value: Double) -> String {
      results.first?.shown(value) ?? NumberText.fixed(value, decimals: 3)
    }
    return ranks.map { rank in
      let place = rank.best == rank.worst ? "\(rank.best)." : "\(rank.best).-\(rank.worst)."
      let interval = rank.interval.flatMap { i in
        i.lower.flatMap { low in
          i.upper.map { "\(shown(low)) to \(shown($0))" }
        }
      }
      return "\(place) \(rank.label): \(shown(rank.value)) (simultaneous \(interval ?? "n/a"))"
    }
  }

  public var sliceLines: [String] {
    slices.map { slice, one in
      var text = "\(slice): "
      text += pairs.count > 1 ? "\(one.labelB) against \(one.labelA), " : ""
      text +=
        "\(one.valueA.map(one.shown) ?? "n/a") to \(one.valueB.map(one.shown) ?? "n/a"), \(one.effectText)"
      guard one.interval != nil, let p = one.adjustedP else { return text + ", n = \(one.n): \(one.short)" }
      let level = MetricComparison.percent(one.level)
      return text
        + " (\(level) CI \(one.intervalText), p \(MetricComparison.pText(p)) Benjamini-Hochberg, n = \(one.n)): "
        + one.short
    }
  }

  public var reliabilityLines: [String] {
    reliability.map { r in
      "\(r.label): one try passes \(percent(r.passAt1)), at least one of \(r.k) \(percent(r.passAtK)), "
        + "all \(r.k) \(percent(r.passHatK)); \(r.flaky) of \(r.cases) cases flaky"
    }
  }

  public var peopleLines: [String] {
    var lines: [String] = []
    let level = MetricComparison.percent(level)
    if let found = agreement {
      let kappa = found.kappa.kappa.map { value in
        let interval = found.kappa.interval.map {
          " (\(level) CI \(NumberText.fixed($0.lower ?? -1, decimals: 2)) to \(NumberText.fixed($0.upper ?? 1, decimals: 2)))"
        }
        return ", kappa \(NumberText.fixed(value, decimals: 2))\(interval ?? "")"
      }
      let liked = found.n > 0 ? Double(found.positives) / Double(found.n) : 0
      lines.append(
        "checks and people agree on \(percent(found.observed)) of \(found.n) replies\(kappa ?? ", kappa n/a"); "
          + "people like \(percent(liked))")
      let (q1, q0) = (found.sensitivity.map(percent) ?? "n/a", found.specificity.map(percent) ?? "n/a")
      lines.append("of what people like \(q1) passes, of what they do not \(q0) fails")
      if !found.calibrates {
        lines.append(
          "pass rates are not corrected: that takes \(JudgeAgreement.leastPerClass) voted replies of either kind"
        )
      }
    }
    for (label, raw, rate) in corrected {
      lines.append(
        "\(label): \(percent(raw)) passes, corrected for the checks' errors \(percent(rate.rate)) "
          + "(\(level) CI \(percent(rate.interval.lower ?? 0)) to \(percent(rate.interval.upper ?? 1)))")
    }
    for one in preferences { lines.append(preference(one)) }
    return lines
  }

  private func preference(_ one: Preference) -> String {
    let battles = one.winsA + one.winsB + one.ties
    var text = "\(one.b) against \(one.a): preferred \(one.winsB) times, \(one.winsA) not, \(one.ties) ties"
    if let chance = one.chance, let interval = one.interval, let low = interval.lower,
      let high = interval.upper
    {
      text +=
        "; chance to be preferred \(percent(chance)) (\(MetricComparison.percent(level)) CI \(percent(low)) to \(percent(high))"
      text += one.adjustedP.map { ", p \(MetricComparison.pText($0)) Holm-adjusted" } ?? ""
      text += ", n = \(battles) battles, \(one.isExact ? "sign test over cases" : "Bradley-Terry"))"
    }
    return one.isLent ? text + "; one side never wins: half a win was lent to each" : text
  }

  private func percent(_ value: Double) -> String { NumberText.fixed(value * 100, decimals: 1) + " %" }
}

extension MetricComparison {
  /// How far the median and the slow end moved, of times.
  public var percentileSentences: [String] {
    percentiles.map { one in
      let low = one.interval.lower.map { signedTime($0) } ?? "-∞"
      let high = one.interval.upper.map { signedTime($0) } ?? "∞"
      return
        "p\(Int((one.p * 100).rounded())) of \(metric.title): \(labelA) \(shown(one.valueA)), \(labelB) "
        + "\(shown(one.valueB)), moved by \(signedTime(one.valueB - one.valueA)) (\(Self.percent(level)) CI \(low) to \(high))"
    }
  }

  private func signedTime(_ seconds: Double) -> String { (seconds < 0 ? "-" : "+") + shown(abs(seconds)) }
}
