import Formats

/// What time it is on the event loop, and how late it is. Monotonic nanoseconds, loop thread only: which is
/// why its integers need no run-time check of exclusive access.
final class LoopClock {
  /// Last reading of the clock.
  @exclusivity(unchecked) private(set) var now = MonotonicClock.now()
  /// When the bytes being handled were there: the wait that found them returned at this moment.
  @exclusivity(unchecked) private(set) var arrival: Int64 = 0
  /// How late, at most, the socket being handled is handled.
  @exclusivity(unchecked) private(set) var lag: Int64 = 0
  @exclusivity(unchecked) private var lastWake: Int64 = 0
  @exclusivity(unchecked) private var readySince: Int64 = 0
  @exclusivity(unchecked) private(set) var asleepSince: Int64 = 0

  /// When the first transfer may be overdue.
  @exclusivity(unchecked) private(set) var nextSweep = Int64.max

  func sweep(by time: Int64) { if time < nextSweep { nextSweep = time } }
  func sweepBegins() { nextSweep = .max }

  func update() {
    now = MonotonicClock.now()
    arrival = now
    lag = 0
  }

  /// The loop is about to wait.
  func sleep() { asleepSince = MonotonicClock.now() }

  /// The wait has returned.
  func wake() {
    now = MonotonicClock.now()
    arrival = now
    // A wait that returns at once found sockets that became ready while the last ones were handled.
    let waited = now - asleepSince
    readySince = waited < 5_000 ? max(lastWake, now - 1_000_000_000) : now
    lastWake = now
  }

  /// A ready socket is about to be handled.
  func handle() {
    now = MonotonicClock.now()
    lag = max(0, now - readySince)
  }
}
