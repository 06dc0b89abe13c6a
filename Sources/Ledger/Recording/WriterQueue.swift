import Synchronization

/// What the writer has to do. Indirect, as records are large and jobs are moved several times.
indirect enum WriterJob: Sendable {
  case trial(TrialRecord, Recorder.Committed)
  case call(CallRecord, Int64, Slot, CaseRecord, Recorder.Committed)
  case looseCall(CallRecord, Int64?, Recorder.Committed)
  case sent(InFlightRecord)
  case ended(Int64)
  case limiter([LimiterEvent], Int64)
  case perform(@Sendable (inout RecordWriter) throws(LedgerError) -> Void, Recorder.Committed)

  var committed: Recorder.Committed? {
    switch self {
    case .trial(_, let committed), .call(_, _, _, _, let committed), .looseCall(_, _, let committed),
      .perform(_, let committed):
      committed
    case .sent, .ended, .limiter: nil
    }
  }

  /// Somebody goes on only when it is committed.
  var isWaitedFor: Bool {
    switch self {
    case .call, .looseCall, .perform: true
    case .trial, .sent, .ended, .limiter: false
    }
  }

  /// Roughly what it holds in memory.
  var bytes: Int {
    switch self {
    case .trial(let trial, _):
      trial.calls.reduce(500) { $0 + Self.bytes($1) }
    case .call(let call, _, _, _, _), .looseCall(let call, _, _): Self.bytes(call)
    case .sent, .ended, .limiter, .perform: 200
    }
  }

  private static func bytes(_ record: CallRecord) -> Int {
    // The request is held as a value, too, which is about three times its text.
    (record.canonicalRequest?.count ?? 500) * 4 + (record.call.reply?.text.utf8.count ?? 0) * 2 + 1_000
  }
}

/// The jobs between the tasks and the writer's thread.
final class WriterQueue: Sendable {
  /// Beyond these, those who submit wait.
  static let fullAtRecords = 4_096
  static let fullAtBytes = 16 << 20

  private struct State {
    var jobs: [WriterJob] = []
    var queuedBytes = 0
    var committingRecords = 0
    var committingBytes = 0
    var waitingForRoom: [CheckedContinuation<Void, Never>] = []
    var closing: [@Sendable () -> Void] = []
    var isClosing = false
    var isClosed = false
    var trouble: LedgerError?
    var isFull: Bool {
      jobs.count + committingRecords >= WriterQueue.fullAtRecords
        || queuedBytes + committingBytes >= WriterQueue.fullAtBytes
    }
  }

  private let state = Mutex(State())
  private let wake = Signal()

  func add(_ job: WriterJob) {
    let refused = state.withLock { state -> Bool in
      if state.isClosed { return true }
      state.jobs.append(job)
      state.queuedBytes += job.bytes
      return false
    }
    if refused {
      job.committed?(.failure(LedgerError(.failed, path: "", detail: "the ledger is closed")))
    } else {
      wake.raise()
    }
  }

  var isFull: Bool { state.withLock { $0.isFull } }
  var backlog: (records: Int, bytes: Int) {
    state.withLock { ($0.jobs.count + $0.committingRecords, $0.queuedBytes + $0.committingBytes) }
  }
  var trouble: LedgerError? { state.withLock { $0.trouble } }
  func report(_ trouble: LedgerError) { state.withLock { if $0.trouble == nil { $0.trouble = trouble } } }
  /// Adds what should be told with the trouble, once.
  func amend(_ words: String) {
    state.withLock { state in
      guard var trouble = state.trouble, !trouble.detail.contains(words) else { return }
      trouble.detail += trouble.detail.isEmpty ? words : "; " + words
      state.trouble = trouble
    }
  }

  func room() async {
    await withCheckedContinuation { continuation in
      let now = state.withLock { state -> Bool in
        if !state.isFull || state.isClosed { return true }
        state.waitingForRoom.append(continuation)
        return false
      }
      if now { continuation.resume() }
    }
  }

  func close(_ done: @escaping @Sendable () -> Void) {
    let already = state.withLock { state -> Bool in
      if state.isClosed { return true }
      state.isClosing = true
      state.closing.append(done)
      return false
    }
    if already { done() } else { wake.raise() }
  }

  // MARK: For the writer's thread

  /// All that is queued, waiting until there is something; nil when it is time to close.
  func next() -> [WriterJob]? {
    while true {
      let (jobs, closing) = state.withLock { state -> ([WriterJob], Bool) in
        let jobs = state.jobs
        state.jobs = []
        state.committingRecords = jobs.count
        state.committingBytes = state.queuedBytes
        state.queuedBytes = 0
        return (jobs, state.isClosing)
      }
      if !jobs.isEmpty { return jobs }
      if closing { return nil }
      wake.wait()
    }
  }

  /// What came in since, which is to be committed with what `next` gave.
  func nextWithoutWaiting() -> [WriterJob] {
    state.withLock { state in
      let jobs = state.jobs
      state.jobs = []
      state.committingRecords += jobs.count
      state.committingBytes += state.queuedBytes
      state.queuedBytes = 0
      return jobs
    }
  }

  func committed() {
    let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.committingRecords = 0
      state.committingBytes = 0
      if state.isFull { return [] }
      defer { state.waitingForRoom = [] }
      return state.waitingForRoom
    }
    for continuation in waiting { continuation.resume() }
  }

  func closed() {
    let (closing, waiting, jobs) = state.withLock { state in
      state.isClosed = true
      defer {
        state.closing = []
        state.waitingForRoom = []
        state.jobs = []
      }
      return (state.closing, state.waitingForRoom, state.jobs)
    }
    for job in jobs {
      job.committed?(.failure(LedgerError(.failed, path: "", detail: "the ledger is closed")))
    }
    for continuation in waiting { continuation.resume() }
    for done in closing { done() }
  }
}
