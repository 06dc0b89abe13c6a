/// A queue before a fixed number of slots, first come first served.
///
/// How long each reply takes is known when it begins, so the queue is computed rather than played: a request
/// that finds no slot free begins when the earliest one is.
struct ServiceQueue {
  struct Turn {
    var start: Int64
    var load = 1.0
    var isRefused = false
  }

  /// When each occupied slot is free again; those that wait have their future slot in it.
  private var ends: [Int64] = []

  mutating func turn(at now: Int64, _ profile: LatencyProfile) -> Turn {
    ends.removeAll { $0 <= now }
    let load = profile.load(inflight: ends.count + 1)
    guard ends.count >= profile.slots else { return Turn(start: now, load: load) }
    guard ends.count - profile.slots < profile.queueLength else { return Turn(start: now, isRefused: true) }
    // With k ahead of us in slots and queue, our slot is free when all but slots - 1 of them are done.
    let sorted = ends.sorted()
    return Turn(start: sorted[ends.count - profile.slots], load: load)
  }

  mutating func occupy(until end: Int64) { ends.append(end) }
}
