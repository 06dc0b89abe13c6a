import Formats
import Ledger

/// The formats of a report, and how a file's name says which one is meant.
public enum ReportFormat: String, Sendable, CaseIterable {
  case junit
  case junitStrict = "junit-strict"
  case markdown
  case html
  case json
  case jsonLines = "jsonl"
  case csv
  case openMetrics = "metrics"

  /// By the ending: `.strict.xml` and `.metrics.txt` before the plain endings.
  public init(path: String) throws(Problem) {
    let endings: [(String, ReportFormat)] = [
      (".strict.xml", .junitStrict), (".xml", .junit), (".md", .markdown), (".markdown", .markdown),
      (".html", .html),
      (".htm", .html), (".jsonl", .jsonLines), (".ndjson", .jsonLines),
      (".json", .json), (".csv", .csv), (".metrics.txt", .openMetrics), (".prom", .openMetrics),
    ]
    guard let found = endings.first(where: { path.lowercased().hasSuffix($0.0) }) else {
      throw Problem(
        "the ending of \(path) says no format",
        mend:
          "known: .junit.xml .strict.xml .md .html .json .jsonl .csv .metrics.txt; or use --format"
      )
    }
    self = found.1
  }
}

public enum ReportWriting {
  /// Writes a report of a run; the folder is made where it is missing.
  public static func write(_ summary: RunSummary, ledger: Ledger, to path: String, format: ReportFormat?)
    throws
  {
    let format = try format ?? ReportFormat(path: path)
    let folder = Path.folder(of: path)
    if !File.exists(folder) { try File.createFolder(folder) }
    switch format {
    case .junit: try JUnitReport.write(summary, ledger: ledger, to: path)
    case .junitStrict: try JUnitReport.write(summary, ledger: ledger, to: path, dialect: .strict)
    case .markdown: try File.write(try MarkdownReport.text(summary, ledger: ledger), to: path)
    case .json: try RowReports.writeJSON(summary, ledger: ledger, to: path)
    case .jsonLines: try RowReports.writeJSONLines(summary, ledger: ledger, to: path)
    case .csv: try RowReports.writeCSV(summary, ledger: ledger, to: path)
    case .html: try HTMLReport.write(summary, ledger: ledger, to: path)
    case .openMetrics: try File.write(OpenMetrics.text(summary), to: path)
    }
  }
}
