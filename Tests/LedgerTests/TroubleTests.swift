import Formats
import Foundation
import Synchronization
import Testing

@testable import Ledger

@Suite("ledgers in trouble")
struct TroubleTests {
  let folder = TemporaryFolder()

  private func kind(_ body: () throws -> Void) -> LedgerError.Kind? {
    do {
      try body()
      return nil
    } catch {
      return (error as? LedgerError)?.kind
    }
  }

  @Test("a ledger of a newer version is left alone, with both versions named")
  func newerVersion() async throws {
    await (try Recorder(path: folder.ledger)).close()
    let newer = Migrations.currentVersion + 1
    try Database(path: folder.ledger, access: .readWrite).execute("PRAGMA user_version = \(newer)")
    let expected = LedgerError.Kind.newerVersion(found: newer, known: Migrations.currentVersion)
    #expect(kind { _ = try Recorder(path: folder.ledger) } == expected)
    #expect(kind { _ = try Ledger(path: folder.ledger) } == expected)
  }

  @Test("another SQLite file is not taken for a ledger")
  func otherDatabase() throws {
    try Database(path: folder.ledger, access: .create).execute("CREATE TABLE mine (x)")
    #expect(kind { _ = try Recorder(path: folder.ledger) } == .notALedger)
    #expect(kind { _ = try Ledger(path: folder.ledger) } == .notALedger)
  }

  @Test("a text file is not taken for a ledger")
  func textFile() throws {
    try File.write(String(repeating: "hello, world\n", count: 100), to: folder.ledger)
    #expect(kind { _ = try Recorder(path: folder.ledger) } == .notALedger)
  }

  @Test("a missing ledger is said to be missing")
  func missing() {
    #expect(kind { _ = try Ledger(path: folder.ledger) } == .missing)
    #expect(kind { _ = try Recorder(path: folder.ledger, create: false) } == .missing)
  }

  @Test("every error has a sentence and a way to mend it")
  func sentences() {
    let kinds: [LedgerError.Kind] = [
      .missing, .notALedger, .readOnly, .locked, .newerVersion(found: 9, known: 1), .corrupted, .full,
      .runBusy, .unwritable,
    ]
    for kind in kinds {
      let problem = LedgerError(kind, path: "x.sqlite", detail: "d").problem
      #expect(problem.message.contains("x.sqlite"))
      #expect(problem.mend?.isEmpty == false)
    }
  }

