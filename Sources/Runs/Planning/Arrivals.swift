import Formats
import Vocabulary

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// When trials begin.
public enum Arrivals: Sendable, Hashable {
  /// One stage of a changing rate: from the rate before it to `perSecond`, in so many seconds.
  public struct Stage: Sendable, Hashable {
    public var perSecond: Double
    public var seconds: Double
    public init(perSecond: Double, seconds: Double) {
      self.perSecond = perSecond
      self.seconds = seconds
    }
  }

  /// What happens to a trial whose time has come when nothing is free.
  public enum Late: Sendable, Hashable {
    /// It waits, and its wait is counted.
    case waits
    /// It is not asked, and counted as dropped.
    case drops
  }

  /// As soon as the limits let them: the default.
  case asFastAsLimits
  /// One after the other at a steady rate, whatever the service does.
  case constant(perSecond: Double, late: Late)
  /// As independent users would: exponential gaps (Poisson arrivals).
  case poisson(perSecond: Double, late: Late)
  /// A rate that changes in straight lines.
  case stages([Stage], late: Late)

  var late: Late {
    switch self {
    case .asFastAsLimits: .waits
    case .constant(_, let late), .poisson(_, let late), .stages(_, let late): late
    }
  }
}

/// The instants of arrivals as offsets from the start: absolute, so that no delay adds up, and the same
/// for the same seed.
struct ArrivalSchedule: Sendable {
  private let arrivals: Arrivals
  private var generator: SeededGenerator
  private var count = 0
  private var poissonAt = 0.0

  init(_ arrivals: Arrivals, seed: UInt64) {
    self.arrivals = arrivals
    generator = SeededGenerator(seed: seed, for: "arrivals")
  }

  /// Nil: now.
  mutating func next() -> Microseconds? {
    defer { count += 1 }
    switch arrivals {
    case .asFastAsLimits: return nil
    case .constant(let rate, _): return Self.microseconds(Double(count) / max(rate, 1e-9))
    case .poisson(let rate, _):
      let at = poissonAt
      poissonAt += -log(1 - generator.nextDouble()) / max(rate, 1e-9)
      return Self.microseconds(at)
    case .stages(let stages, _): return Self.microseconds(Self.time(of: Double(count), stages))
    }
  }

  /// When so many arrivals have come: the inverse of the integral of a rate in straight pieces. After the
  /// last stage its rate goes on.
  static func time(of arrivals: Double, _ stages: [Arrivals.Stage]) -> Double {
    var left = arrivals
    var start = 0.0
    var rate = 0.0
    for stage in stages {
      let whole = (rate + stage.perSecond) / 2 * stage.seconds
      if left < whole {
        let slope = stage.seconds > 0 ? (stage.perSecond - rate) / stage.seconds : 0
        if abs(slope) < 1e-12 { return start + left / max(rate, 1e-9) }
        return start + (-rate + (max(0, rate * rate + 2 * slope * left)).squareRoot()) / slope
      }
      left -= whole
      start += stage.seconds
      rate = stage.perSecond
    }
    return start + left / max(rate, 1e-9)
  }

  private static func microseconds(_ seconds: Double) -> Microseconds {
    Microseconds(min(seconds, 1e9) * 1e6)
  }
}
