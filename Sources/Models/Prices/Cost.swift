import Formats
import Vocabulary

/// What a reply cost, or why that is not known.
public struct Cost: Sendable, Hashable {
  public enum Source: String, Sendable { case reported, computed, unknown }

  public var amount: Money?
  public var source: Source
  /// For people: which price was used and what was assumed, or what is missing.
  public var reason: String

  static func unknown(_ reason: String) -> Cost { Cost(amount: nil, source: .unknown, reason: reason) }
}

/// What a target's settings say about prices.
public struct PriceSettings: Sendable {
  /// Dollars for one token, as promptfoo's `cost`, `inputCost`, `outputCost` give them.
  var input: Money?
  var output: Money?
  var audioInput: Money?
  var audioOutput: Money?
  /// `eu` or `us` where the address of the service is of that region, which costs more at some.
  var region: String?

  public init() {}

  init(_ config: JSONObject) {
    func rate(_ names: String...) -> Money? {
      for name in names {
        if let number = config[name]?.number, let money = ReportedCost.money(number) { return money }
      }
      return nil
    }
    input = rate("inputCost", "cost")
    output = rate("outputCost", "cost")
    audioInput = rate("audioInputCost", "audioCost")
    audioOutput = rate("audioOutputCost", "audioCost")
    region = config.given("apiBaseUrl", "apiHost")?.string.flatMap(Self.region)
  }

  private static func region(_ address: String) -> String? {
    let host =
      address.hasPrefix("https://")
      ? address.dropFirst(8) : address.hasPrefix("http://") ? address.dropFirst(7) : address[...]
    return host.hasPrefix("eu.api.openai.com") ? "eu" : host.hasPrefix("us.api.openai.com") ? "us" : nil
  }
}

extension PriceBook {
  /// The cost of a reply at the prices of its time. What the service itself reported wins, then the target's
  /// own settings, then the book.
  public func cost(
    of reply: Reply, provider: String, model: String, settings: PriceSettings = PriceSettings(),
    at instant: Instant
  ) -> Cost {
    if let reported = reply.reportedCost {
      guard reported <= Self.mostReported else {
        return .unknown("the service reported \(reported.shown) for one call, which is not believed")
      }
      return Cost(amount: reported, source: .reported, reason: "reported by the service")
    }
    guard let usage = reply.usage else { return .unknown("the service reported no usage") }
    var notes = usage.isEstimated ? ["tokens estimated"] : []

    if let input = settings.input, let output = settings.output {
      var rates = PriceRow.Rates()
      rates.input = Self.perMillion(input)
      rates.output = Self.perMillion(output)
      rates.audioInput = settings.audioInput.flatMap(Self.perMillion)
      rates.audioOutput = settings.audioOutput.flatMap(Self.perMillion)
      guard let amount = CostSum(rates, usage).total else {
        return .unknown("the cost in the target's settings is too large")
      }
      return Cost(
        amount: amount, source: .computed,
        reason: (["cost in the target's settings"] + notes).joined(separator: "; "))
    }

    guard let (name, found) = found(reply, provider: provider, model: model) else {
      return .unknown("no price is known for \(model) at \(provider)")
    }
    var current = found
    if found.contains(where: { !$0.from.isEmpty || !$0.to.isEmpty }) {
      let day = instant.date
      current = found.filter { $0.holds(on: day) }
      guard !current.isEmpty else { return .unknown("no price of \(name) is known for \(day)") }
    }
    guard let row = Self.choose(current, usage, tier(reply, provider, &notes), instant, &notes) else {
      return .unknown("no price of \(name) fits this request")
    }
    guard var sum = CostSum(row.rates, usage).sum else {
      return .unknown("the price of \(name) has no \(row.rates.input == nil ? "input" : "output") rate")
    }

    let facts = facts(provider: provider, model: name)
    for factor in factors(reply, settings) {
      guard let thousandths = facts?.factors[factor] else { continue }
      sum = sum * Int128(thousandths) / 1000
      notes.append("\(factor) × \(Double(thousandths) / 1000)")
    }
    if let tool = reply.hostedCalls.keys.sorted().first(where: { $0 != "web_search" }) {
      return .unknown("the price of the service's own \(tool) is not known")
    }
    let counted = reply.rawUsage?["server_tool_use"]?["web_search_requests"]?.int
    if let searches = counted ?? reply.hostedCalls["web_search"], searches > 0 {
      guard let fee = facts?.search else { return .unknown("the price of a web search is not known") }
      sum += Int128(min(searches, 1 << 20)) * Int128(fee.picodollars) * CostSum.perMillion
      notes.append("\(searches) web searches")
    }
    let asked = name == model || ModelNames.forms(of: model).contains(name) ? model : reply.model ?? model
    let listed = name == asked ? name : "\(name), of which \(asked) is taken to be a form"
    return Cost(
      amount: CostSum.money(sum), source: .computed,
      reason: (["\(listed): \(row.origin)"] + notes).joined(separator: "; "))
  }

