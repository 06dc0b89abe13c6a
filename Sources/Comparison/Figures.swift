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
  /// Of its last own reply.
  public var source: CallSource?
  /// What the service took, in microseconds; absent for replies that did not come over the wire.
  public var latency: Microseconds?
  public var timeToFirstToken: Microseconds?
  public var metrics: [String: Double]
  public var isFallback: Bool
  /// Its number in the ledger.
  public var trial: Int64?
  /// Own calls, judges' left out.
  public var calls: Int
  /// 1 where the function calls went as they should, 0 where not; nil where none was called or wanted.
  public var functionSuccess: Double?
  /// Mean of the votes on its replies, from 0, all down, to 1, all up.
  public var trust: Double?
  /// Equal numbers are equal replies.
  public var reply: Int64?

  public init(
    outcome: Outcome, score: Double? = nil, cost: Money? = nil, tokens: Int? = nil,
    source: CallSource? = nil, latency: Microseconds? = nil,
    timeToFirstToken: Microseconds? = nil, metrics: [String: Double] = [:], isFallback: Bool = false,
    trial: Int64? = nil, calls: Int = 1, functionSuccess: Double? = nil, trust: Double? = nil,
    reply: Int64? = nil
  ) {
    self.outcome = outcome
    self.score = score
    self.cost = cost
    self.tokens = tokens
    self.source = source
    self.latency = latency
    self.timeToFirstToken = timeToFirstToken
    self.metrics = metrics
    self.isFallback = isFallback
    self.trial = trial
    self.calls = calls
    self.functionSuccess = functionSuccess
    self.trust = trust
    self.reply = reply
  }

  var isJudged: Bool { outcome == .pass || outcome == .fail }
}

/// All repetitions of one case: the unit of every statistic.
public struct CaseFigures: Sendable {
  /// Stable by content, and by prompt where a run has several.
  public var key: String
  /// Equal for the same question to another target; the key itself where nothing else is said.
  public var question: String
  /// Cases of one group (one document, one template) are not independent.
  public var cluster: String?
  /// What the case is about, where a comparison looks at parts of the suite.
  public var slice: String?
  public var trials: [TrialFigures]

  public init(key: String, question: String? = nil, cluster: String? = nil, trials: [TrialFigures]) {
    self.key = key
    self.question = question ?? key
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

extension Arm {
  /// The same target in another run: what was asked in both is one case with more trials.
  public func joined(with other: Arm) -> Arm {
    var joined = self
    var places = Dictionary(cases.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
    for one in other.cases {
      if let place = places[one.key] {
        joined.cases[place].trials += one.trials
      } else {
        places[one.key] = joined.cases.count
        joined.cases.append(one)
      }
    }
    return joined
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
  case functionSuccess
  case trust
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
    case .functionSuccess: "function_success"
    case .trust: "trust"
    case .named(let name): "metric.\(name)"
    }
  }

  /// All but the named ones.
  static let plain: [Metric] = [
    .passRate, .score, .cost, .tokens, .latency, .timeToFirstToken, .errorRate, .functionSuccess, .trust,
  ]

  /// Of all but the named ones.
  public static var names: [String] { plain.map(\.name) }

  /// By its name: `pass_rate`, `metric.tone`; nil for any other.
  public init?(name: String) {
    if let known = Self.plain.first(where: { $0.name == name }) {
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
    case .functionSuccess: "function-call success"
    case .trust: "trust"
    case .named(let name): name
    }
  }

  public var isTime: Bool { self == .latency || self == .timeToFirstToken }

  public var higherIsBetter: Bool {
    switch self {
    case .passRate, .score, .functionSuccess, .trust, .named: true
    case .cost, .tokens, .latency, .timeToFirstToken, .errorRate: false
    }
  }

  /// A share of 1.
  var isShare: Bool {
    switch self {
    case .passRate, .errorRate, .functionSuccess, .trust: true
    case .score, .cost, .tokens, .latency, .timeToFirstToken, .named: false
    }
  }

  /// The mean over the case's trials; nil where the case has nothing to say on it.
  func value(of figures: CaseFigures, _ options: ComparisonOptions = .init()) -> Double? {
    let values = figures.trials.compactMap { value($0, options) }
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Over the case's trials.
  func sum(of figures: CaseFigures) -> Double { figures.trials.compactMap { value($0) }.reduce(0, +) }

  func value(_ trial: TrialFigures, _ options: ComparisonOptions) -> Double? {
    if options.errorsAsFailures, trial.outcome == .error, self == .passRate || self == .score { return 0 }
    return value(trial)
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
    case .functionSuccess: trial.functionSuccess
    case .trust: trial.trust
    case .named(let name): trial.metrics[name]
    }
  }
}
