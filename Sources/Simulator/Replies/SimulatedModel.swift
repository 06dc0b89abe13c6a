import Formats

/// A model that differs from the others in a known way.
struct SimulatedModel: Sendable {
  var name: String
  /// The probability of giving the expected answer.
  var skill: Double
  /// Tokens of a reply that has no expected answer: median and spread of a log-normal.
  var medianTokens = 150.0
  var tokenSpread = 0.8
  var latency: LatencyProfile
  /// Picodollars a token.
  var inputPrice: Int64
  var outputPrice: Int64
  /// Drawn for each attempt; what is left of 1 goes well.
  var faults: [(fault: Fault, rate: Double)] = []
  var echoes = false
  /// Wraps the expected answer in a sentence, as talkative models do.
  var talks = false
  var isTrustedJudge = false

  static let all: [SimulatedModel] = [
    .init(
      name: "sim-large", skill: 0.92, medianTokens: 180, latency: .hostedLarge, inputPrice: 2_500_000,
      outputPrice: 10_000_000),
    .init(
      name: "sim-small", skill: 0.74, medianTokens: 110, latency: .hostedSmall, inputPrice: 150_000,
      outputPrice: 600_000),
    .init(
      name: "sim-tiny", skill: 0.5, medianTokens: 60, latency: .local8B, inputPrice: 20_000,
      outputPrice: 80_000),
    .init(
      name: "sim-flaky", skill: 0.85, medianTokens: 150, latency: .hostedSmall, inputPrice: 500_000,
      outputPrice: 1_500_000,
      faults: [
        (Fault(.rateLimitedRequests), 0.05), (Fault(.serverError), 0.04), (Fault(.unavailable), 0.03),
        (Fault(.resetMidStream), 0.03), (Fault(.resetAfterBody), 0.02), (Fault(.badGatewayPage), 0.02),
        (Fault(.errorEvent), 0.01),
      ]),
    .init(
      name: "sim-reasoning", skill: 0.96, medianTokens: 220, latency: .reasoning, inputPrice: 1_250_000,
      outputPrice: 10_000_000),
    .init(
      name: "sim-slow", skill: 0.9, medianTokens: 200, latency: .local70B, inputPrice: 900_000,
      outputPrice: 900_000),
    .init(
      name: "sim-perfect", skill: 1, latency: .instant, inputPrice: 1_000_000, outputPrice: 2_000_000,
      isTrustedJudge: true),
    .init(name: "sim-wrong", skill: 0, latency: .instant, inputPrice: 1_000_000, outputPrice: 2_000_000),
    .init(
      name: "sim-talkative", skill: 0.88, medianTokens: 320, latency: .hostedSmall, inputPrice: 800_000,
      outputPrice: 4_000_000, talks: true),
    .init(
      name: "sim-echo", skill: 1, latency: .instant, inputPrice: 0, outputPrice: 0, echoes: true),
    .init(
      name: "sim-judge", skill: 0.95, medianTokens: 60, latency: .hostedSmall, inputPrice: 2_500_000,
      outputPrice: 10_000_000, isTrustedJudge: true),
  ]

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
  private static let smallWords = [
    "mini", "small", "haiku", "flash", "nano", "lite", "8b", "7b", "3b", "1b", "tiny",
  ]

  /// Any other name gets a decent model: the small one when its name says so, else the large one.
  static func named(_ name: String) -> SimulatedModel {
    if let known = byName[name] { return known }
    let lower = Array(name.lowercased().utf8)
    let isSmall = smallWords.contains { word in
      lower.indices.contains { lower[$0...].starts(with: word.utf8) }
    }
    return byName[isSmall ? "sim-small" : "sim-large"] ?? all[0]
  }
}
