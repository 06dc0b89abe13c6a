import Comparison
import Formats

/// A comparison in the formats that files have.
public enum ComparisonWriting {
  /// The ending decides: `.md`, `.html` or `.json`.
  public static func write(_ report: ComparisonReport, to path: String) throws {
    let lower = path.lowercased()
    let text: String
    if lower.hasSuffix(".md") || lower.hasSuffix(".markdown") {
      text = markdown(report)
    } else if lower.hasSuffix(".html") || lower.hasSuffix(".htm") {
      text = html(report)
    } else if lower.hasSuffix(".json") {
      text = json(report).pretty + "\n"
    } else {
      throw Problem("a comparison can't be written as \(path)", mend: "known endings: .md .html .json")
    }
    let folder = Path.folder(of: path)
    if !File.exists(folder) { try File.createFolder(folder) }
    try File.write(text, to: path)
  }

  // MARK: Markdown

  public static func markdown(_ report: ComparisonReport) -> String {
    func escaped(_ text: String) -> String { MarkdownReport.escaped(text) }
    var out = "## \(escaped(report.headline))\n\n"
    for table in report.tables {
      out += "### \(escaped(table.b)) against \(escaped(table.a))\n\n"
      let columns = report.columns.map { $0 == "A" ? table.a : ($0 == "B" ? table.b : $0) }
      out += "| " + columns.map(escaped).joined(separator: " | ") + " |\n"
      out += "| --- " + String(repeating: "| ---: ", count: columns.count - 2) + "| --- |\n"
      for row in table.rows { out += "| " + row.map(escaped).joined(separator: " | ") + " |\n" }
      out += "\n" + table.sentences.map { "- \(escaped($0))\n" }.joined() + "\n"
    }
    for (title, lines) in report.lists where !lines.isEmpty {
      out += "### \(title)\n\n" + lines.map { "- \(escaped($0))\n" }.joined() + "\n"
    }
    for (kind, changes) in report.groups {
      out += "### \(kind.title): \(report.counts[kind] ?? 0)\n\n"
      for change in changes {
        out +=
          "- **\(escaped(Scrub.line(change.name, 100)))**\(place(change)) \(report.pairs.count > 1 ? escaped(change.arm) + " " : "")\(change.countA) → \(change.countB)\n"
        if let reason = change.reason { out += "  - \(escaped(Scrub.line(reason, 240)))\n" }
        out +=
          "  - "
          + change.diff.parts.map { part in
            switch part {
            case .same(let text): escaped(text)
            case .removed(let text): wrapped(escaped(text), "~~")
            case .added(let text): wrapped(escaped(text), "**")
            }
          }.joined() + "\n"
      }
      out += rest(report, kind, changes).map { "\n\($0)\n" } ?? ""
      out += "\n"
    }
    return out
  }

  private static func place(_ change: ComparisonReport.Change) -> String {
    change.location.map { " (`\($0.file.replacing("`", with: "'")):\($0.line)`)" } ?? ""
  }

  /// Marks bind to words, not to the white space around them.
  private static func wrapped(_ text: String, _ mark: String) -> String {
    let inner = text.drop { $0.isWhitespace }
    let front = text.prefix(text.count - inner.count)
    var end = inner
    while end.last?.isWhitespace == true { end.removeLast() }
    return end.isEmpty ? text : front + mark + end + mark + inner.dropFirst(end.count)
  }

  static func rest(
    _ report: ComparisonReport, _ kind: CaseChange.Kind, _ shown: [ComparisonReport.Change]
  ) -> String? {
    let more = (report.counts[kind] ?? 0) - shown.count
    return more > 0 ? "… and \(more) more" : nil
  }

  // MARK: HTML

  /// One self-contained page without scripts.
  public static func html(_ report: ComparisonReport) -> String {
    func escaped(_ text: String) -> String { HTMLText.escaped(text) }
    var out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      + "<title>\(escaped(report.pairs.map { "\($0.b) against \($0.a)" }.joined(separator: ", "))) · assay</title>\n"
      + "<style>\(HTMLStyle.text)</style></head>\n<body>\n<header class=\"\(report.isWorse ? "bad" : "")\">"
      + "<h1>\(escaped(report.headline))</h1></header>\n<main>\n"
    for table in report.tables {
      out += "<h2>\(escaped(table.b)) against \(escaped(table.a))</h2>\n<div class=wide><table><thead><tr>"
      for column in report.columns {
        let title = column == "A" ? table.a : (column == "B" ? table.b : column)
        out += "<th scope=col\(column == "metric" || column == "verdict" ? "" : " class=n")>\(escaped(title))"
      }
      out += "</tr></thead><tbody>\n"
      for row in table.rows {
        out += "<tr><th scope=row>\(escaped(row[0]))"
        out += row.dropFirst().dropLast().map { "<td class=n>\(escaped($0))" }.joined()
        let verdict = row[row.count - 1]
        let style = verdict == "better" ? "pass" : (verdict == "worse" ? "fail" : "")
        out += "<td class=\"\(style)\">\(escaped(verdict))</tr>\n"
      }
      out +=
        "</tbody></table></div>\n<ul>" + table.sentences.map { "<li>\(escaped($0))\n" }.joined() + "</ul>\n"
    }
    for (title, lines) in report.lists where !lines.isEmpty {
      out += "<h2>\(title)</h2>\n<ul>" + lines.map { "<li>\(escaped($0))\n" }.joined() + "</ul>\n"
    }
    for (kind, changes) in report.groups {
      out += "<h2>\(kind.title): \(report.counts[kind] ?? 0)</h2>\n"
      for change in changes { out += entry(change, isOneOfMany: report.pairs.count > 1) }
      out += rest(report, kind, changes).map { "<p>\($0)</p>\n" } ?? ""
    }
    return out + "</main>\n</body></html>\n"
  }

