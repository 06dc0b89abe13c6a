import Formats
import Vocabulary

// Comparing: what the ledger's figures say of two targets, and whether a run passes its gates. It knows the
// ledger and the statistics, and asks nobody anything. Functions here take values and give values, so that
// every verdict can be made again from the file alone.

/// The figures of one trial that comparisons and gates read.
public struct TrialFigures: Sendable {
  public var outcome: Outcome
  public var score: Double?
  public var cost: Money?
  public var tokens: Int?
  /// What the service took, in microseconds; absent for replies that did not come over the wire.
  public var latency: Microseconds?
  public var timeToFirstToken: Microseconds?
  public var metrics: [String: Double]
  public var isFallback: Bool
  /// Its number in the ledger.
  public var trial: Int64?

  public init(
    outcome: Outcome, score: Double? = nil, cost: Money? = nil, tokens: Int? = nil,
    latency: Microseconds? = nil,
    timeToFirstToken: Microseconds? = nil, metrics: [String: Double] = [:], isFallback: Bool = false,
    trial: Int64? = nil
  ) {
    self.outcome = outcome
    self.score = score
    self.cost = cost
    self.tokens = tokens
    self.latency = latency
    self.timeToFirstToken = timeToFirstToken
    self.metrics = metrics
    self.isFallback = isFallback
    self.trial = trial
  }

  var isJudged: Bool { outcome == .pass || outcome == .fail }
}

/// All repetitions of one case: the unit of every statistic.
public struct CaseFigures: Sendable {
  /// Stable by content, and by prompt where a run has several.
  public var key: String
  /// Cases of one group (one document, one template) are not independent.
  public var cluster: String?
  /// What the case is about, where a comparison looks at parts of the suite.
  public var slice: String?
  public var trials: [TrialFigures]

  public init(key: String, cluster: String? = nil, trials: [TrialFigures]) {
    self.key = key
    self.cluster = cluster
    self.trials = trials
  }
}

/// One side of a comparison: a target of a run, or a whole run.
public struct Arm: Sendable {
  public var label: String
  public var cases: [CaseFigures]
  /// The run it comes from, where it comes from one.
  public var run: Int64?
  /// Somebody looked while it ran and might have stopped it (`--stop-when-sure`): the cases stand in the order
  /// in which they were asked, and only what holds at any moment may be said.
  public var isWatched = false
  /// Scores computed from the sums of named ones.
  public var derived = DerivedMetrics()

  public init(label: String, cases: [CaseFigures]) {
    self.label = label
    self.cases = cases
  }
}

/// What is compared and gated.
public enum Metric: Sendable, Hashable {
  case passRate
  case score
  case cost
  case tokens
  case latency
  case timeToFirstToken
  case errorRate
  case named(String)

  public var name: String {
    switch self {
    case .passRate: "pass_rate"
    case .score: "score"
    case .cost: "cost"
    case .tokens: "tokens"
    case .latency: "latency"
    case .timeToFirstToken: "ttft"
    case .errorRate: "error_rate"
    case .named(let name): "metric.\(name)"
    }
  }

  /// By its name: `pass_rate`, `metric.tone`; nil for any other.
  public init?(name: String) {
    let plain: [Metric] = [.passRate, .score, .cost, .tokens, .latency, .timeToFirstToken, .errorRate]
    if let known = plain.first(where: { $0.name == name }) {
      self = known
    } else if name.hasPrefix("metric."), name.count > 7 {
      self = .named(String(name.dropFirst(7)))
    } else {
      return nil
    }
  }

  /// As people say it.
  public var title: String {
    switch self {
    case .passRate: "pass rate"
    case .score: "score"
    case .cost: "cost"
    case .tokens: "tokens"
    case .latency: "latency"
    case .timeToFirstToken: "time to first token"
    case .errorRate: "error rate"
    case .named(let name): name
    }
  }

  public var isTime: Bool { self == .latency || self == .timeToFirstToken }

  public var higherIsBetter: Bool {
    switch self {
    case .passRate, .score, .named: true
    case .cost, .tokens, .latency, .timeToFirstToken, .errorRate: false
    }
  }

  /// The mean over the case's trials; nil where the case has nothing to say on it.
  func value(of figures: CaseFigures, _ options: ComparisonOptions = .init()) -> Double? {
    let values = figures.trials.compactMap { trial -> Double? in
      if options.errorsAsFailures, trial.outcome == .error, self == .passRate || self == .score { return 0 }
      return value(trial)
    }
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  func value(_ trial: TrialFigures) -> Double? {
    switch self {
    case .passRate: trial.isJudged ? (trial.outcome == .pass ? 1 : 0) : nil
    case .errorRate: trial.outcome == .skipped ? nil : (trial.outcome == .error ? 1 : 0)
    case .score: trial.isJudged ? trial.score : nil
    case .cost: trial.cost.map(\.dollars)
    case .tokens: trial.tokens.map(Double.init)
    case .latency: trial.latency.map { Double($0) / 1e6 }
    case .timeToFirstToken: trial.timeToFirstToken.map { Double($0) / 1e6 }
    case .named(let name): trial.metrics[name]
    }
  }
}
