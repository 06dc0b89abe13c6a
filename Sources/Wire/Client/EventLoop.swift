import CCurl
import Formats
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A thread that owns a libcurl multi handle, its sockets, its clock and every transfer under way; and that runs what tasks
/// have to do between two requests, where they prefer it as their executor. Such a task asks, looks at the reply and asks
/// again without a switch between threads.
///
/// What has arrived is handled first, then what tasks make of it, then what they want to send: libcurl and the program are
/// each run for many requests in a row. Taken one request at a time they would drive each other out of the processor's
/// caches: a third more time.
///
/// Other threads reach it through an inbox under a lock; the thread is woken only when it sleeps.
// @unchecked Sendable: `inbox` is a Mutex, `thread` is atomic, `waker` is a descriptor that stays open while there is a loop.
// Everything else is touched only on the loop's own thread, by curl's callbacks too.
final class EventLoop: TaskExecutor, @unchecked Sendable {
  private struct Inbox {
    var submitted: [Transfer] = []
    var cancelled: [Transfer] = []
    var jobs: [UnownedJob] = []
    var isSleeping = false
    var isStopped = false

    var isEmpty: Bool { submitted.isEmpty && cancelled.isEmpty && jobs.isEmpty }
  }

  private let inbox = Mutex(Inbox())
  private let thread = Atomic<UInt>(0)
  private let waker: Waker
  private var poller: Poller
  let multi: UnsafeMutableRawPointer
  let clock = LoopClock()
  let configuration: HTTPClient.Configuration
  let usesHTTP2: Bool
  /// What answers may be compressed with, as the header says it.
  let encodings: String
  /// Handles at rest, to be used again.
  private var handles: [EasyHandle] = []
  private var active: [Transfer] = []
  /// Submitted and not begun.
  private var waiting = Backlog<Transfer>()
  private let jobs = JobQueue()
  private var ready: [ReadySocket] = []
  /// When curl wants to be called: monotonic nanoseconds.
  var curlTimer = Int64.max
  /// When the loop's own lateness is probed next; 0 while it is not.
  private var nextProbe: Int64 = 0
  private var isClosed = false

  init(_ configuration: HTTPClient.Configuration) throws(Problem) {
    let library = try HTTPLibrary.load()
    guard let multi = ccurl_multi_init(), let poller = Poller() else {
      throw Problem("the HTTP client could not start: no file descriptor or memory left")
    }
    self.multi = multi
    waker = poller.waker
    self.poller = poller
    self.configuration = configuration
    encodings = library.decompresses.joined(separator: ", ")
    usesHTTP2 = configuration.allowsHTTP2 && library.hasSafeHTTP2
    configureMulti()
    try startThread()
  }

  // MARK: From any thread

  func submit(_ transfer: Transfer) {
    if isOnThread, !isClosed { return waiting.append(transfer) }
    let isAccepted = change { inbox in
      guard !inbox.isStopped else { return false }
      inbox.submitted.append(transfer)
      return true
    }
    if !isAccepted {
      transfer.finishUnsent(HTTPError(.cancelled, stage: .nameLookup, message: "the client was closed"))
    }
  }