  /// No call costs as much, and sums stay numbers.
  private static let mostReported = Money(picodollars: 10_000_000_000_000_000)

  /// The model that answered is looked up before the one that was asked for.
  private func found(_ reply: Reply, provider: String, model: String) -> (name: String, rows: [PriceRow])? {
    if let answered = reply.model, let exact = rows(provider: provider, model: answered),
      exact.name == answered
    {
      return exact
    }
    return rows(provider: provider, model: model)
      ?? reply.model.flatMap { rows(provider: provider, model: $0) }
  }

  private func tier(_ reply: Reply, _ provider: String, _ notes: inout [String]) -> String {
    let tier = reply.serviceTier?.lowercased() ?? ""
    switch tier {
    case "", "default", "standard", "auto", "on_demand", "on-demand", "scale", "standard_only", "unspecified":
      return ""
    case "fast": return provider == "openai" ? "priority" : ""
    case "batches": return "batch"
    default: return tier
    }
  }

  /// The row of the longest context that the prompt reaches, at the tier and hour.
  private static func choose(
    _ rows: [PriceRow], _ usage: Usage, _ service: String, _ instant: Instant, _ notes: inout [String]
  ) -> PriceRow? {
    // By their places: rows hold many texts and are dear to copy, and every reply is priced.
    func isReached(_ place: Int) -> Bool { rows[place].context?.holds(usage.input) ?? true }
    func tokens(_ place: Int) -> Int { rows[place].context?.tokens ?? 0 }
    var longest = 0
    for place in rows.indices where isReached(place) { longest = max(longest, tokens(place)) }
    func first(_ service: String, where isWanted: (PriceRow) -> Bool) -> Int? {
      rows.indices.first {
        rows[$0].service == service && tokens($0) == longest && isReached($0) && isWanted(rows[$0])
      }
    }
    var tier = service
    if !service.isEmpty, first(service, where: { _ in true }) == nil {
      tier = ""
      if first(tier, where: { _ in true }) != nil {
        notes.append("no price is listed for \(service), the standard one is used")
      }
    }
    let now = first(tier) { row in row.windows.contains { $0.holds(instant) } }
    if now != nil { notes.append("off-peak hours") }
    let row = (now ?? first(tier) { $0.windows.isEmpty }).map { rows[$0] }
    if let context = row?.context { notes.append("prompt \(context.description) tokens") }
    if !service.isEmpty, row?.service == service { notes.append("\(service) tier") }
    return row
  }

  private func factors(_ reply: Reply, _ settings: PriceSettings) -> [String] {
    var factors: [String] = []
    if reply.rawUsage?["speed"]?.string == "fast" { factors.append("fast") }
    if let geo = reply.rawUsage?["inference_geo"]?.string { factors.append(geo.lowercased()) }
    if let region = settings.region { factors.append(region) }
    return factors
  }

  static func perMillion(_ perToken: Money) -> Money? {
    let (rate, overflow) = perToken.picodollars.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? nil : Money(picodollars: rate)
  }
}

/// Tokens times rates, exactly: in picodollars for a million tokens, wide enough for any count.
struct CostSum {
  static let perMillion: Int128 = 1_000_000
  /// In picodollars times a million; nil where a rate is missing that is needed.
  let sum: Int128?

  init(_ rates: PriceRow.Rates, _ usage: Usage) {
    let audioInput = rates.audioInput == nil ? 0 : usage.audioInput
    let audioOutput = rates.audioOutput == nil ? 0 : usage.audioOutput
    let shortWrite = usage.cacheWrite - usage.longCacheWrite
    // Parts can overlap (audio that was cached): nothing is counted below zero.
    let fresh = max(0, usage.input - usage.cachedInput - usage.cacheWrite - audioInput)
    let parts: [(Int, Money?)] = [
      (fresh, rates.input),
      (usage.cachedInput, rates.cachedInput ?? rates.input),
      (shortWrite, rates.cacheWrite ?? rates.input),
      (usage.longCacheWrite, rates.longCacheWrite ?? rates.cacheWrite ?? rates.input),
      (audioInput, rates.audioInput),
      (max(0, usage.output - audioOutput), rates.output),
      (audioOutput, rates.audioOutput),
    ]
    var sum: Int128 = 0
    for (tokens, rate) in parts where tokens > 0 {
      guard let rate else {
        self.sum = nil
        return
      }
      sum += Int128(tokens) * Int128(rate.picodollars)
    }
    self.sum = sum
  }

  var total: Money? { sum.map(Self.money) }

  /// Rounded to the nearest picodollar, halves away from zero.
  static func money(_ sum: Int128) -> Money {
    Money(picodollars: Int64(clamping: (sum + perMillion / 2) / perMillion))
  }
}
