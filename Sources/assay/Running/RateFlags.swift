import Runs
import Terminal

/// `--rate`, `--poisson` and `--drop`: when trials begin.
enum RateFlags {
  private static let mend = "such as 5/s, 300/min, or stages: 10/s@30s,50/s@2min"

  static func arrivals(_ arguments: Arguments) throws -> Arrivals {
    guard let text = arguments.value("rate") else {
      for name in ["poisson", "drop"] where arguments.has(name) {
        throw UsageError("--\(name) says something about --rate, which is missing", mend: mend)
      }
      return .asFastAsLimits
    }
    let late: Arrivals.Late = arguments.has("drop") ? .drops : .waits
    guard text.contains("@") else {
      let rate = try perSecond(text)
      return arguments.has("poisson")
        ? .poisson(perSecond: rate, late: late) : .constant(perSecond: rate, late: late)
    }
    if arguments.has("poisson") { throw UsageError("--poisson takes one rate, not stages", mend: mend) }
    let stages = try text.split(separator: ",").map { part -> Arrivals.Stage in
      let sides = part.split(separator: "@", maxSplits: 1)
      guard sides.count == 2, let duration = duration(sides[1]), duration > 0 else {
        throw UsageError(
          "--rate: the stage \"\(part)\" is not a rate and how long it takes to get there", mend: mend)
      }
      return Arrivals.Stage(perSecond: try perSecond(String(sides[0])), seconds: duration)
    }
    return .stages(stages, late: late)
  }

  private static let units = ["s": 1.0, "min": 60, "m": 60, "h": 3_600]

  private static func perSecond(_ text: String) throws -> Double {
    let parts = text.split(separator: "/")
    guard let number = parts.first.flatMap({ Double($0) }), number > 0, number.isFinite, parts.count <= 2
    else {
      throw UsageError("--rate takes a number of trials a second, not \"\(text)\"", mend: mend)
    }
    let unit = parts.count == 2 ? String(parts[1]) : "s"
    guard let seconds = units[unit] else { throw UsageError("--rate knows no \"\(unit)\"", mend: mend) }
    return number / seconds
  }

  private static func duration(_ text: Substring) -> Double? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    return Double(digits).flatMap { number in units[String(text.dropFirst(digits.count))].map { number * $0 }
    }
  }
}
