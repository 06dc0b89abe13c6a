import Formats
import Models
import Terminal

/// `assay prices`: what would be charged for a model, and why.
enum PricesCommand {
  static let entry = Program.Entry(
    Command(
      "prices", "what would be charged for a model, and why", section: "set up",
      arguments: [Argument("MODEL", "a target's id or a model's name; without one: all", isOptional: true)],
      options: [
        .init("prices", nil, .list("FILE"), "further price files", completes: .files),
        .init("json", nil, .flag, "as JSON: dollars for a million tokens, exact"),
      ],
      examples: [Example("assay prices gpt-4o-mini", "every row in force, with its tiers")]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let book = try PriceBook.configured(environment: console.environment, files: arguments.values("prices"))
    let found = book.explain(arguments.words.first)
    guard !found.isEmpty else {
      throw Problem(
        "no price is known for \"\(arguments.words.first ?? "")\": its cost will be unknown, never 0",
        mend: "add one with prices: in the suite, or ASSAY_PRICES")
    }
    if arguments.has("json") {
      console.print(
        JSON.array(
          found.flatMap { model in
            model.rows.map { json($0, of: model, isInForce: true) }
              + model.otherTimes.map { json($0, of: model, isInForce: false) }
          }
        ).pretty)
      return .held
    }
    for model in found {
      let listed = model.listedAs.map { " (listed as \($0))" } ?? ""
      console.print(console.output.bold(printable("\(model.provider) \(model.model)\(listed)")))
      for row in model.rows { console.print("  \(text(row))") }
      for row in model.otherTimes { console.print(console.output.dim("  at other times: \(text(row))")) }
    }
    return .held
  }

  private static func rates(_ row: PriceRow) -> [(String, Money?)] {
    [
      ("input", row.rates.input), ("cached", row.rates.cachedInput), ("cache write", row.rates.cacheWrite),
      ("long cache write", row.rates.longCacheWrite), ("output", row.rates.output),
      ("audio in", row.rates.audioInput), ("audio out", row.rates.audioOutput),
    ]
  }

  /// `input $0.15, cached $0.075, output $0.60 a million tokens; prompts of >272000 tokens; batch; from 2026-11-01 (list)`
  private static func text(_ row: PriceRow) -> String {
    var text = rates(row).compactMap { name, money in money.map { "\(name) \(exact($0))" } }
      .joined(separator: ", ")
    text += " a million tokens"
    if let tier = row.context { text += "; prompts of \(tier.description) tokens" }
    if !row.service.isEmpty { text += "; \(row.service)" }
    if !row.windows.isEmpty {
      text += "; in UTC at " + row.windows.map(\.description).joined(separator: ", ")
    }
    if !row.from.isEmpty { text += "; from \(row.from)" }
    if !row.to.isEmpty { text += "; until \(row.to)" }
    return row.origin.isEmpty ? text : "\(text) (\(row.origin))"
  }

  /// Every digit of a listed price, and at least cents.
  private static func exact(_ money: Money) -> String {
    let text = money.description
    let decimals = text.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.count ?? 0
    return "$" + text + (decimals == 0 ? ".00" : decimals == 1 ? "0" : "")
  }

  private static func json(_ row: PriceRow, of model: PriceBook.Explanation, isInForce: Bool) -> JSON {
    var object: JSONObject = [
      "provider": .string(model.provider), "model": .string(model.model),
      "listed_as": .string(model.listedAs ?? model.model), "in_force": .bool(isInForce),
    ]
    for (name, money) in rates(row) {
      let key = name.replacing(" ", with: "_")
      object[key] = money.flatMap { try? JSON(parsing: $0.description) } ?? .null
    }
    object["context"] = row.context.map { .string($0.description) } ?? .null
    object["service"] = .string(row.service.isEmpty ? "standard" : row.service)
    object["windows"] = .array(row.windows.map { .string($0.description) })
    object["from"] = row.from.isEmpty ? .null : .string(row.from)
    object["to"] = row.to.isEmpty ? .null : .string(row.to)
    object["origin"] = .string(row.origin)
    return .object(object)
  }
}
