import Formats
import Foundation
import Testing

@testable import Ledger

/// `ASSAY_UPDATE_GOLDENS=1 bin/test EmptyLedgerTests` writes the file anew.
@Suite("the empty ledger")
struct EmptyLedgerTests {
  let folder = TemporaryFolder()

  /// As the migrations make it.
  private func make(_ path: String) throws {
    let database = try Database(path: path, access: .create)
    try database.execute("PRAGMA page_size = 8192")
    _ = try database.text("PRAGMA journal_mode = WAL")
    try Migrations.apply(to: database)
  }

  /// All that SQLite knows of a file in which no row is.
  private func facts(_ path: String) throws -> [String] {
    let database = try Database(path: path, access: .readOnly)
    var facts = try [
      "application_id", "user_version", "journal_mode", "page_size", "encoding", "auto_vacuum",
      "freelist_count",
      "integrity_check",
    ].map { "\($0) \(try database.text("PRAGMA \($0)") ?? "")" }
    let schema = try database.prepare(
      "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY rowid")
    while try schema.step() { facts.append((0..<4).map { schema.text(Int32($0)) }.joined(separator: "|")) }
    for table in facts.filter({ $0.hasPrefix("table|") }).map({ $0.split(separator: "|")[1] }) {
      facts.append("\(table) \(try database.integer("SELECT count(*) FROM \(table)") ?? -1)")
    }
    return facts
  }

  @Test("the file that a new ledger is copied from is what the migrations make")
  func same() throws {
    let made = folder.path + "/made.sqlite"
    try make(made)
    if ProcessInfo.processInfo.environment["ASSAY_UPDATE_GOLDENS"] == "1" {
      let kept = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/Ledger/Schema/empty.packed")
      try File.write(EmptyLedger.packed(File.read(made)), to: kept.path)
      return
    }
    let copied = folder.path + "/copied.sqlite"
    EmptyLedger.put(at: copied)
    #expect(
      try facts(copied) == facts(made), "bin/test EmptyLedgerTests with ASSAY_UPDATE_GOLDENS=1 makes it anew")
  }

  @Test("what is packed comes out as it was", arguments: [0, 1, 7, 8, 9, 8_191, 8_192, 8_193])
  func packing(zeros: Int) {
    let some = [UInt8](repeating: 0, count: zeros)
    for bytes in [some, [1] + some, some + [2], [1] + some + [2] + some, some + [1, 0, 2] + some + [3]] {
      #expect(EmptyLedger.unpacked(EmptyLedger.packed(bytes)) == bytes)
    }
  }

  @Test("a ledger is made where a link points, and what is there is left alone")
  func links() async throws {
    let (link, target) = (folder.path + "/link.sqlite", folder.path + "/target.sqlite")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    await (try Recorder(path: link)).close()
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
    #expect(try facts(target).contains("user_version \(Migrations.currentVersion)"))
    let text = folder.path + "/notes.txt"
    try File.write("mine", to: text)
    EmptyLedger.put(at: text)
    #expect(try File.readText(text) == "mine")
  }
}
