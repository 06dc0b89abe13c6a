import Formats
import Vocabulary

/// The highest rates that a request to a model can be charged at: over every tier that may apply, every name
/// under which the model may answer, and every kind of token.
struct PriceCeiling: Sendable {
  var input: Money
  var output: Money
  /// In thousandths: a region, a fast mode.
  var factor = 1_000

  /// Rounded up.
  func cost(input tokens: Int, output: Int) -> Money {
    let sum = Int128(tokens) * Int128(input.picodollars) + Int128(output) * Int128(self.output.picodollars)
    let scaled = sum * Int128(factor)
    let unit = CostSum.perMillion * 1_000
    return Money(picodollars: Int64(clamping: (scaled + unit - 1) / unit))
  }
}

extension PriceBook {
  /// What decides which prices may apply.
  struct Circumstances {
    /// The tier that was asked for; empty when the service may choose.
    var service: String
    /// The longest prompt: prices of longer ones do not apply.
    var input: Int
    var writesCache: Bool
    var isFast: Bool
  }

  /// What is known of a model, looked up once.
  struct Listing: Sendable {
    /// Rows under which a reply may be charged: the model's own, and those of its dated forms, since the reply
    /// tells which of them answered.
    var rows: [PriceRow]
    var facts: ModelFacts?
  }

  func listing(provider: String, model: String) -> Listing {
    let dated = names.filter { $0 != model && ModelNames.forms(of: $0).contains(model) }
    let found = ([model] + dated).compactMap { rows(provider: provider, model: $0) }
    var seen: Set<String> = []
    return Listing(
      rows: found.filter { seen.insert($0.name).inserted }.flatMap(\.rows),
      facts: facts(provider: provider, model: model))
  }

  /// The highest rates that may apply; nil when no price is known.
  static func ceiling(
    of listing: Listing, provider: String, settings: PriceSettings, _ asked: Circumstances,
    at instant: Instant
  ) -> PriceCeiling? {
    if let input = settings.input, let output = settings.output {
      let inputs = [input, settings.audioInput].compactMap { $0 }.compactMap(Self.perMillion)
      let outputs = [output, settings.audioOutput].compactMap { $0 }.compactMap(Self.perMillion)
      guard let most = inputs.max(), let mostOutput = outputs.max() else { return nil }
      return PriceCeiling(input: most, output: mostOutput)
    }
    let day = instant.date
    let rows = listing.rows.filter { row in
      // Prices of coming days too: a run may last past midnight.
      (row.to.isEmpty || row.to > day) && (row.context?.holds(asked.input) ?? true)
        && Self.mayApply(row.service, to: asked.service)
    }
    let inputs = rows.flatMap { row -> [Money?] in
      let rates = row.rates
      let writes =
        provider == "anthropic" && !asked.writesCache ? [] : [rates.cacheWrite, rates.longCacheWrite]
      return [rates.input, rates.cachedInput, rates.audioInput] + writes
    }
    guard let most = inputs.compactMap({ $0 }).max() else { return nil }
    // Embeddings have no rate for output.
    let output = rows.flatMap { [$0.rates.output, $0.rates.audioOutput] }.compactMap { $0 }.max() ?? .zero
    var ceiling = PriceCeiling(input: most, output: output)
    let factors = listing.facts?.factors ?? [:]
    if asked.isFast { ceiling.factor = ceiling.factor * max(1_000, factors["fast"] ?? 1_000) / 1_000 }
    let regions = factors.filter { $0.key != "fast" }.map(\.value)
    ceiling.factor = ceiling.factor * max(1_000, regions.max() ?? 1_000) / 1_000
    return ceiling
  }

  private static func mayApply(_ listed: String, to asked: String) -> Bool {
    switch asked {
    case "default", "standard", "standard_only", "on_demand", "flex", "batch":
      listed.isEmpty || listed == asked
    // The account's own setting decides, and the reply tells which it was.
    default: true
    }
  }
}
