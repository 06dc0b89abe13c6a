import Formats

/// The built-in list, read when a price is first asked for.
struct PriceTable: Sendable {
  /// By model.
  var rows: [String: [PriceRow]] = [:]
  var facts: [String: [ModelFacts]] = [:]

  static let builtIn = PriceTable(prices: text(PriceList.prices), models: text(PriceList.models))

  private static func text(_ literal: StaticString) -> String {
    literal.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
  }

  /// Lines of the two data files without their headers. No field holds a comma.
  init(prices: String, models: String) {
    for line in models.split(separator: "\n") {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 9 else { continue }
      var facts = ModelFacts(provider: fields[0], model: fields[1])
      facts.contextWindow = Int(fields[2])
      facts.maxOutput = Int(fields[3])
      facts.retires = fields[4].isEmpty ? nil : fields[4]
      for factor in fields[5].split(separator: " ") {
        let parts = factor.split(separator: "=")
        if parts.count == 2, let value = Double(parts[1]) {
          facts.factors[String(parts[0])] = Int((value * 1000).rounded())
        }
      }
      facts.search = Self.money(fields[6])
      facts.origin = fields[7].isEmpty ? fields[8] : "built-in list of \(fields[7]) (\(fields[8]))"
      self.facts[facts.model, default: []].append(facts)
    }
    for line in prices.split(separator: "\n") {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 14 else { continue }
      var row = PriceRow(provider: fields[0], model: fields[1])
      (row.from, row.to) = (fields[2], fields[3])
      row.context = PriceRow.ContextTier(fields[4])
      row.service = fields[5]
      row.windows = fields[6].split(separator: ";").compactMap { HourWindow($0) }
      row.rates.input = Self.money(fields[7])
      row.rates.cachedInput = Self.money(fields[8])
      row.rates.cacheWrite = Self.money(fields[9])
      row.rates.longCacheWrite = Self.money(fields[10])
      row.rates.output = Self.money(fields[11])
      row.rates.audioInput = Self.money(fields[12])
      row.origin = facts[row.model]?.first { $0.provider == row.provider }?.origin ?? "built-in list"
      rows[row.model, default: []].append(row)
    }
  }

  private static func money(_ text: String) -> Money? { Money(dollars: text) }
}
