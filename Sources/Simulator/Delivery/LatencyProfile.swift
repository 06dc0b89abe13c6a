import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How long a simulated model takes.
///
///     first = queue + (base + perInputToken * (input - cached)) * LogN(0, firstSpread) * load * tail
///     gap   = perToken * load * LogN(-gapSpread^2/2, gapSpread) + stall
///     load  = 1 + (loadFactor - 1) * (inflight - 1) / (slots - 1)
///
/// `tail` is 1, or once in a hundred U(3, 20); a stall strikes one gap in a thousand, LogN(400 ms, 0.8).
struct LatencyProfile: Sendable, Equatable {
  var name: String
  /// Milliseconds.
  var base: Double
  var perInputToken: Double
  var perToken: Double
  var loadFactor: Double
  var firstSpread: Double
  var gapSpread: Double
  var tailRate = 0.01
  var stallRate = 0.001
  /// The share of events that carry two to eight tokens rather than one.
  var coalescing = 0.15
  /// Concurrent replies before a queue forms; 0 for no limit.
  var slots = 0
  var queueLength = 1000
  /// Reasoning tokens before the answer, drawn evenly.
  var reasoningTokens: ClosedRange<Int>?

  static let local8B = LatencyProfile(
    name: "8b-h100", base: 30, perInputToken: 0.25, perToken: 12, loadFactor: 2, firstSpread: 0.2,
    gapSpread: 0.15)
  static let local70B = LatencyProfile(
    name: "70b-tp8", base: 80, perInputToken: 0.5, perToken: 25, loadFactor: 3, firstSpread: 0.2,
    gapSpread: 0.15)
  static let hostedSmall = LatencyProfile(
    name: "hosted-small", base: 350, perInputToken: 0.05, perToken: 8, loadFactor: 1.3, firstSpread: 0.5,
    gapSpread: 0.4)
  static let hostedLarge = LatencyProfile(
    name: "hosted-large", base: 700, perInputToken: 0.10, perToken: 18, loadFactor: 1.5, firstSpread: 0.6,
    gapSpread: 0.4)
  static let reasoning = LatencyProfile(
    name: "reasoning", base: 500, perInputToken: 0.10, perToken: 10, loadFactor: 1.5, firstSpread: 0.6,
    gapSpread: 0.4, reasoningTokens: 300...8000)
  static let instant = LatencyProfile(
    name: "instant", base: 0, perInputToken: 0, perToken: 0, loadFactor: 1, firstSpread: 0, gapSpread: 0,
    tailRate: 0, stallRate: 0, coalescing: 0)

  static let all = [local8B, local70B, hostedSmall, hostedLarge, reasoning, instant]
  static func named(_ name: String) -> LatencyProfile? { all.first { $0.name == name } }

  func load(inflight: Int) -> Double {
    guard slots > 1 else { return slots == 0 ? 1 : loadFactor }
    return 1 + (loadFactor - 1) * Double(min(inflight, slots) - 1) / Double(slots - 1)
  }

  /// Milliseconds until the first token, without queueing.
  func first(input: Int, cached: Int, load: Double, _ draws: Draws) -> Double {
    let mean = base + perInputToken * Double(max(0, input - cached))
    guard mean > 0 else { return 0 }
    var sequence = draws.sequence(.first)
    let spread = sequence.logNormal(0, firstSpread)
    let tail = sequence.uniform() < tailRate ? 3 + 17 * sequence.uniform() : 1
    return mean * spread * load * tail
  }

  /// Milliseconds between two tokens.
  func gap(load: Double, _ sequence: inout SplitMix64) -> Double {
    guard perToken > 0 else { return 0 }
    var gap = perToken * load
    if gapSpread > 0 { gap *= sequence.logNormal(-gapSpread * gapSpread / 2, gapSpread) }
    if stallRate > 0, sequence.uniform() < stallRate { gap += sequence.logNormal(log(400), 0.8) }
    return gap
  }

  /// Tokens that the next event carries.
  func coalesced(_ sequence: inout SplitMix64) -> Int {
    coalescing > 0 && sequence.uniform() < coalescing ? 2 + sequence.below(7) : 1
  }
}
