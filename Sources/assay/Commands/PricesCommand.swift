import Formats
import Models
import Terminal

/// `assay prices`: what would be charged for a model, and why.
enum PricesCommand {
  static let entry = Program.Entry(
    Command(
      "prices", "what would be charged for a model, and why", section: "set up",
      arguments: [Argument("MODEL", "a target's id or a model's name; without one: all", isOptional: true)],
      options: [.init("prices", nil, .list("FILE"), "further price files", completes: .files)],
      examples: [Example("assay prices gpt-4o-mini", "every row in force, with its tiers")]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let book = try PriceBook.configured(environment: console.environment, files: arguments.values("prices"))
    let found = book.explain(arguments.words.first)
    guard !found.isEmpty else {
      throw Problem(
        "no price is known for \"\(arguments.words.first ?? "")\": its cost will be unknown, never 0",
        mend: "add one with prices: in the suite, or ASSAY_PRICES")
    }
    for model in found {
      let listed = model.listedAs.map { " (listed as \($0))" } ?? ""
      console.print(console.output.bold(printable("\(model.provider) \(model.model)\(listed)")))
      for row in model.rows { console.print("  \(text(row))") }
      for row in model.otherTimes { console.print(console.output.dim("  at other times: \(text(row))")) }
    }
    return .held
  }

  /// `input $0.15, cached $0.075, output $0.60 a million tokens; above 272000 tokens; batch; from 2026-11-01 (list)`
  private static func text(_ row: PriceRow) -> String {
    let rates: [(String, Money?)] = [
      ("input", row.rates.input), ("cached", row.rates.cachedInput), ("cache write", row.rates.cacheWrite),
      ("long cache write", row.rates.longCacheWrite), ("output", row.rates.output),
      ("audio in", row.rates.audioInput), ("audio out", row.rates.audioOutput),
    ]
    var text = rates.compactMap { name, money in money.map { "\(name) \($0.shown)" } }.joined(separator: ", ")
    text += " a million tokens"
    if let tier = row.context { text += "; prompts of \(tier.description) tokens" }
    if !row.service.isEmpty { text += "; \(row.service)" }
    if !row.windows.isEmpty { text += "; at certain hours" }
    if !row.from.isEmpty { text += "; from \(row.from)" }
    if !row.to.isEmpty { text += "; until \(row.to)" }
    return row.origin.isEmpty ? text : "\(text) (\(row.origin))"
  }
}
