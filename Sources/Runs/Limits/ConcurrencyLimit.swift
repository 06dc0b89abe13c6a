import Vocabulary

/// How many calls of one key may be on their way at once.
///
/// It grows while it is used: to twice as much in a round until the service first says no, then by a twentieth. It is
/// cut once for all requests sent before the cut (a recovery epoch, as TCP has it), and stops at the `Knee`.
struct ConcurrencyLimit: Sendable {
  struct Change: Sendable {
    var old: Double
    var new: Double
    var reason: String
  }

  private(set) var value: Double
  /// Only a failure of a request that was sent after this cuts again.
  private(set) var lastCutAt: Microseconds = .min
  private let most: Double
  private let second: Microseconds
  private var hasBeenLimited = false
  private var heldUntil: Microseconds = .min
  private var grownAt: Microseconds
  private var recent = RecentTrouble()
  /// Nil where the user said how many, or when they are sent.
  private var knee: Knee?

  init(_ settings: LimiterSettings, at now: Microseconds) {
    value = Double(settings.concurrency ?? settings.firstConcurrency)
    most = Double(settings.concurrency ?? settings.mostConcurrency)
    second = settings.times.second
    grownAt = now
    if settings.concurrency == nil, settings.findsKnee { knee = Knee(settings.times) }
  }

  func allows(_ inFlight: Int) -> Bool { Double(inFlight) < value.rounded(.down) }

  /// A reply has come that was sent as one of `among`; `inFlight` are still on their way.
  mutating func succeeded(among: Int, inFlight: Int, at now: Microseconds) -> Change? {
    recent.add(isTrouble: false)
    guard Double(inFlight + 1) >= 0.8 * value else {
      knee?.restart()
      return nil
    }
    if let limit = knee?.replied(among: among, limit: value, at: now), limit < value {
      let old = value
      value = limit
      return Change(old: old, new: value, reason: "more at once bring no more replies")
    }
    let bound = min(most, knee?.bound(at: now) ?? most)
    guard value < bound, now >= heldUntil else { return nil }
    // One more with every reply doubles in a round, though not more than twice a second, so that a service
    // that says no is heard in time; later a twentieth in a round.
    let sinceGrowth = Double(now - max(grownAt, now - second)) / Double(second)
    let step = hasBeenLimited ? max(1, 0.05 * value) / value : min(1, 2 * value * sinceGrowth)
    grownAt = now
    let old = value
    value = min(bound, value + step)
    let isTold = Int(old.rounded(.down)).leadingZeroBitCount != Int(value.rounded(.down)).leadingZeroBitCount
    return isTold ? Change(old: old, new: value, reason: "growing") : nil
  }

  /// A passing failure of a request sent at `sentAt`.
  mutating func stumbled(sentAt: Microseconds, at now: Microseconds) -> Change? {
    recent.add(isTrouble: true)
    heldUntil = max(heldUntil, now + second)
    knee?.restart()
    guard recent.isBad, sentAt >= lastCutAt else { return nil }
    recent = RecentTrouble()
    return limited(cutsTo: 0.8, because: "too many failures", at: now)
  }

  /// The service said no, for the first time in an epoch. Where a bucket tells how fast to send, nothing is cut.
  mutating func limited(cutsTo share: Double?, because reason: String, at now: Microseconds) -> Change? {
    hasBeenLimited = true
    lastCutAt = now
    knee?.restart()
    guard let share else { return nil }
    let old = value
    value = max(1, value * share)
    return Change(old: old, new: value, reason: reason)
  }
}
