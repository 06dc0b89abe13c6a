import Formats
import Synchronization
import Vocabulary

/// The one writer of a process: a thread with one connection that commits whatever is queued.
///
/// `record` returns once its COMMIT has returned with `synchronous=FULL`: from then on the record
/// survives `kill -9` and power loss. Records of one transaction are written in the order they came.
/// The queue is bounded: `submit` waits for room, so memory stays flat however fast replies come.
///
///     let recorder = try Recorder(path: ".assay/ledger.sqlite")
///     let run = try await recorder.begin(run)
///     let id = try await recorder.record(trial)
///     await recorder.close()
public final class Recorder: Sendable {
  public typealias Committed = @Sendable (Result<Int64, LedgerError>) -> Void

  public let path: String
  let queue: WriterQueue
  private let starts: @Sendable (WriterQueue) throws(LedgerError) -> Void

  /// Opens the ledger for writing, makes it where it is missing, brings an older one forward, and starts
  /// the thread.
  ///
  /// A run's rows refer to rows of their own transaction, or to some that are forgotten when another process has pruned.
  /// To have SQLite look for each of seventeen of them a trial is a twentieth of a run's CPU: who records a run may leave
  /// that out, and `assay ledger check` looks at all of them.
  /// - Parameter opens: where false, nothing is touched before `open` is called.
  public init(
    path: String, create: Bool = true, secrets: Secrets = Secrets(), checksReferences: Bool = true,
    opens: Bool = true
  ) throws(LedgerError) {
    self.path = path
    queue = WriterQueue()
    starts = { (queue) throws(LedgerError) in
      try WriterThread.start(
        path: path, create: create, secrets: secrets, checksReferences: checksReferences, queue: queue)
    }
    if opens { try open() }
  }

  /// Returns once the ledger is open, or throws why it is not; to be called once.
  public func open() throws(LedgerError) { try starts(queue) }

  /// Writes what is queued, copies the log into the file and closes it. Later records fail.
  public func close() async {
    await withCheckedContinuation { continuation in queue.close { continuation.resume() } }
  }

  /// Set once writing has failed in a way that more writing will not mend (disk full, damaged file):
  /// nothing more should be sent.
  public var trouble: LedgerError? { queue.trouble }

  // MARK: Runs

  /// Writes the run and gives its ids.
  public func begin(_ run: RunRecord) async throws(LedgerError) -> RunHandle {
    try await perform { (writer) throws(LedgerError) in try writer.write(run) }
  }

  public func finish(
    _ run: RunHandle, state: RunState, exitCode: Int?, plannedTrials: Int?, summary: JSON? = nil
  ) async throws(LedgerError) {
    try await perform { (writer) throws(LedgerError) in
      try writer.finish(run.id, state: state, exitCode: exitCode, planned: plannedTrials, summary: summary)
    }
  }

  public func record(_ verdicts: [GateVerdict], of run: Int64) async throws(LedgerError) {
    try await perform { (writer) throws(LedgerError) in try writer.write(verdicts, runID: run) }
  }

  public func note(_ problem: Problem, run: Int64) async throws(LedgerError) {
    try await perform { (writer) throws(LedgerError) in try writer.write(problem, runID: run) }
  }

  public func setBaseline(_ name: String, run: Int64, note: String? = nil) async throws(LedgerError) {
    try await perform { (writer) throws(LedgerError) in
      try writer.setBaseline(name, runID: run, note: note)
    }
  }

  // MARK: Trials and calls

  /// Records a trial that has ended; gives its id.
  @discardableResult
  public func record(_ trial: TrialRecord) async throws(LedgerError) -> Int64 {
    try await wait { self.queue.add(.trial(trial, $0)) }
  }

