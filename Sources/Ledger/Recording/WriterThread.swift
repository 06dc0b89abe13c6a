import Formats
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The thread that owns the write connection.
///
/// A group is whatever came in while the last one was committed. Between two commits lie some tens of milliseconds
/// when there is much to do, so that a group is worth its fsync and the pages that it touches; a record that comes
/// after a pause, or that the whole run waits for, is committed at once.
final class WriterThread {
  // Nanoseconds. The less often a page is written the better; but a call that goes on waits for its record.
  static let interval: Int64 = 40_000_000
  static let intervalWhenWaitedFor: Int64 = 8_000_000
  /// Fewer jobs than this in two groups are not worth waiting for more.
  static let few = 8
  /// A group of so many is written without waiting for more.
  static let largeGroup = WriterQueue.fullAtRecords / 4
  /// Above this the log is copied into the file.
  static let checkpointAtBytes = 16 << 20

  private let queue: WriterQueue
  private let store: WritableLedger
  private var writer: RecordWriter
  /// Only the last replies are still to come.
  private var isNearTheEnd = false

  static func start(
    path: String, create: Bool, secrets: Secrets, checksReferences: Bool, queue: WriterQueue
  ) throws(LedgerError) {
    let opened = Opened()
    try Thread.start {
      do throws(LedgerError) {
        try live(
          path: path, create: create, secrets: secrets, checksReferences: checksReferences, queue, opened)
      } catch {
        opened.finish(.failure(error))
        return
      }
      queue.closed()
    }
    try opened.wait().get()
  }

  /// The thread's whole life. When it returns SQLite has let go of the file, and taken its log along.
  private static func live(
    path: String, create: Bool, secrets: Secrets, checksReferences: Bool, _ queue: WriterQueue,
    _ opened: Opened
  ) throws(LedgerError) {
    let thread = try WriterThread(path: path, create: create, secrets: secrets, queue: queue)
    if !checksReferences { try thread.store.trustReferences() }
    thread.store.takeReserve()
    opened.finish(.success(()))
    thread.run()
  }

  private init(path: String, create: Bool, secrets: Secrets, queue: WriterQueue) throws(LedgerError) {
    self.queue = queue
    store = try WritableLedger(path: path, create: create)
    writer = try RecordWriter(store.database)
    writer.secrets = secrets
    writer.runSecrets = secrets
  }

  private func run() {
    var lastCommit: Int64 = 0
    var lastCount = 0
    while var jobs = queue.next(waitingAtMost: writer.inFlight.isWaiting ? InFlightNotes.patience : nil) {
      while jobs.count < Self.largeGroup, !queue.isClosing, !queue.isFull {
        let haste = jobs.reduce(WriterJob.Haste.unhurried) { max($0, $1.haste) }
        let left = interval(haste, jobs.count + lastCount) - (MonotonicClock.now() - lastCommit)
        if left <= 0 { break }
        jobs += queue.more(after: left, unless: haste == .unhurried ? .soon : .now)
      }
      lastCommit = MonotonicClock.now()
      lastCount = jobs.count
      commit(jobs)
      queue.committed()
      if jobs.contains(where: \.saysEndIsNear) {
        // While the last replies are on their way: when they are there, little is left to do.
        isNearTheEnd = true
        store.checkpoint(truncating: true)
      } else if store.logSize > Self.checkpointAtBytes || writer.hasEndedRun {
        // At the end of a run others read it meanwhile.
        store.checkpoint()
      }
      writer.hasEndedRun = false
    }
    store.close()
  }

  /// How long after the last commit a group is committed.
  private func interval(_ haste: WriterJob.Haste, _ count: Int) -> Int64 {
    switch haste {
    case .unhurried: isNearTheEnd ? Self.intervalWhenWaitedFor : Self.interval
    case .soon: count < Self.few ? 0 : Self.intervalWhenWaitedFor
    case .now: 0
    }
  }

  // MARK: Committing

  private func commit(_ jobs: [WriterJob]) {
    do throws(LedgerError) {
      let ids = try transaction(jobs)
      for (job, id) in zip(jobs, ids) { job.committed?(.success(id)) }
    } catch {
      recover(jobs, from: error)
    }
  }

  private func transaction(_ jobs: [WriterJob]) throws(LedgerError) -> [Int64] {
    try store.transaction { () throws(LedgerError) in
      try writer.begin()
      var ids: [Int64] = []
      ids.reserveCapacity(jobs.count)
      for job in jobs { ids.append(try write(job)) }
      try writer.inFlight.writeDue()
      try writer.contents.end()
      return ids
    } rolledBack: {
      writer.forget()
    }
  }

  private func write(_ job: WriterJob) throws(LedgerError) -> Int64 {
    switch job {
    case .trial(let trial, _): return try writer.write(trial)
    case .call(let call, let run, let slot, let caseRecord, _):
      return try writer.write(call, runID: run, slot: slot, caseRecord: caseRecord)
    case .looseCall(let call, let run, _): return try writer.write(call, runID: run, trialID: nil)
    case .sent(let record): writer.inFlight.note(record)
    case .sentDurably(let record, _): try writer.inFlight.write(record)
    case .ended(let ticket): try writer.inFlight.end(ticket)
    case .limiter(let events, let run): try writer.write(events, runID: run)
    case .endIsNear: break
    case .perform(let body, _): try body(&writer)
    }
    return 0
  }

  /// One bad record must not take its neighbours with it, and a full disk must not lose replies that
  /// were paid for.
  private func recover(_ jobs: [WriterJob], from error: LedgerError) {
    switch error.kind {
    case .full, .unwritable:
      queue.report(error)
      store.freeReserve()
      do throws(LedgerError) {
        let ids = try transaction(jobs)
        for (job, id) in zip(jobs, ids) { job.committed?(.success(id)) }
      } catch {
        rescue(jobs, from: error)
        fail(jobs, error)
      }
    case .failed, .notFound:
      if jobs.count > 1 {
        for job in jobs { commit([job]) }
        return
      }
      var error = error
      let file = Rescue.append(jobs, beside: store.path, because: error, secrets: writer.secrets)
      if let file { error.detail += (error.detail.isEmpty ? "" : "; ") + "what was paid for is in \(file)" }
      fail(jobs, error)
    case .missing, .unreachable, .empty, .notALedger, .readOnly, .locked, .newerVersion, .corrupted, .runBusy:
      queue.report(error)
      rescue(jobs, from: error)
      fail(jobs, error)
    }
  }

  private func rescue(_ jobs: [WriterJob], from error: LedgerError) {
    guard let file = Rescue.append(jobs, beside: store.path, because: error, secrets: writer.secrets) else {
      return
    }
    queue.amend("replies that found no place are in \(file)")
  }

  private func fail(_ jobs: [WriterJob], _ error: LedgerError) {
    for job in jobs { job.committed?(.failure(error)) }
  }
}

/// The first news from the thread: the ledger is open, or why not.
private final class Opened: Sendable {
  private let result = Mutex<Result<Void, LedgerError>?>(nil)
  private let done = Signal()

  func finish(_ outcome: Result<Void, LedgerError>) {
    result.withLock { $0 = outcome }
    done.raise()
  }

  func wait() -> Result<Void, LedgerError> {
    while true {
      if let outcome = result.withLock({ $0 }) { return outcome }
      done.wait()
    }
  }
}
