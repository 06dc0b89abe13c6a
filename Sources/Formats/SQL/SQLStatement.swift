import CPGQuery

/// SQL as PostgreSQL's own parser (libpg_query) reads it, with the tables and columns it touches.
///
/// Other dialects are read by the same grammar after their quotes are turned into standard ones: MySQL's
/// and BigQuery's backticks, SQL Server's brackets. What only such a dialect has is a syntax error here.
public struct SQLStatement: Sendable {
  /// `select`, `update`, `insert` or `delete`, with the table or column.
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

  public init(parsing sql: String, dialect: String = "mysql") throws(Problem) {
    guard sql.utf8.count <= 1 << 20 else { throw Problem("the SQL is longer than 1 MiB") }
    let standard = try Self.standardQuotes(sql, dialect: dialect.lowercased())
    let tree = try Self.parse(standard)
    var collector = AccessCollector()
    collector.statements(tree)
    tables = collector.tables
    columns = collector.columns
    guard collector.count > 0 else { throw Problem("there is no SQL statement") }
  }

  private static func parse(_ sql: String) throws(Problem) -> JSON {
    let result = pg_query_parse(sql)
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

  /// Backticks and brackets as double quotes, outside strings and comments.
  private static func standardQuotes(_ sql: String, dialect: String) throws(Problem) -> String {
    let hasBackticks = ["mysql", "mariadb", "bigquery", "sqlite", "hive", "databricks"].contains(dialect)
    let hasBrackets = ["transactsql", "mssql", "sqlserver", "sqlite"].contains(dialect)
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
  var tables: [SQLStatement.Access] = []
  var columns: [SQLStatement.Access] = []
  var count = 0
  private static let actions = [
    "SelectStmt": "select", "UpdateStmt": "update", "InsertStmt": "insert", "DeleteStmt": "delete",
  ]

  mutating func statements(_ tree: JSON) {
    for entry in tree["stmts"]?.array ?? [] {
      count += 1
      walk(entry["stmt"] ?? .null, action: "other", aliases: [:], depth: 0)
    }
  }

  private mutating func walk(_ node: JSON, action: String, aliases: [String: String], depth: Int) {
    guard depth < 400 else { return }
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
    var known = aliases
    collectAliases(body["fromClause"] ?? .null, into: &known, depth: 0)
    if let relation = body["relation"] {
      add(table: relation, action: action)
      if let name = relation["relname"]?.string { known[""] = name }
    }
    for target in body["targetList"]?.array ?? body["cols"]?.array ?? [] where action != "select" {
      if let column = target["ResTarget"]?["name"]?.string {
        columns.append(.init(action: action, table: known[""], column: column))
      }
    }
    guard case .object(let members) = body else { return }
    for (key, value) in members where key != "relation" {
      // What an UPDATE or DELETE reads in its conditions is read, not written.
      let inner = key == "whereClause" || key == "selectStmt" || key == "fromClause" ? "select" : action
      walk(value, action: action == "select" ? "select" : inner, aliases: known, depth: depth + 1)
    }
  }

  /// Names that stand for tables here; with a single table, columns without a qualifier are its own.
  private func collectAliases(_ node: JSON, into aliases: inout [String: String], depth: Int) {
    guard depth < 100 else { return }
    for item in node.array ?? [] { collectAliases(item, into: &aliases, depth: depth + 1) }
    if let table = node["RangeVar"], let name = table["relname"]?.string {
      aliases[table["alias"]?["aliasname"]?.string ?? name] = name
      aliases[""] = aliases.keys.count { !$0.isEmpty } == 1 ? name : nil
    }
    if let join = node["JoinExpr"] {
      collectAliases(join["larg"] ?? .null, into: &aliases, depth: depth + 1)
      collectAliases(join["rarg"] ?? .null, into: &aliases, depth: depth + 1)
    }
  }

  private mutating func add(table: JSON, action: String) {
    guard let name = table["relname"]?.string else { return }
    let access = SQLStatement.Access(action: action, table: name, column: nil)
    if !tables.contains(access) { tables.append(access) }
  }

  private mutating func add(column: JSON, action: String, aliases: [String: String]) {
    let fields = column["fields"]?.array ?? []
    let names = fields.compactMap { $0["String"]?["sval"]?.string ?? $0["String"]?["str"]?.string }
    let last = fields.last.flatMap { $0["A_Star"] == nil ? names.last : "(.*)" } ?? names.last ?? "(.*)"
    let qualifier = fields.count > 1 ? names.first : nil
    let table = qualifier.map { aliases[$0] ?? $0 } ?? aliases[""]
    let access = SQLStatement.Access(action: action, table: table, column: last)
    if !columns.contains(access) { columns.append(access) }
  }
}
