import Comparison
import Formats
import Ledger
import Statistics
import Vocabulary

// Telling: every report is made from the ledger alone, streamed, and its figures come from one place, the
// summaries in this folder, so that all formats of one run agree to the last digit.

/// A percentile with what is known of it: bounds are nil where there are too few values.
public struct Percentile: Sendable, Hashable {
  public var p: Double
  public var value: Double
  public var interval: Interval

  /// `790 ms to 1.02 s`, or the one bound that is known.
  public var intervalText: String? {
    switch (interval.lower.map(Durations.text), interval.upper.map(Durations.text)) {
    case (let low?, let high?): "\(low) to \(high)"
    case (let low?, nil): "at least \(low)"
    case (nil, let high?): "at most \(high)"
    case (nil, nil): nil
    }
  }
}

/// A distribution of times, in microseconds.
public struct TimeSummary: Sendable {
  public var count: Int
  public var mean: Double
  public var least: Double
  public var greatest: Double
  /// p50, p95, p99; those that so few values can't give are left out.
  public var percentiles: [Percentile]

  /// Nil without values. `sorted` in microseconds, from the least.
  init?(sorted: [Double]) {
    guard !sorted.isEmpty else { return nil }
    count = sorted.count
    mean = sorted.reduce(0, +) / Double(sorted.count)
    least = sorted[0]
    greatest = sorted[sorted.count - 1]
    percentiles = [0.5, 0.95, 0.99].compactMap { p in
      // With fewer than five values beyond it, a percentile is just the largest value.
      guard p == 0.5 || Double(sorted.count) * (1 - p) >= 5, let value = quantile(sorted: sorted, p) else {
        return nil
      }
      return Percentile(p: p, value: value, interval: quantileInterval(sorted: sorted, p))
    }
  }

  public subscript(p: Double) -> Percentile? { percentiles.first { $0.p == p } }

  /// For a planned number of trials: they don't hold where a run might have been stopped at any moment.
  mutating func withholdIntervals() {
    for place in percentiles.indices { percentiles[place].interval = Interval(nil, nil) }
  }
}

/// A rate or mean over cases with its interval.
public struct RateSummary: Sendable {
  public var value: Double
  public var interval: Interval?
  /// Cases, the unit of the interval.
  public var cases: Int
}

/// Trials in which functions were called or wanted, and what went well in how many of those where it is known.
public struct FunctionCallSummary: Sendable {
  public struct Share: Sendable, Hashable {
    public var held = 0
    public var known = 0

    mutating func add(_ value: Bool?) {
      guard let value else { return }
      known += 1
      held += value ? 1 : 0
    }

    static func + (a: Share, b: Share) -> Share { Share(held: a.held + b.held, known: a.known + b.known) }
  }

  public var trials = 0
  public var calls = 0
  /// All of the below held.
  public var success: RateSummary?
  public var valid = Share()
  public var rightFunction = Share()
  public var rightArguments = Share()
  public var completed = Share()

  /// The counts together; the rate is no sum.
  static func + (a: FunctionCallSummary, b: FunctionCallSummary) -> FunctionCallSummary {
    FunctionCallSummary(
      trials: a.trials + b.trials, calls: a.calls + b.calls, valid: a.valid + b.valid,
      rightFunction: a.rightFunction + b.rightFunction, rightArguments: a.rightArguments + b.rightArguments,
      completed: a.completed + b.completed)
  }
}

/// Votes on replies.
public struct VoteSummary: Sendable {
  public var count = 0
  public var up = 0
  public var down = 0
  /// Mean vote, from 0, all down, to 1, all up; each case counts once.
  public var trust: RateSummary?

  /// The counts together; trust is no sum.
  static func + (a: VoteSummary, b: VoteSummary) -> VoteSummary {
    VoteSummary(count: a.count + b.count, up: a.up + b.up, down: a.down + b.down)
  }
}

/// Everything that is counted for one target of a run, or for the whole run.
public struct TargetSummary: Sendable {
  public var label: String
  public var provider: String
  public var settings: JSONObject
  public var outcomes: [Outcome: Int]
  public var errorKinds: [ErrorKind: Int]
  public var passRate: RateSummary?
  public var score: RateSummary?
  public var latency: TimeSummary?
  public var timeToFirstToken: TimeSummary?
  /// Mean time per output token after the first, in microseconds.
  public var timePerOutputToken: Double?
  /// What was felt: scheduling, waits and retries included.
  public var total: TimeSummary?
  public var cost: Money
  public var callsOfUnknownCost: Int
  public var judgeCost: Money
  public var judgeCallsOfUnknownCost: Int
  public var avoided: Money
  public var possiblyBilled: Money
  public var inputTokens: Int
  public var outputTokens: Int
  public var cachedInputTokens: Int
  public var reasoningTokens: Int
  public var calls: Int
  public var judgeCalls: Int
  public var attempts: Int
  /// Replies that were used again.
  public var reused: Int
  public var fallbacks: Int
  /// Cases whose repetitions did not all end alike.
  public var flakyCases: Int
  public var isSimulated: Bool
  public var waits: Waits
  /// 99th percentile of how late, at most, the client stamped or sent, in microseconds.
  public var loopLag99: Double?
  /// That percentile is at least so much, were a hundred such runs to be wrong about it once: among few trials a
  /// single late one says little.
  public var loopLag99AtLeast: Double?
  /// Nil where no function was called or wanted.
  public var functionCalls: FunctionCallSummary?
  /// Nil where nobody voted.
  public var votes: VoteSummary?
  /// Mean of each named score over the cases that have it, and how many trials do.
  public var namedScores: [(name: String, mean: RateSummary, trials: Int)]

