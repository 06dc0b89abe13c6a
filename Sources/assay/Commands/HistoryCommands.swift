import Formats
import Ledger
import Models
import Reports
import Statistics
import Terminal
import Vocabulary

/// `assay costs`, `assay latency`, `assay errors`: over the whole history of the ledger.
enum HistoryCommands {
  private static let options: [Terminal.Option] = [
    .init("since", nil, .value("SPAN"), "only the last 30d, 12h, 2w, or since 2026-11-01"),
    .init("by", nil, .value("KEY"), "rows by this (model)", choices: History.Key.allCases.map(\.rawValue)),
    .init(
      "format", "f", .value("FORMAT"), "how to show it (table)",
      choices: ["table", "markdown", "csv", "json"]),
    .init("json", nil, .flag, "as JSON"), LedgerFile.option,
  ]

  static let costs = Program.Entry(
    Command(
      "costs", "what was spent, by model, target, suite, day", section: "look",
      options: options + [
        .init("as", nil, .value("MODEL"), "what the same usage would have cost with this model")
      ],
      examples: [
        Example("assay costs --since 30d --by suite", "the last month"),
        Example("assay costs --as openai:gpt-6-sol", "what if"),
      ])
  ) { arguments, console in try show(arguments, console, .costs) }

  static let latency = Program.Entry(
    Command(
      "latency", "how long replies took, by model, target, suite, day", section: "look", options: options,
      examples: [Example("assay latency --since 7d --by target", "percentiles of the last week")])
  ) { arguments, console in try show(arguments, console, .latency) }

  static let errors = Program.Entry(
    Command(
      "errors", "what went wrong, by model, target, suite, day", section: "look", options: options,
      examples: [Example("assay errors --by day", "errors by kind, day by day")])
  ) { arguments, console in try show(arguments, console, .errors) }

  private enum View { case costs, latency, errors }

