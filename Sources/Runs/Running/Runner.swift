import Formats
import Ledger
import Models
import Suites
import Synchronization
import Vocabulary

/// How a run ended.
public struct RunResult: Sendable {
  public var run: RunHandle
  public var state: RunState
  /// It was interrupted because a trial did not pass.
  public var stoppedAtFailure = false
  public var progress: ProgressSnapshot
  /// Mistakes in the suite's data that ended the run early.
  public var problems: [Problem]
  /// Targets that nothing more was asked of, and why.
  public var givenUp: [Problem]
  /// The ledger could not be written any more.
  public var trouble: LedgerError?
}

/// Executes a suite: a bounded number of workers take trials from the feed, run them and hand them to the
/// recorder.
///
///     let runner = try Runner(loaded, client: client, recorder: recorder, hooks: hooks, options: options)
///     let result = try await runner.run()
///
/// `stop()` sends nothing more and lets what is in flight finish; `stopNow()` does not wait for it. Either
/// way everything that came back is recorded, and the run can be resumed.
public final class Runner: Sendable {
  let plan: RunPlan
  let client: ModelClient
  let recorder: Recorder
  /// Where it reads what was recorded.
  public let ledger: Ledger
  let hooks: Shared<RunHooks>
  let limiter: Limiter
  let progressCounter = RunProgress()
  let control = Mutex(Control())

  struct Control {
    var stop: RunState?
    var budget: BudgetKeeper?
    /// What is under way, once it is.
    var asking: Task<LedgerError?, Never>?
    var isGivenUp = false
    var isNearTheEnd = false
    var stoppedAtFailure = false
    var planned: Int?
    var givenUp: [Problem] = []
    /// A record that the ledger did not take.
    var refused: LedgerError?
  }

  /// Throws whatever is wrong with targets and prompts; nothing has been sent or recorded then.
  public init(
    _ loaded: LoadedSuite, client: ModelClient, recorder: Recorder, hooks: RunHooks = RunHooks(),
    options: RunOptions = RunOptions()
  ) throws(Problems) {
    plan = try RunPlan(loaded, client: client, options: options)
    self.client = client
    self.recorder = recorder
    ledger = Ledger(openedLater: recorder.path)
    self.hooks = Shared(hooks)
    limiter = Limiter(seed: plan.seed)
  }

  /// What has been done so far; cheap, made to be asked ten times a second.
  public var progress: ProgressSnapshot {
    var snapshot = progressCounter.snapshot()
    let load = limiter.load()
    snapshot.inFlight = load.inFlight
    snapshot.frozen = load.frozen
    snapshot.planned = control.withLock { $0.planned }
    return snapshot
  }

  /// What the user should know of the plan before it begins.
  public var notes: [Problem] { plan.notes }

  // MARK: Stopping

  /// Sends nothing more; what is in flight finishes and is recorded.
  public func stop() { stop(as: .interrupted, "the run was stopped") }

  /// Gives up what is in flight, too.
  public func stopNow() {
    stop()
    control.withLock { control in
      control.isGivenUp = true
      return control.asking
    }?.cancel()
  }

  func stop(as state: RunState, _ why: String) {
    let budget = control.withLock { control in
      if control.stop == nil { control.stop = state }
      return control.budget
    }
    limiter.stop(because: Failure(.cancelled, why))
    budget?.stop()
  }

  var isStopping: Bool { control.withLock { $0.stop != nil } }

  // MARK: Running

  /// Runs the plan from its beginning, or takes up `resumed`.
  public func run(resuming resumed: RunRow? = nil) async throws(Problems) -> RunResult {
    if let resumed { try holdSame(resumed) }
    let cases = plan.loaded.cases()
    try findFirst(in: cases)
    do throws(LedgerError) {
      return try await execute(resumed, cases)
    } catch { throw Problems([error.problem]) }
  }

