import Checks
import Formats
import Ledger
import Suites
import Synchronization
import Vocabulary

/// One trial that is to be run.
struct PlannedTrial: Sendable {
  var test: Case
  var caseRecord: CaseRecord
  /// Places in the suite; the target is nil for a case's own.
  var targetIndex: Int?
  var promptIndex: Int?
  var slot: Slot
  /// Place of its case among those with trials, in the order in which they are asked, and how many it has.
  var order = 0
  var trialsOfCase = 1
  /// When it is due, on the monotonic clock; nil as soon as may be.
  var dueAt: Microseconds?
  /// Judged in place of asking.
  var given: GivenReply?
  /// Replies that were recorded before the run was interrupted.
  var begun: [Ledger.BegunCall] = []
}

/// Gives the trials of a plan one after the other, in memory for one case: cases in the order of the suite or
/// shuffled, then targets, prompts and repetitions. Leaves out what other shards do, and what a resumed run has.
final class TrialFeed: Sendable {
  struct Resume: Sendable {
    var ledger: Ledger
    var runID: Int64
    var retriesErrors: Bool
  }

  /// What the feed has seen.
  struct Counts: Sendable {
    /// Cases that have trials.
    var cases = 0
    /// Trials of the whole suite, where they are known beforehand.
    var ahead: Int?
    var planned = 0
    var alreadyDone = 0
    /// Recorded trials whose case is another one today.
    var changed = 0
    /// Some case compares its replies.
    var hasComparisons = false
  }

  private struct State {
    var waiting: [PlannedTrial] = []
    var next = 0
    var schedule: ArrivalSchedule
    /// The places of targets and prompts for a case that names none of them, once one has come.
    var usualPairs: [(target: Int, prompt: Int)]?
    var counts = Counts()
    var problems: Problems?
    var isDone = false
  }

  private let plan: RunPlan
  private let run: RunHandle
  private let resume: Resume?
  private let ownTargetID: @Sendable (Target) -> Int64?
  private let startedAt = MonotonicClock.microseconds()
  private let state: Mutex<State>
  /// Used only while `state` is locked.
  private nonisolated(unsafe) let cases: CaseStream
  private nonisolated(unsafe) let shuffled: ShuffledCases?
  private let found: (@Sendable (RecordedTrial) -> Void)?

  init(
    _ plan: RunPlan, run: RunHandle, resume: Resume?, ownTargetID: @escaping @Sendable (Target) -> Int64?,
    found: (@Sendable (RecordedTrial) -> Void)? = nil
  ) {
    self.found = found
    shuffled = plan.options.shufflesCases ? ShuffledCases(plan) : nil
    self.plan = plan
    self.run = run
    self.resume = resume
    self.ownTargetID = ownTargetID
    state = Mutex(State(schedule: ArrivalSchedule(plan.options.arrivals, seed: plan.seed)))
    cases = plan.loaded.cases()
  }

  /// Nil at the end, and after a mistake in the suite's data.
  func next() -> PlannedTrial? {
    state.withLock { state in
      while state.next >= state.waiting.count {
        if state.isDone { return nil }
        read(&state)
      }
      var trial = state.waiting[state.next]
      state.next += 1
      trial.dueAt = state.schedule.next().map { startedAt + $0 }
      return trial
    }
  }

  var counts: Counts { state.withLock { $0.counts } }
  var isDone: Bool { state.withLock { $0.isDone && $0.next >= $0.waiting.count } }
  var problems: Problems? { state.withLock { $0.problems } }

  private func read(_ state: inout State) {
    do {
      guard let test = try nextCase(&state.counts) else {
        state.isDone = true
        return
      }
      state.next = 0
      state.waiting = []
      if let shard = plan.options.shard, test.index % shard.count != shard.index - 1 { return }
      if test.checks.contains(where: Checker.isComparison) { state.counts.hasComparisons = true }
      let planned =
        try plan.loaded.given.map { given in try trials(of: test, given: given) } ?? trials(of: test, &state.usualPairs)
      state.waiting = try remaining(planned, test, &state.counts)
    } catch let problems as Problems {
      state.problems = problems
      state.isDone = true
    } catch {
      let problem = (error as? LedgerError)?.problem ?? Problem("\(error)")
      state.problems = Problems([problem])
      state.isDone = true
    }
  }

  private func nextCase(_ counts: inout Counts) throws(Problems) -> Case? {
    guard let shuffled else { return try cases.next() }
    let test = try shuffled.next()
    counts.ahead = shuffled.plannedTrials
    return test
  }