  /// Scores computed from the sums of named scores; a reason where one can't be.
  public var derivedScores: [(name: String, value: Result<Double, Problem>)] = []

  public var trials: Int { outcomes.values.reduce(0, +) }
  public func count(_ outcome: Outcome) -> Int { outcomes[outcome] ?? 0 }
  /// Sums over unknown prices are at least this much.
  public var costIsKnown: Bool { callsOfUnknownCost == 0 }
  public var tokens: Int { inputTokens + outputTokens }
  /// Latencies are limited by this client rather than by the service.
  public var isClientLimited: Bool { (loopLag99AtLeast ?? 0) > 1_000 }

  /// What a report says then, after "the".
  public var clientLimitText: String {
    "latencies are limited by this client, not by the service: it was \(Durations.text(loopLag99 ?? 0)) late at p99"
  }

  /// Named, then derived scores in words, such as `precision 0.750 (95 % CI 0.581 to 0.919)`.
  public var scoreTexts: [String] {
    func number(_ value: Double) -> String { NumberText.fixed(value, decimals: 3) }
    return namedScores.map { name, mean, _ in
      guard let low = mean.interval?.lower, let high = mean.interval?.upper else {
        return "\(name) \(number(mean.value))"
      }
      return "\(name) \(number(mean.value)) (95 % CI \(number(low)) to \(number(high)))"
    }
      + derivedScores.map { name, value in
        switch value {
        case .success(let value): "\(name) \(NumberText.fixed(value, decimals: 3))"
        case .failure(let problem): "\(name) n/a (\(problem.message))"
        }
      }
  }
}

extension TargetSummary {
  /// What it cost with its judges, as a phrase.
  var costText: String {
    let known = cost + judgeCost
    let unknown = callsOfUnknownCost + judgeCallsOfUnknownCost
    if unknown == 0 { return known.shown }
    return known == .zero ? "cost unknown" : "\(known.shown) and \(unknown) calls of unknown cost"
  }

  /// Of a watched run only what holds at any moment may be said.
  mutating func useIntervals(of arm: Arm) {
    passRate?.interval = averageInterval(.passRate, arm)
    score?.interval = averageInterval(.score, arm)
    functionCalls?.success?.interval = averageInterval(.functionSuccess, arm)
    votes?.trust?.interval = averageInterval(.trust, arm)
    for place in namedScores.indices {
      namedScores[place].mean.interval = averageInterval(.named(namedScores[place].name), arm)
    }
    latency?.withholdIntervals()
    timeToFirstToken?.withholdIntervals()
    total?.withholdIntervals()
  }

  /// Counts and sums of another target, added to these; figures that are no sums are left.
  mutating func add(_ other: TargetSummary) {
    outcomes.merge(other.outcomes, uniquingKeysWith: +)
    errorKinds.merge(other.errorKinds, uniquingKeysWith: +)
    cost += other.cost
    callsOfUnknownCost += other.callsOfUnknownCost
    judgeCost += other.judgeCost
    judgeCallsOfUnknownCost += other.judgeCallsOfUnknownCost
    avoided += other.avoided
    possiblyBilled += other.possiblyBilled
    inputTokens += other.inputTokens
    outputTokens += other.outputTokens
    cachedInputTokens += other.cachedInputTokens
    reasoningTokens += other.reasoningTokens
    calls += other.calls
    judgeCalls += other.judgeCalls
    attempts += other.attempts
    reused += other.reused
    fallbacks += other.fallbacks
    flakyCases += other.flakyCases
    isSimulated = isSimulated || other.isSimulated
    waits.concurrency += other.waits.concurrency
    waits.rate += other.waits.rate
    waits.backoff += other.waits.backoff
    waits.budget += other.waits.budget
    if let more = other.functionCalls { functionCalls = (functionCalls ?? FunctionCallSummary()) + more }
    if let more = other.votes { votes = (votes ?? VoteSummary()) + more }
  }
}
