import CPGQuery

/// SQL as PostgreSQL's own parser (libpg_query) or SQLite's own reads it, with the tables and columns it touches.
///
/// Other dialects are read by PostgreSQL's grammar after their quotes are turned into standard ones: MySQL's
/// and BigQuery's backticks, SQL Server's brackets. What only such a dialect has is a syntax error here.
public struct SQLStatement: Sendable {
  /// `select`, `update`, `insert`, `delete`, or another statement's word (`drop`), with the table or column.
  public struct Access: Sendable, Hashable {
    public var action: String
    /// Nil where the statement does not name one.
    public var table: String?
    /// Nil for the table itself.
    public var column: String?

    /// `select::users::name`, promptfoo's spelling; `null` for what is not named.
    public var text: String { "\(action)::\(table ?? "null")::\(column ?? "")" }
  }

  public var tables: [Access]
  public var columns: [Access]
  /// Why there may be more tables and columns than these; nil when these are all.
  public var gap: String?

  public init(parsing sql: String, dialect: String = "mysql") throws(Problem) {
    guard sql.utf8.count <= 1 << 20 else { throw Problem("the SQL is longer than 1 MiB") }
    if ["sqlite", "sqlite3"].contains(dialect.lowercased()) {
      let reading = try SQLiteReading()
      try reading.read(sql)
      guard reading.count > 0 else { throw Problem("there is no SQL statement") }
      tables = reading.accesses.filter { $0.column == nil }
      columns = reading.accesses.filter { $0.column != nil }
      gap = reading.gap
      return
    }
    guard Self.operatorWork(sql) <= 100_000_000 else {
      throw Problem("the SQL has too many operator characters in a row")
    }
    let standard = try Self.standardQuotes(sql, dialect: dialect.lowercased())
    let tree = try Self.parse(standard)
    var collector = AccessCollector()
    collector.statements(tree)
    tables = collector.tables
    columns = collector.columns
    if collector.isCut { gap = "the statement nests too deep" }
    guard collector.count > 0 else { throw Problem("there is no SQL statement") }
  }

  private static func parse(_ sql: String) throws(Problem) -> JSON {
    var result = PgQueryParseResult()
    guard cpgquery_parse(sql, &result) == 1 else { throw Problem("the SQL is too deep to read") }
    defer { pg_query_free_parse_result(result) }
    if let error = result.error {
      let message = error.pointee.message.map { String(cString: $0) } ?? "syntax error"
      throw Problem("\(message), at character \(error.pointee.cursorpos)")
    }
    guard let text = result.parse_tree, let tree = try? JSON(parsing: String(cString: text)) else {
      throw Problem("the SQL is too deep to read")
    }
    return tree
  }

  /// How often PostgreSQL's scanner may look at a character: it reads a run of operator characters to its end
  /// from each place in it where a comment or an operator begins.
  private static func operatorWork(_ sql: String) -> Int {
    var work = 0
    var run = 0
    for byte in sql.utf8 {
      switch byte {
      case UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "@"), UInt8(ascii: "#"), UInt8(ascii: "^"),
        UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "`"), UInt8(ascii: "?"), UInt8(ascii: "+"),
        UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "%"), UInt8(ascii: "<"),
        UInt8(ascii: ">"), UInt8(ascii: "="):
        run += 1
      default:
        work += run * run
        run = 0
      }
    }
    return work + run * run
  }

  /// Backticks and brackets as double quotes, outside strings and comments.
  private static func standardQuotes(_ sql: String, dialect: String) throws(Problem) -> String {
    let hasBackticks = ["mysql", "mariadb", "bigquery", "hive", "databricks"].contains(dialect)
    let hasBrackets = ["transactsql", "mssql", "sqlserver"].contains(dialect)
    var out: [UInt8] = []
    var closing: UInt8?
    for byte in sql.utf8 {
      if let end = closing {
        out.append(byte == end && (end == 0x60 || end == 0x5D) ? 0x22 : byte)
        if byte == end { closing = nil }
        continue
      }
      switch byte {
      case 0x27, 0x22:
        closing = byte
        out.append(byte)
      case 0x60 where hasBackticks:
        closing = byte
        out.append(0x22)
      case 0x5B where hasBrackets:
        closing = 0x5D
        out.append(0x22)
      default: out.append(byte)
      }
    }
    if closing == 0x60 { throw Problem("a backtick is not closed") }
    return String(decoding: out, as: UTF8.self)
  }
}

/// Walks libpg_query's tree for the tables and columns of each statement.
private struct AccessCollector {
  private(set) var tables: [SQLStatement.Access] = []
  private(set) var columns: [SQLStatement.Access] = []
  private var known: Set<SQLStatement.Access> = []
  var count = 0
  /// Some of the tree was too deep to be looked at.
  private(set) var isCut = false
  private static let actions = [
    "SelectStmt": "select", "UpdateStmt": "update", "InsertStmt": "insert", "DeleteStmt": "delete",
  ]

