import Comparison
import Formats
import Ledger
import Statistics
import Vocabulary

/// A run for a pull request or a job summary: the verdict first, then gates, targets, comparison, and what failed
/// with short evidence. Fits the limit by leaving out failures, with the command that shows the rest.
public enum MarkdownReport {
  public static func text(_ summary: RunSummary, ledger: Ledger, maxBytes: Int = 60_000) throws -> String {
    var out = heading(summary)
    out += gates(summary)
    out += targets(summary)
    for table in SideTables.all(summary) { out += markdown(table) }
    out += comparisons(summary)
    out += scores(summary)
    out += notes(summary)
    let end = footer(summary)
    out += try failures(summary, ledger, room: maxBytes - out.utf8.count - end.utf8.count)
    // The note of what was cut takes up to 40 bytes.
    return Scrub.bounded(out, maxBytes - end.utf8.count - 40) + end
  }

  private static func heading(_ summary: RunSummary) -> String {
    let whole = summary.whole
    let mark = summary.verdict == "passed" ? "✅" : (summary.verdict == "incomplete" ? "⚠️" : "❌")
    var counts = ["\(whole.count(.pass)) passed"]
    if whole.count(.fail) > 0 { counts.append("\(whole.count(.fail)) failed") }
    if whole.count(.error) > 0 { counts.append("\(whole.count(.error)) erred") }
    if whole.count(.skipped) > 0 { counts.append("\(whole.count(.skipped)) skipped") }
    let name = short(summary.run.description ?? summary.run.suiteFile ?? "run", 200)
    var out = "## \(mark) \(name): \(summary.verdict)\n\n"
    out +=
      "\(counts.joined(separator: ", ")) of \(whole.trials) trials · \(escaped(whole.costText)) · run \(code(summary.run.name))\n\n"
    if let savings = summary.savings { out += savings + "\n\n" }
    if whole.isSimulated { out += "The models were simulated: no model was asked and nothing was paid.\n\n" }
    if whole.isClientLimited { out += "The \(whole.clientLimitText).\n\n" }
    return out
  }

  private static func gates(_ summary: RunSummary) -> String {
    guard !summary.gates.isEmpty else { return "" }
    var out = "### Gates\n\n| | gate | target | figure |\n| --- | --- | --- | --- |\n"
    // Those that fail are never left out for those that hold.
    let sorted =
      summary.gates.filter { $0.verdict != .pass } + summary.gates.filter { $0.verdict == .pass }
    for gate in sorted.count > 60 ? sorted.prefix(60) : sorted[...] {
      let mark = gate.verdict == nil ? "open" : gate.verdict == .pass ? "holds" : "**fails**"
      let target = short(gate.target ?? "whole run")
      out += "| \(mark) | \(code(gate.expression)) | \(target) | \(short(gate.explanation ?? "", 240)) |\n"
    }
    if sorted.count > 60 { out += "\n… and \(sorted.count - 60) more gates\n" }
    return out + "\n"
  }

