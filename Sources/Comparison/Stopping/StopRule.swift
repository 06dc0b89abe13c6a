import Formats
import Statistics
import Vocabulary

/// Watches a run's trials as they are recorded and says when nothing more need be asked: every question is
/// decided, with error rates that hold at whatever moment that is.
///
///     var rule = StopRule(comparing: ["a", "b"], gates: gates, options)
///     if rule.add(trial) { runner.stop() }
///
/// Replies come back in any order; the rule reads cases in the order in which they were asked, each once it
/// is whole, so that a slow reply can't bend the verdict.
public struct StopRule: Sendable {
  public struct Options: Sendable {
    public var alpha = 0.05
    /// The smallest difference of pass rates that matters: targets within it are decided, too.
    public var margin: Double?
    /// Names of metrics that are computed from sums, which no trial has.
    public var derived: Set<String> = []
    public init() {}
  }

  /// What a run would have decided.
  public struct Finding: Sendable {
    public var question: String
    /// The case after which it was decided, from 1; nil while it is open.
    public var decidedAfter: Int?
  }

  private var contests: [Contest]
  private var gates: [GateQuestion]
  private let options: Options
  private var waiting: [Int: [WatchedTrial]] = [:]
  private var next = 0
  private var group: (cluster: String, cases: [[WatchedTrial]])?

  /// - Parameter targets: those to be told apart; fewer than two are no question.
  public init(
    comparing targets: [String], gates: [(gate: Gate, target: String?, baseline: Arm?)], _ options: Options
  ) {
    self.options = options
    contests = targets.indices.flatMap { i in
      targets[(i + 1)...].map { Contest(a: targets[i], b: $0, options) }
    }
    self.gates = gates.compactMap { GateQuestion($0.gate, target: $0.target, baseline: $0.baseline, options) }
  }

  /// Nothing that could be decided early.
  public var isEmpty: Bool { contests.isEmpty && gates.isEmpty }
  /// Cases that were read, in their order.
  public var cases: Int { next }

  public var isDecided: Bool {
    !isEmpty && contests.allSatisfy { $0.decidedAfter != nil } && gates.allSatisfy { $0.decidedAfter != nil }
  }

  public var findings: [Finding] {
    contests.map { Finding(question: "\($0.b) against \($0.a) on pass rate", decidedAfter: $0.decidedAfter) }
      + gates.map {
        Finding(
          question: $0.gate.text + ($0.target.map { " [\($0)]" } ?? ""), decidedAfter: $0.decidedAfter)
      }
  }

  /// Takes in a trial; true once everything is decided.
  public mutating func add(_ trial: WatchedTrial) -> Bool {
    waiting[trial.order, default: []].append(trial)
    while !isDecided, let trials = waiting[next], let first = trials.first, trials.count >= first.trialsOfCase
    {
      waiting[next] = nil
      next += 1
      read(trials, cluster: first.cluster)
    }
    return isDecided
  }

  /// A case of its own is a unit; those of a cluster follow each other and are one together.
  private mutating func read(_ trials: [WatchedTrial], cluster: String?) {
    if let group, group.cluster != cluster {
      take(group.cases)
      self.group = nil
    }
    guard let cluster else { return take([trials]) }
    group = (cluster, (group?.cases ?? []) + [trials])
  }

  private mutating func take(_ cases: [[WatchedTrial]]) {
    for i in contests.indices { contests[i].add(cases) }
    settleContests()
    for i in gates.indices where gates[i].decidedAfter == nil { gates[i].add(cases, after: next) }
  }

  private mutating func settleContests() {
    let p = adjusted(contests.map(\.p), .holm)
    for i in contests.indices where contests[i].decidedAfter == nil {
      if p[i] < options.alpha || contests[i].isWithinMargin { contests[i].decidedAfter = next }
    }
  }
}

/// Two targets: who passes more.
private struct Contest: Sendable {
  let a: String
  let b: String
  let margin: Double?
  let alpha: Double
  var decidedAfter: Int?
  private var pairs: SequentialPairs
  private var means: SequentialMean
  private var isSingle = true

  init(a: String, b: String, _ options: StopRule.Options) {
    self.a = a
    self.b = b
    margin = options.margin
    alpha = options.alpha
    let edges = options.margin.map { [-$0, $0] } ?? []
    pairs = SequentialPairs(watching: edges, alpha: options.alpha)
    means = SequentialMean(watching: ([0] + edges).map { ($0 + 1) / 2 }, alpha: options.alpha)
  }

  var p: Double { isSingle ? pairs.anytimeP : (means.anytimeP(0.5) ?? 1) }
  var isWithinMargin: Bool {
    guard let margin else { return false }
    return isAbove(-margin) == true && isAbove(margin) == false
  }

  private func isAbove(_ difference: Double) -> Bool? {
    isSingle
      ? pairs.isAbove(difference, alpha: alpha) : means.isAbove((difference + 1) / 2, alpha: alpha)
  }

  mutating func add(_ cases: [[WatchedTrial]]) {
    guard decidedAfter == nil else { return }
    var differences: [Double] = []
    for trials in cases {
      let (left, right) = (figures(trials, of: a), figures(trials, of: b))
      for (key, one) in left {
        guard let other = right[key], let x = Metric.passRate.value(of: one),
          let y = Metric.passRate.value(of: other)
        else { continue }
        if one.trials.count != 1 || other.trials.count != 1 || left.count > 1 || cases.count > 1 {
          isSingle = false
        }
        differences.append(y - x)
        pairs.add(aPasses: x > 0.5, bPasses: y > 0.5)
      }
    }
    guard !differences.isEmpty else { return }
    means.add((differences.reduce(0, +) / Double(differences.count) + 1) / 2)
  }
}
