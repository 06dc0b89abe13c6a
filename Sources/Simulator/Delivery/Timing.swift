import Formats

/// When the parts of one reply are due: absolute times, so that no delay adds up.
struct Timing {
  /// When the service begins to work on it, after any queue.
  var start: Int64
  /// When headers and opening events go out.
  var open: Int64
  /// When the first token goes out.
  var first: Int64
  var profile: LatencyProfile
  var load: Double
  /// Nanoseconds of real time for a simulated millisecond.
  var scale: Double
  private var sequence: SplitMix64

  init(
    arrived: Int64, queuedUntil: Int64, profile: LatencyProfile, load: Double, speed: Double, input: Int,
    cached: Int, draws: Draws, extraDelay: Double = 0
  ) {
    self.profile = profile
    self.load = load
    scale = 1_000_000 / speed
    start = max(arrived, queuedUntil)
    let wait = profile.first(input: input, cached: cached, load: load, draws) + extraDelay
    first = start + Int64(wait * scale)
    open = start + Int64(wait * scale / 2)
    sequence = draws.sequence(.gaps)
  }

  /// The time of `count` gaps, in nanoseconds.
  mutating func gaps(_ count: Int) -> Int64 {
    guard profile.perToken > 0 else { return 0 }
    var sum = 0.0
    for _ in 0..<count { sum += profile.gap(load: load, &sequence) }
    return Int64(sum * scale)
  }

  /// Tokens that are written before the first one that is sent.
  mutating func delayFirst(byTokens count: Int) { first += gaps(count) }

  /// When a reply of so many tokens is complete. Draws from a copy: the gaps stay as they are.
  func end(tokens: Int) -> Int64 {
    var copy = self
    return first + copy.gaps(max(0, tokens - 1))
  }
}
