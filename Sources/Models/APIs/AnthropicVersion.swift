/// Anthropic dates its API; the versions differ in how a key is sent and in what is accepted.
struct AnthropicVersion {
  static let usual = "2023-06-01"
  let date: String

  init(_ settings: Settings) {
    let header = settings.value("headers")?.object?.first { $0.key.lowercased() == "anthropic-version" }
    date =
      header?.value.string ?? settings.string("apiVersion") ?? settings.variable(["ANTHROPIC_VERSION"])
      ?? Self.usual
  }

  /// From 2026-10-21 the key is a bearer token, and temperature, top_p and top_k are refused even at their
  /// usual values.
  var isOctober2026OrLater: Bool { date >= "2026-10-21" }
  var usesBearer: Bool { isOctober2026OrLater }
  var refusesSampling: Bool { isOctober2026OrLater }
}
