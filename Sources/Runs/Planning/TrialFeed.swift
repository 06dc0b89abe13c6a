import Checks
import Formats
import Ledger
import Suites
import Synchronization
import Vocabulary

/// One trial that is to be run.
typealias PlannedTrial = Shared<PlannedTrialFields>

struct PlannedTrialFields: Sendable {
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
  /// It has ended before the run was interrupted: what it left to later trials is remembered, nobody is asked.
  var recorded: TrialRow?
}

/// Gives the trials of a plan one after the other, in memory for a few cases: cases in the order of the suite or
/// shuffled, then targets, prompts and repetitions. Leaves out what a resumed run has.
///
/// Whoever finds that few are left reads some more, while the others take those that are there.
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
    var counts = Counts()
    var problems: Problems?
    /// Somebody reads.
    var isReading = false
    /// All has been read.
    var isDone = false

    var left: Int { waiting.count - next }

    mutating func take() -> PlannedTrial? {
      guard next < waiting.count else { return nil }
      defer { next += 1 }
      return waiting[next]
    }

    mutating func append(_ trials: [PlannedTrial]) {
      waiting.removeFirst(next)
      next = 0
      waiting += trials
    }
  }

  /// What only who reads touches.
  private struct Reading {
    /// The places of targets and prompts for a case that names none of them, once one has come.
    var usualPairs: [(target: Int, prompt: Int)]?
    var counts = Counts()
  }

  private static let fewLeft = 16
  private static let readAhead = 64

  private let plan: RunPlan
  private let run: RunHandle
  private let resume: Resume?
  private let ownTargetID: @Sendable (Target) -> Int64?
  private let startedAt = MonotonicClock.microseconds()
  private let state: Mutex<State>
  private let reading = Mutex(Reading())
  /// Safe: both are used only while `reading` is locked; who hands the stream in has looked at it before there was a feed,
  /// and does not afterwards.
  private nonisolated(unsafe) let cases: CaseStream
  private nonisolated(unsafe) let shuffled: ShuffledCases?
  private let found: (@Sendable (RecordedTrial) -> Void)?

  init(
    _ plan: RunPlan, _ cases: CaseStream, run: RunHandle, resume: Resume?,
    ownTargetID: @escaping @Sendable (Target) -> Int64?,
    found: (@Sendable (RecordedTrial) -> Void)? = nil
  ) {
    self.found = found
    shuffled = plan.options.shufflesCases ? ShuffledCases(plan) : nil
    self.plan = plan
    self.run = run
    self.resume = resume
    self.ownTargetID = ownTargetID
    state = Mutex(State(schedule: ArrivalSchedule(plan.options.arrivals, seed: plan.seed)))
    self.cases = cases
  }

  /// What is there at the moment: a trial, or nil where somebody has to read first, or all are done.
  func take() -> PlannedTrial? {
    state.withLock { state in
      var trial = state.take()
      // Not set to nothing: that would copy the trial.
      if trial != nil, trial?.recorded == nil, let due = state.schedule.next() {
        trial?.dueAt = startedAt + due
      }
      return trial
    }
  }

  /// Reads on where few trials are left. Returns once there are some, or no more: false at the end, and after a mistake
  /// in the suite's data.
  func refill() -> Bool {
    let (reads, isEmpty, isDone) = state.withLock { state -> (Bool, Bool, Bool) in
      let reads = state.left < Self.fewLeft && !state.isReading && !state.isDone
      if reads { state.isReading = true }
      return (reads, state.left == 0, state.isDone)
    }
    if reads {
      readSome()
    } else if isEmpty, !isDone {
      // Wait for who reads.
      reading.withLock { _ in }
    }
    return !(isEmpty && isDone)
  }

  var counts: Counts { state.withLock { $0.counts } }
  var isDone: Bool { state.withLock { $0.isDone && $0.next >= $0.waiting.count } }
  var problems: Problems? { state.withLock { $0.problems } }

  private func readSome() {
    reading.withLock { reading in
      var isEnough = false
      while !isEnough {
        var trials: [PlannedTrial] = []
        var problems: Problems?
        let isMore = read(&trials, &reading, &problems)
        isEnough = state.withLock { state in
          state.append(trials)
          state.counts = reading.counts
          state.problems = problems
          state.isDone = !isMore
          let isEnough = !isMore || state.left >= Self.readAhead
          if isEnough { state.isReading = false }
          return isEnough
        }
      }
    }
  }

  /// The trials of the next case; false at the end.
  private func read(
    _ trials: inout [PlannedTrial], _ reading: inout Reading, _ problems: inout Problems?
  ) -> Bool {
    do {
      guard let test = try nextCase(&reading.counts) else { return false }
      if test.checks.contains(where: Checker.isComparison) { reading.counts.hasComparisons = true }
      let planned: [PlannedTrial]
      if let given = plan.loaded.given {
        planned = try self.trials(of: test, given: given)
      } else {
        planned = self.trials(of: test, &reading.usualPairs)
      }
      trials = try remaining(planned, test, &reading.counts)
      return true
    } catch let found as Problems {
      problems = found
    } catch {
      problems = Problems([(error as? LedgerError)?.problem ?? Problem("\(error)")])
    }
    return false
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
    let record = plan.record(of: test)
    func trial(_ target: Int?, _ targetID: Int64, _ prompt: Int, _ repetition: Int) -> PlannedTrial {
      PlannedTrial(
        PlannedTrialFields(
          test: test, caseRecord: record, targetIndex: target, promptIndex: prompt,
          slot: Slot(
            caseNo: test.index, promptID: run.promptIDs[prompt], targetID: targetID, repetition: repetition)))
    }
    if let own = test.ownTarget, let id = ownTargetID(own) {
      return plan.suite.prompts.indices.filter {
        Selector.any(of: test.prompts, match: plan.suite.prompts[$0])
      }.flatMap { prompt in
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

  /// Of replies that came from elsewhere. A case of the suite that has none of a target is an error there, not left out;
  /// where the replies are the cases, nobody else was asked that.
  private func trials(of test: Case, given: GivenReplies) throws -> [PlannedTrial] {
    let record = plan.record(of: test)
    func trial(_ target: Int, _ prompt: Int, _ reply: GivenReply) -> PlannedTrial {
      let slot = Slot(
        caseNo: test.index, promptID: run.promptIDs[prompt], targetID: run.targetIDs[target],
        repetition: reply.repetition)
      return PlannedTrial(
        PlannedTrialFields(
          test: test, caseRecord: record, targetIndex: target, promptIndex: prompt, slot: slot, given: reply))
    }
    let found = try given.replies(to: test.index)
    return plan.suite.targets.enumerated().flatMap { target, known in
      let own = found.filter { $0.target == given.targets[target] }
      return own.isEmpty && !given.makesCases
        ? [trial(target, 0, .missing(in: given.path))] : own.map { trial(target, $0.prompt, $0.reply) }
    }
  }

  /// Without what is recorded already, and with the replies of what was begun.
  private func remaining(
    _ planned: consuming [PlannedTrial], _ test: Case, _ counts: inout Counts
  ) throws -> [PlannedTrial] {
    var trials = planned
    guard !trials.isEmpty else { return [] }
    counts.planned += trials.count
    for place in trials.indices {
      trials[place].order = counts.cases
      trials[place].trialsOfCase = trials.count
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
      found?(plan.told(trial, row.outcome, row.score, row.namedScores, row.metadata))
      guard plan.isSequential || test.storesOutput else { return nil }
      trial.recorded = row
      return trial
    }
  }
}

extension RunPlan {
  /// A trial with what came of it.
  func told(
    _ trial: PlannedTrial, _ outcome: Outcome, _ score: Double, _ namedScores: [String: Double],
    _ metadata: JSON?
  ) -> RecordedTrial {
    RecordedTrial(
      order: trial.order, trialsOfCase: trial.trialsOfCase, caseKey: CaseRecord.key(of: trial.test.key),
      cluster: trial.test.cluster,
      prompt: trial.promptIndex.map { suite.prompts[$0].id } ?? "",
      target: trial.targetIndex.map { targets[$0].target.label } ?? trial.test.ownTarget?.label ?? "",
      outcome: outcome, score: score, namedScores: namedScores,
      functionCalls: metadata?["function_calls"].flatMap(FunctionCallOutcome.init))
  }
}
