import Vocabulary

/// A bucket that fills by the minute and is emptied by what is sent. Refilled when it is looked at.
struct TokenBucket: Sendable {
  private(set) var perMinute: Double
  private(set) var capacity: Double
  private(set) var level: Double
  /// Everything ever taken: what was sent after a given request is the difference.
  private(set) var taken: Double = 0
  private var refilledAt: Microseconds
  private let minute: Microseconds
  /// When the request was sent whose headers were used last.
  private var learnedFrom: Microseconds = .min

  /// - Parameter capacity: most that can be saved up; ten seconds' worth where it is not said, because a
  ///   full minute at the start would be twice the limit in the first minute.
  init(
    perMinute: Double, capacity: Double? = nil, level: Double? = nil, minute: Microseconds,
    at now: Microseconds
  ) {
    self.perMinute = max(perMinute, 0.001)
    self.capacity = max(capacity ?? perMinute / 6, 1)
    self.level = level ?? self.capacity
    self.minute = minute
    refilledAt = now
  }

  /// Up to what no limit comes near: a suite may say anything, too.
  var wholePerMinute: Int { Int(min(perMinute, 1e15)) }

  private var perMicrosecond: Double { perMinute / Double(minute) }

  mutating func refill(at now: Microseconds) {
    guard now > refilledAt else { return }
    level = min(capacity, level + Double(now - refilledAt) * perMicrosecond)
    refilledAt = now
  }

  /// A request that is larger than the bucket goes alone, on debt, once the bucket is full.
  func needed(for cost: Double) -> Double { min(1.15 * cost, capacity) }

  mutating func allows(_ cost: Double, at now: Microseconds) -> Bool {
    refill(at: now)
    return level >= needed(for: cost) - 1e-9
  }

  /// When it will allow the cost, were nothing else taken.
  func allowsAt(_ cost: Double, now: Microseconds) -> Microseconds {
    let missing = needed(for: cost) - level
    // A service may tell of more tokens than can flow back in thirty years.
    return missing <= 0 ? now : now + Microseconds(min(missing / perMicrosecond, 1e15).rounded(.up)) + 1
  }

  mutating func take(_ cost: Double) {
    level -= cost
    taken += cost
  }

  /// Gives back what was taken for a request that was never sent.
  mutating func giveBack(_ cost: Double) {
    level = min(capacity, level + cost)
    taken -= cost
  }

  /// The service's own count, as it was when the request sent at `sentAt` got there. Raises or lowers.
  ///
  /// - Parameter takenThen: `taken` just after that request's own cost was taken.
  mutating func learn(
    _ news: RateLimit.Bucket, sentAt: Microseconds, takenThen: Double, at now: Microseconds
  ) {
    guard sentAt >= learnedFrom else { return }
    learnedFrom = sentAt
    if let limit = news.limit, limit > 0 {
      perMinute = Double(limit)
      capacity = Double(limit)
    }
    guard let remaining = news.remaining else { return }
    refill(at: now)
    let since = Double(max(0, now - sentAt)) * perMicrosecond
    level = min(capacity, Double(remaining) + since - (taken - takenThen))
  }

  /// The service said that it is empty.
  mutating func empty(at now: Microseconds) {
    refill(at: now)
    level = min(level, 0)
  }

  mutating func setRate(perMinute rate: Double, capacity: Double) {
    perMinute = max(rate, 0.001)
    self.capacity = max(capacity, 1)
    level = min(level, self.capacity)
  }
}
