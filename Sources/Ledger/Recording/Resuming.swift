import Formats
import Synchronization
import Vocabulary

/// What was found when a run was taken up again.
public struct ResumedRun: Sendable {
  public var handle: RunHandle
  /// Calls that were on the wire when the process ended: they may have been billed.
  public var lost: Int
  /// What these had reserved.
  public var lostMoney: Money
}

extension Recorder {
  /// Takes up a run that was interrupted. What was on the wire when its process ended is recorded as
  /// possibly billed, in the run's notes and among its calls.
  /// - Parameter secrets: of the run, as in its record.
  public func resume(
    _ run: RunRow, targets: [Int64], prompts: [Int64], secrets: Secrets = Secrets()
  ) async throws(LedgerError) -> ResumedRun {
    try await perform { (writer) throws(LedgerError) in
      writer.runSecrets = Secrets(joining: writer.runSecrets, secrets)
      return try writer.resume(run, targets: targets, prompts: prompts)
    }
  }

  /// The number of a target that is not in the run's list: a case's own, a fallback.
  public func register(_ target: TargetRecord) async throws(LedgerError) -> Int64 {
    try await perform { (writer) throws(LedgerError) in try writer.register(target) }
  }

  /// A case's own target, which joins the targets of the run. For those who cannot await: holds up the thread for one
  /// commit.
  public func registerNow(_ target: TargetRecord, run: Int64) -> Int64? {
    let done = Signal()
    let box = RegisteredID()
    queue.add(
      .perform(
        { (writer) throws(LedgerError) in
          let made = try writer.register(target)
          try writer.add(target, made, toRun: run)
          box.id.withLock { $0 = made }
        }, { _ in done.raise() }))
    done.wait()
    return box.id.withLock { $0 }
  }
}

private final class RegisteredID: Sendable {
  let id = Mutex<Int64?>(nil)
}

extension RecordWriter {
  /// After those that the run has, unless it is one of them.
  mutating func add(_ target: TargetRecord, _ id: Int64, toRun run: Int64) throws(LedgerError) {
    let insert = try database.prepare(
      """
      INSERT INTO run_targets (run_id, no, target_id, file_id, line, column, prices)
      SELECT ?1, (SELECT coalesce(max(no), -1) + 1 FROM run_targets WHERE run_id = ?1), ?2, ?3, ?4, ?5, ?6
      WHERE NOT EXISTS (SELECT 1 FROM run_targets WHERE run_id = ?1 AND target_id = ?2)
      """)
    insert.add(run)
    insert.add(id)
    try addLocation(target.location, to: insert)
    insert.add(target.prices?.text)
    try insert.run()
  }

  mutating func register(_ target: TargetRecord) throws(LedgerError) -> Int64 {
    try targets.id(
      runSecrets.masked(target.label), runSecrets.masked(target.provider),
      JSON.object(runSecrets.maskedSettings(target.config)).canonical,
      JSON.object(runSecrets.maskedSettings(target.settings)).canonical)
  }