  mutating func statements(_ tree: JSON) {
    for entry in tree["stmts"]?.array ?? [] {
      count += 1
      let statement = entry["stmt"] ?? .null
      other(statement)
      walk(statement, action: "other", aliases: [:], depth: 0)
    }
  }

  /// A statement that does none of the four things does something else to tables, named or not: `drop`, `truncate`.
  private mutating func other(_ statement: JSON) {
    guard let (kind, body) = statement.object?.first, Self.actions[kind] == nil,
      !["TransactionStmt", "ExplainStmt"].contains(kind)
    else { return }
    let action = (kind.hasSuffix("Stmt") ? String(kind.dropLast(4)) : kind).lowercased()
    let relation = body["relation"] ?? body["into"]?["rel"]
    var names = [relation].compactMap { $0?["relname"]?.string }
    for object in body["objects"]?.array ?? body["relations"]?.array ?? [] {
      let last = object["List"]?["items"]?.array?.last?["String"]
      if let name = object["RangeVar"]?["relname"]?.string ?? last?["sval"]?.string { names.append(name) }
    }
    for name in names.isEmpty ? [nil] : names.map(Optional.some) {
      note(.init(action: action, table: name, column: nil))
    }
  }

  private mutating func note(_ access: SQLStatement.Access) {
    guard known.insert(access).inserted else { return }
    if access.column == nil { tables.append(access) } else { columns.append(access) }
  }

  private mutating func walk(_ node: JSON, action: String, aliases: [String: String], depth: Int) {
    guard depth < 400 else {
      isCut = true
      return
    }
    switch node {
    case .array(let items):
      for item in items { walk(item, action: action, aliases: aliases, depth: depth + 1) }
    case .object(let object):
      for (key, value) in object {
        if let own = Self.actions[key] {
          statement(value, action: own, aliases: aliases, depth: depth + 1)
        } else if key == "RangeVar" {
          add(table: value, action: action)
        } else if key == "ColumnRef" {
          add(column: value, action: action, aliases: aliases)
        } else {
          walk(value, action: action, aliases: aliases, depth: depth + 1)
        }
      }
    case .null, .bool, .number, .string: break
    }
  }

  private mutating func statement(_ body: JSON, action: String, aliases: [String: String], depth: Int) {
    var names = aliases
    var count = names.keys.count { !$0.isEmpty }
    collectAliases(body["fromClause"] ?? .null, into: &names, &count, depth: 0)
    if let relation = body["relation"] {
      add(table: relation, action: action)
      if let name = relation["relname"]?.string { names[""] = name }
    }
    for target in body["targetList"]?.array ?? body["cols"]?.array ?? [] where action != "select" {
      if let column = target["ResTarget"]?["name"]?.string {
        note(.init(action: action, table: names[""], column: column))
      }
    }
    guard case .object(let members) = body else { return }
    for (key, value) in members where key != "relation" {
      // What an UPDATE or DELETE reads in its conditions is read, not written.
      let inner = key == "whereClause" || key == "selectStmt" || key == "fromClause" ? "select" : action
      walk(value, action: action == "select" ? "select" : inner, aliases: names, depth: depth + 1)
    }
  }

  /// Names that stand for tables here; with a single table, columns without a qualifier are its own.
  private mutating func collectAliases(
    _ node: JSON, into aliases: inout [String: String], _ count: inout Int, depth: Int
  ) {
    guard depth < 100 else {
      isCut = true
      return
    }
    for item in node.array ?? [] { collectAliases(item, into: &aliases, &count, depth: depth + 1) }
    if let table = node["RangeVar"], let name = table["relname"]?.string {
      if aliases.updateValue(name, forKey: table["alias"]?["aliasname"]?.string ?? name) == nil { count += 1 }
      aliases[""] = count == 1 ? name : nil
    }
    if let join = node["JoinExpr"] {
      collectAliases(join["larg"] ?? .null, into: &aliases, &count, depth: depth + 1)
      collectAliases(join["rarg"] ?? .null, into: &aliases, &count, depth: depth + 1)
    }
  }

  private mutating func add(table: JSON, action: String) {
    guard let name = table["relname"]?.string else { return }
    note(.init(action: action, table: name, column: nil))
  }

  private mutating func add(column: JSON, action: String, aliases: [String: String]) {
    let fields = column["fields"]?.array ?? []
    let names = fields.compactMap { $0["String"]?["sval"]?.string ?? $0["String"]?["str"]?.string }
    let last = fields.last.flatMap { $0["A_Star"] == nil ? names.last : "(.*)" } ?? names.last ?? "(.*)"
    let qualifier = fields.count > 1 ? names.first : nil
    let table = qualifier.map { aliases[$0] ?? $0 } ?? aliases[""]
    note(.init(action: action, table: table, column: last))
  }
}
