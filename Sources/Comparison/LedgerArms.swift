import Formats
import Ledger
import Vocabulary

extension TrialFigures {
  init(_ row: TrialFigureRow) {
    self.init(
      outcome: row.outcome, score: row.score, cost: row.calls > 0 ? row.knownCost : nil,
      tokens: row.callsWithUsage > 0 ? row.inputTokens + row.outputTokens : nil, latency: row.latency,
      timeToFirstToken: row.timeToFirstToken, metrics: row.namedScores, isFallback: row.isFallback)
  }
}

/// Gathers arms from a run's figures as they stream by.
struct ArmBuilder {
  private var places: [String: Int] = [:]
  private var cases: [CaseFigures] = []

  mutating func add(_ key: String, cluster: String?, _ trial: TrialFigures) {
    if let place = places[key] {
      cases[place].trials.append(trial)
    } else {
      places[key] = cases.count
      cases.append(CaseFigures(key: key, cluster: cluster, trials: [trial]))
    }
  }

  func arm(_ label: String) -> Arm { Arm(label: label, cases: cases) }
}

/// The targets of a run as arms, in the order of the suite, and the whole run as one.
public struct RunArms: Sendable {
  public var targets: [Arm]
  public var whole: Arm

  /// Reads a run's figures once. Cases are known by their content and their prompt, so that they pair with
  /// those of another run.
  public init(of run: Int64, in ledger: Ledger, label: String) throws {
    let rows = try ledger.targets(of: run)
    let prompts = Dictionary(uniqueKeysWithValues: try ledger.prompts(of: run).map { ($0.id, $0.key) })
    let severalPrompts = prompts.count > 1
    let clusters = try ledger.clusters(of: run)
    var builders = [Int64: ArmBuilder]()
    var all = ArmBuilder()
    try ledger.forEachFigure(of: run) { (row) throws(LedgerError) in
      let prompt = severalPrompts ? ":" + (prompts[row.slot.promptID] ?? "") : ""
      let key = String(row.caseKey) + prompt
      let cluster = clusters[row.slot.caseNo]
      let trial = TrialFigures(row)
      builders[row.slot.targetID, default: ArmBuilder()].add(key, cluster: cluster, trial)
      // Across targets a case stays one unit of the whole run only with its target.
      all.add("\(key)@\(row.slot.targetID)", cluster: cluster, trial)
    }
    targets = rows.compactMap { row in builders[row.id].map { $0.arm(row.label) } }
    whole = all.arm(label)
  }
}
