import Comparison
import Formats
import Ledger
import Vocabulary

/// What stands at the top of the page without any script: verdict, gates, targets, comparisons.
enum HTMLHead {
  static func header(_ summary: RunSummary, _ title: String) -> String {
    let whole = summary.whole
    var out = "<header class=\"\(summary.verdict == "passed" ? "good" : "bad")\">"
    out += "<h1>\(title): \(HTMLText.escaped(summary.verdict))</h1>"
    var counts = ["\(whole.count(.pass)) passed", "\(whole.count(.fail)) failed"]
    counts.append("\(whole.count(.error)) erred")
    if whole.count(.skipped) > 0 { counts.append("\(whole.count(.skipped)) skipped") }
    let when = String(summary.run.startedAt.prefix(16)).replacing("T", with: " ") + " UTC"
    let facts = [
      "\(counts.joined(separator: ", ")) of \(whole.trials) trials", whole.costText,
      "run \(summary.run.name)", when,
    ]
    out += "<p>\(HTMLText.escaped(facts.joined(separator: " · ")))</p>"
    if let savings = summary.savings { out += "<p>\(HTMLText.escaped(savings))</p>" }
    if whole.isSimulated {
      out += "<p>The models were simulated: no model was asked and nothing was paid.</p>"
    }
    if whole.isClientLimited { out += "<p>The \(whole.clientLimitText).</p>" }
    return out + "</header>\n"
  }

  static func tables(_ summary: RunSummary) -> String {
    var out = gates(summary)
    out += table(
      "Targets",
      [
        "target", "#trials", "#pass rate", "#95 % CI", "#errors", "#p50", "#p95", "#TTFT p50", "#tokens",
        "#cost",
      ],
      summary.targets.map { target in
        [
          target.label, String(target.trials), MarkdownReport.percent(target.passRate?.value),
          MarkdownReport.interval(target.passRate), String(target.count(.error)),
          MarkdownReport.timeAndInterval(target.latency?[0.5]),
          MarkdownReport.timeAndInterval(target.latency?[0.95]),
          MarkdownReport.timeAndInterval(target.timeToFirstToken?[0.5]), String(target.tokens),
          target.costText,
        ]
      })
    for side in SideTables.all(summary) {
      out += table(side.title, [side.columns[0]] + side.columns.dropFirst().map { "#" + $0 }, side.rows)
    }
    let sentences = summary.comparisonNote.map { [$0] } ?? summary.comparisons.map(\.sentence)
    if !sentences.isEmpty {
      out += "<h2>Side by side</h2><ul>"
      out += sentences.map { "<li>\(HTMLText.escaped($0))</li>" }.joined() + "</ul>\n"
    }
    return out
  }

  private static func gates(_ summary: RunSummary) -> String {
    guard !summary.gates.isEmpty else { return "" }
    var out = "<h2>Gates</h2><div class=\"wide\"><table><thead><tr>"
    for title in ["verdict", "gate", "target", "figure"] { out += "<th scope=\"col\">\(title)</th>" }
    out += "</tr></thead><tbody>"
    for gate in summary.gates {
      let (kind, word) =
        gate.verdict == nil
        ? ("", "open") : gate.verdict == .pass ? ("pass", "✓ holds") : ("fail", "✗ fails")
      out +=
        "<tr><td class=\"\(kind)\">\(word)</td><td><code>\(HTMLText.escaped(gate.expression))</code></td>"
      out += "<td>\(HTMLText.escaped(gate.target ?? "whole run"))</td>"
      out += "<td>\(HTMLText.escaped(gate.explanation ?? ""))</td></tr>"
    }
    return out + "</tbody></table></div>\n"
  }

  /// A title that begins with `#` is of numbers; the first cell of a row names it.
  static func table(_ title: String, _ columns: [String], _ rows: [[String]]) -> String {
    var out = title.isEmpty ? "" : "<h2>\(HTMLText.escaped(title))</h2>"
    out += "<div class=\"wide\"><table><thead><tr>"
    for column in columns {
      let isNumber = column.hasPrefix("#")
      out += "<th scope=\"col\"\(isNumber ? " class=\"n\"" : "")>"
      out += "\(HTMLText.escaped(isNumber ? String(column.dropFirst()) : column))</th>"
    }
    out += "</tr></thead><tbody>\n"
    for row in rows {
      out += "<tr>"
      for (place, cell) in row.enumerated() {
        let isNumber = columns[place].hasPrefix("#")
        let text = HTMLText.escaped(cell)
        out +=
          place == 0 ? "<th scope=\"row\">\(text)</th>" : "<td\(isNumber ? " class=\"n\"" : "")>\(text)</td>"
      }
      out += "</tr>\n"
    }
    return out + "</tbody></table></div>\n"
  }
}