  private static func targets(_ summary: RunSummary) -> String {
    var out =
      "### Targets\n\n| target | trials | pass rate | 95 % CI | errors | p50 | p95 | TTFT p50 | tokens | cost |\n"
    out += "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    for target in summary.targets.prefix(100) {
      let cells = [
        short(target.label), String(target.trials), percent(target.passRate?.value),
        interval(target.passRate),
        String(target.count(.error)), timeAndInterval(target.latency?[0.5]),
        timeAndInterval(target.latency?[0.95]), timeAndInterval(target.timeToFirstToken?[0.5]),
        String(target.tokens), escaped(target.costText),
      ]
      out += "| " + cells.joined(separator: " | ") + " |\n"
    }
    if summary.targets.count > 100 { out += "\n… and \(summary.targets.count - 100) more targets\n" }
    return out + "\n"
  }

  private static func markdown(_ table: SideTables.SideTable) -> String {
    var out = "### \(table.title)\n\n| \(table.columns.joined(separator: " | ")) |\n"
    out += "| --- |" + String(repeating: " ---: |", count: table.columns.count - 1) + "\n"
    for row in table.rows { out += "| \(row.map(escaped).joined(separator: " | ")) |\n" }
    return out + "\n"
  }

  private static func comparisons(_ summary: RunSummary) -> String {
    if let note = summary.comparisonNote { return "### Side by side\n\n\(escaped(note))\n\n" }
    guard !summary.comparisons.isEmpty else { return "" }
    return "### Side by side\n\n" + summary.comparisons.map { "- \(escaped($0.sentence))\n" }.joined() + "\n"
  }

  /// Named and derived scores, a line a target.
  private static func scores(_ summary: RunSummary) -> String {
    let lines = summary.targets.compactMap { target -> String? in
      let parts = target.scoreTexts
      return parts.isEmpty ? nil : "- \(escaped(target.label)): \(escaped(parts.joined(separator: ", ")))\n"
    }
    return lines.isEmpty ? "" : "### Scores\n\n" + lines.joined() + "\n"
  }

  /// What was noted of the suite and of the run, such as verdicts that differ from another tool's.
  private static func notes(_ summary: RunSummary) -> String {
    guard !summary.notes.isEmpty else { return "" }
    let lines = summary.notes.prefix(20).map { "- \(escaped($0.message))\n" }
    return "### Notes\n\n" + lines.joined() + "\n"
  }

  private static func failures(_ summary: RunSummary, _ ledger: Ledger, room: Int) throws -> String {
    let bad = summary.whole.count(.fail) + summary.whole.count(.error)
    guard bad > 0 else { return "" }
    let command = code("assay show \(summary.run.name) --failed")
    let rest = "\n… and \(bad) more: \(command)\n"
    var out = "### What did not pass\n\n"
    var shown = 0
    for trial in try TrialReader(summary.run, ledger: ledger).first(50, outcomes: [.fail, .error]) {
      let entry = Self.entry(trial)
      guard out.utf8.count + entry.utf8.count + rest.utf8.count < room else { break }
      out += entry
      shown += 1
    }
    if shown < bad { out += "\n… and \(bad - shown) more: \(command)\n" }
    return out + "\n"
  }

  /// Text of models follows a word of ours on its line, so that it can't begin a list, a heading or a fence.
  private static func entry(_ trial: TrialDetail) -> String {
    let place = trial.test.location.map { " (\(code("\($0.file):\($0.line)")))" } ?? ""
    let what = trial.figure.outcome == .error ? "error" : "failed"
    var out = "- **\(short(trial.caseName))** · \(short(trial.target.label)) · \(what)\(place)\n"
    if trial.figure.outcome == .error {
      let kind = trial.figure.errorKind?.rawValue ?? "error"
      out += "  - \(code(kind)): \(short(trial.errorMessage ?? trial.reason ?? "", 300))\n"
    }
    for check in trial.failedChecks.prefix(4) {
      out += "  - \(code(check.type)): \(short(check.reason, 240))\n"
    }
    if let output = trial.output { out += "  - reply: \(short(output, 160))\n" }
    return out
  }

  private static func footer(_ summary: RunSummary) -> String {
    let whole = summary.whole
    var parts: [String] = []
    if whole.judgeCalls > 0 { parts.append("judges: \(whole.judgeCalls) calls, \(whole.judgeCost.shown)") }
    if whole.reused > 0 { parts.append("\(whole.reused) replies used again, \(whole.avoided.shown) saved") }
    if whole.possiblyBilled > .zero {
      parts.append("possibly billed without a reply: \(whole.possiblyBilled.shown)")
    }
    if let commit = summary.run.gitCommit { parts.append("commit \(code(String(commit.prefix(12))))") }
    parts.append("seed \(summary.run.seed)")
    return "<sub>\(parts.joined(separator: " · "))</sub>\n"
  }

  // MARK: Text

  /// One line of it, as text.
  static func short(_ text: String, _ most: Int = 100) -> String { escaped(Scrub.line(text, most)) }

  /// Nothing of it is markup, a link, a mention or the end of a table cell.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in Scrub.plain(text).unicodeScalars {
      switch scalar {
      case "\n": out += " "
      case "\\", "`", "*", "_", "{", "}", "[", "]", "<", ">", "#", "|", "~", "$", "!":
        out += "\\"
        out.unicodeScalars.append(scalar)
      case "&": out += "&amp;"
      // A zero-width space keeps names and addresses from becoming mentions and links.
      case "@", ":":
        out.unicodeScalars.append(scalar)
        out += "\u{200B}"
      case "." where out.hasSuffix("www") || out.hasSuffix("WWW"): out += "\u{200B}."
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// As code; its fence is longer than any run of backticks in it.
  static func code(_ text: String) -> String {
    let clean = Scrub.line(text, 200).replacing("|", with: "\\|")
    guard clean.utf8.contains(UInt8(ascii: "`")) else { return clean.isEmpty ? "" : "`\(clean)`" }
    var longest = 0
    var run = 0
    for character in clean.utf8 {
      run = character == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: longest + 1)
    return "\(fence) \(clean) \(fence)"
  }

  static func percent(_ value: Double?) -> String {
    value.map { NumberText.fixed($0 * 100, decimals: 1) + " %" } ?? "n/a"
  }

  static func interval(_ rate: RateSummary?) -> String {
    guard let low = rate?.interval?.lower, let high = rate?.interval?.upper else { return "n/a" }
    return "\(NumberText.fixed(low * 100, decimals: 1)) to \(NumberText.fixed(high * 100, decimals: 1)) %"
  }

  static func time(_ percentile: Percentile?) -> String {
    percentile.map { Durations.text($0.value) } ?? "n/a"
  }

  /// `850 ms (790 ms to 1.02 s)`
  static func timeAndInterval(_ percentile: Percentile?) -> String {
    guard let percentile else { return "n/a" }
    return time(percentile) + (percentile.intervalText.map { " (\($0))" } ?? "")
  }
}

/// Durations as people say them.
public enum Durations {
  /// Microseconds: `850 ms`, `2.4 s`, `3 min`.
  public static func text(_ microseconds: Double) -> String {
    switch microseconds {
    case ..<1_000: "\(NumberText.fixed(microseconds / 1_000, decimals: 2)) ms"
    case ..<10_000: "\(NumberText.fixed(microseconds / 1_000, decimals: 1)) ms"
    case ..<1_000_000: "\(NumberText.fixed(microseconds / 1_000, decimals: 0)) ms"
    case ..<10_000_000: "\(NumberText.fixed(microseconds / 1e6, decimals: 2)) s"
    case ..<120_000_000: "\(NumberText.fixed(microseconds / 1e6, decimals: 1)) s"
    case ..<7_200_000_000: "\(NumberText.fixed(microseconds / 60e6, decimals: 0)) min"
    default: "\(NumberText.fixed(microseconds / 3_600e6, decimals: 1)) h"
    }
  }
}
