/// Bounds what patterns may take over many texts together: each match is bounded by itself, but a hostile list can
/// hold a hundred thousand texts that are only just not too expensive.
public struct PatternBudget: Sendable {
  private var nanosecondsLeft: Int64

  public init(nanoseconds: Int64 = 500_000_000) { nanosecondsLeft = nanoseconds }

  /// Whether the pattern matches anywhere in the text; throws when the time for all texts is spent.
  public mutating func matches(_ pattern: Pattern, in text: String) throws(PatternError) -> Bool {
    guard nanosecondsLeft > 0 else {
      throw PatternError(kind: .tooExpensive, message: "the pattern takes too long on this many texts")
    }
    let start = MonotonicClock.now()
    defer { nanosecondsLeft -= MonotonicClock.now() - start }
    return try pattern.matches(in: text)
  }
}
