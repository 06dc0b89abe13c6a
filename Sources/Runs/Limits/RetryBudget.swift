import Vocabulary

/// Keeps retries from making an outage worse: at most a share of the requests sent in the last minute, and
/// some more. Once spent, one probe now and then.
///
/// The minute is counted in sixty steps, so that a million requests take no more room than ten.
struct RetryBudget: Sendable {
  private static let steps = 60

  private let settings: LimiterSettings
  private var requests = [Int](repeating: 0, count: steps)
  private var retries = [Int](repeating: 0, count: steps)
  private var step: Int64 = .min
  private var lastProbe: Microseconds = .min / 2

  init(_ settings: LimiterSettings) { self.settings = settings }

  private var stepLength: Microseconds { max(1, settings.times.minute / Int64(Self.steps)) }

  private mutating func move(to now: Microseconds) {
    let current = now / stepLength
    if step == .min { step = current }
    guard current > step else { return }
    for passed in 1...min(Int64(Self.steps), current - step) {
      let place = Int((step + passed) % Int64(Self.steps))
      requests[place] = 0
      retries[place] = 0
    }
    step = current
  }

  private var place: Int { Int(step % Int64(Self.steps)) }

  mutating func sent(at now: Microseconds) {
    move(to: now)
    requests[place] += 1
  }

  /// Takes one retry if there is one.
  mutating func take(at now: Microseconds) -> Bool {
    move(to: now)
    let allowed = Double(settings.retryReserve) + settings.retryShare * Double(requests.reduce(0, +))
    if Double(retries.reduce(0, +)) + 1 <= allowed {
      retries[place] += 1
      return true
    }
    if now - lastProbe >= settings.times.probe {
      lastProbe = now
      retries[place] += 1
      return true
    }
    return false
  }

  /// When it is worth asking again.
  func nextChance(after now: Microseconds) -> Microseconds {
    max(now + 1, min(lastProbe + settings.times.probe, now + stepLength))
  }
}
