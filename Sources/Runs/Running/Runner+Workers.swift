import Formats
import Ledger
import Models
import Suites
import Synchronization
import Vocabulary

/// Those who take trials from the feed, and what goes on beside them.
extension Runner {
  /// Workers wait most of the time. There are somewhat more than may ask at once, so that recording never
  /// holds up asking; more are added as the limiter lets more be asked.
  func work(_ feed: TrialFeed, _ asker: Asker, onNetworkThreads: Bool) async {
    let memory = RunMemory(keepsConversations: plan.isSequential)
    let order = Turnstile(isClosed: plan.isSequential)
    let asked = plan.targets.map { min($0.settings.concurrency ?? 64, 4_096) }.reduce(0, +)
    var first = min(4_096, max(1, asked) + max(16, min(256, asked / 4)))
    // A trial is judged before its place is free, where its failure is to be the last thing that is asked.
    if plan.options.stopsAtFailure { first = min(4_096, max(1, plan.options.concurrency ?? asked)) }
    if plan.isSequential { first = 1 }
    await withTaskGroup(of: Void.self) { group in
      var count = 0
      func add(_ more: Int) {
        for number in count..<count + more {
          let executor = onNetworkThreads ? client.executor(ofTask: number) : nil
          group.addTask(executorPreference: executor) {
            await self.worker(feed, asker, memory, order)
          }
        }
        count += more
      }
      add(first)
      let isFixed = plan.isSequential || plan.targets.allSatisfy { $0.settings.concurrency != nil }
      // Looks soon at first: a short run is not held up by its own growth.
      var pause = 1
      while !isFixed, !isStopping, !feed.isDone {
        try? await Task.sleep(for: .milliseconds(pause))
        pause = min(50, 2 * pause)
        let load = limiter.load()
        if load.inFlight + 64 > count, load.waiting == 0 || load.concurrency > count, count < 4_352 {
          add(min(128, 4_352 - count))
        }
      }
      await group.waitForAll()
    }
  }

  private func worker(_ feed: TrialFeed, _ asker: Asker, _ memory: RunMemory, _ order: Turnstile) async {
    while !isStopping {
      // Read outside of the turnstile: others go on meanwhile with what is there.
      let goesOn = feed.refill()
      guard let trial = await order.enter(feed.take, closes: { $0.test.storesOutput || $0.test.runsAlone })
      else {
        order.leave()
        if goesOn { continue }
        endIsNear()
        return
      }
      await run(trial, asker, memory)
      order.leave()
      // A trial that asked nothing has not waited, and others share the thread.
      await Task.yield()
    }
  }

  /// Of all workers, the first that finds nothing left to do tells the recorder.
  private func endIsNear() {
    let isFirst = control.withLock { control in
      defer { control.isNearTheEnd = true }
      return !control.isNearTheEnd
    }
    if isFirst { recorder.endIsNear() }
  }

  private func run(_ trial: PlannedTrial, _ asker: Asker, _ memory: RunMemory) async {
    var dueAt = MonotonicClock.microseconds()
    if let row = trial.recorded {
      let run = TrialRun(trial, asker, hooks, memory, dueAt: dueAt, dueAtWallClock: row.startedAt)
      return await run.recall(row)
    }
    if let planned = trial.dueAt {
      if planned > dueAt {
        await sleep(until: planned)
      } else if plan.options.arrivals.late == .drops, dueAt - planned > 10_000 {
        return await drop(trial, asker, late: dueAt - planned)
      }
      if isStopping { return }
      dueAt = planned
    }
    let wallClock = Instant.now().microseconds - (MonotonicClock.microseconds() - dueAt)
    let run = TrialRun(trial, asker, hooks, memory, dueAt: dueAt, dueAtWallClock: wallClock)
    await end(await run.run(), trial)
  }

  /// Or until the run is stopped: nobody wakes those who wait for their time.
  private func sleep(until due: Microseconds) async {
    while !isStopping, !Task.isCancelled {
      let left = due - MonotonicClock.microseconds()
      if left <= 0 { return }
      try? await Task.sleep(for: .microseconds(min(left, 500_000)))
    }
  }

  private func end(_ record: TrialRecord, _ trial: PlannedTrial) async {
    // What the run's own end cut off is not a result: a resumed run asks it again.
    if let kind = record.failure?.kind, kind == .cancelled || kind == .budget {
      if kind == .budget { stop(as: .budget, "the budget is used up") }
      await keepCalls(of: record)
      return
    }
    if plan.options.stopsAtFailure, record.outcome == .fail || record.outcome == .error {
      control.withLock { $0.stoppedAtFailure = $0.stoppedAtFailure || $0.stop == nil }
      stop(as: .interrupted, "a trial did not pass")
    }
    await submit(record, trial)
  }