  private func trials(
    of test: Case, _ usualPairs: inout [(target: Int, prompt: Int)]?
  ) -> [PlannedTrial] {
    let record = caseRecord(test)
    func trial(_ target: Int?, _ targetID: Int64, _ prompt: Int, _ repetition: Int) -> PlannedTrial {
      PlannedTrial(
        test: test, caseRecord: record, targetIndex: target, promptIndex: prompt,
        slot: Slot(
          caseNo: test.index, promptID: run.promptIDs[prompt], targetID: targetID, repetition: repetition))
    }
    if let own = test.ownTarget, let id = ownTargetID(own) {
      return plan.suite.prompts.indices.flatMap { prompt in
        (0..<max(1, plan.loaded.repeats(of: test, for: own))).map { trial(nil, id, prompt, $0) }
      }
    }
    var trials: [PlannedTrial] = []
    for pair in pairs(for: test, &usualPairs) {
      let count = max(1, plan.loaded.repeats(of: test, for: plan.suite.targets[pair.target]))
      for repetition in 0..<count {
        trials.append(trial(pair.target, run.targetIDs[pair.target], pair.prompt, repetition))
      }
    }
    return trials
  }

  private func pairs(
    for test: Case, _ usual: inout [(target: Int, prompt: Int)]?
  ) -> [(target: Int, prompt: Int)] {
    let isUsual = test.targets.isEmpty && test.prompts.isEmpty
    if isUsual, let usual { return usual }
    let pairs = plan.loaded.pairs(for: test).compactMap { pair -> (target: Int, prompt: Int)? in
      guard let target = plan.suite.targets.firstIndex(where: { $0.label == pair.target.label }),
        let prompt = plan.suite.prompts.firstIndex(where: {
          $0.id == pair.prompt.id && $0.label == pair.prompt.label
        })
      else { return nil }
      return (target, prompt)
    }
    if isUsual { usual = pairs }
    return pairs
  }

  /// Of replies that came from elsewhere. A case that has none of a target is an error there, not left out.
  private func trials(of test: Case, given: GivenReplies) throws -> [PlannedTrial] {
    let record = caseRecord(test)
    func trial(_ target: Int, _ prompt: Int, _ reply: GivenReply) -> PlannedTrial {
      var trial = PlannedTrial(
        test: test, caseRecord: record, targetIndex: target, promptIndex: prompt,
        slot: Slot(
          caseNo: test.index, promptID: run.promptIDs[prompt], targetID: run.targetIDs[target],
          repetition: reply.repetition))
      trial.given = reply
      return trial
    }
    let found = try given.replies(to: test.index)
    return plan.suite.targets.enumerated().flatMap { target, known in
      let own = found.filter { $0.target == given.targets[target] }
      return own.isEmpty
        ? [trial(target, 0, .missing(in: given.path))] : own.map { trial(target, $0.prompt, $0.reply) }
    }
  }

  private func caseRecord(_ test: Case) -> CaseRecord {
    var variables = test.variables
    for name in plan.suite.secretVariables where variables[name] != nil {
      variables[name] = .string(Secrets.mask)
    }
    return CaseRecord(
      no: test.index, key: test.key, description: test.description, variables: variables,
      metadata: test.metadata, location: test.location)
  }

  /// Without what is recorded already, and with the replies of what was begun.
  private func remaining(
    _ trials: [PlannedTrial], _ test: Case, _ counts: inout Counts
  ) throws -> [PlannedTrial] {
    guard !trials.isEmpty else { return [] }
    counts.planned += trials.count
    let trials = trials.map { trial in
      var trial = trial
      trial.order = counts.cases
      trial.trialsOfCase = trials.count
      return trial
    }
    counts.cases += 1
    guard let resume else { return trials }
    let recorded = try resume.ledger.trials(of: resume.runID, caseNo: test.index)
    let begun = try resume.ledger.begunCalls(of: resume.runID, caseNo: test.index)
    let key = CaseRecord.key(of: test.key)
    return trials.compactMap { trial in
      var trial = trial
      trial.begun = begun[trial.slot] ?? []
      guard let row = recorded.first(where: { $0.slot == trial.slot }) else { return trial }
      if row.caseKey != key {
        counts.changed += 1
        return trial
      }
      if row.outcome == .error, resume.retriesErrors { return trial }
      counts.alreadyDone += 1
      found?(plan.told(trial, row.outcome, row.score, row.namedScores))
      return nil
    }
  }
}

extension RunPlan {
  /// A trial with what came of it.
  func told(_ trial: PlannedTrial, _ outcome: Outcome, _ score: Double, _ namedScores: [String: Double])
    -> RecordedTrial
  {
    RecordedTrial(
      order: trial.order, trialsOfCase: trial.trialsOfCase, caseKey: CaseRecord.key(of: trial.test.key),
      cluster: trial.test.cluster,
      prompt: trial.promptIndex.map { suite.prompts[$0].id } ?? "",
      target: trial.targetIndex.map { targets[$0].target.label } ?? trial.test.ownTarget?.label ?? "",
      outcome: outcome, score: score, namedScores: namedScores)
  }
}
