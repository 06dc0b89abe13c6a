import Comparison
import Formats
import Reports
import Runs
import Statistics
import Terminal
import Vocabulary

/// A run on the terminal: verdict first, then targets, gates, comparison and where the time went.
enum RunText {
  static func text(_ summary: RunSummary, width: Int, style: Style, snapshot: ProgressSnapshot? = nil)
    -> String
  {
    var out = "\n" + targets(summary, width: width, style: style)
    out += scores(summary, style)
    for side in SideTables.all(summary) { out += "\n" + table(side, width, style) }
    if let sentence = judgeToTrust(summary.agreements) { out += printable(sentence) + "\n" }
    if !summary.gates.isEmpty {
      out += "\n" + style.bold("gates") + "\n"
      for gate in summary.gates {
        let mark =
          gate.verdict == nil ? "open " : gate.verdict == .pass ? style.green("holds") : style.red("fails")
        let target = gate.target.map { " [\($0)]" } ?? ""
        out +=
          "  \(mark)  \(printable(gate.expression))\(printable(target)): \(printable(gate.explanation ?? ""))\n"
      }
    }
    if let note = summary.comparisonNote { out += "\n\(note)\n" }
    if !summary.comparisons.isEmpty {
      out += "\n" + style.bold("side by side") + "\n"
      for comparison in summary.comparisons { out += "  \(printable(comparison.sentence))\n" }
    }
    if let snapshot { out += "\n" + spent(summary, snapshot, style) }
    out += verdict(summary, style) + "\n"
    return out
  }

  static func targets(_ summary: RunSummary, width: Int, style: Style) -> String {
    var table = Table([
      .init("target", shrinksTo: 12), .init("trials", isNumber: true), .init("pass rate", isNumber: true),
      .init("95 % CI", isNumber: true), .init("err", isNumber: true), .init("p50", isNumber: true),
      .init("95 % CI", isNumber: true, mayGo: true), .init("p95", isNumber: true, mayGo: true),
      .init("TTFT p50", isNumber: true, mayGo: true),
      .init("tokens", isNumber: true, mayGo: true), .init("cost", isNumber: true),
    ])
    for target in summary.targets {
      table.add([
        target.label, String(target.trials), percent(target.passRate?.value), interval(target.passRate),
        target.count(.error) > 0 ? String(target.count(.error)) : "-", time(target.latency?[0.5]),
        target.latency?[0.5]?.intervalText ?? "-", time(target.latency?[0.95]),
        time(target.timeToFirstToken?[0.5]), String(target.tokens), cost(target),
      ])
    }
    return table.text(width: width, style: style)
  }

  /// Named and derived scores, a line a target.
  private static func scores(_ summary: RunSummary, _ style: Style) -> String {
    let lines = summary.targets.compactMap { target -> String? in
      let parts = target.scoreTexts
      return parts.isEmpty
        ? nil : "  \(line(target.label)): \(line(parts.joined(separator: " · ")))\n"
    }
    return lines.isEmpty ? "" : "\n" + style.bold("scores") + "\n" + lines.joined()
  }

  static func table(_ side: SideTables.SideTable, _ width: Int, _ style: Style) -> String {
    var table = Table(
      side.columns.enumerated().map { .init($1, isNumber: $0 > 0, shrinksTo: $0 == 0 ? 12 : nil) })
    for row in side.rows { table.add(row) }
    return style.bold(side.title.lowercased()) + "\n" + table.text(width: width, style: style)
  }

  private static func spent(_ summary: RunSummary, _ snapshot: ProgressSnapshot, _ style: Style) -> String {
    var parts: [String] = ["\(durationText(Double(snapshot.elapsed))) elapsed"]
    let shares = snapshot.time.shares.prefix(4).map {
      "\(NumberText.fixed($0.percent, decimals: 0)) % \($0.name)"
    }
    if !shares.isEmpty { parts.append("time went: " + shares.joined(separator: ", ")) }
    if summary.whole.judgeCalls > 0 { parts.append("judges \(summary.whole.judgeCost.shown)") }
    if summary.whole.reused > 0 {
      parts.append("\(summary.whole.reused) replies used again, \(summary.whole.avoided.shown) saved")
    }
    if summary.whole.fallbacks > 0 { parts.append("\(summary.whole.fallbacks) answered by a fallback") }
    if snapshot.reusedVariables > 0 {
      parts.append("contexts: \(snapshot.builtVariables) built, \(snapshot.reusedVariables) from the cache")
    }
    if snapshot.dropped > 0 { parts.append("\(snapshot.dropped) dropped") }
    var out = style.dim(parts.joined(separator: " · ")) + "\n"
    if summary.whole.isClientLimited {
      out += "the \(summary.whole.clientLimitText)\n"
    }
    if summary.whole.isSimulated {
      out += "the models were simulated: no model was asked and nothing was paid\n"
    }
    return out
  }

  private static func verdict(_ summary: RunSummary, _ style: Style) -> String {
    let whole = summary.whole
    var counts = ["\(whole.count(.pass)) passed"]
    if whole.count(.fail) > 0 { counts.append("\(whole.count(.fail)) failed") }
    if whole.count(.error) > 0 {
      let kinds = whole.errorKinds.sorted { $0.value > $1.value }.prefix(3).map {
        "\($0.value) \($0.key.rawValue)"
      }
      counts.append(
        "\(whole.count(.error)) erred" + (kinds.isEmpty ? "" : " (\(kinds.joined(separator: ", ")))"))
    }
    if whole.count(.skipped) > 0 { counts.append("\(whole.count(.skipped)) skipped") }
    let word = summary.verdict
    let painted = word == "passed" ? style.green(word) : style.red(word)
    let isWhole = whole.count(.fail) + whole.count(.error) == 0
    let why = isWhole ? "" : "\n" + style.dim("why: assay show \(summary.run.name) --failed")
    return
      "\(style.bold(painted)): \(counts.joined(separator: ", ")) of \(whole.trials) · \(cost(whole)) · run \(summary.run.name)\(why)"
  }

  /// A name may hold line breaks; what stands here is one line.
  private static func line(_ text: String) -> String {
    printable(text.split(whereSeparator: \.isNewline).joined(separator: " "))
  }

  static func percent(_ value: Double?) -> String {
    value.map { NumberText.fixed($0 * 100, decimals: 1) + " %" } ?? "n/a"
  }

  static func interval(_ rate: RateSummary?) -> String { interval(rate?.interval) }

  static func interval(_ interval: Interval?) -> String {
    guard let low = interval?.lower, let high = interval?.upper else { return "n/a" }
    return "\(NumberText.fixed(low * 100, decimals: 1))-\(NumberText.fixed(high * 100, decimals: 1))"
  }

  static func time(_ percentile: Percentile?) -> String { percentile.map { durationText($0.value) } ?? "-" }

  static func cost(_ target: TargetSummary) -> String {
    let known = target.cost + target.judgeCost
    let unknown = target.callsOfUnknownCost + target.judgeCallsOfUnknownCost
    if unknown == 0 { return known.shown }
    return known == .zero ? "unknown" : "\(known.shown) + \(unknown) unknown"
  }

  static func json(_ summary: RunSummary) -> JSON { SummaryJSON.json(summary) }
}
