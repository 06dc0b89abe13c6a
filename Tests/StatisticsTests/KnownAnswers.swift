import Foundation
import Testing

@testable import Statistics

/// Rows of known answers from independent libraries: method, inputs, expected values, tolerance.
struct KnownAnswer: CustomTestStringConvertible, @unchecked Sendable {
  // Read once and never changed; Foundation's JSON values are immutable here.
  var id: String
  var method: String
  var inputs: [String: Any]
  var expected: Any
  var absolute: Double
  var relative: Double

  var testDescription: String { id }

  static let all: [KnownAnswer] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "Fixtures/statistics.json")
    guard let data = try? Data(contentsOf: file),
      let rows = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]]
    else { return [] }
    return rows.map { row in
      let tolerance = row["tolerance"] as? [String: Any] ?? [:]
      return KnownAnswer(
        id: row["id"] as? String ?? "", method: row["method"] as? String ?? "",
        inputs: row["inputs"] as? [String: Any] ?? [:], expected: row["expected"] ?? NSNull(),
        absolute: (tolerance["abs"] as? NSNumber)?.doubleValue ?? 0,
        relative: (tolerance["rel"] as? NSNumber)?.doubleValue ?? 0)
    }
  }()

  // MARK: inputs by name

  func number(_ key: String) -> Double { (inputs[key] as? NSNumber)?.doubleValue ?? .nan }
  func optional(_ key: String) -> Double? { (inputs[key] as? NSNumber)?.doubleValue }
  func int(_ key: String) -> Int {
    (inputs[key] as? NSNumber)?.intValue ?? Int(inputs[key] as? String ?? "") ?? 0
  }
  func seed(_ key: String) -> UInt64 { UInt64(inputs[key] as? String ?? "") ?? UInt64(int(key)) }
  func list(_ key: String) -> [Double] { (inputs[key] as? [NSNumber])?.map(\.doubleValue) ?? [] }
  func table(_ key: String) -> [[Double]] {
    (inputs[key] as? [[NSNumber]])?.map { $0.map(\.doubleValue) } ?? []
  }
  func text(_ key: String) -> String { inputs[key] as? String ?? "" }
  func flag(_ key: String) -> Bool { inputs[key] as? Bool ?? false }
  var level: Double { optional("level") ?? 0.95 }
  var alpha: Double { optional("alpha") ?? 0.05 }
}

/// Where `got` differs from `expected`, in words; empty when it does not.
func differences(_ expected: Any, _ got: Any?, _ row: KnownAnswer, path: String = "") -> [String] {
  if expected is NSNull {
    return got == nil || got is NSNull ? [] : ["\(path): expected nothing, got \(String(describing: got))"]
  }
  guard let got, !(got is NSNull) else { return ["\(path): expected \(expected), got nothing"] }
  if let members = expected as? [String: Any] {
    guard let values = got as? [String: Any?] else { return ["\(path): not an object: \(got)"] }
    return members.flatMap { differences($0.value, values[$0.key] ?? nil, row, path: path + "." + $0.key) }
  }
  if let items = expected as? [Any] {
    guard let values = got as? [Any?], values.count == items.count else {
      return ["\(path): \(got) for \(items)"]
    }
    return items.indices.flatMap { differences(items[$0], values[$0], row, path: path + "[\($0)]") }
  }
  if let text = expected as? String {
    return "\(got)" == text ? [] : ["\(path): expected \(text), got \(got)"]
  }
  let wanted = (expected as? NSNumber)?.doubleValue ?? .nan
  let value = got as? Double ?? (got as? Int).map(Double.init) ?? .nan
  return abs(value - wanted) <= row.absolute + row.relative * abs(wanted)
    ? [] : ["\(path): expected \(wanted), got \(value)"]
}

func pair(_ interval: Interval?) -> Any? { interval.map { [$0.lower as Any?, $0.upper as Any?] } }
func bounds(_ interval: Interval?) -> Any {
  interval.map { ["lower": $0.lower, "upper": $0.upper] as [String: Any?] } ?? NSNull()
}

@Test("every known answer is reached within its tolerance", arguments: KnownAnswer.all)
func reachesKnownAnswer(row: KnownAnswer) {
  let got = answer(row)
  let wrong = differences(row.expected, got, row)
  #expect(wrong.isEmpty, "\(row.id) \(row.inputs): \(wrong.joined(separator: "; "))")
}

