import Formats
import Testing

@Suite("SQL")
struct SQLTests {
  /// What SQLite reads, and what it touches: tables, then columns.
  private static let read: [(sql: String, accesses: [String])] = [
    ("SELECT 1", []),
    ("SELECT id, name FROM users", ["select::users::", "select::users::id", "select::users::name"]),
    ("SELECT * FROM [my users]", ["select::my users::", "select::my users::(.*)"]),
    ("SELECT count(*) FROM `users`;", ["select::users::"]),
    (
      "SELECT u.name, p.title FROM users u JOIN posts p ON u.id = p.user_id",
      [
        "select::users::", "select::posts::", "select::users::name", "select::posts::title",
        "select::users::id",
        "select::posts::user_id",
      ]
    ),
    ("SELECT a FROM t, u", ["select::t::", "select::u::", "select::null::a"]),
    (
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 9) SELECT x FROM n",
      []
    ),
    ("INSERT INTO t (a, b) VALUES (1, 'x')", ["insert::t::", "insert::t::a", "insert::t::b"]),
    ("INSERT INTO t VALUES (1, 2, 3)", ["insert::t::"]),
    (
      "INSERT OR REPLACE INTO t (a) SELECT b FROM u WHERE true ON CONFLICT DO NOTHING",
      ["insert::t::", "insert::t::a", "select::u::", "select::null::b"]
    ),
    ("UPDATE t SET a = 1 WHERE id = 2", ["update::t::", "update::t::a", "select::t::", "select::t::id"]),
    ("DELETE FROM t", ["delete::t::"]), ("DROP TABLE t", ["drop::t::", "delete::t::"]),
    ("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT) STRICT, WITHOUT ROWID", ["create::t::"]),
    ("PRAGMA journal_mode = WAL", ["pragma::null::"]), ("ATTACH 'x.db' AS x", ["attach::null::"]),
    ("BEGIN; SELECT 1 FROM sales.orders; COMMIT", ["select::orders::"]),
    (
      "SELECT json_extract(a, '$.x'), later(a) FROM t WHERE a GLOB 'x*' -- done",
      ["select::t::", "select::t::a"]
    ),
    ("SELECT name FROM sqlite_schema", ["select::sqlite_master::", "select::sqlite_master::name"]),
  ]

  @Test("SQLite's parser reads its own dialect and tells what is touched", arguments: read)
  func sqlite(sql: String, accesses: [String]) throws {
    let statement = try SQLStatement(parsing: sql, dialect: "SQLite")
    #expect(Set((statement.tables + statement.columns).map(\.text)) == Set(accesses))
    #expect(statement.gap == nil)
  }

  @Test(
    "what SQLite does not read is no SQL, though PostgreSQL may",
    arguments: [
      ("SELEC 1", "near \"SELEC\": syntax error, at byte 1"),
      ("SELECT 1 FROM", "incomplete input"),
      ("SELECT 1; SELECT (2", "incomplete input"), ("", "there is no SQL statement"),
      ("SELECT 'x", "unrecognized token: \"'x\", at byte 8"),
      ("SELECT a::int FROM t", "unrecognized token: \":\", at byte 9"),
      ("SELECT * FROM t FOR UPDATE", "near \"UPDATE\": syntax error, at byte 21"),
      ("-- nothing", "there is no SQL statement"),
      (
        "SELECT 1 UNION SELECT 1, 2",
        "SELECTs to the left and right of UNION do not have the same number of result columns"
      ),
      // What SQLite quotes in a message is not the message.
      ("SELECT 1 AS x 'may not be '", "near \"'may not be '\": syntax error, at byte 15"),
      ("SELECT 1 AS x 'too many'", "near \"'too many'\": syntax error, at byte 15"),
    ])
  func mistakes(sql: String, message: String) throws {
    let problem = #expect(throws: Problem.self) { try SQLStatement(parsing: sql, dialect: "sqlite") }
    #expect(problem?.message == message)
  }

  @Test("nothing is run, and what can't be known is said")
  func gaps() throws {
    let statement = try SQLStatement(parsing: "SELECT max(DISTINCT a, b, c) FROM t JOIN t", dialect: "sqlite")
    #expect(statement.gap != nil)
    let long = "SELECT a" + (0..<20_000).map { ",c\($0)" }.joined() + " FROM t"
    let problem = #expect(throws: Problem.self) { try SQLStatement(parsing: long, dialect: "sqlite") }
    #expect(problem?.message.contains("too many") == true)
  }

  @Test(
    "what a view or a trigger does is not looked into, and that is said",
    arguments: [
      "CREATE VIEW v AS SELECT password FROM users",
      "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM secrets; END",
    ])
  func hiddenBodies(sql: String) throws {
    #expect(try SQLStatement(parsing: sql, dialect: "SQLite").gap != nil)
  }

  @Test("a new table made of the schema reads the schema")
  func schemaReads() throws {
    let statement = try SQLStatement(
      parsing: "CREATE TABLE y AS SELECT sql FROM sqlite_master", dialect: "SQLite")
    #expect(
      Set((statement.tables + statement.columns).map(\.text)) == [
        "create::y::", "select::sqlite_master::", "select::sqlite_master::sql",
      ])
  }

  @Test("operator characters in a row, which PostgreSQL's scanner reads again and again, are not read")
  func operatorRuns() throws {
    for run in [String(repeating: "/*", count: 40_000), "SELECT 1 " + String(repeating: "+-", count: 40_000)]
    {
      let problem = #expect(throws: Problem.self) { try SQLStatement(parsing: run, dialect: "PostgreSQL") }
      #expect(problem?.message == "the SQL has too many operator characters in a row")
    }
    let banner = "/*" + String(repeating: "*", count: 9_000) + "*/ SELECT a FROM t"
    #expect(try SQLStatement(parsing: banner, dialect: "PostgreSQL").tables.map(\.text) == ["select::t::"])
  }

  @Test(
    "statements that do something else than read and write rows tell of their tables, too",
    arguments: [
      ("DROP TABLE a, s.b", ["drop::a::", "drop::b::"]), ("TRUNCATE t", ["truncate::t::"]),
      ("ALTER TABLE t ADD COLUMN x int", ["altertable::t::"]), ("CREATE TABLE t (a int)", ["create::t::"]),
      ("GRANT ALL ON t TO x", ["grant::t::"]), ("VACUUM", ["vacuum::null::"]), ("COMMIT", []),
      ("CREATE TABLE t AS SELECT a FROM u", ["createtableas::t::", "select::u::"]),
    ])
  func others(sql: String, tables: [String]) throws {
    let found = try SQLStatement(parsing: sql, dialect: "PostgreSQL").tables.map(\.text)
    #expect(Set(tables).isSubset(of: Set(found)), "\(found)")
    #expect(!tables.isEmpty || found.isEmpty)
  }
}