  /// A run that is resumed is the one that was begun.
  private func holdSame(_ resumed: RunRow) throws(Problems) {
    func part(_ shard: Shard?) -> String { shard.map { "part \($0.index) of \($0.count)" } ?? "not a part" }
    let shard = plan.loaded.filter.shard.map { Shard(index: $0.index, count: $0.count) }
    guard resumed.planKey == plan.key else {
      throw Problems([
        Problem(
          "prompts, targets, repetitions or seed have changed since run \(resumed.name)",
          mend:
            "resume it as it was begun\(resumed.command.map { ", with: \($0)" } ?? ""), or start a new run with "
            + "--cache: what was paid for and has not changed is used again")
      ])
    }
    let (begun, now) = (resumed.settings["cases"]?.object ?? JSONObject(), plan.loaded.filter.choice)
    guard JSON.object(begun) == .object(now) else {
      func said(_ choice: JSONObject) -> String {
        choice.isEmpty
          ? "all cases"
          : choice.map { "\($0.key) \($0.value.string ?? $0.value.text)" }.joined(separator: ", ")
      }
      throw Problems([
        Problem(
          "run \(resumed.name) was begun with \(said(begun)), and this is with \(said(now))",
          mend: "resume it as it was begun\(resumed.command.map { ", with: \($0)" } ?? "")")
      ])
    }
    guard resumed.shard?.index == shard?.index, resumed.shard?.count == shard?.count else {
      throw Problems([
        Problem(
          "run \(resumed.name) was begun as \(part(resumed.shard)), and this is \(part(shard))",
          mend: "give the same --shard again, or none where there was none")
      ])
    }
  }

  /// A run is begun once there is something to ask; a part of one may have nothing.
  private func findFirst(in cases: CaseStream) throws(Problems) {
    if plan.loaded.filter.shard != nil { return }
    while let test = try cases.peek() {
      if plan.loaded.given != nil || test.ownTarget != nil || !plan.loaded.pairs(for: test).isEmpty { return }
      _ = try cases.next()
    }
    throw Problems([
      Problem(
        "no case of \(plan.suite.file) is for the targets and prompts that are left",
        mend: "see --filter-targets and --filter-prompts, and what the cases and targets name")
    ])
  }

  private func execute(_ resumed: RunRow?, _ cases: CaseStream) async throws(LedgerError) -> RunResult {
    let (handle, used, lock) = try await begin(resumed)
    defer { _ = lock }
    hooks.event?(.started(run: handle.name, seed: plan.seed))
    for note in plan.notes { hooks.event?(.note(note)) }
    var caps = plan.suite.budget
    caps.cost = plan.options.budget ?? caps.cost
    let budget = BudgetKeeper(BudgetState(caps, used: used))
    control.withLock { $0.budget = budget }
    let caller = Caller(
      client: client, recorder: recorder, runID: handle.id, limiter: limiter, budget: budget, seed: plan.seed,
      gaveUp: { self.giveUp($0, $1, handle) })
    let asker = Asker(
      plan: plan, client: client, caller: caller, recorder: recorder, ledger: ledger, run: handle,
      progress: progressCounter)
    let ownTargets = OwnTargets(recorder, run: handle.id)
    let feed = TrialFeed(
      plan, cases, run: handle,
      resume: resumed.map {
        TrialFeed.Resume(ledger: ledger, runID: $0.id, retriesErrors: plan.options.retriesErrors)
      }, ownTargetID: ownTargets.id, found: { self.tell($0) })
    let watch = Task { await self.watch(handle) }
    // A shuffled feed reads all cases before the first, and counts them on the way.
    let counts = plan.options.countsTrials && !plan.options.shufflesCases
    let count = counts ? Task { await self.count() } : nil
    // Who runs on the network's threads must have something to wait for; what the ledger answers is not waited for.
    let mayWait = plan.options.cache == .off && resumed == nil
    // A task of its own, to be cancelled without what must still be recorded.
    let asking = Task { () -> LedgerError? in
      await self.work(feed, asker, onNetworkThreads: mayWait)
      await self.recorder.settled()
      guard feed.counts.hasComparisons, feed.problems == nil, !self.isStopping else { return nil }
      let comparisons = CaseComparisons(
        plan: self.plan, asker: asker, hooks: self.hooks, ledger: self.ledger, recorder: self.recorder,
        run: handle)
      do throws(LedgerError) {
        try await comparisons.make(
          isStopping: { self.isStopping }, overBudget: { self.stop(as: .budget, "the budget is used up") })
      } catch { return error }
      return nil
    }
    let isGivenUp = control.withLock { control in
      control.asking = asking
      return control.isGivenUp
    }
    if isGivenUp { asking.cancel() }
    let error = await asking.value
    watch.cancel()
    count?.cancel()
    await watch.value
    if let error { throw error }
    return try await finish(handle, feed)
  }

