import Foundation
import Testing

@testable import Ledger

@Test("every query of docs/ledger.md runs")
func documentedQueries() async throws {
  let folder = TemporaryFolder()
  let recorder = try Recorder(path: folder.ledger)
  let run = try await recorder.begin(Sample.run())
  for no in 0..<3 {
    try await recorder.record(Sample.trial(run, caseNo: no, outcome: no == 2 ? .fail : .pass))
  }
  await recorder.close()
  let text = try documentation()
  let queries = text.components(separatedBy: "```sql\n").dropFirst().compactMap {
    $0.components(separatedBy: "```").first
  }
  #expect(queries.count >= 6)
  let database = try Database(path: folder.ledger, access: .readOnly)
  for query in queries {
    let statement = try database.prepare(query)
    while try statement.step() {}
  }
}

@Test("docs/ledger.md names every table, column and view, and no other")
func documentedColumns() async throws {
  let folder = TemporaryFolder()
  await (try Recorder(path: folder.ledger)).close()
  let database = try Database(path: folder.ledger, access: .readOnly)
  let statement = try database.prepare(
    """
    SELECT master.type, master.name, group_concat('`' || columns.name || '`', ', ')
    FROM sqlite_master AS master JOIN pragma_table_info(master.name) AS columns
    WHERE master.type IN ('table', 'view') GROUP BY master.name ORDER BY master.name
    """)
  let text = try documentation()
  var rows: [String] = []
  while try statement.step() {
    let name = statement.text(1)
    if statement.text(0) == "view" {
      #expect(text.contains("`\(name)`"), "the view \(name) is not documented")
    } else {
      rows.append("| `\(name)` | \(statement.text(2)) |")
    }
  }
  let documented =
    text.components(separatedBy: "## Columns\n").last?.components(separatedBy: "\n## ").first?
    .components(separatedBy: "\n").filter { $0.hasPrefix("| `") } ?? []
  #expect(documented == rows, "should be:\n\(rows.joined(separator: "\n"))")
}

private func documentation() throws -> String {
  let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "docs/ledger.md")
  return try String(contentsOf: file, encoding: .utf8)
}