  @Test("a damaged ledger is reported, not repaired in silence")
  func damaged() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    for no in 0..<200 { try await recorder.record(Sample.trial(run, caseNo: no)) }
    await recorder.close()
    var bytes = try File.read(folder.ledger)
    for place in stride(from: 4_096 * 3, to: bytes.count, by: 7) { bytes[place] = 0xA5 }
    try File.write(bytes, to: folder.ledger)
    let found = kind {
      let ledger = try Ledger(path: folder.ledger)
      _ = try ledger.trials(of: run.id)
      _ = try ledger.run()
    }
    #expect(found == .corrupted)
  }

  @Test("migrations lead from every older version to the newest, and take along what is recorded")
  func migrations() throws {
    let steps = [
      Migration(name: "votes", sql: "CREATE TABLE votes (id INTEGER PRIMARY KEY, up INTEGER) STRICT"),
      Migration(
        name: "values", sql: "ALTER TABLE votes ADD COLUMN value REAL; UPDATE votes SET value = 2 * up - 1"),
      Migration(
        name: "no more up",
        sql: """
          CREATE TABLE new (id INTEGER PRIMARY KEY, value REAL NOT NULL) STRICT;
          INSERT INTO new SELECT id, value FROM votes; DROP TABLE votes; ALTER TABLE new RENAME TO votes
          """),
    ]
    let records = [
      "INSERT INTO votes (up) VALUES (1), (0)",
      "INSERT INTO votes (up, value) VALUES (1, 1), (0, -1)",
      "INSERT INTO votes (value) VALUES (1), (-1)",
    ]
    for start in 1...3 {
      let path = folder.path + "/m\(start).sqlite"
      let database = try Database(path: path, access: .create)
      try Migrations.apply(Array(steps.prefix(start)), to: database)
      try database.execute(records[start - 1])
      try Migrations.apply(steps, to: database)
      #expect(try database.integer("PRAGMA user_version") == 3)
      #expect(try database.text("SELECT group_concat(value) FROM votes") == "1.0,-1.0")
      #expect(
        kind { try Migrations.apply(Array(steps.prefix(2)), to: database) }
          == .newerVersion(found: 3, known: 2))
    }
  }

  @Test("a ledger is whole from its first version: there is nothing to bring forward yet")
  func firstVersion() async throws {
    await (try Recorder(path: folder.ledger)).close()
    let database = try Database(path: folder.ledger, access: .readOnly)
    #expect(try database.integer("PRAGMA user_version") == Int64(Migrations.currentVersion))
    #expect(try database.integer("PRAGMA application_id") == 0x6173_6179)
  }

  @Test("a migration that fails leaves the version before it")
  func failedMigration() throws {
    let database = try Database(path: folder.ledger, access: .create)
    let steps = [
      Migration(name: "good", sql: "CREATE TABLE a (x INTEGER) STRICT"),
      Migration(name: "bad", sql: "CREATE TABLE b (x INTEGER) STRICT; SELECT nonsense"),
    ]
    #expect(kind { try Migrations.apply(steps, to: database) } == .failed)
    #expect(try database.integer("PRAGMA user_version") == 1)
    #expect(try database.integer("SELECT count(*) FROM sqlite_master") == 1)
  }

  @Test("the room kept for a full disk stays while somebody writes")
  func reserve() async throws {
    let path = folder.ledger + "-reserve"
    let running = try Recorder(path: folder.ledger)
    #expect(File.size(path) == Reserve.bytes)
    await (try Recorder(path: folder.ledger)).close()
    #expect(File.size(path) == Reserve.bytes)
    await running.close()
    #expect(!File.exists(path))
  }

  @Test("room that is given up is free at once, whoever has the file open")
  func reserveIsGivenUp() throws {
    let (one, other) = (Reserve(path: folder.path + "/r"), Reserve(path: folder.path + "/r"))
    one.take()
    other.take()
    let descriptor = open(folder.path + "/r", O_RDONLY)
    defer { close(descriptor) }
    other.giveUp()
    var status = stat()
    #expect(fstat(descriptor, &status) == 0 && status.st_blocks == 0)
    one.leave()
  }

  @Test("a reply that finds no place in the ledger is kept beside it, with the reason")
  func rescued() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    var trial = Sample.trial(run)
    let error = LedgerError(.locked, path: folder.ledger, detail: "by a merge")
    trial.calls[0].call.costReason = nil
    let file = try #require(
      Rescue.append(
        [.trial(trial, { _ in })], beside: folder.ledger, because: error, secrets: Secrets(["Hello"])))
    let line = try JSON(parsing: File.readText(file))
    #expect(line["because"]?.string == error.problem.message)
    #expect(line["reply"]?["text"]?.string == "[secret], 0")
    await recorder.close()
  }

  @Test("a writer that commits without a pause lets others have their turn")
  func turns() async throws {
    let path = folder.ledger
    final class Seen: Sendable {
      let commits = Atomic(0)
      let isOver = Atomic(false)
    }
    let seen = Seen()
    let busy = Task.detached {
      let store = try WritableLedger(path: path, create: true)
      defer { store.close() }
      while !seen.isOver.load(ordering: .relaxed) {
        _ = try store.transaction { () throws(LedgerError) in
          usleep(5_000)
        } rolledBack: {
        }
        seen.commits.add(1, ordering: .relaxed)
      }
    }
    while seen.commits.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(1)) }
    let waited = try await Task.detached {
      var waited: [Int] = []
      for _ in 0..<20 {
        let before = seen.commits.load(ordering: .relaxed)
        let other = try WritableLedger(path: path, create: false)
        waited.append(seen.commits.load(ordering: .relaxed) - before)
        other.close()
      }
      return waited
    }.value
    seen.isOver.store(true, ordering: .relaxed)
    try await busy.value
    // The one that is under way, and the one that may begin before the wait.
    #expect(waited.allSatisfy { $0 <= 3 }, "commits that were waited for: \(waited)")
  }
}
