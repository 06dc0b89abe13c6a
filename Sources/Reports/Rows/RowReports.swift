import Formats
import Ledger
import Vocabulary

/// One row a trial, all figures: CSV, JSON Lines, and the trials of the JSON report.
public enum RowReports {
  public static func writeJSONLines(_ run: RunRow, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    var objects = TrialObjects(run: run)
    try TrialReader(run, ledger: ledger).forEach { trial in
      objects.write(trial)
      objects.writer.bytes.append(0x0A)
      try file.write(objects.writer.bytes)
      objects.writer.bytes.removeAll(keepingCapacity: true)
    }
    try file.finish()
  }

  /// Cells that a spreadsheet would take for formulas are made text.
  public static func writeCSV(_ run: RunRow, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    let csv = CSVWriter(guardsFormulas: true)
    try file.write(csv.row(TrialCells.columns))
    var writer = CellWriter()
    var cells: [Cell] = []
    try TrialReader(run, ledger: ledger).forEach { trial in
      TrialCells.fill(&cells, trial, run: run)
      for (place, cell) in cells.enumerated() {
        if place > 0 { writer.bytes.append(UInt8(ascii: ",")) }
        writer.csv(cell, csv)
      }
      writer.bytes.append(0x0A)
      try file.write(writer.bytes)
      writer.bytes.removeAll(keepingCapacity: true)
    }
    try file.finish()
  }

  /// The summary and every trial in one object, streamed.
  public static func writeJSON(_ summary: RunSummary, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    let head = SummaryJSON.json(summary).pretty
    try file.write(Array((head.dropLast(2) + ",\n  \"trials\": [").utf8))
    var objects = TrialObjects(run: summary.run)
    var isFirst = true
    try TrialReader(summary.run, ledger: ledger).forEach { trial in
      objects.writer.write(isFirst ? "\n    " as StaticString : ",\n    ")
      objects.write(trial)
      try file.write(objects.writer.bytes)
      objects.writer.bytes.removeAll(keepingCapacity: true)
      isFirst = false
    }
    try file.write(Array((isFirst ? "]\n}\n" : "\n  ]\n}\n").utf8))
    try file.finish()
  }
}

/// Trials as JSON objects: the cells by column, then what has no column: variables, named scores, checks.
private struct TrialObjects {
  var writer = CellWriter()
  private let run: RunRow
  private var cells: [Cell] = []
  private let keys = TrialCells.columns.map { JSON.string($0).text + ":" }

  init(run: RunRow) { self.run = run }

  mutating func write(_ trial: TrialDetail) {
    TrialCells.fill(&cells, trial, run: run)
    for (place, cell) in cells.enumerated() {
      writer.write(place == 0 ? "{" as StaticString : ",")
      writer.write(keys[place])
      writer.json(cell)
    }
    writer.write(",\"variables\":" as StaticString)
    JSON.object(trial.test.variables).write(to: &writer.bytes)
    writer.write(",\"named_scores\":{" as StaticString)
    for (place, score) in trial.figure.namedScores.sorted(by: { $0.key < $1.key }).enumerated() {
      if place > 0 { writer.write("," as StaticString) }
      writer.json(.text(score.key))
      writer.write(":" as StaticString)
      writer.json(.number(score.value))
    }
    writer.write("},\"checks\":" as StaticString)
    write(trial.checks)
    writer.write("}" as StaticString)
  }

  private mutating func write(_ checks: [CheckResult]) {
    writer.write("[" as StaticString)
    for (place, check) in checks.enumerated() {
      writer.write(place == 0 ? "{\"type\":" as StaticString : ",{\"type\":")
      writer.json(.text(check.type))
      writer.write(",\"metric\":" as StaticString)
      writer.json(.text(check.metric))
      writer.write(",\"outcome\":" as StaticString)
      writer.json(.text(check.outcome.rawValue))
      writer.write(",\"score\":" as StaticString)
      writer.json(.number(check.score))
      writer.write(",\"reason\":" as StaticString)
      writer.json(.text(check.reason))
      writer.write(",\"weight\":" as StaticString)
      writer.json(.number(check.weight))
      writer.write(",\"components\":" as StaticString)
      write(check.components)
      writer.write("}" as StaticString)
    }
    writer.write("]" as StaticString)
  }
}
