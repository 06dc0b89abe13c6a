import Comparison
import Formats
import Ledger
import Statistics
import Vocabulary

/// Counts trials as they stream by, in the ledger's order: the repetitions of a case follow each other.
struct SummaryBuilder {
  private var summary: TargetSummary
  private var latencies = TimeColumn()
  private var firstTokens = TimeColumn()
  private var totals = TimeColumn()
  private var lags = TimeColumn()
  private var perToken: (sum: Double, count: Int) = (0, 0)
  private var named: [String: NamedScore] = [:]
  private var rates = CaseMeans()
  private var scores = CaseMeans()
  private var functionSuccess = CaseMeans()
  private var trust = CaseMeans()
  private var groups = CaseGroups()
  private var current = CaseCount()

  /// The repetitions of one case with one prompt so far.
  private struct CaseCount {
    var caseNo = -1
    var prompt: Int64 = 0
    var cluster: String?
    var judged = 0
    var passed = 0
  }

  private struct NamedScore {
    var means = CaseMeans()
    var sum = 0.0
    var trials = 0

    mutating func add(_ other: NamedScore) {
      means.add(other.means)
      sum += other.sum
      trials += other.trials
    }
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

  mutating func add(_ row: TrialFigureRow, cluster: String?, votes: VoteTally?) {
    if current.caseNo != row.slot.caseNo || current.prompt != row.slot.promptID {
      finishCase()
      current = CaseCount(caseNo: row.slot.caseNo, prompt: row.slot.promptID, cluster: cluster)
    }
    summary.outcomes[row.outcome, default: 0] += 1
    if let kind = row.errorKind { summary.errorKinds[kind, default: 0] += 1 }
    if row.outcome == .pass || row.outcome == .fail {
      current.judged += 1
      current.passed += row.outcome == .pass ? 1 : 0
      rates.add(row.outcome == .pass ? 1 : 0)
      scores.add(row.score)
    }
    if let calls = row.functionCalls { add(calls) }
    if let votes { add(votes) }
    if let latency = row.latency { latencies.add(latency) }
    if let first = row.timeToFirstToken { firstTokens.add(first) }
    if let each = row.timePerOutputToken { perToken = (perToken.sum + each, perToken.count + 1) }
    if row.calls > 0 { totals.add(row.total) }
    if row.latency != nil { lags.add(row.loopLag) }
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
      named[name, default: NamedScore()].means.add(score)
      named[name]?.sum += score
      named[name]?.trials += 1
    }
  }

  private mutating func add(_ outcome: FunctionCallOutcome) {
    var functions = summary.functionCalls ?? FunctionCallSummary()
    functions.trials += 1
    functions.calls += outcome.calls
    functions.valid.add(outcome.areValid)
    functions.rightFunction.add(outcome.isRightFunction)
    functions.rightArguments.add(outcome.areRightArguments)
    functions.completed.add(outcome.isComplete)
    summary.functionCalls = functions
    functionSuccess.add(outcome.succeeded ? 1 : 0)
  }

  private mutating func add(_ tally: VoteTally) {
    var votes = summary.votes ?? VoteSummary()
    votes.count += tally.count
    votes.up += tally.up
    votes.down += tally.down
    summary.votes = votes
    if let mean = tally.mean { trust.add(mean) }
  }

  private mutating func finishCase() {
    if let cluster = current.cluster { groups.name(current.caseNo, cluster) }
    if current.passed > 0, current.passed < current.judged { summary.flakyCases += 1 }
    rates.finishCase(current.caseNo)
    scores.finishCase(current.caseNo)
    functionSuccess.finishCase(current.caseNo)
    trust.finishCase(current.caseNo)
    for name in named.keys { named[name]?.means.finishCase(current.caseNo) }
    current = CaseCount()
  }

  /// `byCase` where a case comes more than once, with other prompts: those are not independent.
  mutating func finish(byCase: Bool) -> TargetSummary {
    finishCase()
    return Self.finished(summary, [self], byCase: byCase)
  }

  /// The whole run: its targets taken together.
  static func whole(of builders: inout [SummaryBuilder], _ derived: DerivedMetrics, byCase: Bool)
    -> TargetSummary
  {
    var sum = SummaryBuilder(label: "all", provider: "", settings: JSONObject(), derived: derived).summary
    for place in builders.indices {
      builders[place].finishCase()
      sum.add(builders[place].summary)
    }
    return finished(sum, builders, byCase: byCase)
  }

  /// Columns have a number for every trial: they are joined one after the other, so that two of them are never held.
  private static func finished(
    _ sums: TargetSummary, _ builders: [SummaryBuilder], byCase: Bool
  ) -> TargetSummary {
    var summary = sums
    var groups = CaseGroups()
    for builder in builders { groups.add(builder.groups) }
    groups.areCases = byCase
    func times(_ column: KeyPath<SummaryBuilder, TimeColumn>) -> [Double] {
      var all = TimeColumn()
      for builder in builders { all.add(builder[keyPath: column]) }
      return all.sorted()
    }
    func means(_ column: KeyPath<SummaryBuilder, CaseMeans>) -> CaseMeans {
      var all = CaseMeans()
      for builder in builders { all.add(builder[keyPath: column]) }
      return all
    }
    summary.latency = TimeSummary(sorted: times(\.latencies))
    summary.timeToFirstToken = TimeSummary(sorted: times(\.firstTokens))
    summary.total = TimeSummary(sorted: times(\.totals))
    let lags = times(\.lags)
    summary.loopLag99 = quantile(sorted: lags, 0.99)
    summary.loopLag99AtLeast = quantileInterval(sorted: lags, 0.99, level: 0.98).lower
    let perToken = builders.reduce((sum: 0.0, count: 0)) {
      ($0.sum + $1.perToken.sum, $0.count + $1.perToken.count)
    }
    summary.timePerOutputToken = perToken.count > 0 ? perToken.sum / Double(perToken.count) : nil
    summary.passRate = means(\.rates).share(groups)
    summary.score = means(\.scores).score(groups)
    summary.functionCalls?.success = means(\.functionSuccess).share(groups)
    summary.votes?.trust = means(\.trust).share(groups)
    var named: [String: NamedScore] = [:]
    for builder in builders {
      for (name, more) in builder.named { named[name, default: NamedScore()].add(more) }
    }
    summary.namedScores = named.sorted { $0.key < $1.key }.compactMap { name, score in
      score.means.score(groups).map { (name: name, mean: $0, trials: score.trials) }
    }
    let counted = summary.trials - summary.count(.skipped)
    let derived = builders.first?.derived
    summary.derivedScores = derived?.values(sums: named.mapValues(\.sum), count: counted) ?? []
    return summary
  }
}
