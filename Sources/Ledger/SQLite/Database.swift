import CSQLite
import Formats

/// One connection to a SQLite file. Belongs to one thread at a time; closed when it is let go.
final class Database {
  enum Access { case readOnly, immutable, readWrite, create }

  private var patienceMilliseconds: Int32 = 10_000
  /// Once for the process, before the first connection.
  private static let isConfigured = csqlite_configure() == SQLITE_OK

  let path: String
  private let handle: OpaquePointer

  init(path: String, access: Access) throws(LedgerError) {
    self.path = path
    _ = Self.isConfigured
    var handle: OpaquePointer?
    let flags: Int32 =
      switch access {
      case .readOnly: SQLITE_OPEN_READONLY
      case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
      case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI
      }
    let name =
      switch access {
      case .readOnly: path
      case .immutable: Self.address(path) + "?immutable=1"
      case .readWrite, .create: Self.address(path)
      }
    let code = sqlite3_open_v2(name, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK, let handle else {
      let error = Self.error(code, handle, path)
      sqlite3_close_v2(handle)
      throw error
    }
    self.handle = handle
    sqlite3_busy_timeout(handle, patienceMilliseconds)
  }

  deinit { sqlite3_close_v2(handle) }

  /// How long a statement waits for another connection that writes.
  func wait(milliseconds: Int32) {
    patienceMilliseconds = milliseconds
    sqlite3_busy_timeout(handle, milliseconds)
  }

  /// A connection that is not the ledger's writer must leave the checkpoint at closing to it.
  func checkpointsOnClose(_ wanted: Bool) { _ = csqlite_checkpoint_on_close(handle, wanted ? 1 : 0) }

  /// Puts another file beside this one, to be read. Were it attached for writing, a transaction that begins at once would
  /// begin in it, too, and keep everybody else from writing there as long as it lasts.
  func attach(_ other: String, as name: String) throws(LedgerError) {
    let attach = try prepare("ATTACH ? AS \(name)")
    attach.add(Self.address(other) + "?mode=ro")
    try attach.run()
  }

  func execute(_ sql: String) throws(LedgerError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    if code != SQLITE_OK { throw error(code) }
  }

  func prepare(_ sql: String) throws(LedgerError) -> Statement {
    var pointer: OpaquePointer?
    let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
    guard code == SQLITE_OK, let pointer else { throw error(code) }
    return Statement(pointer, of: self)
  }

  /// The first column of the first row, where there is one.
  func integer(_ sql: String) throws(LedgerError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.optionalInteger(0) : nil
  }

  func text(_ sql: String) throws(LedgerError) -> String? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.optionalText(0) : nil
  }

  var lastInsertedID: Int64 { sqlite3_last_insert_rowid(handle) }
  var changes: Int { Int(sqlite3_changes(handle)) }
  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Copies what the write-ahead log holds into the file; true when all of it was copied.
  ///
  /// Does not wait for readers: what they still look at stays in the log.
  func checkpoint(truncating: Bool) -> Bool {
    sqlite3_busy_timeout(handle, 0)
    defer { sqlite3_busy_timeout(handle, patienceMilliseconds) }
    var inLog: Int32 = 0
    var copied: Int32 = 0
    let mode = truncating ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
    return sqlite3_wal_checkpoint_v2(handle, nil, mode, &inLog, &copied) == SQLITE_OK && inLog == copied
  }

  /// Copies the whole database, page by page, while others go on reading and writing.
  func copy(to target: Database) throws(LedgerError) {
    guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
      throw target.error(sqlite3_errcode(target.handle))
    }
    // All at once: between steps every commit of another process would start the copy again.
    let code = sqlite3_backup_step(backup, -1)
    let finished = sqlite3_backup_finish(backup)
    if code != SQLITE_DONE || finished != SQLITE_OK {
      throw target.error(code == SQLITE_DONE ? finished : code)
    }
  }

  func error(_ code: Int32) -> LedgerError { Self.error(code, handle, path) }

  private static func error(_ code: Int32, _ handle: OpaquePointer?, _ path: String) -> LedgerError {
    let said = handle.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? ""
    let kind: LedgerError.Kind =
      switch code & 0xff {
      case SQLITE_CANTOPEN: .unreachable
      case SQLITE_NOTADB: .notALedger
      case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: .readOnly
      case SQLITE_BUSY, SQLITE_LOCKED: .locked
      case SQLITE_CORRUPT: .corrupted
      case SQLITE_FULL: .full
      case SQLITE_IOERR: .unwritable
      default: .failed
      }
    return LedgerError(kind, path: path, detail: said.isEmpty ? "SQLite error \(code)" : said)
  }

  /// As a URI. Of one that begins with a slash the host is told to be none, or two slashes would name one.
  private static func address(_ path: String) -> String {
    var result = path.hasPrefix("/") ? "file://" : "file:"
    for character in path {
      switch character {
      case "%": result += "%25"
      case "?": result += "%3f"
      case "#": result += "%23"
      default: result.append(character)
      }
    }
    return result
  }
}