  private static func entry(_ change: ComparisonReport.Change, isOneOfMany: Bool) -> String {
    func escaped(_ text: String) -> String { HTMLText.escaped(text) }
    var out = "<details open><summary><b>\(escaped(Scrub.line(change.name, 200)))</b> "
    out += isOneOfMany ? "\(escaped(change.arm)) " : ""
    out += "\(change.countA) → \(change.countB)"
    out += change.location.map { " <code>\(escaped("\($0.file):\($0.line)"))</code>" } ?? ""
    out += "</summary>\n"
    if let reason = change.reason { out += "<p class=fail>\(escaped(Scrub.line(reason, 600)))</p>\n" }
    out += "<pre>"
    for part in change.diff.parts {
      switch part {
      case .same(let text): out += escaped(text)
      case .removed(let text): out += "<del>\(escaped(text))</del>"
      case .added(let text): out += "<ins>\(escaped(text))</ins>"
      }
    }
    return out + "</pre></details>\n"
  }

  // MARK: JSON

  public static func json(_ report: ComparisonReport) -> JSON {
    var changes = JSONObject()
    for kind in CaseChange.Kind.allCases where !report.counts.isEmpty {
      changes[kind.rawValue] = [
        "count": JSON(report.counts[kind] ?? 0),
        "cases": .array(report.changes.filter { $0.kind == kind }.map(change)),
      ]
    }
    let number = SummaryJSON.number
    return [
      "version": JSON(SummaryJSON.version), "headline": .string(report.headline),
      "pairs": .array(report.pairs.map { ["a": .string($0.a), "b": .string($0.b)] }),
      "comparisons": .array(report.results.map(SummaryJSON.comparison)),
      "ranking": .array(
        report.ranks.map { rank in
          [
            "label": .string(rank.label), "value": JSON(rank.value),
            "interval": SummaryJSON.interval(rank.interval),
            "best": JSON(rank.best), "worst": JSON(rank.worst),
          ]
        }),
      "slices": .array(
        report.slices.map { slice, one in
          var row = SummaryJSON.comparison(one).object ?? JSONObject()
          row["slice"] = .string(slice)
          row["adjustment"] = "benjamini-hochberg"
          return .object(row)
        }),
      "reliability": .array(
        report.reliability.map { r in
          [
            "label": .string(r.label), "k": JSON(r.k), "pass_at_1": JSON(r.passAt1),
            "pass_at_k": JSON(r.passAtK),
            "pass_hat_k": JSON(r.passHatK), "pass_hat_k_error": number(r.error), "flaky_cases": JSON(r.flaky),
            "cases": JSON(r.cases),
          ]
        }),
      "judge_agreement": report.agreement.map { found in
        [
          "replies": JSON(found.n), "observed": JSON(found.observed), "kappa": number(found.kappa.kappa),
          "kappa_interval": SummaryJSON.interval(found.kappa.interval),
          "sensitivity": number(found.sensitivity),
          "specificity": number(found.specificity), "calibrates": JSON(found.calibrates),
        ]
      } ?? .null,
      "corrected_pass_rates": .array(
        report.corrected.map { one in
          [
            "label": .string(one.label), "raw": JSON(one.raw), "corrected": JSON(one.rate.rate),
            "interval": SummaryJSON.interval(one.rate.interval),
          ]
        }),
      "preferences": .array(
        report.preferences.map { one in
          [
            "a": .string(one.a), "b": .string(one.b), "wins_a": JSON(one.winsA), "wins_b": JSON(one.winsB),
            "ties": JSON(one.ties), "chance_of_b": number(one.chance),
            "interval": SummaryJSON.interval(one.interval),
            "p_adjusted": number(one.adjustedP), "lent_half_wins": JSON(one.isLent),
          ]
        }),
      "changes": .object(changes),
    ]
  }

  private static func change(_ change: ComparisonReport.Change) -> JSON {
    func text(_ text: String?) -> JSON { SummaryJSON.text(text.map { Scrub.bounded($0, 65_536) }) }
    return [
      "case": .string(change.name), "target": .string(change.arm),
      "at": text(change.location.map { "\($0.file):\($0.line)" }),
      "passes_a": .string(change.countA), "passes_b": .string(change.countB), "reason": text(change.reason),
      "reply_a": text(change.replyA), "reply_b": text(change.replyB),
    ]
  }
}

extension ComparisonReport {
  /// Something that was measured got worse, by more than chance.
  public var isWorse: Bool { results.contains { $0.verdict == .worse } }

  public var lists: [(title: String, lines: [String])] {
    [
      ("Ranking by \(metrics.first?.title ?? "")", rankLines),
      ("Parts of the suite, for exploring", sliceLines), ("Repetitions", reliabilityLines),
      ("People", peopleLines),
    ]
  }

  /// The kinds of change that there are, each with its cases.
  public var groups: [(kind: CaseChange.Kind, changes: [Change])] {
    CaseChange.Kind.allCases.compactMap { kind in
      (counts[kind] ?? 0) > 0 ? (kind, changes.filter { $0.kind == kind }) : nil
    }
  }
}
