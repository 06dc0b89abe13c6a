import Foundation
import Testing

@testable import Statistics

/// The same question put to us and to scipy or statsmodels: 1,000 random inputs a method, ties and edges among them.
private struct Question {
  var method: String
  var inputs: [String: Any]
  /// Numbers in the order in which the other side gives them; nil where there is none.
  var ours: [Double?]
  var tolerance = 1e-8
}

/// Draws of one method.
private struct Asker {
  var random: SplitMix64
  mutating func int(_ range: ClosedRange<Int>) -> Int { range.lowerBound + random.index(below: range.count) }
  mutating func real(_ low: Double, _ high: Double) -> Double { low + (high - low) * random.unit() }
  /// Values with ties where `step` is not 0.
  mutating func sample(
    _ count: ClosedRange<Int>, step: Double = 0, from low: Double = -2, to high: Double = 3
  )
    -> [Double]
  {
    (0..<int(count)).map { _ in
      let x = real(low, high)
      return step > 0 ? (x / step).rounded() * step : x
    }
  }
}

private func both(_ interval: Interval?) -> [Double?] { [interval?.lower, interval?.upper] }

private let methods: [String: @Sendable (inout Asker) -> Question?] = [
  "normal_cdf": { a in
    let x = a.real(-8, 8)
    return Question(method: "normal_cdf", inputs: ["x": x], ours: [normalCDF(x)], tolerance: 1e-12)
  },
  "normal_quantile": { a in
    let p = a.real(0, 1)
    return Question(method: "normal_quantile", inputs: ["p": p], ours: [normalQuantile(p)])
  },
  "student_cdf": { a in
    let (x, df) = (a.real(-10, 10), a.real(0.5, 300))
    return Question(method: "student_cdf", inputs: ["x": x, "df": df], ours: [studentCDF(x, df)])
  },
  "student_quantile": { a in
    let (p, df) = (a.real(0.001, 0.999), a.real(1, 300))
    return Question(method: "student_quantile", inputs: ["p": p, "df": df], ours: [studentQuantile(p, df)])
  },
  "beta_cdf": { a in
    let (x, p, q) = (a.real(0, 1), a.real(0.1, 500), a.real(0.1, 500))
    return Question(
      method: "beta_cdf", inputs: ["x": x, "a": p, "b": q], ours: [incompleteBeta(p, q, x)], tolerance: 1e-9)
  },
  "beta_quantile": { a in
    let (x, p, q) = (a.real(0.001, 0.999), a.real(0.5, 300), a.real(0.5, 300))
    return Question(method: "beta_quantile", inputs: ["p": x, "a": p, "b": q], ours: [betaQuantile(x, p, q)])
  },
  "binomial_cdf": { a in
    let n = a.int(1...2_000)
    let (k, p) = (a.int(0...n), a.real(0, 1))
    return Question(
      method: "binomial_cdf", inputs: ["k": k, "n": n, "p": p], ours: [binomialCDF(k, n, p)], tolerance: 1e-9)
  },
  "chi_square_tail": { a in
    let (x, df) = (a.real(0, 80), Double(a.int(1...40)))
    return Question(
      method: "chi_square_tail", inputs: ["x": x, "df": df], ours: [chiSquareTail(x, df)], tolerance: 1e-9)
  },
  "wilson": share("wilson") { wilson($0, of: $1) },
  "clopper_pearson": share("clopper_pearson") { clopperPearson($0, of: $1) },
  "jeffreys": share("jeffreys", inside: true) { jeffreys($0, of: $1) },
  "agresti_coull": share("agresti_coull") { agrestiCoull($0, of: $1) },
  "newcombe": { a in
    let q = twoRates(&a)
    return Question(
      method: "newcombe", inputs: q.inputs, ours: both(newcombe(q.k1, q.n1, q.k2, q.n2)))
  },
  "fisher": { a in
    let q = twoRates(&a)
    return Question(method: "fisher", inputs: q.inputs, ours: [fisher(q.k1, q.n1, q.k2, q.n2).p])
  },
  "mcnemar_exact": discordant("mcnemar_exact") { mcNemar(aOnly: $0, bOnly: $1).exact },
  "mcnemar_chi_square": discordant("mcnemar_chi_square") { mcNemar(aOnly: $0, bOnly: $1).asymptotic },
  "mcnemar_mid_p": discordant("mcnemar_mid_p") { mcNemar(aOnly: $0, bOnly: $1).midP },
  "sign_test": { a in
    let x = a.sample(1...60, step: 1)
    let test = signTest(x)
    guard test.positive + test.negative > 0 else { return nil }
    return Question(method: "sign_test", inputs: ["b": test.positive, "c": test.negative], ours: [test.p])
  },
  "cochran_q": { a in
    let k = a.int(2...6)
    let rows = (0..<a.int(4...60)).map { _ in (0..<k).map { _ in Double(a.int(0...1)) } }
    guard let test = cochranQ(rows), test.q != nil else { return nil }
    return Question(method: "cochran_q", inputs: ["rows": rows], ours: [test.p])
  },
  "paired_t": { a in
    let x = a.sample(3...80)
    let y = x.map { $0 + a.real(-1, 1.3) }
    guard let test = pairedT(zip(x, y).map { $1 - $0 }) else { return nil }
    return Question(
      method: "paired_t", inputs: ["a": x, "b": y], ours: [test.t, test.p] + both(test.interval))
  },
  "welch": { a in
    let (x, y) = (a.sample(3...50), a.sample(3...90, from: -1, to: 6))
    guard let test = welch(x, y) else { return nil }
    return Question(method: "welch", inputs: ["a": x, "b": y], ours: [test.t, test.p] + both(test.interval))
  },
  "wilcoxon_exact": { a in
    let x = a.sample(4...18)
    return Question(method: "wilcoxon_exact", inputs: ["x": x], ours: [wilcoxonSignedRank(x).exact])
  },
  "wilcoxon_normal": { a in
    let x = a.sample(8...80, step: 0.25)
    return Question(method: "wilcoxon_normal", inputs: ["x": x], ours: [wilcoxonSignedRank(x).normal])
  },
  "wilcoxon_pratt": { a in
    let x = a.sample(8...80, step: 0.5)
    return Question(method: "wilcoxon_pratt", inputs: ["x": x], ours: [wilcoxonSignedRank(x).pratt])
  },
  "sign_flip": { a in
    let x = a.sample(3...9, step: a.int(0...1) == 0 ? 0 : 0.5)
    return Question(method: "sign_flip", inputs: ["x": x], ours: [signFlip(x)])
  },
  "mann_whitney": { a in
    let (x, y) = (a.sample(3...60, step: 0.25), a.sample(3...60, step: 0.25))
    return Question(method: "mann_whitney", inputs: ["a": x, "b": y], ours: [mannWhitney(x, y)?.asymptotic])
  },
  "mann_whitney_exact": { a in
    let (x, y) = (a.sample(3...12), a.sample(3...12, from: -1, to: 4))
    return Question(method: "mann_whitney_exact", inputs: ["a": x, "b": y], ours: [mannWhitney(x, y)?.exact])
  },
  "brunner_munzel": { a in
    let (x, y) = (a.sample(10...60, step: 0.25), a.sample(10...60, step: 0.25, from: -3, to: 4))
    return Question(method: "brunner_munzel", inputs: ["a": x, "b": y], ours: [brunnerMunzel(x, y)])
  },
  "hodges_lehmann": { a in
    let x = a.sample(1...40, step: a.int(0...1) == 0 ? 0 : 0.25)
    return Question(method: "hodges_lehmann", inputs: ["x": x], ours: [hodgesLehmann(x)])
  },
  "shift": { a in
    let (x, y) = (a.sample(1...30, step: 0.25), a.sample(1...30))
    return Question(method: "shift", inputs: ["a": x, "b": y], ours: [hodgesLehmannShift(x, y)?.estimate])
  },
  "quantile": { a in
    let (x, p) = (a.sample(1...80), a.real(0, 1))
    return Question(method: "quantile", inputs: ["x": x, "p": p], ours: [quantile(x, p)])
  },
  "quantile_interval": { a in
    let (x, p) = (a.sample(5...200), [0.5, 0.9, 0.95, 0.25][a.int(0...3)])
    return Question(
      method: "quantile_interval", inputs: ["x": x, "p": p],
      ours: both(quantileInterval(sorted: x.sorted(), p)))
  },
  "harrell_davis": { a in
    let (x, p) = (a.sample(2...100), a.real(0.05, 0.95))
    return Question(method: "harrell_davis", inputs: ["x": x, "p": p], ours: [harrellDavis(x, p)])
  },
  "clustered_error": { a in
    let groups = (0..<a.int(2...20)).map { _ in a.sample(1...8) }
    guard groups.contains(where: { $0.count > 1 }) else { return nil }
    let labels = groups.indices.flatMap { i in groups[i].map { _ in i } }
    return Question(
      method: "clustered_error", inputs: ["x": groups.flatMap { $0 }, "groups": labels],
      ours: [clusteredMean(groups).cr1])
  },
  "holm": adjustment("holm", .holm), "hochberg": adjustment("hochberg", .hochberg),
  "bonferroni": adjustment("bonferroni", .bonferroni),
  "benjamini_hochberg": adjustment("benjamini_hochberg", .benjaminiHochberg),
  "benjamini_yekutieli": adjustment("benjamini_yekutieli", .benjaminiYekutieli),
  "cohens_kappa": { a in
    let k = a.int(2...4)
    let table = (0..<k).map { i in (0..<k).map { j in a.int(1...12) + (i == j ? 10 : 0) } }
    var (one, two): ([Double], [Double]) = ([], [])
    for i in 0..<k {
      for j in 0..<k {
        one += Array(repeating: Double(i), count: table[i][j])
        two += Array(repeating: Double(j), count: table[i][j])
      }
    }
    guard let found = cohensKappa(one, two) else { return nil }
    return Question(
      method: "cohens_kappa", inputs: ["table": table],
      ours: [found.kappa, found.linear, found.quadratic] + both(found.interval))
  },
  "fleiss_kappa": { a in
    let (raters, k) = (a.int(2...6), a.int(2...4))
    let table = (0..<a.int(5...40)).map { _ in
      (0..<raters).reduce(into: [Int](repeating: 0, count: k)) { row, _ in row[a.int(0...(k - 1))] += 1 }
    }
    return Question(method: "fleiss_kappa", inputs: ["table": table], ours: [fleissKappa(table)])
  },
  "paired_t_cases": { a in
    let effect = a.real(0.15, 1.2)
    return Question(
      method: "paired_t_cases", inputs: ["effect": effect], ours: [casesForPairedT(effect: effect)],
      tolerance: 1e-6)
  },
  "cohens_h": { a in
    let (p, q) = (a.real(0, 1), a.real(0, 1))
    return Question(method: "cohens_h", inputs: ["p1": p, "p2": q], ours: [cohensH(p, q)])
  },
]

