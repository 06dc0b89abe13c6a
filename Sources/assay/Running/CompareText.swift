import Comparison
import Formats
import Reports
import Terminal

/// A comparison on the terminal: the plain sentence first, then the figures, then what changed case by case.
enum CompareText {
  static func text(_ report: ComparisonReport, mostCases: Int, width: Int, style: Style) -> String {
    var out = style.bold(printable(report.headline)) + "\n"
    for table in report.tables {
      // Columns are as wide as their figures, and labels may be told apart by their ends only.
      out += "\n" + style.bold(printable("\(table.a) and \(table.b)")) + "\n"
      // Labels may be cut, figures may not.
      func widest(_ column: Int) -> Int { max(8, table.rows.map { $0[column].count }.max() ?? 8) }
      var cells = Table(
        report.columns.map { name in
          switch name {
          case "A": .init(printable(table.a), isNumber: true, shrinksTo: widest(1))
          case "B": .init(printable(table.b), isNumber: true, shrinksTo: widest(2))
          default: .init(name, isNumber: name != "metric" && name != "verdict")
          }
        })
      for row in table.rows { cells.add(row.map(printable)) }
      out += cells.text(width: width, style: style)
      for sentence in table.sentences { out += printable("  " + sentence) + "\n" }
    }
    for (title, lines) in report.lists where !lines.isEmpty {
      out += "\n" + style.bold(title.lowercased()) + "\n"
      for line in lines { out += printable("  " + line) + "\n" }
    }
    for (kind, changes) in report.groups {
      out += "\n" + style.bold("\(kind.title): \(report.counts[kind] ?? 0)") + "\n"
      for change in changes.prefix(mostCases) {
        out += entry(change, report.pairs.count > 1 ? change.arm : nil, style)
      }
      let more = (report.counts[kind] ?? 0) - min(mostCases, changes.count)
      if more > 0 { out += "  … and \(more) more: --cases \(report.counts[kind] ?? 0), or -o FILE.html\n" }
    }
    return out
  }

  private static func entry(_ change: ComparisonReport.Change, _ arm: String?, _ style: Style) -> String {
    let place = change.location.map { " (\($0.file):\($0.line))" } ?? ""
    var out =
      printable("  \(change.name)\(place)\(arm.map { "  \($0)" } ?? "")  \(change.countA) → \(change.countB)")
      + "\n"
    if let reason = change.reason { out += "    " + style.dim(oneLine(reason)) + "\n" }
    let diff = change.diff.parts.map { part in
      switch part {
      case .same(let text): shortened(text)
      case .removed(let text): style.red("[-\(printable(text))-]")
      case .added(let text): style.green("{+\(printable(text))+}")
      }
    }.joined()
    return out + diff.split(separator: "\n").map { "    \($0)\n" }.joined()
  }

  /// Long passages that did not change are left out.
  private static func shortened(_ text: String) -> String {
    guard text.count > 160 else { return printable(text) }
    return printable(text.prefix(60) + " … " + text.suffix(60))
  }

  private static func oneLine(_ text: String) -> String {
    let joined = printable(text).split(whereSeparator: \.isNewline).joined(separator: " ")
    return joined.count > 200 ? joined.prefix(199) + "…" : joined
  }
}