  private func begin(
    _ resumed: RunRow?
  ) async throws(LedgerError) -> (RunHandle, BudgetState.Amount, RunLock) {
    guard let resumed else {
      let record = plan.record(client: client)
      let lock = try RunLock(ledger: recorder.path, run: record.name)
      return (try await recorder.begin(record), BudgetState.Amount(), lock)
    }
    let lock = try RunLock(ledger: recorder.path, run: resumed.name)
    let targets = try ledger.targets(of: resumed.id).map(\.id)
    let prompts = try ledger.prompts(of: resumed.id).map(\.id)
    let taken = try await recorder.resume(
      resumed, targets: targets, prompts: prompts, secrets: plan.secrets)
    let used = try ledger.used(by: resumed.id)
    progressCounter.change { $0.possiblyBilled += taken.lostMoney }
    return (
      taken.handle, BudgetState.Amount(cost: used.cost, tokens: used.tokens, calls: used.calls), lock
    )
  }

  private func finish(_ handle: RunHandle, _ feed: TrialFeed) async throws(LedgerError) -> RunResult {
    let counts = feed.counts
    progressCounter.change { $0.alreadyDone = counts.alreadyDone }
    if let ahead = counts.ahead { control.withLock { $0.planned = ahead } }
    let canWrite = recorder.trouble == nil
    let trouble = recorder.trouble ?? control.withLock { $0.refused }
    let problems = feed.problems?.all ?? []
    let end: RunState = plan.options.batch?.isWaiting == true ? .interrupted : .done
    var state = control.withLock { $0.stop } ?? end
    if !problems.isEmpty || trouble != nil { state = .failed }
    let snapshot = progress
    recorder.record(limiter.takeEvents(), run: handle.id)
    if counts.changed > 0 {
      let note = Problem(
        "\(counts.changed) trials were repeated because their case has changed", severity: .note)
      hooks.event?(.note(note))
      try await recorder.note(note, run: handle.id)
    }
    let givenUp = control.withLock { $0.givenUp }
    if canWrite {
      for problem in givenUp { try await recorder.note(problem, run: handle.id) }
      let isWhole = state == .done && counts.ahead == nil
      try await recorder.finish(
        handle, state: state, exitCode: nil, plannedTrials: isWhole ? counts.planned : snapshot.planned,
        summary: Self.summary(snapshot))
    }
    hooks.event?(
      .finished(
        run: handle.name, state: state.rawValue, passed: snapshot.passed, failed: snapshot.failed,
        erred: snapshot.erred, skipped: snapshot.skipped, cost: snapshot.cost))
    let stoppedAtFailure = state == .interrupted && control.withLock { $0.stoppedAtFailure }
    return RunResult(
      run: handle, state: state, stoppedAtFailure: stoppedAtFailure, progress: snapshot, problems: problems,
      givenUp: givenUp, trouble: trouble)
  }

  private static func summary(_ snapshot: ProgressSnapshot) -> JSON {
    [
      "time": snapshot.time.json, "elapsed_us": JSON(Int(snapshot.elapsed)), "calls": JSON(snapshot.calls),
      "retries": JSON(snapshot.retries), "reused": JSON(snapshot.reused),
      "built_variables": JSON(snapshot.builtVariables), "reused_variables": JSON(snapshot.reusedVariables),
      "dropped": JSON(snapshot.dropped),
    ]
  }
}