  private func keepCalls(of record: TrialRecord) async {
    for call in record.calls where !call.call.attempts.isEmpty {
      _ = try? await recorder.record(call, run: record.runID, slot: record.slot, case: record.caseRecord)
    }
  }

  private func drop(_ trial: PlannedTrial, _ asker: Asker, late: Microseconds) async {
    progressCounter.change { $0.dropped += 1 }
    var record = TrialRecord(
      runID: asker.run.id, slot: trial.slot, caseRecord: trial.caseRecord, outcome: .skipped, score: 0,
      startedAt: Instant.now().microseconds, total: 0)
    record.reason = "dropped: nothing was free \(late / 1_000) ms after its time"
    await submit(record, trial)
  }

  private func submit(_ record: TrialRecord, _ trial: PlannedTrial) async {
    let cost =
      hooks.event == nil
      ? nil
      : record.calls.reduce(Money.zero as Money?) { sum, call in
        sum.flatMap { sum in call.call.cost.map { sum + $0 } }
      }
    let outcome = record.outcome
    // Kept until the commit only where somebody wants to hear of it.
    let told = hooks.event == nil && hooks.knowsEnough == nil ? nil : Shared(record)
    await recorder.submit(record) { [self] result in
      switch result {
      case .success:
        progressCounter.recorded(outcome)
        if let told { tell(told, trial, cost) }
      case .failure(let error):
        control.withLock { $0.refused = $0.refused ?? error }
        stop(as: .failed, error.problem.message)
      }
    }
  }

  /// Ends the run, as done, where what is recorded is enough.
  func tell(_ trial: RecordedTrial) {
    if hooks.knowsEnough?(trial) == true { stop(as: .done, "what was asked is decided") }
  }

  func giveUp(_ target: String, _ failure: Failure, _ run: RunHandle) {
    let problem = Problem(
      "target \"\(target)\" is asked no more: \(failure.message)",
      mend: "once that is mended: assay run \(plan.suite.file) --resume --run \(run.name) --retry-errors",
      severity: .warning)
    control.withLock { $0.givenUp.append(problem) }
    hooks.event?(.note(problem))
  }

  private func tell(_ record: Shared<TrialRecord>, _ trial: PlannedTrial, _ cost: Money?) {
    if hooks.knowsEnough != nil {
      tell(plan.told(trial, record.outcome, record.score, record.namedScores, record.metadata))
    }
    guard let event = hooks.event else { return }
    let target = trial.targetIndex.map { plan.targets[$0].target.label } ?? trial.test.ownTarget?.label ?? ""
    event(
      .trial(
        caseNo: trial.slot.caseNo, target: target,
        prompt: trial.promptIndex.map { plan.suite.prompts[$0].label } ?? "",
        repetition: trial.slot.repetition, outcome: record.outcome, score: record.score, cost: cost,
        total: record.total, reason: record.reason))
  }

  // MARK: Beside the workers

  /// Four times a second: what the limiter learned goes to the ledger, and what must end the run does.
  func watch(_ run: RunHandle) async {
    let deadline = plan.options.maxSeconds ?? plan.suite.maxSeconds
    let started = MonotonicClock.microseconds()
    // The first query of a connection reads the schema: a millisecond that nobody waits for, once all is on its way.
    try? await Task.sleep(for: .milliseconds(20))
    _ = try? ledger.notes(of: run.id)
    while !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(250))
      recorder.record(limiter.takeEvents(), run: run.id)
      if let trouble = recorder.trouble { stop(as: .failed, trouble.problem.message) }
      if let deadline, Double(MonotonicClock.microseconds() - started) / 1e6 > deadline {
        stop(as: .interrupted, "the time is up")
      }
    }
  }

  /// Reads the cases a second time, for a display that says how much is left; a short run needs none.
  func count() async {
    try? await Task.sleep(for: .milliseconds(500))
    let cases = plan.loaded.cases()
    var planned = 0
    while !Task.isCancelled, let test = try? cases.next() {
      planned += plan.loaded.trialCount(of: test)
    }
    let total = planned
    if !Task.isCancelled { control.withLock { $0.planned = total } }
  }
}