  mutating func resume(_ run: RunRow, targets: [Int64], prompts: [Int64]) throws(LedgerError) -> ResumedRun {
    let there = try database.prepare("SELECT 1 FROM runs WHERE id = ? AND name = ?")
    there.add(run.id)
    there.add(run.name)
    guard try there.step() else {
      throw LedgerError(.notFound, path: database.path, detail: "run \(run.name) was pruned meanwhile")
    }
    there.reset()
    try finish(run.id, state: .running, exitCode: nil, planned: nil, summary: nil)
    knownCasesRun = run.id
    let lost = try database.prepare(
      """
      SELECT id, target, purpose, sent_at, reserved_picodollars, reserved_tokens FROM in_flight WHERE run_id = ?
      """)
    lost.add(run.id)
    var calls: [Call] = []
    while try lost.step() {
      var call = Call(
        purpose: CallPurpose(rawValue: lost.text(2)) ?? .trial, source: .network, target: lost.text(1),
        provider: "", model: lost.text(1), request: .null,
        result: .failure(Failure(.cancelled, "the process ended before the reply was recorded")),
        attempts: [], total: 0, scheduledAt: lost.integer(3))
      call.possiblyBilled = lost.optionalMoney(4) ?? .zero
      call.possiblyBilledTokens = lost.optionalInt(5) ?? 0
      call.costReason = "the process ended before the reply was recorded"
      calls.append(call)
    }
    for call in calls { _ = try write(CallRecord(call), runID: run.id, trialID: nil) }
    let delete = try database.prepare("DELETE FROM in_flight WHERE run_id = ?")
    delete.add(run.id)
    try delete.run()
    let money = calls.reduce(Money.zero) { $0 + $1.possiblyBilled }
    if !calls.isEmpty {
      try write(
        Problem(
          "\(calls.count) calls were on the wire when the run was interrupted; they may have been billed",
          severity: .warning), runID: run.id)
    }
    return ResumedRun(
      handle: RunHandle(id: run.id, name: run.name, targetIDs: targets, promptIDs: prompts),
      lost: calls.count, lostMoney: money)
  }
}

extension Ledger {
  /// A reply that was recorded in a trial that has no verdict yet.
  public struct BegunCall: Sendable {
    public var row: CallRow
    public var canonicalRequest: [UInt8]
    public var reply: Reply
  }

  /// The replies that trials of a case have recorded without having ended: a resumed run uses them
  /// again, in their order, in place of asking for them again. Of a trial that had a verdict once, only what came after it.
  public func begunCalls(of run: Int64, caseNo: Int) throws(LedgerError) -> [Slot: [BegunCall]] {
    let trials = try read { (connection) throws(LedgerError) -> [(Int64, Slot, Int64)] in
      let statement = try connection.statement(
        """
        SELECT id, prompt_id, target_id, repetition, coalesce(started_at + total_us, 0) FROM trials
        WHERE run_id = ? AND case_no = ? AND outcome IS NULL
        """)
      statement.add(run)
      statement.add(caseNo)
      var found: [(Int64, Slot, Int64)] = []
      while try statement.step() {
        let slot = Slot(
          caseNo: caseNo, promptID: statement.integer(1), targetID: statement.integer(2),
          repetition: statement.int(3))
        found.append((statement.integer(0), slot, statement.integer(4)))
      }
      return found
    }
    var result: [Slot: [BegunCall]] = [:]
    for (id, slot, ended) in trials {
      for row in try calls(ofTrial: id) where row.scheduledAt >= ended {
        guard let request = row.requestID, let reply = try reply(of: row) else { continue }
        result[slot, default: []].append(
          BegunCall(row: row, canonicalRequest: try content(request), reply: reply))
      }
    }
    return result
  }

  /// What a run has used of its budget so far, as the run itself counts it: what may have been billed is in it, and
  /// an attempt that may have been billed and was followed by another is a call of its own.
  public func used(by run: Int64) throws(LedgerError) -> (cost: Money, tokens: Int, calls: Int) {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement(
        """
        SELECT CAST(min(total(cost_picodollars) + total(possibly_billed_picodollars), 9e18) AS INTEGER),
          CAST(min(total(input_tokens) + total(output_tokens) + total(details ->> '$.possibly_billed_tokens'), 9e18)
            AS INTEGER),
          count(*) + (SELECT count(*) FROM calls AS c JOIN failed_attempts ON call_id = c.id
            WHERE c.run_id = ?1 AND may_be_billed AND no < c.attempts - 1)
        FROM calls WHERE run_id = ?1 AND (source = 'network' OR source = 'local' AND attempts > 0)
        """)
      statement.add(run)
      guard try statement.step() else { return (.zero, 0, 0) }
      defer { statement.reset() }
      return (Money(picodollars: statement.integer(0)), statement.int(1), statement.int(2))
    }
  }
}
