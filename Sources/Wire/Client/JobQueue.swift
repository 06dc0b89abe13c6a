import Dispatch
import Formats

/// What tasks have to do on the thread of an event loop, in short turns. Touched by that thread alone; a class, since jobs that
/// are run bring others.
final class JobQueue {
  private var jobs = Backlog<UnownedJob>()
  /// Tasks that let others go first, and since when.
  private var patient = Backlog<(task: UnsafeContinuation<Void, Never>, since: Int64)>()
  /// So many of the next jobs are done on other threads.
  private var elsewhere = 0

  var isEmpty: Bool { jobs.isEmpty && patient.isEmpty }

  func add(_ job: UnownedJob, of loop: EventLoop) {
    guard elsewhere > 0 else { return jobs.append(job) }
    elsewhere -= 1
    Self.runElsewhere(job, of: loop)
  }

  func letOthersFirst(_ task: UnsafeContinuation<Void, Never>) {
    patient.append((task, MonotonicClock.now()))
  }

  /// Where much was ready at once, more is coming: it is read first, and what waits for its place sent.
  func resumesPatient(after count: Int) -> Bool {
    guard let first = patient.first, count < 3 || MonotonicClock.now() - first.since > 2_000_000 else {
      return false
    }
    for _ in 0..<max(4, count) { patient.popFirst()?.task.resume() }
    return true
  }

  /// For a quarter of a millisecond at most: others have replies waiting, and connections are ready.
  func run(on loop: EventLoop) {
    guard !jobs.isEmpty else { return }
    let executor = loop.asUnownedTaskExecutor()
    var last = MonotonicClock.now()
    let until = last + 250_000
    while last < until, let job = jobs.popFirst() {
      job.runSynchronously(on: executor)
      let now = MonotonicClock.now()
      if now - last > Self.longJob {
        elsewhere = 64
        for job in jobs.takeAll() { add(job, of: loop) }
      }
      last = now
    }
  }

  /// A job takes some ten microseconds. One that takes so long keeps everybody waiting, and what comes next may be like it:
  /// a check of a long reply, say.
  private static let longJob: Int64 = 5_000_000

  /// The loop ends: others do what is left.
  func close(_ loop: EventLoop) {
    for waiting in patient.takeAll() { waiting.task.resume() }
    for job in jobs.takeAll() { Self.runElsewhere(job, of: loop) }
  }

  static func runElsewhere(_ job: UnownedJob, of loop: EventLoop) {
    DispatchQueue.global().async { job.runSynchronously(on: loop.asUnownedTaskExecutor()) }
  }
}
