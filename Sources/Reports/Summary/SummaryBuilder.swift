import Comparison
import Formats
import Ledger
import Statistics
import Vocabulary

/// Counts trials as they stream by, in the ledger's order: the repetitions of a case follow each other.
struct SummaryBuilder {
  private var summary: TargetSummary
  private var latencies: [Double] = []
  private var firstTokens: [Double] = []
  private var totals: [Double] = []
  private var lags: [Double] = []
  private var perToken: (sum: Double, count: Int) = (0, 0)
  private var named: [String: (sum: Double, count: Int)] = [:]
  private var caseRates: [Double] = []
  private var caseScores: [Double] = []
  /// The group of each case, by its number.
  private var groupOfCase: [Int] = []
  private var groups: [Cluster: Int] = [:]
  private var groupCount = 0
  private var judgedTrials = 0
  private var current = CaseCount()

  /// What may not be taken for independent.
  enum Cluster: Hashable {
    case named(String)
    case ofCase(Int)
  }

  /// The repetitions of one case so far.
  private struct CaseCount {
    var key: Slot?
    var cluster: Cluster?
    var judged = 0
    var passed = 0
    var scores = 0.0
  }

  private let derived: DerivedMetrics

  init(label: String, provider: String, settings: JSONObject, derived: DerivedMetrics) {
    self.derived = derived
    summary = TargetSummary(
      label: label, provider: provider, settings: settings, outcomes: [:], errorKinds: [:], cost: .zero,
      callsOfUnknownCost: 0, judgeCost: .zero, judgeCallsOfUnknownCost: 0, avoided: .zero,
      possiblyBilled: .zero,
      inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0, calls: 0, judgeCalls: 0,
      attempts: 0, reused: 0, fallbacks: 0, flakyCases: 0, isSimulated: false, waits: Waits(), namedScores: []
    )
  }

  /// `unit` tells cases apart; equal ones follow each other.
  mutating func add(_ row: TrialFigureRow, unit: Slot, cluster: Cluster?) {
    if current.key != unit { finishCase(next: unit, cluster: cluster) }
    summary.outcomes[row.outcome, default: 0] += 1
    if let kind = row.errorKind { summary.errorKinds[kind, default: 0] += 1 }
    if row.outcome == .pass || row.outcome == .fail {
      current.judged += 1
      current.passed += row.outcome == .pass ? 1 : 0
      current.scores += row.score
    }
    if let latency = row.latency { latencies.append(Double(latency)) }
    if let first = row.timeToFirstToken { firstTokens.append(Double(first)) }
    if let each = row.timePerOutputToken { perToken = (perToken.sum + each, perToken.count + 1) }
    if row.calls > 0 { totals.append(Double(row.total)) }
    if row.latency != nil { lags.append(Double(row.loopLag)) }
    summary.cost += row.cost
    summary.callsOfUnknownCost += row.callsOfUnknownCost
    summary.judgeCost += row.judgeCost
    summary.judgeCallsOfUnknownCost += row.judgeCallsOfUnknownCost
    summary.avoided += row.avoided
    summary.possiblyBilled += row.possiblyBilled
    summary.inputTokens += row.inputTokens
    summary.outputTokens += row.outputTokens
    summary.cachedInputTokens += row.cachedInputTokens
    summary.reasoningTokens += row.reasoningTokens
    summary.calls += row.calls
    summary.judgeCalls += row.judgeCalls
    summary.attempts += row.attempts
    if row.source == .cache || row.source == .replay { summary.reused += 1 }
    if row.isFallback { summary.fallbacks += 1 }
    if row.isSimulated { summary.isSimulated = true }
    summary.waits.concurrency += row.waits.concurrency
    summary.waits.rate += row.waits.rate
    summary.waits.backoff += row.waits.backoff
    summary.waits.budget += row.waits.budget
    for (name, score) in row.namedScores {
      let before = named[name] ?? (0, 0)
      named[name] = (before.sum + score, before.count + 1)
    }
  }

  /// A case that is in no cluster is a group of its own.
  private mutating func group(of cluster: Cluster?) -> Int {
    if let cluster, let known = groups[cluster] { return known }
    if let cluster { groups[cluster] = groupCount }
    groupCount += 1
    return groupCount - 1
  }

  private mutating func finishCase(next: Slot?, cluster: Cluster? = nil) {
    if current.judged > 0 {
      caseRates.append(Double(current.passed) / Double(current.judged))
      caseScores.append(current.scores / Double(current.judged))
      judgedTrials += current.judged
      groupOfCase.append(group(of: current.cluster))
      if current.passed > 0, current.passed < current.judged { summary.flakyCases += 1 }
    }
    current = CaseCount(key: next, cluster: cluster)
  }

  mutating func finish() -> TargetSummary {
    finishCase(next: nil)
    summary.latency = TimeSummary(latencies)
    summary.timeToFirstToken = TimeSummary(firstTokens)
    summary.total = TimeSummary(totals)
    summary.timePerOutputToken = perToken.count > 0 ? perToken.sum / Double(perToken.count) : nil
    summary.loopLag99 = quantile(lags, 0.99)
    summary.passRate = rate(caseRates, isRate: true)
    summary.score = rate(caseScores, isRate: false)
    summary.namedScores = named.sorted { $0.key < $1.key }.map {
      (name: $0.key, value: $0.value.sum / Double($0.value.count), count: $0.value.count)
    }
    let counted = summary.trials - summary.count(.skipped)
    summary.derivedScores = derived.values(sums: named.mapValues(\.sum), count: counted)
    return summary
  }

  private func rate(_ values: [Double], isRate: Bool) -> RateSummary? {
    guard !values.isEmpty else { return nil }
    var summary = RateSummary(value: values.reduce(0, +) / Double(values.count), cases: values.count)
    var units = [[Double]](repeating: [], count: groupCount)
    for (group, value) in zip(groupOfCase, values) { units[group].append(value) }
    summary.interval = isRate ? shareInterval(units, trials: judgedTrials) : scoreInterval(units)
    return summary
  }
}
