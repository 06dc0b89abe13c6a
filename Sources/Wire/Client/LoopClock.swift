import Formats

/// What time it is on the event loop, when the bytes being handled arrived, and how sure that is. Monotonic
/// nanoseconds. Only for the loop's own thread: which is why its integers need no run-time check of exclusive access.
///
/// The kernel notes when bytes arrive, whatever the loop is doing then. To ask it costs a system call, so it is asked only
/// where the loop looked at its sockets too long ago to know by itself. Where it does not note (other systems, sockets
/// that became writable), the wait that found them returned at that moment, or a little late.
final class LoopClock {
  /// Last reading of the clock.
  @exclusivity(unchecked) private(set) var now = MonotonicClock.now()
  /// When the last of the bytes being handled arrived.
  @exclusivity(unchecked) private(set) var arrival: Int64 = 0
  /// Tells one reading of a socket from the next.
  @exclusivity(unchecked) private(set) var handlings = 0
  /// The kernel said so.
  @exclusivity(unchecked) private(set) var isArrivalNoted = false
  /// By how much what is being handled may have come before `arrival`: where that was noted, only events that were
  /// waiting together; else everything.
  @exclusivity(unchecked) private(set) var lag: Int64 = 0
  /// A socket that a wait has found is being handled: what is read of it was there then.
  @exclusivity(unchecked) private var isHandling = false
  @exclusivity(unchecked) private var lastWake = MonotonicClock.now()
  /// Nothing of what the last wait has found can have come before.
  @exclusivity(unchecked) private var sureSince: Int64 = 0
  @exclusivity(unchecked) private var wokeAt: Int64 = 0
  /// The last wait did not return at once.
  @exclusivity(unchecked) private var hasSlept = false
  /// How many of the sockets that the last wait has found were handled.
  @exclusivity(unchecked) private var handledOfWait = 0
  @exclusivity(unchecked) private var readySince: Int64 = 0
  @exclusivity(unchecked) private var asleepSince: Int64 = 0
  @exclusivity(unchecked) private var isShortSleep = false

  /// Of the wall clock, in which the kernel notes arrivals, from the monotonic one.
  @exclusivity(unchecked) private var offset: Int64 = 0
  /// 0 before it was read.
  @exclusivity(unchecked) private var offsetReadAt: Int64 = 0
  /// The wall clock was set a moment ago: what the kernel noted cannot be told in our time.
  @exclusivity(unchecked) private var wasSet = false

  /// When the first transfer may be overdue.
  @exclusivity(unchecked) private(set) var nextSweep = Int64.max

  func sweep(by time: Int64) { if time < nextSweep { nextSweep = time } }
  func sweepBegins() { nextSweep = .max }

  func update() {
    now = MonotonicClock.now()
    arrival = now
    isArrivalNoted = false
    isHandling = false
    lag = 0
  }

  /// Bytes were read. Of a request that is just being sent they may be the answer already, which no wait has found: then they
  /// came since the sending began.
  func read() {
    if isHandling { return }
    let began = now
    update()
    lag = now - began
  }

  /// The loop is about to wait, or (shortly) to look without waiting; when that was.
  func sleep(shortly: Bool) -> Int64 {
    asleepSince = MonotonicClock.now()
    isShortSleep = shortly
    return asleepSince
  }

  /// The wait has returned at `time`. `due`: when it should have, where that is known.
  func wake(at time: Int64, due: Int64?) {
    now = time
    wokeAt = now
    // A wait that returns at once found sockets that became ready while the last ones were handled.
    hasSlept = !isShortSleep && now - asleepSince >= 5_000
    readySince = hasSlept ? now : max(lastWake, now - 1_000_000_000)
    if let due, due < readySince { readySince = due }
    // What was ready when the wait before returned has been handled.
    sureSince = lastWake
    handledOfWait = 0
    lastWake = now
    if now - offsetReadAt > 1_000_000 { readOffset() }
  }

  private func readOffset() {
    let before = MonotonicClock.now()
    let wallClock = Instant.now().microseconds * 1000
    let after = MonotonicClock.now()
    // A thread that was put aside between the readings tries again at the next wait.
    if after - before < 20_000 || offsetReadAt == 0 { compare(wallClock: wallClock, with: before) }
  }

  /// Wall clocks are slewed by no more than a thousandth; a greater change is a setting.
  func compare(wallClock: Int64, with now: Int64) {
    let found = wallClock - now
    let most = 1_000_000 + (offsetReadAt == 0 ? 0 : (now - offsetReadAt) / 1000)
    wasSet = offsetReadAt == 0 ? false : abs(found - offset) > most
    offset = found
    offsetReadAt = now
  }

  /// A ready socket is about to be handled: it became so when the wait returned, or a little before. True where that may
  /// be so long ago that the kernel has to be asked. A loop that is busy looks every few microseconds.
  ///
  /// - Parameter again: the last wait found it, too, so that what is there may be what curl has left.
  func handle(again: Bool) -> Bool {
    now = MonotonicClock.now()
    arrival = wokeAt
    isArrivalNoted = false
    isHandling = true
    handlings &+= 1
    handledOfWait += 1
    let isUnsure = again || now - sureSince > Self.closeEnough
    lag = max(0, now - (isUnsure ? readySince : sureSince))
    return isUnsure
  }

  /// A quarter of the millisecond up to which stamps count as exact.
  private static let closeEnough: Int64 = 250_000

  /// `noted`: wall-clock nanoseconds at which the kernel received the last of the bytes being handled, 0 where that is
  /// not known.
  func arrived(noted: Int64) {
    let at = noted - offset
    // Never after now: that would be a clock that was set just now.
    guard noted > 0, !wasSet, at <= now + 100_000, at > now - 60_000_000_000 else { return }
    arrival = min(at, now)
    isArrivalNoted = true
    lag = max(0, arrival - readySince)
    // The others that this wait has found may have been ready as long,
    if arrival < readySince { readySince = arrival }
    // and none longer than the first: a wait that has slept finds them in the order in which they became ready.
    if handledOfWait == 1, hasSlept { sureSince = max(sureSince, arrival) }
  }
}