  /// Puts another verdict in place of a recorded trial's, with all its checks: some compare trials, and come last.
  public func amend(
    _ trial: Int64, outcome: Outcome, score: Double, reason: String?, namedScores: [String: Double],
    checks: [CheckResult]
  ) async throws(LedgerError) {
    try await perform { (writer) throws(LedgerError) in
      try writer.amend(
        trial, outcome: outcome, score: score, reason: reason, namedScores: namedScores, checks: checks)
    }
  }

  /// Hands over a trial, waiting only for room; `committed` is called on the writer's thread.
  public func submit(_ trial: TrialRecord, committed: @escaping Committed) async {
    if queue.isFull { await queue.room() }
    queue.add(.trial(trial, committed))
  }

  /// Records a call of a trial that goes on, before its reply is used; gives the call's id.
  @discardableResult
  public func record(
    _ call: CallRecord, run: Int64, slot: Slot, case caseRecord: CaseRecord
  ) async throws(LedgerError) -> Int64 {
    try await wait { self.queue.add(.call(call, run, slot, caseRecord, $0)) }
  }

  /// Records a call that belongs to no trial: `assay ask`, the proxy, a comparison's judge.
  @discardableResult
  public func record(_ call: CallRecord, run: Int64? = nil) async throws(LedgerError) -> Int64 {
    try await wait { self.queue.add(.looseCall(call, run, $0)) }
  }

  /// Notes that a call is about to be sent. Nobody waits for it.
  public func sent(_ record: InFlightRecord) { queue.add(.sent(record)) }

  /// The same, and returns once the note is safe.
  public func sentDurably(_ record: InFlightRecord) async throws(LedgerError) {
    _ = try await wait { self.queue.add(.sentDurably(record, $0)) }
  }

  /// A call that was noted as sent ended without a record of its own.
  public func ended(ticket: Int64) { queue.add(.ended(ticket)) }

  public func record(_ events: [LimiterEvent], run: Int64) {
    if !events.isEmpty { queue.add(.limiter(events, run)) }
  }

  /// Nothing more will be asked than is under way: what was recorded is copied into the file meanwhile, and what comes now
  /// is committed soon.
  public func endIsNear() { queue.add(.endIsNear) }

  /// Value 1 is up, -1 is down.
  @discardableResult
  public func vote(
    call: Int64, value: Double, comment: String? = nil, voter: String? = nil
  ) async throws(LedgerError) -> Int64 {
    try await perform { (writer) throws(LedgerError) in
      try writer.vote(call: call, value: value, comment: comment, voter: voter)
    }
  }

  /// All of them, or none.
  public func record(_ votes: [VoteRecord]) async throws(LedgerError) {
    try await perform { (writer) throws(LedgerError) in
      for vote in votes {
        _ = try writer.vote(
          call: vote.call, value: vote.value, comment: vote.comment, voter: vote.voter)
      }
    }
  }

  /// Returns once everything that was handed over before has been committed, or refused.
  public func settled() async { _ = try? await perform { (_) throws(LedgerError) in 0 } }

  // MARK: Anything else

  /// Runs a write of another kind on the writer's thread, in a transaction of its own group.
  func perform<Value: Sendable>(
    _ body: @escaping @Sendable (inout RecordWriter) throws(LedgerError) -> Value
  ) async throws(LedgerError) -> Value {
    let box = ResultBox<Value>()
    _ = try await wait { committed in
      self.queue.add(
        .perform(
          { (writer) throws(LedgerError) in
            let value = try body(&writer)
            box.value.withLock { $0 = value }
          }, committed))
    }
    guard let value = box.value.withLock({ $0 }) else {
      throw LedgerError(.failed, path: path, detail: "the write gave no value")
    }
    return value
  }

  private func wait(_ add: (@escaping Committed) -> Void) async throws(LedgerError) -> Int64 {
    let result = await withCheckedContinuation { continuation in
      add { continuation.resume(returning: $0) }
    }
    return try result.get()
  }
}

private final class ResultBox<Value: Sendable>: Sendable {
  let value: Mutex<Value?>
  init() { value = Mutex(nil) }
}
