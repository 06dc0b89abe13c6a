import Formats
import Ledger
import Models
import Reports
import Statistics
import Terminal
import Vocabulary

/// `assay costs`, `assay latency`, `assay errors`: over the whole history of the ledger.
enum HistoryCommands {
  static let since = Terminal.Option(
    "since", nil, .value("SPAN"), "only the last 30d, 12h, 2w, or since 2026-11-01")

  static func since(_ arguments: Arguments) throws -> Instant? {
    try arguments.value(since.long).map(instant)
  }

  private static let options: [Terminal.Option] = [
    since,
    .init("by", nil, .value("KEY"), "rows by this (model)", choices: History.Key.allCases.map(\.rawValue)),
    CallPurpose.option,
    .init(
      "format", "f", .value("FORMAT"), "how to show it (table)",
      choices: ["table", "markdown", "html", "csv", "json"]),
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

  private static func show(_ arguments: Arguments, _ console: Console, _ view: HistoryTable.View) throws
    -> ExitCode
  {
    let ledger = try LedgerFile.open(LedgerFile.path(arguments, console.environment))
    let since = try since(arguments)
    let key = arguments.value("by").flatMap(History.Key.init(rawValue:)) ?? .model
    let history = try History(
      ledger, by: key, since: since, purpose: CallPurpose.asked(arguments),
      reprice: try repricing(arguments, console))
    let table = HistoryTable(history, view, asModel: arguments.value("as"))
    switch arguments.has("json") ? "json" : arguments.value("format") ?? "table" {
    case "json": console.print(history.json.pretty)
    case "csv": console.write(table.csv)
    case "markdown": console.write(table.markdown)
    case "html": console.write(table.html)
    default:
      console.write(fitted(table).text(width: console.width, style: console.output))
      for note in table.notes { console.print(note) }
    }
    return .held
  }

  /// Where the terminal is narrow the columns at the end go first; the other formats have them all.
  private static func fitted(_ table: HistoryTable) -> Table {
    let shown = table.shownColumns
    var fitted = Table(
      shown.enumerated().map { place, column in
        .init(
          table.columns[column].title, isNumber: table.columns[column].isNumber,
          shrinksTo: place == 0 ? 12 : nil, mayGo: place > 2)
      })
    for row in table.rows { fitted.add(shown.map { row[$0] }) }
    return fitted
  }

  /// `30d`, `12h`, `2w`, `2026-11-01`
  private static func instant(_ text: String) throws -> Instant {
    if let unit = text.last, let number = Double(text.dropLast()),
      let seconds = ["m": 60.0, "h": 3_600, "d": 86_400, "w": 604_800][unit], number > 0
    {
      return Instant.now().adding(seconds: -Int64(min(number * seconds, 1e10)))
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
}

extension CallPurpose {
  static let option = Terminal.Option(
    "purpose", nil, .value("PURPOSE"), "only calls of this: live is what went through assay proxy",
    choices: allCases.map(\.rawValue))

  static func asked(_ arguments: Arguments) -> CallPurpose? {
    arguments.value(option.long).flatMap(CallPurpose.init(rawValue:))
  }
}
