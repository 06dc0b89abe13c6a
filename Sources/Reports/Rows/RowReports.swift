import Formats
import Ledger
import Vocabulary

/// One row a trial, all figures: CSV, JSON Lines, and the trials of the JSON report.
public enum RowReports {
  public static func writeJSONLines(_ run: RunRow, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    try TrialReader(run, ledger: ledger).forEachPart(empty: TrialObjects(run: run)) { objects, trial in
      objects.write(trial)
      objects.writer.bytes.append(0x0A)
    } _: { objects in
      try file.write(objects.writer.bytes)
    }
    try file.finish()
  }

  /// Cells that a spreadsheet would take for formulas are made text.
  public static func writeCSV(_ run: RunRow, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    let csv = CSVWriter(guardsFormulas: true)
    try file.write(csv.row(TrialCells.columns))
    try TrialReader(run, ledger: ledger).forEachPart(empty: TrialRows(run: run)) { rows, trial in
      rows.write(trial, csv)
    } _: { rows in
      try file.write(rows.writer.bytes)
    }
    try file.finish()
  }

  /// The summary and every trial in one object, streamed.
  public static func writeJSON(_ summary: RunSummary, ledger: Ledger, to path: String) throws {
    let file = try FileWriter(path)
    let head = SummaryJSON.json(summary).pretty
    try file.write(Array((head.dropLast(2) + ",\n  \"trials\": [").utf8))
    var isFirst = true
    let reader = try TrialReader(summary.run, ledger: ledger)
    try reader.forEachPart(empty: TrialObjects(run: summary.run)) { objects, trial in
      objects.writer.write(",\n    " as StaticString)
      objects.write(trial)
    } _: { objects in
      guard !objects.writer.bytes.isEmpty else { return }
      try file.write(isFirst ? Array(objects.writer.bytes.dropFirst()) : objects.writer.bytes)
      isFirst = false
    }
    try file.write(Array((isFirst ? "]\n}\n" : "\n  ]\n}\n").utf8))
    try file.finish()
  }
}

extension RowReports {
  /// Checks as they stand in the rows.
  public static func json(_ checks: [CheckResult]) -> JSON {
    var writer = CellWriter()
    writer.json(checks)
    return (try? JSON(parsing: writer.bytes)) ?? .null
  }
}

extension CellWriter {
  fileprivate mutating func json(_ checks: [CheckResult]) {
    write("[" as StaticString)
    for (place, check) in checks.enumerated() {
      write(place == 0 ? "{\"type\":" as StaticString : ",{\"type\":")
      json(.text(check.type))
      write(",\"metric\":" as StaticString)
      json(.text(check.metric))
      write(",\"outcome\":" as StaticString)
      json(.text(check.outcome.rawValue))
      write(",\"score\":" as StaticString)
      json(.number(check.score))
      write(",\"reason\":" as StaticString)
      json(.text(check.reason))
      write(",\"weight\":" as StaticString)
      json(.number(check.weight))
      write(",\"components\":" as StaticString)
      json(check.components)
      write("}" as StaticString)
    }
    write("]" as StaticString)
  }
}

/// Trials as rows of CSV.
private struct TrialRows {
  var writer = CellWriter()
  private let run: RunRow
  private var cells: [Cell] = []

  init(run: RunRow) { self.run = run }

  mutating func write(_ trial: TrialDetail, _ csv: CSVWriter) {
    TrialCells.fill(&cells, trial, run: run)
    for (place, cell) in cells.enumerated() {
      if place > 0 { writer.bytes.append(UInt8(ascii: ",")) }
      writer.csv(cell, csv)
    }
    writer.bytes.append(0x0A)
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
    writer.json(trial.checks)
    writer.write("}" as StaticString)
  }
}
