import Formats
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A call on its way: answered exactly once.
struct ScriptJob: Sendable {
  var id: UInt64
  var language: ScriptLanguage
  var name: String
  /// A line: the number, a space and JSON. The answer begins with the same number.
  var request: [UInt8]
  var limitSeconds: Double
  var answer: CheckedContinuation<Result<[UInt8], ScriptError>, Never>
}

/// The pool's thread: hands calls to workers, reads their answers, keeps their time.
///
/// Unchecked: `queue` and `workers` are touched by the thread alone, from `main` on; everything that other
/// threads touch is in `inbox`, behind its lock. The rest never changes.
final class ScriptLoop: @unchecked Sendable {
  private struct Inbox {
    var jobs: [ScriptJob] = []
    var cancelled: [UInt64] = []
    var nextID: UInt64 = 0
    var isRunning = false
    var isClosing = false
    /// Written to, to wake the thread.
    var waker: Int32 = -1
  }

  private let inbox = Mutex(Inbox())
  private let workersPerLanguage: Int
  private let environment: [String: String]
  private let interpreters: [ScriptLanguage: String]
  private let log: @Sendable (ScriptLanguage, String) -> Void

  private var queue: [ScriptJob] = []
  private var workers: [WorkerProcess] = []

  init(
    workers: Int, environment: [String: String], log: @escaping @Sendable (ScriptLanguage, String) -> Void,
    interpreters: [ScriptLanguage: String]
  ) {
    workersPerLanguage = workers
    self.environment = environment
    self.log = log
    self.interpreters = interpreters
  }

  func run(_ request: [UInt8], in language: ScriptLanguage, name: String, limitSeconds: Double) async
    -> Result<[UInt8], ScriptError>
  {
    let id = inbox.withLock { inbox in
      inbox.nextID += 1
      return inbox.nextID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { answer in
        let job = ScriptJob(
          id: id, language: language, name: name,
          request: Array("\(id) ".utf8) + request + [UInt8(ascii: "\n")], limitSeconds: limitSeconds,
          answer: answer)
        let failure = inbox.withLock { inbox -> ScriptError? in
          // One that is cancelled later finds the job in the inbox or beyond.
          if Task.isCancelled || inbox.isClosing { return ScriptError(.cancelled, "cancelled") }
          if !inbox.isRunning {
            if let failure = start(&inbox) { return failure }
          }
          inbox.jobs.append(job)
          wake(inbox)
          return nil
        }
        if let failure { answer.resume(returning: .failure(failure)) }
      }
    } onCancel: {
      inbox.withLock { inbox in
        inbox.cancelled.append(id)
        wake(inbox)
      }
    }
  }

  func close() {
    inbox.withLock { inbox in
      inbox.isClosing = true
      wake(inbox)
    }
  }

  private func wake(_ inbox: Inbox) {
    var byte: UInt8 = 0
    if inbox.waker >= 0 { _ = sendQuietly(inbox.waker, &byte, 1) }
  }

  /// Starts the thread, which keeps this object until it ends.
  private func start(_ inbox: inout Inbox) -> ScriptError? {
    var ends: [Int32] = [-1, -1]
    guard openPair(&ends, isSocket: true) == 0 else {
      return ScriptError(.crashed, "no more files can be opened")
    }
    for end in ends {
      _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
    }
    let box = Unmanaged.passRetained(Start(loop: self, wakeEnd: ends[0]))
    #if canImport(Glibc)
      var thread: pthread_t = 0
      let code = pthread_create(&thread, nil, ScriptLoop.threadMain, box.toOpaque())
    #else
      var thread: pthread_t?
      let code = pthread_create(&thread, nil, { ScriptLoop.threadMain($0) }, box.toOpaque())
    #endif
    guard code == 0 else {
      box.release()
      ends.forEach { _ = closeDescriptor($0) }
      return ScriptError(.crashed, "no thread could be started for scripts")
    }
    #if canImport(Glibc)
      pthread_detach(thread)
    #else
      if let thread { pthread_detach(thread) }
    #endif
    inbox.waker = ends[1]
    inbox.isRunning = true
    return nil
  }

  private final class Start {
    let loop: ScriptLoop
    let wakeEnd: Int32
    init(loop: ScriptLoop, wakeEnd: Int32) {
      self.loop = loop
      self.wakeEnd = wakeEnd
    }
  }