  private static func show(_ arguments: Arguments, _ console: Console, _ view: View) throws -> ExitCode {
    let ledger = try LedgerFile.open(LedgerFile.path(arguments, console.environment))
    let since = try arguments.value("since").map(instant)
    let key = arguments.value("by").flatMap(History.Key.init(rawValue:)) ?? .model
    let history = try History(ledger, by: key, since: since, reprice: try repricing(arguments, console))
    let format = arguments.has("json") ? "json" : arguments.value("format") ?? "table"
    let table = table(history, view, key)
    switch format {
    case "json": console.print(json(history).pretty)
    case "csv":
      let csv = CSVWriter(guardsFormulas: true)
      console.write(csv.row(table.columns.map(\.title)) + table.rows.map { csv.row($0) }.joined())
    case "markdown":
      console.print("| " + table.columns.map(\.title).joined(separator: " | ") + " |")
      console.print("|" + table.columns.map { $0.isNumber ? " ---: |" : " --- |" }.joined())
      for row in table.rows {
        console.print("| " + row.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |")
      }
    default:
      console.write(table.text(width: console.width, style: console.output))
      if view == .costs { footer(history, console) }
    }
    return .held
  }

  /// `30d`, `12h`, `2w`, `2026-11-01`
  private static func instant(_ text: String) throws -> Instant {
    if let unit = text.last, let number = Double(text.dropLast()),
      let seconds = ["m": 60.0, "h": 3_600, "d": 86_400, "w": 604_800][unit], number > 0
    {
      return Instant.now().adding(seconds: -Int64(number * seconds))
    }
    if let instant = Instant(rfc3339: text.count == 10 ? text + "T00:00:00Z" : text) { return instant }
    throw UsageError(
      "--since takes a span or a date, not \"\(text)\"", mend: "such as 30d, 12h or 2026-11-01")
  }

  private static func repricing(_ arguments: Arguments, _ console: Console) throws -> ((CallRow) -> Money?)? {
    guard let id = arguments.value("as") else { return nil }
    let book = try PriceBook.configured(environment: console.environment)
    guard let found = book.explain(id).first else {
      throw Problem("no price is known for \"\(id)\"", mend: "see: assay prices")
    }
    return { call in
      guard let usage = call.usage else { return nil }
      var reply = Reply(text: "")
      reply.usage = usage
      return book.cost(
        of: reply, provider: found.provider, model: found.model, settings: PriceSettings(), at: .now()
      ).amount
    }
  }

  private static func table(_ history: History, _ view: View, _ key: History.Key) -> Table {
    let name = Table.Column(key.rawValue, shrinksTo: 12)
    switch view {
    case .costs:
      var table = Table([
        name, .init("calls", isNumber: true), .init("input", isNumber: true), .init("output", isNumber: true),
        .init("cost", isNumber: true), .init("unknown", isNumber: true), .init("judges", isNumber: true),
        .init("saved", isNumber: true), .init("perhaps billed", isNumber: true),
      ])
      for group in history.groups + [history.total] {
        table.add([
          group.name, String(group.calls), String(group.inputTokens), String(group.outputTokens),
          group.cost.shown,
          group.unknownCosts > 0 ? "\(group.unknownCosts) calls" : "-", group.judgeCost.shown,
          group.avoided.shown,
          group.possiblyBilled.shown,
        ])
      }
      return table
    case .latency:
      var table = Table([
        name, .init("replies", isNumber: true), .init("p50", isNumber: true),
        .init("95 % CI", isNumber: true),
        .init("p95", isNumber: true), .init("p99", isNumber: true), .init("TTFT p50", isNumber: true),
        .init("TTFT p95", isNumber: true),
      ])
      for group in history.groups + [history.total] {
        let p50 = group.latency?[0.5]
        let interval = p50.flatMap { p in
          p.interval.lower.flatMap { low in
            p.interval.upper.map { "\(durationText(low))-\(durationText($0))" }
          }
        }
        table.add([
          group.name, String(group.latency?.count ?? 0), RunText.time(p50), interval ?? "n/a",
          RunText.time(group.latency?[0.95]), RunText.time(group.latency?[0.99]),
          RunText.time(group.timeToFirstToken?[0.5]), RunText.time(group.timeToFirstToken?[0.95]),
        ])
      }
      return table
    case .errors:
      var table = Table([
        name, .init("calls", isNumber: true), .init("errors", isNumber: true), .init("rate", isNumber: true),
        .init("95 % CI", isNumber: true), .init("kinds"),
      ])
      for group in history.groups + [history.total] {
        let interval = wilson(group.failed, of: group.calls)
        let kinds = group.errors.sorted { $0.value > $1.value }.map { "\($0.value) \($0.key.rawValue)" }
        let low = interval?.lower.map { NumberText.fixed($0 * 100, decimals: 1) } ?? "n/a"
        let high = interval?.upper.map { NumberText.fixed($0 * 100, decimals: 1) } ?? "n/a"
        table.add([
          group.name, String(group.calls), String(group.failed), RunText.percent(group.errorRate),
          "\(low)-\(high)",
          kinds.isEmpty ? "-" : kinds.joined(separator: ", "),
        ])
      }
      return table
    }
  }

  private static func footer(_ history: History, _ console: Console) {
    if let monthly = history.projectedMonthly, let days = history.spanDays, days >= 1 {
      console.print("at this pace about $\(NumberText.fixed(monthly, decimals: 2)) a month")
    }
    if let before = history.before, before.cost > .zero {
      let change = history.total.cost.dollars / before.cost.dollars - 1
      let sign = change < 0 ? "" : "+"
      console.print(
        "\(sign)\(NumberText.fixed(change * 100, decimals: 0)) % against the span before (\(before.cost.shown))"
      )
    }
    if history.total.unknownCosts > 0 {
      console.print(
        "the cost of \(history.total.unknownCosts) calls is unknown and not in these sums; see: assay prices")
    }
  }

  private static func json(_ history: History) -> JSON {
    func object(_ group: History.Group) -> JSON {
      [
        "name": .string(group.name), "calls": JSON(group.calls), "sent": JSON(group.sent),
        "input_tokens": JSON(group.inputTokens), "output_tokens": JSON(group.outputTokens),
        "cost_usd": JSON(group.cost.dollars), "calls_of_unknown_cost": JSON(group.unknownCosts),
        "judge_cost_usd": JSON(group.judgeCost.dollars), "avoided_usd": JSON(group.avoided.dollars),
        "errors": .object(
          JSONObject(
            group.errors.sorted { $0.key.rawValue < $1.key.rawValue }.map {
              ($0.key.rawValue, JSON($0.value))
            })),
        "latency_p50_us": group.latency?[0.5].map { JSON($0.value) } ?? .null,
        "latency_p95_us": group.latency?[0.95].map { JSON($0.value) } ?? .null,
      ]
    }
    return ["groups": .array(history.groups.map(object)), "total": object(history.total)]
  }
}
