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
  let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "docs/ledger.md")
  let text = try String(contentsOf: file, encoding: .utf8)
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