private func share(
  _ name: String, inside: Bool = false, _ interval: @escaping @Sendable (Int, Int) -> Interval?
)
  -> @Sendable (inout Asker) -> Question?
{
  { a in
    let n = a.int(2...1_500)
    let k = inside ? a.int(1...(n - 1)) : a.int(0...n)
    return Question(method: name, inputs: ["k": k, "n": n], ours: both(interval(k, n)))
  }
}

private func discordant(_ name: String, _ p: @escaping @Sendable (Int, Int) -> Double)
  -> @Sendable (inout Asker) -> Question?
{
  { a in
    let (b, c) = (a.int(0...80), a.int(1...80))
    return Question(method: name, inputs: ["b": b, "c": c], ours: [p(b, c)])
  }
}

private func adjustment(_ name: String, _ method: Adjustment) -> @Sendable (inout Asker) -> Question? {
  { a in
    let p = a.sample(1...30, step: a.int(0...1) == 0 ? 0 : 0.01, from: 0, to: 1)
    return Question(method: name, inputs: ["p": p], ours: adjusted(p, method))
  }
}

private func twoRates(_ a: inout Asker) -> (inputs: [String: Any], k1: Int, n1: Int, k2: Int, n2: Int) {
  let (n1, n2) = (a.int(2...200), a.int(2...200))
  let (k1, k2) = (a.int(0...n1), a.int(0...n2))
  return (["k1": k1, "n1": n1, "k2": k2, "n2": n2], k1, n1, k2, n2)
}

