import Formats

/// One step forward in the shape of the ledger. Named, ordered, and never edited once it was released.
struct Migration: Sendable {
  var name: String
  var sql: String
}

enum Migrations {
  /// "asay": how `file` and other tools know a ledger.
  static let applicationID: Int64 = 0x6173_6179

  static let all: [Migration] = [
    Migration(
      name: "the first schema",
      sql: [
        Tables.contents, Tables.runs, Tables.trials, Tables.people, Views.calls, Views.trials, Views.figures,
      ]
      .joined(separator: "\n"))
  ]

  static var currentVersion: Int { all.count }

  /// Refuses what is not a ledger, or was written by a newer assay; gives the version found, 0 for an
  /// empty file.
  static func version(of database: Database, known: Int = currentVersion) throws(LedgerError) -> Int {
    let application = try database.integer("PRAGMA application_id") ?? 0
    let version = Int(try database.integer("PRAGMA user_version") ?? 0)
    if application == 0 && version == 0 {
      let tables = try database.integer("SELECT count(*) FROM sqlite_master") ?? 0
      if tables == 0 { return 0 }
    }
    guard application == applicationID else {
      throw LedgerError(
        .notALedger, path: database.path, detail: "a SQLite file with application_id \(application)")
    }
    guard version <= known else {
      throw LedgerError(.newerVersion(found: version, known: known), path: database.path)
    }
    return version
  }

  /// Brings a ledger forward, one transaction a step, so that a crash leaves it at a whole version.
  static func apply(_ migrations: [Migration] = all, to database: Database) throws(LedgerError) {
    var version = try version(of: database, known: migrations.count)
    while version < migrations.count {
      try database.execute("BEGIN IMMEDIATE")
      do throws(LedgerError) {
        // Another process may have been faster while we waited for the lock.
        version = try self.version(of: database, known: migrations.count)
        if version < migrations.count {
          try database.execute(migrations[version].sql)
          version += 1
          try database.execute("PRAGMA application_id = \(applicationID)")
          try database.execute("PRAGMA user_version = \(version)")
        }
        try database.execute("COMMIT")
      } catch {
        try? database.execute("ROLLBACK")
        throw error
      }
    }
  }
}
