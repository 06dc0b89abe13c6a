import Formats
import Ledger

/// The reports of one run. What is counted for one is kept for the next, and nothing is counted for those that
/// are rows alone.
public struct RunReports {
  public let run: RunRow
  private let ledger: Ledger
  private var counted: RunSummary?

  public init(of run: RunRow, in ledger: Ledger, summary: RunSummary? = nil) {
    self.run = run
    self.ledger = ledger
    counted = summary
  }

  public mutating func summary() throws -> RunSummary {
    if let counted { return counted }
    let summary = try RunSummary(of: run, in: ledger)
    counted = summary
    return summary
  }

  /// Writes one report; the folder is made where it is missing. The ending of the file says the format where none
  /// is given.
  public mutating func write(to path: String, format: ReportFormat? = nil) throws {
    let format = try format ?? ReportFormat(path: path)
    switch format {
    case .jsonLines: try RowReports.writeJSONLines(run, ledger: ledger, to: path)
    case .csv: try RowReports.writeCSV(run, ledger: ledger, to: path)
    case .junit: try JUnitReport.write(try summary(), ledger: ledger, to: path)
    case .junitStrict: try JUnitReport.write(try summary(), ledger: ledger, to: path, dialect: .strict)
    case .markdown: try File.write(try MarkdownReport.text(try summary(), ledger: ledger), to: path)
    case .json: try RowReports.writeJSON(try summary(), ledger: ledger, to: path)
    case .promptfoo: try PromptfooReport.write(try summary(), ledger: ledger, to: path)
    case .html: try HTMLReport.write(try summary(), ledger: ledger, to: path)
    case .openMetrics: try File.write(OpenMetrics.text(try summary()), to: path)
    }
  }
}
