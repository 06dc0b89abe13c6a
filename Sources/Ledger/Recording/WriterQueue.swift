import Synchronization

/// What the writer has to do. Indirect, as records are large and jobs are moved several times.
indirect enum WriterJob: Sendable {
  case trial(TrialRecord, Recorder.Committed)
  case call(CallRecord, Int64, Slot, CaseRecord, Recorder.Committed)
  case looseCall(CallRecord, Int64?, Recorder.Committed)
  case sent(InFlightRecord)
  case sentDurably(InFlightRecord, Recorder.Committed)
  case ended(Int64)
  case limiter([LimiterEvent], Int64)
  case endIsNear
  case perform(@Sendable (inout RecordWriter) throws(LedgerError) -> Void, Recorder.Committed)

  var committed: Recorder.Committed? {
    switch self {
    case .trial(_, let committed), .call(_, _, _, _, let committed), .looseCall(_, _, let committed),
      .sentDurably(_, let committed), .perform(_, let committed):
      committed
    case .sent, .ended, .limiter, .endIsNear: nil
    }
  }

  var saysEndIsNear: Bool {
    if case .endIsNear = self { true } else { false }
  }

  /// How soon it must be written.
  var haste: Haste {
    switch self {
    case .trial, .sent, .ended, .limiter: .unhurried
    case .call, .looseCall, .sentDurably: .soon
    case .endIsNear, .perform: .now
    }
  }

  enum Haste: Int, Comparable {
    /// Nobody waits for it.
    case unhurried
    /// One of many calls goes on when it is committed.
    case soon
    /// The run goes on when it is committed.
    case now

    static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }

  /// Roughly what it holds in memory.
  var bytes: Int {
    switch self {
    case .trial(let trial, _):
      trial.calls.reduce(500) { $0 + Self.bytes($1) }
    case .call(let call, _, _, _, _), .looseCall(let call, _, _): Self.bytes(call)
    case .sent, .sentDurably, .ended, .limiter, .endIsNear, .perform: 200
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
    /// What the writer's thread sleeps for; nil while it is awake.
    var sleepsUntil: WriterJob.Haste?
    var isClosed = false
    var trouble: LedgerError?
    mutating func take() -> [WriterJob] {
      sleepsUntil = nil
      committingRecords += jobs.count
      committingBytes += queuedBytes
      queuedBytes = 0
      defer { jobs = [] }
      return jobs
    }

    var isFull: Bool {
      jobs.count + committingRecords >= WriterQueue.fullAtRecords
        || queuedBytes + committingBytes >= WriterQueue.fullAtBytes
    }
  }

  private let state = Mutex(State())
  private let wake = Signal()

  func add(_ job: WriterJob) {
    let (isRefused, wakes) = state.withLock { state -> (Bool, Bool) in
      if state.isClosed { return (true, false) }
      state.jobs.append(job)
      state.queuedBytes += job.bytes
      guard let haste = state.sleepsUntil, job.haste >= haste || state.isFull else { return (false, false) }
      state.sleepsUntil = nil
      return (false, true)
    }
    if isRefused {
      job.committed?(.failure(LedgerError(.failed, path: "", detail: "the ledger is closed")))
    } else if wakes {
      wake.raise()
    }
  }

  var isFull: Bool { state.withLock { $0.isFull } }
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
      state.sleepsUntil = nil
      state.closing.append(done)
      return false
    }
    if already { done() } else { wake.raise() }
  }

  // MARK: For the writer's thread

  /// All that is queued, waiting until there is something, or for so long; nil when it is time to close.
  func next(waitingAtMost nanoseconds: Int64?) -> [WriterJob]? {
    var mayWait = true
    while true {
      let (jobs, isClosing) = state.withLock { state -> ([WriterJob], Bool) in
        let jobs = state.take()
        if jobs.isEmpty { state.sleepsUntil = .unhurried }
        return (jobs, state.isClosing)
      }
      if !jobs.isEmpty { return jobs }
      if isClosing { return nil }
      if !mayWait { return [] }
      if let nanoseconds {
        wake.wait(nanoseconds: nanoseconds)
        mayWait = false
      } else {
        wake.wait()
      }
    }
  }

  /// What came in since, which is to be committed with what `next` gave: after so long, or when something comes that
  /// has more haste, or the queue is full or closed.
  func more(after nanoseconds: Int64, unless haste: WriterJob.Haste) -> [WriterJob] {
    let sleeps = state.withLock { state -> Bool in
      if state.isClosing || state.isFull || state.jobs.contains(where: { $0.haste >= haste }) { return false }
      state.sleepsUntil = haste
      return true
    }
    if sleeps { wake.wait(nanoseconds: nanoseconds) }
    return state.withLock { $0.take() }
  }

  var isClosing: Bool { state.withLock { $0.isClosing } }

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