  private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    guard let box = $0 else { return nil }
    let start = Unmanaged<Start>.fromOpaque(box).takeRetainedValue()
    start.loop.main(start.wakeEnd)
    return nil
  }

  private func main(_ wakeEnd: Int32) {
    while true {
      let (jobs, cancelled, isClosing) = inbox.withLock { inbox in
        defer {
          inbox.jobs = []
          inbox.cancelled = []
        }
        return (inbox.jobs, inbox.cancelled, inbox.isClosing)
      }
      queue += jobs
      cancelled.forEach(cancel)
      if isClosing { break }
      handOut()
      wait(wakeEnd)
    }
    workers.compactMap(\.job).forEach { fail($0, ScriptError(.cancelled, "the pool is closed")) }
    queue.forEach { fail($0, ScriptError(.cancelled, "the pool is closed")) }
    workers = []
    inbox.withLock { inbox in
      _ = closeDescriptor(inbox.waker)
      inbox.waker = -1
    }
    _ = closeDescriptor(wakeEnd)
  }

  private func cancel(_ id: UInt64) {
    if let place = queue.firstIndex(where: { $0.id == id }) {
      fail(queue.remove(at: place), ScriptError(.cancelled, "cancelled"))
    } else if let worker = workers.first(where: { $0.job?.id == id }) {
      retire(worker, ScriptError(.cancelled, "cancelled"))
    }
  }

  /// Gives waiting calls to workers that are free, starting new ones up to the limit.
  private func handOut() {
    workers.removeAll { $0.isRetired }
    var waiting: [ScriptJob] = []
    for job in queue {
      let own = workers.filter { $0.language == job.language }
      if let worker = own.first(where: { $0.job == nil }) {
        give(job, to: worker)
      } else if own.count < workersPerLanguage {
        do throws(ScriptError) {
          let interpreter = try Interpreter.find(
            job.language, chosen: interpreters[job.language], environment: environment)
          let worker = try WorkerProcess(job.language, interpreter, environment: environment)
          workers.append(worker)
          give(job, to: worker)
        } catch {
          fail(job, error)
        }
      } else {
        waiting.append(job)
      }
    }
    queue = waiting
  }

  private func give(_ job: ScriptJob, to worker: WorkerProcess) {
    worker.job = job
    let limit = min(max(job.limitSeconds, 0.001), 1e6)
    worker.deadline = MonotonicClock.now() + Int64(limit * 1e9)
    worker.send(job.request)
  }

  /// Waits for something to happen and deals with it.
  private func wait(_ wakeEnd: Int32) {
    var watched = [pollfd(fd: wakeEnd, events: Int16(POLLIN), revents: 0)]
    for worker in workers {
      let sends = worker.unsent.isEmpty ? 0 : Int16(POLLOUT)
      watched.append(pollfd(fd: worker.channel, events: Int16(POLLIN) | sends, revents: 0))
      // A negative descriptor is passed over.
      watched.append(pollfd(fd: worker.outputIsOpen ? worker.output : -1, events: Int16(POLLIN), revents: 0))
    }
    let deadline = workers.compactMap { $0.job == nil ? nil : $0.deadline }.min()
    let milliseconds = deadline.map { max(0, ($0 - MonotonicClock.now()) / 1_000_000 + 1) } ?? -1
    guard poll(&watched, nfds_t(watched.count), Int32(clamping: milliseconds)) >= 0 else { return }
    if watched[0].revents != 0 { drain(wakeEnd) }
    let now = MonotonicClock.now()
    for (index, worker) in workers.enumerated() {
      if watched[2 + 2 * index].revents != 0 { print(worker) }
      if watched[1 + 2 * index].revents != 0 {
        worker.flush()
        read(worker)
      }
      if let job = worker.job, now >= worker.deadline {
        let limit = NumberText.javaScript(job.limitSeconds)
        retire(worker, ScriptError(.timeout, "\(job.name) took longer than \(limit) s and was stopped"))
      }
    }
  }

  private func read(_ worker: WorkerProcess) {
    switch worker.readReply() {
    case .nothing: return
    case .reply(let line):
      // What was printed before the answer is told before it.
      print(worker)
      let job = worker.job
      worker.job = nil
      job?.answer.resume(returning: .success(line))
    case .tooLarge:
      retire(worker, ScriptError(.badResult, "\(worker.job?.name ?? "a script") returned more than 64 MB"))
    case .ended:
      print(worker)
      let end = worker.stop()
      let said = worker.lastLines.last.map { ": \($0)" } ?? ""
      let name = worker.job?.name ?? "a script"
      retire(
        worker,
        ScriptError(.crashed, "the \(worker.language.rawValue) process of \(name) ended with \(end)\(said)"))
    }
  }

  private func retire(_ worker: WorkerProcess, _ error: ScriptError) {
    _ = worker.stop()
    print(worker)
    worker.isRetired = true
    if let job = worker.job { fail(job, error) }
    worker.job = nil
  }

  private func print(_ worker: WorkerProcess) {
    for line in worker.readPrinted() { log(worker.language, line) }
  }

  private func fail(_ job: ScriptJob, _ error: ScriptError) { job.answer.resume(returning: .failure(error)) }

  private func drain(_ descriptor: Int32) {
    var bytes = [UInt8](repeating: 0, count: 256)
    while recv(descriptor, &bytes, bytes.count, 0) > 0 {}
  }
}

private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
