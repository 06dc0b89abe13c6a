import Statistics
import Testing

@testable import Comparison

private typealias Model = SimulatedModels.Model

/// Comparisons of every verdict, kind and size.
private func comparisons() -> [MetricComparison] {
  var models = SimulatedModels(seed: 21)
  var found: [MetricComparison] = []
  for n in [0, 1, 4, 12, 60, 400] {
    for (a, b) in [(0.8, 0.8), (0.9, 0.6), (0.6, 0.9), (1, 1)] {
      for margin in [nil, 0.1, 0.5] as [Double?] {
        var (x, y) = models.pair(
          Model(skill: a), Model(skill: b, costs: b / a, slowness: a / b), cases: n)
        if n == 60 { y.isWatched = true }
        if n == 12, margin != nil { for i in y.cases.indices { y.cases[i].key += "'" } }
        x.label = "old"
        y.label = "new"
        var options = ComparisonOptions()
        for metric in [Metric.passRate, .score, .cost, .latency] {
          options.margins[metric] = margin
          found.append(compare(metric, x, y, options))
        }
      }
    }
  }
  return found
}

@Test("no p-value without an effect and its interval")
func noBareP() {
  for one in comparisons() {
    for text in [one.sentence, one.headline] where text.contains("p =") || text.contains("p <") {
      #expect(text.contains("CI"), "\(text)")
      #expect(one.difference != nil && one.interval != nil, "\(text)")
    }
  }
}

@Test("what was not detected never reads as equal, and nothing is said of what is not known")
func neverEqual() {
  var seen: Set<Verdict> = []
  for one in comparisons() {
    seen.insert(one.verdict)
    for text in [one.sentence, one.headline, one.short] {
      let words = text.lowercased()
      #expect(!words.contains("equal") && !words.contains("identical"), "\(text)")
      #expect(!words.contains("same as") && !words.contains("nan") && !words.contains("inf"), "\(text)")
      if one.verdict != .equivalent { #expect(!words.contains("equivalent"), "\(text)") }
    }
    if one.verdict == .noDetectableDifference {
      #expect(one.headline.hasPrefix("Can't tell which of old and new is better"), "\(one.headline)")
    }
  }
  #expect(seen == Set(Verdict.allCases), "\(seen)")
}

@Test("the first line is understood without statistics")
func plainFirstLine() {
  let jargon = [
    "p =", "p <", "CI", "interval", "mid-p", "McNemar", "Holm", "significan", "confidence", "null", "pp",
    "n =",
  ]
  for one in comparisons() {
    let line = one.headline.replacing("old", with: "").replacing("new", with: "")
    for word in jargon where word != "pp" { #expect(!line.contains(word), "\(one.headline)") }
    #expect(one.headline.hasSuffix("."))
    if one.verdict == .better || one.verdict == .worse {
      #expect(one.headline.contains("more than chance would explain"))
    }
  }
}

extension String {
  fileprivate func replacing(_ token: String, with other: String) -> String {
    split(separator: token, omittingEmptySubsequences: false).joined(separator: other)
  }
}
