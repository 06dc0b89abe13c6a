import CSQLite

/// SQL as SQLite's own parser reads it, against a private database in memory: statements are prepared, never run.
///
/// SQLite resolves names while it prepares, so what a statement names and the database lacks is made there, and
/// the statement prepared again. Which tables and columns it touches is what SQLite asks its authorizer.
final class SQLiteReading {
  private(set) var accesses: [SQLStatement.Access] = []
  private(set) var count = 0
  /// Why the accesses may not be all.
  private(set) var gap: String?

  private let database: OpaquePointer
  private var known: Set<SQLStatement.Access> = []
  private var names = SQLiteNames()
  /// Of the attempt at hand.
  private var attempt: [SQLStatement.Access] = []
  private var changesSchema = false
  private var createsTable = false
  /// It stores SQL that SQLite does not resolve yet.
  private var hidesBody = false
  /// Tables that the statement makes: SQLite looks at them while it does.
  private var created: Set<String> = []
  private var isOurs = false
  /// Each attempt reads the statement again: so many bytes and attempts in all.
  private var bytesLeft = 32 << 20
  private var repairsLeft = 1_000

  init() throws(Problem) {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(":memory:", &opened, flags, nil) == SQLITE_OK, let opened else {
      sqlite3_close(opened)
      throw Problem("SQLite can't open a database in memory")
    }
    database = opened
    // The database is closed before this object is gone, and calls back only within `sqlite3_prepare_v2`.
    sqlite3_set_authorizer(
      database,
      { context, action, first, second, _, _ in
        guard let context else { return SQLITE_DENY }
        return Unmanaged<SQLiteReading>.fromOpaque(context).takeUnretainedValue()
          .authorize(action, first.map { String(cString: $0) }, second.map { String(cString: $0) })
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { sqlite3_close(database) }

  func read(_ sql: String) throws(Problem) {
    guard !sql.utf8.contains(0) else { throw Problem("a character of code 0") }
    let result = sql.withCString { start -> Result<Void, Problem> in
      var place = start
      do throws(Problem) {
        while place.pointee != 0 { place = try statement(at: place, of: start) }
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Reads one statement and gives the place after it.
  private func statement(at place: UnsafePointer<CChar>, of start: UnsafePointer<CChar>) throws(Problem)
    -> UnsafePointer<CChar>
  {
    if names.made > 0 { clear() }
    while true {
      attempt = []
      changesSchema = false
      createsTable = false
      hidesBody = false
      created = []
      var prepared: OpaquePointer?
      var tail: UnsafePointer<CChar>?
      let code = sqlite3_prepare_v2(database, place, -1, &prepared, &tail)
      let isEmpty = prepared == nil
      sqlite3_finalize(prepared)
      let end = tail ?? place
      bytesLeft -= max(64, end - place)
      if code == SQLITE_OK {
        if !isEmpty { finish() }
        return end
      }
      if code == SQLITE_AUTH {
        // A pragma or an attached file: read, and refused by us.
        finish()
        return end
      }
      let message = Self.shortened(String(cString: sqlite3_errmsg(database)))
      guard repairsLeft > 0, bytesLeft > 0 else {
        throw Problem("the SQL has too many names to read it")
      }
      repairsLeft -= 1
      if let repair = names.repair(message) {
        run(repair)
        continue
      }
      switch SQLiteMessage(message) {
      case .names:
        // Only what the database lacks is wrong, and the parser was at the end of the statement.
        guard end.pointee == 0 || (end > place && end[-1] == CChar(UInt8(ascii: ";"))) else {
          throw Problem("the SQL can't be read to its end: \(message)")
        }
        // How many columns a table has is of our making.
        if !message.contains("values were supplied") { gap = gap ?? message }
        finish()
        return end
      case .limit: throw Problem("the SQL is too deep to read: \(message)")
      case .mistake:
        let offset = sqlite3_error_offset(database)
        throw Problem(offset < 0 ? message : "\(message), at byte \(place - start + Int(offset) + 1)")
      }
    }
  }

  /// A message may quote a name as long as the statement.
  private static func shortened(_ message: String) -> String {
    guard message.utf8.count > 2_000 else { return message }
    let scalars = message.unicodeScalars
    return String(scalars.prefix(500)) + "…" + String(scalars.suffix(100))
  }

  private func finish() {
    count += 1
    if hidesBody { gap = gap ?? "what a view or a trigger does is not looked into" }
    for access in attempt + names.inserted {
      // What changes the schema is written down in SQLite's own tables.
      if access.table?.hasPrefix("sqlite_") == true, changesSchema,
        !(createsTable && access.action == "select")
      {
        continue
      }
      if access.action == "select", let table = access.table, created.contains(table) { continue }
      var access = access
      if let column = access.column, names.isGuessed(column) { access.table = nil }
      if known.insert(access).inserted { accesses.append(access) }
    }
  }

  private func clear() {
    for statement in names.removal { run(statement) }
    names = SQLiteNames()
  }

  private func run(_ repair: SQLiteNames.Repair) {
    isOurs = true
    defer { isOurs = false }
    switch repair {
    case .sql(let sql): sqlite3_exec(database, sql, nil, nil, nil)
    case .function(let name):
      sqlite3_create_function_v2(database, name, -1, SQLITE_UTF8, nil, { _, _, _ in }, nil, nil, nil)
    }
  }

  private func authorize(_ action: Int32, _ first: String?, _ second: String?) -> Int32 {
    if isOurs { return SQLITE_OK }
    func note(_ action: String, _ table: String?, _ column: String? = nil) {
      attempt.append(.init(action: action, table: table, column: nil))
      if let column, !column.isEmpty { attempt.append(.init(action: action, table: table, column: column)) }
    }
    switch action {
    case SQLITE_READ:
      // SQLite finds the place of a new table's row by it.
      if createsTable, second == "ROWID", first?.hasPrefix("sqlite_") == true { break }
      note("select", first, second)
    case SQLITE_UPDATE: note("update", first, second)
    case SQLITE_INSERT: note("insert", first)
    case SQLITE_DELETE: note("delete", first)
    case SQLITE_PRAGMA:
      note("pragma", nil)
      return SQLITE_DENY
    case SQLITE_ATTACH, SQLITE_DETACH:
      note(action == SQLITE_ATTACH ? "attach" : "detach", nil)
      return SQLITE_DENY
    case SQLITE_ALTER_TABLE:
      changesSchema = true
      note("alter", second)
    case SQLITE_CREATE_TABLE, SQLITE_CREATE_TEMP_TABLE, SQLITE_CREATE_VIEW, SQLITE_CREATE_TEMP_VIEW,
      SQLITE_CREATE_VTABLE:
      changesSchema = true
      createsTable = action == SQLITE_CREATE_TABLE || action == SQLITE_CREATE_TEMP_TABLE
      if action == SQLITE_CREATE_VIEW || action == SQLITE_CREATE_TEMP_VIEW { hidesBody = true }
      if let first { created.insert(first) }
      note("create", first)
    case SQLITE_CREATE_INDEX, SQLITE_CREATE_TEMP_INDEX, SQLITE_CREATE_TRIGGER, SQLITE_CREATE_TEMP_TRIGGER:
      changesSchema = true
      if action == SQLITE_CREATE_TRIGGER || action == SQLITE_CREATE_TEMP_TRIGGER { hidesBody = true }
      note("create", second)
    case SQLITE_DROP_TABLE, SQLITE_DROP_TEMP_TABLE, SQLITE_DROP_VIEW, SQLITE_DROP_TEMP_VIEW,
      SQLITE_DROP_VTABLE:
      changesSchema = true
      note("drop", first)
    case SQLITE_DROP_INDEX, SQLITE_DROP_TEMP_INDEX, SQLITE_DROP_TRIGGER, SQLITE_DROP_TEMP_TRIGGER:
      changesSchema = true
      note("drop", second)
    case SQLITE_ANALYZE: note("analyze", first)
    case SQLITE_REINDEX: note("reindex", nil)
    default: break  // SELECT, functions, transactions: no table is named
    }
    return SQLITE_OK
  }
}

/// What SQLite's message of an error is about.
private enum SQLiteMessage {
  /// Names that the database does not know, or knows otherwise.
  case names
  case limit
  case mistake

  init(_ message: String) {
    // Those quote the statement, which may say anything.
    if message.hasSuffix(": syntax error") || message.hasPrefix("unrecognized token") {
      self = .mistake
      return
    }
    let names = [
      "no such ", "has no column named", "already exists", "already another table", "unknown database",
      "ambiguous column name", "is not a function", "values were supplied", "may not be ",
      "wrong number of arguments", "cannot modify", "unable to identify the object", "unknown function",
    ]
    let limits = [
      "too many", "too large", "too deep", "stack overflow", "too big", "out of memory", "interrupted",
    ]
    if limits.contains(where: message.contains) {
      self = .limit
    } else {
      self = names.contains(where: message.contains) ? .names : .mistake
    }
  }
}
