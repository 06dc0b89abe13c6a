import Formats
import Ledger
import Vocabulary

extension HistoryTable {
  /// What people see: columns without a title are for programs.
  public var shownColumns: [Int] { columns.indices.filter { !columns[$0].title.isEmpty } }

  public var markdown: String {
    let shown = shownColumns
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    var out = "### \(MarkdownReport.escaped(title))\n\n" + line(shown.map { columns[$0].title })
    out += line(shown.map { columns[$0].isNumber ? "---:" : "---" })
    for row in rows { out += line(shown.map { MarkdownReport.short(row[$0], 200) }) }
    for note in notes { out += "\n\(MarkdownReport.escaped(note))\n" }
    return out
  }

  public var csv: String {
    let kept = columns.indices.filter { columns[$0].key != nil }
    let csv = CSVWriter(guardsFormulas: true)
    var out = CellWriter()
    out.write(csv.row(kept.map { columns[$0].key ?? "" }))
    for row in values {
      for (place, column) in kept.enumerated() {
        if place > 0 { out.write("," as StaticString) }
        out.csv(row[column], csv)
      }
      out.write("\n" as StaticString)
    }
    return String(decoding: out.bytes, as: UTF8.self)
  }

  /// One page without scripts; the same table.
  public var html: String {
    let shown = shownColumns
    let policy = "default-src 'none'; style-src \(HTMLText.policyHash(of: HTMLStyle.text))"
    var out = """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <title>\(HTMLText.escaped(title)) · assay</title>
      <style>\(HTMLStyle.text)</style></head>
      <body>
      <header><h1>\(HTMLText.escaped(title))</h1></header>
      <main>

      """
    out += HTMLHead.table(
      "", shown.map { (columns[$0].isNumber ? "#" : "") + columns[$0].title },
      rows.map { row in shown.map { row[$0] } })
    for note in notes { out += "<p>\(HTMLText.escaped(note))</p>\n" }
    return out + "</main>\n</body></html>\n"
  }
}

extension History {
  /// Every figure of every view, with the bounds of the changes.
  public var json: JSON {
    func known(_ money: Money?) -> JSON { money.map { SummaryJSON.money($0) } ?? .null }
    func object(_ group: Group) -> JSON {
      let now = group.now
      func change(_ change: Tally.Change?) -> JSON {
        guard let change else { return .null }
        return ["value": SummaryJSON.number(change.value), "interval": SummaryJSON.interval(change.interval)]
      }
      var kinds = JSONObject()
      for (kind, count) in now.errors.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        kinds[kind.rawValue] = JSON(count)
      }
      let before = group.before
      let spanBefore = before.map { (before: Tally) -> JSON in
        [
          "calls": JSON(before.calls), "cost_usd": known(before.knownCost),
          "calls_of_unknown_cost": JSON(before.unknownCosts),
        ]
      }
      return [
        "name": .string(group.name), "calls": JSON(now.calls), "sent": JSON(now.sent),
        "input_tokens": JSON(now.inputTokens), "output_tokens": JSON(now.outputTokens),
        "cost_usd": known(now.knownCost), "calls_of_unknown_cost": JSON(now.unknownCosts),
        "judge_cost_usd": known(now.knownJudgeCost),
        "judge_calls_of_unknown_cost": JSON(now.unknownJudgeCosts),
        "avoided_usd": SummaryJSON.money(now.avoided),
        "possibly_billed_usd": SummaryJSON.money(now.possiblyBilled),
        "errors": .object(kinds), "error_rate": SummaryJSON.number(now.errorRate),
        "latency_us": SummaryJSON.time(group.latency), "ttft_us": SummaryJSON.time(group.timeToFirstToken),
        "before": spanBefore ?? .null,
        "cost_change": change(before.flatMap { now.costChange(since: $0) }),
        "latency_change": change(before.flatMap { now.latencyChange(since: $0) }),
        "error_rate_change": change(before.flatMap { now.errorChange(since: $0) }),
        "trend": .array(
          now.parts.map { part in
            [
              "calls": JSON(part.calls), "errors": JSON(part.failed),
              "cost_usd": SummaryJSON.number(part.knownCost),
              "calls_of_unknown_cost": JSON(part.unknownCosts),
              "mean_latency_us": SummaryJSON.number(part.meanLatency),
            ]
          }),
      ]
    }
    return [
      "version": JSON(SummaryJSON.version), "by": .string(key.rawValue),
      "span_days": SummaryJSON.number(spanDays),
      "projected_monthly_usd": SummaryJSON.number(projectedMonthly),
      "groups": .array(groups.map(object)), "total": object(total),
    ]
  }
}
