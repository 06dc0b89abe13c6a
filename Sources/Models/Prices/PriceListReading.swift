import Formats

/// The built-in list. A run asks for the prices of a few models, so that only their lines are read.
struct PriceTable: Sendable {
  /// Lines by model, which is the second field of each.
  private let prices: [Substring: [Substring]]
  private let facts: [Substring: [Substring]]

  static let builtIn = PriceTable(prices: text(PriceList.prices), models: text(PriceList.models))

  private static func text(_ literal: StaticString) -> String {
    literal.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
  }

  /// Lines of the two data files without their headers. No field holds a comma.
  init(prices: String, models: String) {
    self.prices = Self.byModel(prices)
    facts = Self.byModel(models)
  }

  private static func byModel(_ text: String) -> [Substring: [Substring]] {
    var lines: [Substring: [Substring]] = [:]
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      let comma = UInt8(ascii: ",")
      guard let provider = line.firstIndex(of: comma) else { continue }
      let model = line[line.index(after: provider)...].prefix { $0 != comma }
      lines[Substring(model), default: []].append(Substring(line))
    }
    return lines
  }

  var models: some Collection<Substring> { prices.keys }
  var allRows: [PriceRow] { prices.keys.flatMap { rows(of: String($0)) } }

  func rows(of model: String) -> [PriceRow] {
    let facts = facts(of: model)
    return (prices[model[...]] ?? []).compactMap { line in
      let fields = Self.fields(line)
      guard fields.count == 14 else { return nil }
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
      row.origin = facts.first { $0.provider == row.provider }?.origin ?? "built-in list"
      return row
    }
  }

  func facts(of model: String) -> [ModelFacts] {
    (facts[model[...]] ?? []).compactMap { line in
      let fields = Self.fields(line)
      guard fields.count == 9 else { return nil }
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
      return facts
    }
  }

  private static func fields(_ line: Substring) -> [String] {
    line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  private static func money(_ text: String) -> Money? { Money(dollars: text) }
}
