import Vocabulary

/// Finds where more calls at once bring no more replies a second: beyond it they only wait for each other, at the
/// service or in this client.
///
/// Latency alone would not tell, since that of models follows the length of their replies. So replies are counted,
/// in windows of a round (as many as are on their way). Each knows among how many it was sent: the rate of a window
/// belongs to that number, although it is seen a round later. Where nearly twice as many bring less than a fifth of
/// what they would were nobody waiting, in two windows, the knee is passed. What is held then is what the best rate
/// needs by Little's law, and a little more. Now and then it is tried whether the service has grown.
struct Knee: Sendable {
  /// The most at once that was worth it, and its replies a second.
  private(set) var best: (atOnce: Double, rate: Double)?
  /// Most at once while the knee is known.
  private(set) var held: Double?
  private var strikes = 0
  private var triesAgainAt: Microseconds = 0
  private var patience: Microseconds

  private var startedAt: Microseconds?
  private var replies = 0
  private var atOnce = 0
  private var needed = 0

  private let second: Microseconds

  init(_ times: LimiterSettings.Times) {
    second = times.second
    patience = times.minute / 2
  }

  /// How far the limit may grow before more is known.
  func bound(at now: Microseconds) -> Double {
    if let held { return now >= triesAgainAt ? 2.2 * held : held }
    return best.map { 3 * $0.atOnce } ?? .infinity
  }

  /// What is counted belongs to nothing: the limit was not used, or the service said no.
  mutating func restart() { startedAt = nil }

  /// A reply has come that was sent as one of `among`. The new limit, where the knee was found.
  mutating func replied(among: Int, limit: Double, at now: Microseconds) -> Double? {
    guard let start = startedAt else {
      startedAt = now
      replies = 0
      atOnce = 0
      needed = max(40, Int(limit))
      return nil
    }
    replies += 1
    atOnce += among
    guard replies >= needed, now - start >= second / 10 else { return nil }
    startedAt = nil
    return judge(
      atOnce: Double(atOnce) / Double(replies), rate: Double(replies) * 1e6 / Double(now - start), at: now)
  }

  private mutating func judge(atOnce: Double, rate: Double, at now: Microseconds) -> Double? {
    guard let best else {
      self.best = (atOnce, rate)
      return nil
    }
    let more = atOnce / best.atOnce
    guard more >= 1.8 else {
      if more > 0.8, more < 1.25 { self.best = (best.atOnce, 0.7 * best.rate + 0.3 * rate) }
      return nil
    }
    guard rate / best.rate - 1 < 0.2 * (more - 1) else {
      self.best = (atOnce, rate)
      held = nil
      strikes = 0
      return nil
    }
    strikes += 1
    guard strikes >= 2 else { return nil }
    strikes = 0
    if held != nil { patience = min(300 * second, 2 * patience) }
    triesAgainAt = now + patience
    let limit = (1.25 * best.atOnce * max(1, rate / best.rate)).rounded(.up)
    held = limit
    return limit
  }
}
