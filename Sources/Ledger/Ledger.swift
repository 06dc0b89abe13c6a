import Formats
import Synchronization

/// A ledger that is read: one connection that cannot write, usable from any task, one query at a time.
///
///     let ledger = try Ledger(path: ".assay/ledger.sqlite")
///     for run in try ledger.runs() { print(run.name, run.passed) }
///
/// Reading goes on while a run writes: a query sees what was committed when it began.
public final class Ledger: Sendable {
  public let path: String
  private let lock = Mutex(())
  /// Safe: touched only by who holds `lock`; bodies give values back, never statements.
  private nonisolated(unsafe) var connection: Connection?

  /// The connection and its prepared statements, by their SQL.
  final class Connection {
    let database: Database
    private var statements: [String: Statement] = [:]

    init(_ database: Database) { self.database = database }

    func statement(_ sql: String) throws(LedgerError) -> Statement {
      if let known = statements[sql] {
        known.reset()
        return known
      }
      let statement = try database.prepare(sql)
      if statements.count > 64 { statements = [:] }
      statements[sql] = statement
      return statement
    }
  }

  public init(path: String) throws(LedgerError) {
    self.path = path
    if let obstacle = LedgerError.obstacle(at: path, reads: true) { throw obstacle }
    guard File.exists(path) else { throw LedgerError(.missing, path: path) }
    connection = Connection(try Self.open(path))
  }

  /// Opened by the first query.
  public init(openedLater path: String) { self.path = path }

  private static func open(_ path: String) throws(LedgerError) -> Database {
    do throws(LedgerError) {
      return try checked(Database(path: path, access: .readOnly))
    } catch {
      // A write-ahead log needs files beside the ledger; where the folder cannot be written, and nobody
      // writes, it is read as it lies.
      guard error.kind == .unreachable || error.kind == .readOnly else { throw error }
      return try checked(Database(path: path, access: .immutable))
    }
  }

  private static func checked(_ database: Database) throws(LedgerError) -> Database {
    database.checkpointsOnClose(false)
    let version = try Migrations.version(of: database)
    if version < Migrations.currentVersion {
      throw LedgerError(
        .failed, path: database.path,
        detail: "version \(version) is older than this assay; any command that writes brings it forward")
    }
    return database
  }

  /// Runs a query while no other one uses the connection.
  func read<Value>(_ body: (Connection) throws(LedgerError) -> Value) throws(LedgerError) -> Value {
    try lock.withLock { (_) throws(LedgerError) in
      if let connection { return try body(connection) }
      let opened = Connection(try Self.open(path))
      connection = opened
      return try body(opened)
    }
  }

  /// Lets go of the file: a writer that closes then finds nobody who reads, and takes its log along. The next query
  /// opens it again.
  public func close() { lock.withLock { _ in connection = nil } }
}
