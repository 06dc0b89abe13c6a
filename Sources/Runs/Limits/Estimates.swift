import Vocabulary

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How many tokens a reply is likely to have: a little above what replies had lately.
struct OutputEstimate: Sendable {
  private var mean: Double?
  private var deviation: Double = 0

  mutating func learn(_ tokens: Int) {
    let value = Double(tokens)
    guard let mean else {
      self.mean = value
      deviation = value / 2
      return
    }
    deviation += 0.05 * (abs(value - mean) - deviation)
    self.mean = mean + 0.05 * (value - mean)
  }

  /// About the ninetieth percentile, and never above the most that may come.
  func guess(_ need: TokenNeed) -> Int {
    // Counts come from services, which may say anything.
    let usual = mean.map { Int(min($0 + 1.6 * deviation, 1e15)) } ?? 256
    return min(need.maxOutput ?? usual, usual)
  }
}

/// Whether more than a tenth of the latest fifty attempts failed.
struct RecentTrouble: Sendable {
  private var bits: UInt64 = 0
  private var count = 0

  mutating func add(isTrouble: Bool) {
    bits = (bits << 1 | (isTrouble ? 1 : 0)) & (1 << 50 - 1)
    count = min(50, count + 1)
  }

  var isBad: Bool { count == 50 && bits.nonzeroBitCount > 5 }
}

/// The rate that a service allows without saying so.
///
/// When it says no, its bucket is empty, or its window full. What it accepted between two such moments is
/// what flowed in between them, whatever the size of the bucket. Until there are two, the rate starts low
/// and doubles every second: a bucket saves up meanwhile, so little is lost, and hardly anything is sent in
/// vain.
struct RateInference: Sendable {
  private var total = 0
  private var mark: (at: Microseconds, total: Int)?
  private var isMeasured = false
  private var grownAt: Microseconds = 0
  /// Long freezes since the mark.
  private var frozen: Microseconds = 0

  /// A service that asks for a long wait has a window rather than a bucket: not all of that time counts.
  mutating func froze(for wait: Microseconds, minute: Microseconds) {
    frozen += max(0, wait - minute / 30) / 3
  }

  /// A request that was sent at `sentAt` was accepted, or not.
  mutating func heard(accepted: Bool, sentAt: Microseconds) {
    if accepted { total += 1 }
    // Those on their way were counted as accepted at the mark.
    if let known = mark, sentAt <= known.at { mark?.total = accepted ? known.total : known.total - 1 }
  }

  /// The rate a minute, to be called when the service has said no.
  mutating func rate(
    at now: Microseconds, minute: Microseconds, retryAfter: Microseconds?, inFlight: Int, current: Double?
  ) -> Double {
    grownAt = now + (retryAfter ?? 0)
    let total = total + inFlight
    guard let mark, let current else {
      self.mark = (now, total)
      // A bucket that asks for a short wait asks for the time of one request.
      let second = minute / 60
      return Double(minute) / Double(min(max(retryAfter ?? second, second / 100), second))
    }
    let passed = now - mark.at - frozen
    let count = total - mark.total
    // Too short or too few to tell; the mark stays.
    guard passed >= minute / 60, count >= 5 else { return isMeasured ? current : current * 0.7 }
    self.mark = (now, total)
    frozen = 0
    let measured = Double(count) * Double(minute) / Double(passed)
    defer { isMeasured = true }
    // A little less, so that some room is saved up before it creeps up again.
    return 0.98 * (isMeasured ? 0.5 * current + 0.5 * measured : measured)
  }

  /// The rate after one more acceptance: it creeps up until the service says no again.
  mutating func grown(_ rate: Double, at now: Microseconds, minute: Microseconds) -> Double {
    let second = Double(minute) / 60
    let quiet = Double(now - (mark?.at ?? now))
    if isMeasured, quiet < 30 * second {
      grownAt = max(now, grownAt)
      return rate + 0.1
    }
    let passed = Double(max(0, now - grownAt))
    grownAt = max(now, grownAt)
    return rate * exp2(min(1, passed / (isMeasured ? 20 * second : second)))
  }
}
