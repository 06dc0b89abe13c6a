import Formats

/// What the service says that it charged, which no price list can know better.
enum ReportedCost {
  static func read(_ usage: JSON?) -> Money? {
    guard let usage else { return nil }
    // xAI: 1e10 ticks are a dollar, so one tick is a hundred picodollars.
    if let ticks = usage["cost_in_usd_ticks"]?.int, ticks >= 0 {
      let (amount, overflows) = ticks.multipliedReportingOverflow(by: 100)
      return overflows ? nil : Money(picodollars: Int64(amount))
    }
    // OpenRouter: credits, which are dollars.
    if let cost = usage["cost"]?.number { return money(cost) }
    return nil
  }

  /// Dollars as written, digit by digit: never by way of a binary fraction unless it is an exponent form.
  static func money(_ dollars: JSONNumber) -> Money? {
    guard let money = Money(roundingDollars: dollars.text), money >= .zero else { return nil }
    return money
  }
}