@Test("scipy and statsmodels agree on 1,000 random inputs a method")
func agreesWithPython() throws {
  guard let python = PythonEnvironment.interpreter("statistics") else {
    print("skipped: scipy and statsmodels cannot be had (see Tests/tools/python-env)")
    return
  }
  let count = 1_000
  var questions: [Question] = []
  for (no, method) in methods.sorted(by: { $0.key < $1.key }).enumerated() {
    var asker = Asker(random: SplitMix64(seed: UInt64(100 + no)))
    var found = 0
    while found < count {
      guard let question = method.value(&asker) else { continue }
      questions.append(question)
      found += 1
    }
  }
  let answers = try PythonEnvironment.answers(
    python, script: "agreement.py",
    questions.map { question in
      try JSONSerialization.data(
        withJSONObject: question.inputs.merging(["method": question.method]) { $1 })
    })
  #expect(answers.count == questions.count)
  var wrong: [String: (count: Int, first: String)] = [:]
  for (question, answer) in zip(questions, answers) {
    let theirs = answer is NSNull ? [nil] : (answer as? [Any] ?? [answer]).map { $0 as? Double }
    let agrees =
      theirs.count == question.ours.count
      && zip(theirs, question.ours).allSatisfy { theirs, ours in
        guard let theirs, let ours else { return theirs == nil && ours == nil }
        return abs(theirs - ours) <= question.tolerance * max(1e-3, abs(theirs))
      }
    if !agrees {
      wrong[question.method, default: (0, "\(question.inputs): ours \(question.ours), theirs \(answer)")]
        .count += 1
    }
  }
  for (method, found) in wrong {
    Issue.record("\(method): \(found.count) of \(count) differ, first \(found.first)")
  }
}
