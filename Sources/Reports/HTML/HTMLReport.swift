import Comparison
import Formats
import Ledger
import Vocabulary

/// One self-contained page: no network, light and dark, printable. The trials are data in the page; its script
/// filters, sorts and shows them, and asks nobody.
public enum HTMLReport {
  public static func write(_ summary: RunSummary, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    let title = escaped(summary.run.description ?? summary.run.suiteFile ?? "run")
    try file.write(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        + "script-src 'unsafe-inline'\">\n<title>\(title) · assay</title>\n<style>\(HTMLPage.style)</style></head>\n<body>\n"
    )
    try file.write(head(summary, title))
    try file.write(HTMLPage.controls)
    try file.write("<script type=\"application/json\" id=\"trials\">[")
    var isFirst = true
    try TrialReader(summary.run, ledger: ledger).forEach { trial in
      try file.write((isFirst ? "\n" : ",\n") + inScript(row(trial).text))
      isFirst = false
    }
    try file.write("\n]</script>\n<script>\(HTMLPage.script)</script>\n</body></html>\n")
    try file.finish()
  }

  private static func row(_ trial: TrialDetail) -> JSON {
    let f = trial.figure
    return [
      "id": JSON(Int(f.trialID)), "c": .string(Scrub.line(trial.caseName, 300)),
      "t": .string(trial.target.label),
      "p": .string(Scrub.line(trial.prompt.label, 120)), "r": JSON(f.slot.repetition),
      "o": .string(f.outcome.rawValue),
      "s": JSON(f.score), "l": f.latency.map { JSON(Int($0)) } ?? .null,
      "f": f.timeToFirstToken.map { JSON(Int($0)) } ?? .null, "k": JSON(f.inputTokens + f.outputTokens),
      "m": f.knownCost.map { JSON($0.dollars) } ?? .null,
      "w": trial.test.location.map { .string("\($0.file):\($0.line)") } ?? .null,
      "v": trial.test.variables.isEmpty
        ? .null : .string(Scrub.bounded(JSON.object(trial.test.variables).pretty, 4_096)),
      "x": trial.output.map { .string(Scrub.bounded(Scrub.plain($0), 8_192)) } ?? .null,
      "e": trial.errorMessage.map { .string(Scrub.line($0, 600)) } ?? .null,
      "h": .array(
        trial.checks.map {
          [.string($0.outcome.rawValue), .string($0.type), .string(Scrub.line($0.reason, 600))]
        }),
    ]
  }

  private static func head(_ summary: RunSummary, _ title: String) -> String {
    let whole = summary.whole
    var out =
      "<header class=\"\(summary.verdict == "passed" ? "good" : "bad")\"><h1>\(title): \(escaped(summary.verdict))</h1>"
    out +=
      "<p>\(whole.count(.pass)) passed, \(whole.count(.fail)) failed, \(whole.count(.error)) erred of \(whole.trials) trials"
    out +=
      " · \(cost(whole)) · run \(escaped(summary.run.name)) · \(escaped(String(summary.run.startedAt.prefix(16))))</p>"
    if let savings = summary.savings { out += "<p>\(savings)</p>" }
    if whole.isSimulated {
      out += "<p>The models were simulated: no model was asked and nothing was paid.</p>"
    }
    if whole.isClientLimited { out += "<p>The latencies are limited by this client, not by the service.</p>" }
    out += "</header>\n<main>\n"
    if !summary.gates.isEmpty {
      out += "<h2>Gates</h2><table><thead><tr><th>verdict<th>gate<th>target<th>figure</tr></thead><tbody>"
      for gate in summary.gates {
        let holds = gate.verdict == .pass
        out +=
          "<tr><td class=\"\(holds ? "pass" : "fail")\">\(holds ? "holds" : gate.verdict == nil ? "open" : "fails")<td><code>\(escaped(gate.expression))</code>"
        out += "<td>\(escaped(gate.target ?? "whole run"))<td>\(escaped(gate.explanation ?? ""))</tr>"
      }
      out += "</tbody></table>\n"
    }
    out +=
      "<h2>Targets</h2><table><thead><tr><th>target<th class=n>trials<th class=n>pass rate<th class=n>95 % CI<th class=n>errors"
    out +=
      "<th class=n>p50<th class=n>p95<th class=n>TTFT p50<th class=n>tokens<th class=n>cost</tr></thead><tbody>"
    for target in summary.targets {
      let cells = [
        String(target.trials), MarkdownReport.percent(target.passRate?.value),
        MarkdownReport.interval(target.passRate),
        String(target.count(.error)), MarkdownReport.time(target.latency?[0.5]),
        MarkdownReport.time(target.latency?[0.95]),
        MarkdownReport.time(target.timeToFirstToken?[0.5]), String(target.tokens), cost(target),
      ]
      out +=
        "<tr><th scope=row>\(escaped(target.label))" + cells.map { "<td class=n>\($0)" }.joined() + "</tr>"
    }
    out += "</tbody></table>\n"
    if !summary.comparisons.isEmpty {
      out +=
        "<h2>Side by side</h2><ul>" + summary.comparisons.map { "<li>\(escaped($0.sentence))" }.joined()
        + "</ul>\n"
    }
    return out
  }

  private static func cost(_ target: TargetSummary) -> String {
    let known = target.cost + target.judgeCost
    let unknown = target.callsOfUnknownCost + target.judgeCallsOfUnknownCost
    if unknown == 0 { return known.shown }
    return known == .zero ? "cost unknown" : "\(known.shown) and \(unknown) calls of unknown cost"
  }

  static func escaped(_ text: String) -> String {
    Scrub.plain(text).replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  /// JSON that can't end the script element it stands in.
  private static func inScript(_ json: String) -> String {
    json.replacing("<", with: "\\u003c").replacing("\u{2028}", with: "\\u2028").replacing(
      "\u{2029}", with: "\\u2029")
  }
}