  /// Takes a part of a task that prefers this thread.
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isOnThread, !isClosed { return jobs.add(job, of: self) }
    // The task that holds it may end as soon as its job is taken.
    let held = Unmanaged.passRetained(self)
    defer { held.release() }
    let isAccepted = change { inbox in
      guard !inbox.isStopped else { return false }
      inbox.jobs.append(job)
      return true
    }
    if !isAccepted { JobQueue.runElsewhere(job, of: self) }
  }

  /// Goes on once little has arrived, or after two milliseconds; at once where it is called from another thread.
  func letOthersFirst() async {
    guard isOnThread, !isClosed else { return }
    await withUnsafeContinuation { jobs.letOthersFirst($0) }
  }

  var isOnThread: Bool { thread.load(ordering: .relaxed) == currentThread() }

  func cancel(_ transfer: Transfer) {
    transfer.isCancelled.store(true, ordering: .releasing)
    _ = change { inbox in
      guard !inbox.isStopped else { return false }
      inbox.cancelled.append(transfer)
      return true
    }
  }

  /// Ends every transfer as cancelled, then the thread.
  func stop() {
    _ = change { inbox in
      inbox.isStopped = true
      return true
    }
  }

  /// Changes the inbox and sees to it that the thread looks into it, if there is anything new in it.
  private func change(_ body: (inout Inbox) -> Bool) -> Bool {
    let (isChanged, isAsleep) = inbox.withLock { inbox in
      let isChanged = body(&inbox)
      let isAsleep = isChanged && inbox.isSleeping
      if isAsleep { inbox.isSleeping = false }
      return (isChanged, isAsleep)
    }
    // After the lock was let go, or the woken thread would at once have to wait for it.
    if isAsleep { waker.wake() }
    return isChanged
  }

  // MARK: On the loop's thread

  func run() {
    thread.store(currentThread(), ordering: .relaxed)
    var count = 0
    while takeInbox() {
      jobs.run(on: self)
      beginWaiting()
      if jobs.resumesPatient(after: count) {
        jobs.run(on: self)
        beginWaiting()
      }
      if !active.isEmpty { probe() }
      let pause = pause()
      let askedAt = clock.sleep(shortly: pause == 0)
      count = poller.wait(nanoseconds: pause)
      let wokeAt = MonotonicClock.now()
      // However long the jobs have taken, what has arrived in time is read first, while it is known when it came.
      handleReady(count, wokeAt)
      if curlTimer <= wokeAt { act(timeoutSocket, 0) }
      endFinished()
      // Only once nothing more had arrived: curl reads a piece at a time.
      if clock.nextSweep <= askedAt, count == 0 || askedAt - clock.nextSweep > 50_000_000 {
        sweep(at: askedAt)
      }
    }
    close()
  }

  private func handleReady(_ count: Int, _ wokeAt: Int64) {
    poller.take(count, into: &ready)
    clock.wake(at: wokeAt, due: poller.timerRang ? nextProbe : nil)
    if poller.timerRang { nextProbe = 0 }
    for socket in ready {
      // Not of a socket that has failed: to ask it would take the error from curl.
      if clock.handle(again: socket.isAgain),
        socket.events & (CCURL_CSELECT_IN | CCURL_CSELECT_ERR) == CCURL_CSELECT_IN
      {
        clock.arrived(noted: poller.arrival(on: socket.socket))
      }
      act(socket.socket, socket.events)
      // At once, while the clock's arrival is that of its bytes.
      endFinished()
    }
    ready.removeAll(keepingCapacity: true)
  }

  /// How long to sleep (negative: until woken).
  private func pause() -> Int64 {
    let isQuiet = inbox.withLock { inbox in
      inbox.isSleeping =
        jobs.isEmpty && waiting.isEmpty && inbox.isEmpty && !inbox.isStopped
      return inbox.isSleeping
    }
    guard isQuiet else { return 0 }
    let until = min(curlTimer, clock.nextSweep)
    return until == .max ? -1 : max(0, until - MonotonicClock.now())
  }

  private func close() {
    isClosed = true
    for transfer in waiting.takeAll() + active {
      let error = transfer.cancelled("the client was closed")
      if transfer.easy == nil { transfer.finishUnsent(error) } else { end(transfer, with: error) }
    }
    jobs.close(self)
    for handle in handles { handle.destroy() }
    _ = ccurl_multi_cleanup(multi)
    // The system may give its number to another.
    thread.store(0, ordering: .relaxed)
  }

  /// Takes what was submitted and ends what was cancelled; false once the loop is to stop.
  private func takeInbox() -> Bool {
    let (taken, isStopped) = inbox.withLock { inbox in
      inbox.isSleeping = false
      guard !inbox.isEmpty else { return (nil as Inbox?, inbox.isStopped) }
      let taken = inbox
      inbox.submitted = []
      inbox.cancelled = []
      inbox.jobs = []
      return (taken, inbox.isStopped)
    }
    if let taken {
      for transfer in taken.submitted { waiting.append(transfer) }
      for job in taken.jobs { jobs.add(job, of: self) }
      for transfer in taken.cancelled where transfer.easy != nil {
        end(transfer, with: transfer.cancelled("cancelled"))
      }
    }
    return !isStopped
  }

  // MARK: Transfers

  /// For a quarter of a millisecond at most: what has arrived meanwhile, or was connected, must not wait for long.
  private func beginWaiting() {
    guard !waiting.isEmpty else { return }
    let until = MonotonicClock.now() + 250_000
    repeat {
      guard let transfer = waiting.popFirst() else { break }
      begin(transfer)
    } while clock.now < until
  }

  private func begin(_ transfer: Transfer) {
    clock.update()
    transfer.start(clock)
    if transfer.isCancelled.load(ordering: .acquiring) {
      return transfer.finishUnsent(HTTPError(.cancelled, stage: .nameLookup, message: "cancelled"))
    }
    guard let handle = handles.popLast() ?? EasyHandle(self) else {
      return transfer.finishUnsent(HTTPError(.unavailable, stage: .nameLookup, message: "out of memory"))
    }
    if let error = handle.prepare(for: transfer) {
      handles.append(handle)
      return transfer.finishUnsent(error)
    }
    transfer.easy = handle
    guard ccurl_multi_add(multi, handle.pointer) == 0 else {
      return end(
        transfer, with: HTTPError(.unavailable, stage: .nameLookup, message: "libcurl took no request"))
    }
    transfer.index = active.count
    active.append(transfer)
    clock.sweep(by: transfer.deadline()?.at ?? .max)
    // Sent before the next one starts, so that none is timed while it waits for others.
    if curlTimer <= MonotonicClock.now() { act(timeoutSocket, 0) }
    // The answer may be there already, while the clock's arrival is that of its bytes.
    endFinished()
  }

  private func act(_ socket: Int32, _ events: Int32) {
    if socket == timeoutSocket {
      curlTimer = .max
      clock.update()
    }
    _ = ccurl_multi_socket_action(multi, socket, events)
  }

  /// Every ten milliseconds, while there is something to time: how late does a wait end that should end now?
  /// What is found ready by the same wait may have been waiting as long.
  private func probe() {
    guard nextProbe == 0 else { return }
    let next = clock.now + 10_000_000
    if poller.ring(at: next) { nextProbe = next }
  }

  private func endFinished() {
    var code = CCURLE_OK
    while let easy = ccurl_multi_next_finished(multi, &code) {
      guard let transfer = transfer(of: easy) else { continue }
      if code == CCURLE_OK, let target = transfer.redirectTarget() {
        follow(transfer, to: target)
      } else {
        end(transfer, with: transfer.outcome(code))
      }
    }
  }

  private func transfer(of easy: UnsafeMutableRawPointer) -> Transfer? {
    ccurl_easy_get_private(easy).flatMap { EasyHandle.of($0).transfer }
  }

  private func follow(_ transfer: Transfer, to url: String) {
    guard let handle = transfer.easy else { return }
    _ = ccurl_multi_remove(multi, handle.pointer)
    handle.finish()
    transfer.redirect(to: url)
    if let error = handle.prepare(for: transfer) { return end(transfer, with: error) }
    clock.sweep(by: transfer.deadline()?.at ?? .max)
    if ccurl_multi_add(multi, handle.pointer) != 0 {
      end(transfer, with: HTTPError(.unavailable, stage: .nameLookup, message: "libcurl took no request"))
    }
  }

  private func end(_ transfer: Transfer, with error: HTTPError?) {
    guard let handle = transfer.easy else { return }
    transfer.collectFigures(handle)
    _ = ccurl_multi_remove(multi, handle.pointer)
    handle.finish()
    handles.append(handle)
    transfer.easy = nil
    if let index = transfer.index {
      active[index] = active[active.count - 1]
      active[index].index = index
      active.removeLast()
      transfer.index = nil
    }
    transfer.finish(error)
    transfer.resume()
  }

  /// Ends what is overdue and finds when to look again.
  private func sweep(at now: Int64) {
    clock.update()
    clock.sweepBegins()
    var overdue: [(Transfer, HTTPError?)] = []
    for transfer in active {
      guard let deadline = transfer.deadline() else { continue }
      if deadline.at <= now {
        overdue.append((transfer, transfer.overdue(deadline)))
      } else {
        clock.sweep(by: deadline.at)
      }
    }
    for (transfer, error) in overdue { end(transfer, with: error) }
  }

  // MARK: curl's callbacks

  func watch(_ socket: Int32, for what: Int32, easy: UnsafeMutableRawPointer?) {
    if let easy, what != CCURL_POLL_REMOVE { transfer(of: easy)?.watches(socket) }
    poller.watch(socket, for: what == CCURL_POLL_REMOVE ? 0 : what)
  }
}

extension EventLoop {
  func openSocket(_ family: Int32, _ type: Int32, _ proto: Int32) -> Int32 {
    poller.open(family, type, proto)
  }
  func closeSocket(_ socket: Int32) { poller.close(socket) }
}

/// `CCURL_SOCKET_TIMEOUT` is a macro with a cast.
private let timeoutSocket: Int32 = -1

private func currentThread() -> UInt {
  #if os(Linux)
    pthread_self()
  #else
    UInt(bitPattern: pthread_self())
  #endif
}
