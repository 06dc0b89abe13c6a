#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The clock for durations: never set back, unrelated to the time of day.
public enum MonotonicClock {
  /// Nanoseconds since an arbitrary start.
  public static func now() -> Int64 { read(CLOCK_MONOTONIC) }

  /// Whole microseconds since the same start.
  public static func microseconds() -> Int64 { now() / 1000 }

  static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
