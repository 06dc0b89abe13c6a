import Formats
import Ledger
import Vocabulary

extension TrialFigures {
  init(_ row: TrialFigureRow, votes: VoteTally?) {
    self.init(
      outcome: row.outcome, score: row.score, cost: row.calls > 0 ? row.knownCost : nil,
      tokens: row.callsWithUsage > 0 ? row.inputTokens + row.outputTokens : nil, source: row.source,
      latency: row.latency,
      timeToFirstToken: row.timeToFirstToken, metrics: row.namedScores, isFallback: row.isFallback,
      trial: row.trialID, calls: row.calls, functionSuccess: row.functionCalls.map { $0.succeeded ? 1 : 0 },
      trust: votes?.mean, reply: row.replyID)
  }
}

/// Gathers arms from a run's figures as they stream by.
struct ArmBuilder {
  private var places: [String: Int] = [:]
  private var cases: [CaseFigures] = []
  private var ranks: [ShuffledRank] = []

  mutating func add(
    _ key: String, question: String? = nil, cluster: String?, rank: ShuffledRank?, slice: String? = nil,
    _ trial: TrialFigures
  ) {
    if let place = places[key] {
      cases[place].trials.append(trial)
    } else {
      places[key] = cases.count
      var figures = CaseFigures(key: key, question: question, cluster: cluster, trials: [trial])
      figures.slice = slice
      cases.append(figures)
      if let rank { ranks.append(rank) }
    }
  }

  mutating func dissolveClusters() { for i in cases.indices { cases[i].cluster = nil } }

  /// In the order in which the cases were asked, where that was drawn, else in the suite's.
  func arm(_ label: String) -> Arm {
    guard ranks.count == cases.count else { return Arm(label: label, cases: cases) }
    return Arm(label: label, cases: cases.indices.sorted { ranks[$0] < ranks[$1] }.map { cases[$0] })
  }
}

/// The targets of a run as arms, in the order of the suite, and the whole run as one.
public struct RunArms: Sendable {
  public var targets: [Arm]
  public var whole: Arm

  /// Reads a run's figures once. Cases are known by their content and their prompt, so that they pair with
  /// those of another run. The prompts of a case are one cluster, and so are a case's targets in the whole run.
  ///
  /// - Parameter key: of the metadata by which cases are sliced.
  public init(of run: RunRow, in ledger: Ledger, label: String, slicedBy key: String? = nil) throws {
    let rows = try ledger.targets(of: run.id)
    let labels = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0.label) })
    let prompts = Dictionary(uniqueKeysWithValues: try ledger.prompts(of: run.id).map { ($0.id, $0.key) })
    let clusters = try ledger.clusters(of: run.id)
    let slices = try key.map { (key) throws(LedgerError) in try ledger.metadata(key, of: run.id) } ?? [:]
    let isWatched = run.isWatched
    let votes = try ledger.voteTallies(of: run.id)
    var builders = [Int64: ArmBuilder]()
    var all = ArmBuilder()
    var targetsSeen: Set<Int64> = []
    try ledger.forEachFigure(of: run.id) { (row) throws(LedgerError) in
      let prompt = prompts.count > 1 ? ":" + (prompts[row.slot.promptID] ?? "") : ""
      let key = String(row.caseKey) + prompt
      let cluster = clusters[row.slot.caseNo]
      let rank = isWatched ? shuffledRank(of: row.slot.caseNo, group: cluster, seed: run.seed) : nil
      let trial = TrialFigures(row, votes: votes[row.trialID])
      let own = cluster ?? (prompts.count > 1 ? "case \(row.caseKey)" : nil)
      builders[row.slot.targetID, default: ArmBuilder()].add(
        key, cluster: own, rank: rank, slice: slices[row.slot.caseNo], trial)
      targetsSeen.insert(row.slot.targetID)
      let target = labels[row.slot.targetID] ?? String(row.slot.targetID)
      all.add(
        "\(key)@\(target)", question: key, cluster: cluster ?? "case \(row.caseKey)", rank: rank, trial)
    }
    if targetsSeen.count < 2, prompts.count < 2, clusters.isEmpty { all.dissolveClusters() }
    func arm(_ builder: ArmBuilder, _ label: String) -> Arm {
      var arm = builder.arm(label)
      arm.run = run.id
      arm.isWatched = isWatched
      arm.derived = DerivedMetrics(of: run.settings)
      return arm
    }
    targets = rows.compactMap { row in builders[row.id].map { arm($0, row.label) } }
    whole = arm(all, label)
  }
}

extension RunRow {
  /// It might have been stopped as soon as it was sure.
  public var isWatched: Bool { settings["stop_when_sure"] != nil }
}

extension VotedTrial {
  init(_ row: TrialVoteRow) {
    self.init(
      question: "\(row.slot.caseNo)/\(row.slot.promptID)/\(row.slot.repetition)",
      cluster: String(row.slot.caseNo),
      target: row.target, voter: row.voter, vote: row.value,
      passed: row.outcome == .pass ? true : (row.outcome == .fail ? false : nil), trial: row.trialID)
  }

  /// What people said of a run's replies.
  public static func all(of run: RunRow, in ledger: Ledger) throws -> [VotedTrial] {
    try ledger.trialVotes(of: run.id).map(VotedTrial.init)
  }
}
