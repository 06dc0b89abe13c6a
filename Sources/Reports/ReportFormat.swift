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
  case promptfoo
  case csv
  case openMetrics = "metrics"

  /// By the ending: `.strict.xml` and `.metrics.txt` before the plain endings.
  public init(path: String) throws(Problem) {
    let endings: [(String, ReportFormat)] = [
      (".strict.xml", .junitStrict), (".xml", .junit), (".md", .markdown), (".markdown", .markdown),
      (".html", .html), (".htm", .html), (".promptfoo.json", .promptfoo), (".jsonl", .jsonLines),
      (".ndjson", .jsonLines),
      (".json", .json), (".csv", .csv), (".metrics.txt", .openMetrics), (".prom", .openMetrics),
    ]
    guard let found = endings.first(where: { path.lowercased().hasSuffix($0.0) }) else {
      throw Problem(
        "the ending of \(path) says no format",
        mend:
          "known: .junit.xml .strict.xml .md .html .json .promptfoo.json .jsonl .csv .metrics.txt; or use --format"
      )
    }
    self = found.1
  }
}
