import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The write connection and what it owns beside the file: the lock between processes, and the reserve.
///
/// SQLite before 3.51.3 can damage a log that two connections write and checkpoint at the same time.
/// Every transaction and every checkpoint of ours is therefore made under a lock on `<ledger>-lock`,
/// in whatever process; readers need no lock. Who waits for it holds `<ledger>-turn` meanwhile, which everybody takes
/// first: a writer that commits without a pause could else take the lock again before anybody has looked.
final class WritableLedger {
  /// Seconds that a transaction waits for another process; the first one waits less, since a person is watching.
  ///
  /// The system frees the lock of a process that ends, so whoever holds it is at work: a merge or a prune of a large
  /// ledger takes minutes, and replies that were paid for must outwait it.
  static let patience = 600.0
  static let firstPatience = 10.0

  let path: String
  let database: Database
  private let lock: FileLock
  private let turn: FileLock
  private let reserve: Reserve

  init(path: String, create: Bool) throws(LedgerError) {
    self.path = path
    if let obstacle = LedgerError.obstacle(at: path, reads: false) { throw obstacle }
    reserve = Reserve(path: path + "-reserve")
    if create {
      do { try File.createFolder(Path.folder(of: path)) } catch {
        throw LedgerError(.readOnly, path: path, detail: error.message)
      }
    }
    if !create, !File.exists(path) { throw LedgerError(.missing, path: path) }
    if File.exists(path), access(path, W_OK) != 0 {
      throw LedgerError(.readOnly, path: path, detail: String(cString: strerror(errno)))
    }
    do throws(LedgerError) {
      lock = try FileLock(path + "-lock")
      turn = try FileLock(path + "-turn")
    } catch {
      throw LedgerError(error.kind, path: path, detail: error.detail)
    }
    // Until it is open, whoever can't go on lets go of the lock with its file.
    try Self.take(lock, turn, of: path, waitingSeconds: Self.firstPatience)
    if create { EmptyLedger.put(at: path) }
    database = try Database(path: path, access: create ? .create : .readWrite)
    defer { lock.unlock() }
    database.checkpointsOnClose(false)
    try configure()
    try Migrations.apply(to: database)
    database.wait(milliseconds: Int32(Self.patience * 1_000))
  }

  private func configure() throws(LedgerError) {
    // Of a new file that is not copied: rows of short requests and replies leave a twentieth of pages of 4,096 bytes empty.
    try database.execute(
      "PRAGMA page_size = 8192; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384"
    )
    guard try database.text("PRAGMA journal_mode = WAL") == "wal" else {
      throw LedgerError(
        .failed, path: path, detail: "this file system cannot keep a write-ahead log; use a local disk")
    }
    try database.execute("PRAGMA synchronous = FULL")
    guard try database.integer("PRAGMA synchronous") == 2, try database.integer("PRAGMA foreign_keys") == 1
    else {
      throw LedgerError(.failed, path: path, detail: "SQLite would not write durably")
    }
  }

  private func take(waitingSeconds seconds: Double = patience) throws(LedgerError) {
    try Self.take(lock, turn, of: path, waitingSeconds: seconds)
  }

  private static func take(
    _ lock: borrowing FileLock, _ turn: borrowing FileLock, of path: String, waitingSeconds seconds: Double
  ) throws(LedgerError) {
    let deadline = MonotonicClock.now() + Int64(seconds * 1e9)
    guard turn.lock(until: deadline) else { throw LedgerError(.locked, path: path) }
    defer { turn.unlock() }
    guard lock.lock(until: deadline) else { throw LedgerError(.locked, path: path) }
  }

  /// Runs the body between BEGIN and COMMIT, under the lock between processes.
  func transaction<Value>(
    _ body: () throws(LedgerError) -> Value, rolledBack: () -> Void
  ) throws(LedgerError) -> Value {
    try take()
    defer { lock.unlock() }
    do throws(LedgerError) {
      try database.execute("BEGIN IMMEDIATE")
      let value = try body()
      try database.execute("COMMIT")
      return value
    } catch {
      if database.isInTransaction { try? database.execute("ROLLBACK") }
      rolledBack()
      throw error
    }
  }

  /// Runs what cannot be part of a transaction, under the lock between processes.
  func alone(_ body: () throws(LedgerError) -> Void) throws(LedgerError) {
    try take()
    defer { lock.unlock() }
    try body()
  }

  /// From here on a reference to a row that is not there is written all the same.
  func trustReferences() throws(LedgerError) { try database.execute("PRAGMA foreign_keys = OFF") }

  var logSize: Int { File.size(path + "-wal") ?? 0 }

  func checkpoint(truncating: Bool = false, waitingSeconds: Double = 0) {
    guard (try? take(waitingSeconds: waitingSeconds)) != nil else { return }
    defer { lock.unlock() }
    _ = database.checkpoint(truncating: truncating)
  }

  func takeReserve() { reserve.take() }

  func freeReserve() { reserve.giveUp() }

  /// Copies the log into the file, so that it can be copied by hand, and closes.
  func close() {
    checkpoint(truncating: true, waitingSeconds: 1)
    reserve.leave()
    if (try? take(waitingSeconds: 1)) != nil { database.checkpointsOnClose(true) }
  }
}