@Test("the known answers are there")
func knownAnswersAreRead() { #expect(KnownAnswer.all.count >= 229) }

@Test(
  "trials in groups are worth no less than the groups and no more than the trials",
  arguments: [
    ([[1], [0], [1]], 3), ([[1, 1], [0, 0], [1, 1], [0, 0]], 4), ([[1, 0], [1, 1], [0, 0], [1, 0]], 6),
    ([[1, 0], [0, 1], [1, 1], [0, 0], [1, 0], [0, 1]], 12), ([[1, 1], [1, 1]], 2), ([[1, 0, 1]], 1),
  ] as [([[Double]], Double)])
func effectiveCounts(groups: [[Double]], expected: Double) {
  #expect(abs(effectiveCount(groups) - expected) < 1e-9)
}

@Test("an interval of values that are worth fewer has the ranks of those", arguments: [0.25, 0.5, 0.9])
func effectiveRanks(p: Double) {
  let few = (0..<40).map(Double.init)
  let many = few.flatMap { Array(repeating: $0, count: 5) }
  let interval = quantileInterval(sorted: few, p)
  #expect(quantileInterval(sorted: few, p, effective: 40) == interval)
  #expect(quantileInterval(sorted: many, p, effective: 40.9) == interval)
  #expect(quantileInterval(sorted: many, 0.99, effective: 40).upper == nil)
}

@Test(
  "what the interval settles is no want of cases, unless so many could settle nothing",
  arguments: [
    // Nothing differs among many: within the margin, or not worse by more than it.
    (-0.004, 0.004, 1.0, 0.02, 1.0, 0.0, Verdict.equivalent), (-0.01, 0.03, 0.25, 0.02, 0.25, 0, .notWorse),
    (-0.03, 0.03, 1, 0.02, 1, 0, .insufficientData), (-0.03, 0.03, 1, nil, 1, 0, .insufficientData),
    (-0.01, 0.01, 1, 0.02, 1, 0.25, .insufficientData), (0.01, 0.02, 0.03, nil, 0.03, 0.03, .better),
  ] as [(Double, Double, Double, Double?, Double, Double, Verdict)])
func verdictOrder(
  low: Double, high: Double, p: Double, margin: Double?, leastP: Double, reach: Double, expected: Verdict
) {
  let found = verdict(interval: Interval(low, high), p: p, margin: margin, leastP: leastP, reach: reach)
  #expect(found == expected)
}

@Test(
  "samples too small for a rank below the middle have no interval",
  arguments: [(1, 1, 0.95), (2, 2, 0.95), (3, 3, 0.95), (4, 4, 0.999)])
func tinySamples(m: Int, n: Int, level: Double) throws {
  let (a, b) = ((0..<m).map(Double.init), (0..<n).map { Double($0) + 0.1 })
  let found = try #require(hodgesLehmannShift(a, b, level: level))
  #expect(found.interval == nil && abs(found.estimate - 0.1) < 1e-9)
  #expect(leastRankSumP(m, n) > 1 - level)
}

@Test("four values a side, and six pairs, have an interval at 95 % and none at 99.9 %")
func smallSamples() throws {
  let (a, b) = ((0..<4).map(Double.init), (0..<4).map { Double($0) + 0.1 })
  #expect(try #require(hodgesLehmannShift(a, b)).interval != nil && leastRankSumP(4, 4) < 0.05)
  let differences = (1...6).map(Double.init)
  #expect(hodgesLehmannInterval(differences) != nil)
  #expect(hodgesLehmannInterval(differences, level: 0.999) == nil)
}

@Test(
  "cases on either side for a difference of means are those of the noncentral t",
  arguments: [(0.5, 0.05, 63.766), (1, 0.05, 16.715), (0.4, 0.01, 147.93)])
func casesForMeans(effect: Double, alpha: Double, expected: Double) {
  // scipy's nct, solved for a power of 80 %.
  let found = casesForTwoMeans(difference: effect, varianceA: 1, varianceB: 1, alpha: alpha)
  #expect(abs(found - expected) < 0.4, "\(found)")
  let n = Int(found.rounded(.up))
  let detectable = detectableTwoMeans(varianceA: 1, n, varianceB: 1, n, alpha: alpha)
  #expect(abs((detectable ?? 0) - effect) < 0.02)
}

@Test("what two rates can show is what it takes to show it", arguments: [0.0, 0.3, 0.5, 0.8, 1])
func detectableRates(rate: Double) throws {
  let delta = try #require(detectableTwoProportions(rate, cases: 100))
  let needed = casesForTwoProportions(rate, rate + (rate <= 0.5 ? delta : -delta))
  #expect(abs(needed - 100) < 1e-6)
  #expect(detectableTwoProportions(rate, cases: 1) == nil)
}

@Test(
  "so many are the fewest that can reach α",
  arguments: [(0.05, 5, 6, 4), (0.05 / 3, 6, 7, 5), (0.05 / 45, 10, 11, 7)])
func fewest(alpha: Double, pairs: Int, signs: Int, sides: Int) {
  #expect(leastCount(toReach: alpha) { mcNemar(aOnly: 0, bOnly: $0).midP } == pairs)
  #expect(leastCount(toReach: alpha, leastSignFlipP) == signs)
  #expect(leastCount(toReach: alpha) { leastRankSumP($0, $0) } == sides)
}
