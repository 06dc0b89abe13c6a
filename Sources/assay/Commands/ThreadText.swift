import Formats
import Ledger
import Terminal

/// Conversations on the terminal: all of a run, and what was sent at each turn of one.
enum ThreadText {
  static func threads(_ run: RunRow, _ ledger: Ledger, _ arguments: Arguments, _ console: Console) throws
    -> ExitCode
  {
    let rows = try ledger.threads(of: run.id)
    if arguments.has("json") {
      console.print(JSON.array(rows.map(json)).pretty)
      return .held
    }
    guard !rows.isEmpty else {
      console.print("run \(run.name) has no conversation of several turns")
      return .held
    }
    var table = Table([
      .init("trial", isNumber: true), .init("persona", shrinksTo: 8), .init("case", shrinksTo: 12),
      .init("target", shrinksTo: 8), .init("outcome"), .init("turns", isNumber: true),
      .init("calls", isNumber: true), .init("tokens", isNumber: true), .init("left out", isNumber: true),
      .init("cost", isNumber: true), .init("fallback", shrinksTo: 8),
    ])
    for row in rows {
      table.add([
        String(row.trialID), row.persona ?? "-", row.name ?? "-", row.target, row.outcome ?? "running",
        String(row.turns), String(row.calls), String(row.tokens), String(row.mostLeftOut),
        row.cost?.shown ?? "unknown", row.fallback ?? "-",
      ])
    }
    console.write(table.text(width: console.width, style: console.output))
    console.print("one of them, turn by turn: assay show \(run.name) --trial ID")
    return .held
  }

  private static func json(_ row: ThreadRow) -> JSON {
    [
      "trial": JSON(Int(row.trialID)), "persona": row.persona.map { .string($0) } ?? .null,
      "case": row.name.map { .string($0) } ?? .null, "target": .string(row.target),
      "outcome": row.outcome.map { .string($0) } ?? .null, "turns": JSON(row.turns), "calls": JSON(row.calls),
      "tokens": JSON(row.tokens), "most_left_out": JSON(row.mostLeftOut),
      "cost_usd": row.cost.map { JSON($0.dollars) } ?? .null,
      "fallback": row.fallback.map { .string($0) } ?? .null,
    ]
  }

  /// What was sent at each turn; nil where there is only one.
  static func turns(_ calls: [CallRow]) -> Table? {
    let own = calls.filter { $0.purpose == .trial && $0.turn != nil }
    guard own.contains(where: { $0.turn != own.first?.turn }) else { return nil }
    var table = Table([
      .init("turn", isNumber: true), .init("call", isNumber: true), .init("messages sent", isNumber: true),
      .init("left out", isNumber: true), .init("counted tokens", isNumber: true),
      .init("input tokens", isNumber: true), .init("output tokens", isNumber: true),
      .init("cost", isNumber: true),
    ])
    for call in own {
      let context = call.details?["context"]
      func count(_ name: String) -> String { context?[name]?.int.map(String.init) ?? "-" }
      table.add([
        String((call.turn ?? 0) + 1), String(call.id), count("messages"), count("left_out"), count("tokens"),
        call.usage.map { String($0.input) } ?? "-", call.usage.map { String($0.output) } ?? "-",
        call.cost?.shown ?? "unknown",
      ])
    }
    return table
  }

  static func sentence(_ context: JSON) -> String {
    func count(_ name: String) -> String { context[name]?.int.map(String.init) ?? "?" }
    return
      "sent \(count("messages")) messages, \(count("tokens")) of at most \(count("max_tokens")) tokens; "
      + "left out: \(count("left_out"))"
  }
}
