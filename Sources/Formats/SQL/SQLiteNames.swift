/// The tables, columns and functions that were made because a statement names them, and what to make next.
struct SQLiteNames {
  enum Repair {
    case sql(String)
    case function(String)
  }

  /// Columns that an INSERT lists: SQLite asks its authorizer for the table alone.
  private(set) var inserted: [SQLStatement.Access] = []

  private struct Table {
    var schema: String
    var name: String
    var columns: Set<String> = []
    var quoted: String { "\(quote(schema)).\(quote(name))" }
  }

  private var tables: [Table] = []
  private var schemas: Set<String> = ["main", "temp"]
  private var functions: Set<String> = []
  /// Columns without a table before them, where several tables might have them.
  private var guessed: Set<String> = []

  var made: Int { tables.count + schemas.count - 2 }

  var removal: [Repair] {
    tables.map { .sql("DROP TABLE \($0.quoted)") }
      + schemas.subtracting(["main", "temp"]).map { .sql("DETACH \(quote($0))") }
  }

  func isGuessed(_ column: String) -> Bool { tables.count > 1 && guessed.contains(column.lowercased()) }

  /// Nil where SQLite's message is of nothing that can be made, or was made in vain.
  mutating func repair(_ message: String) -> Repair? {
    if let name = message.after("no such table: ") { return table(name) }
    if let schema = message.after("unknown database "), schemas.insert(schema).inserted {
      return .sql("ATTACH ':memory:' AS \(quote(schema))")
    }
    if let name = message.after("no such function: "), functions.insert(name.lowercased()).inserted {
      return .function(name)
    }
    if let name = message.after("no such column: ") { return column(name) }
    if let place = message.firstRange(of: " has no column named "), let table = message.after("table ") {
      let name = table.prefix(table.utf8.count - message[place.lowerBound...].utf8.count)
      let column = String(message[place.upperBound...])
      inserted.append(.init(action: "insert", table: String(name), column: column))
      return tables.firstIndex { $0.name.lowercased() == name.lowercased() }.flatMap { add(column, to: $0) }
    }
    return nil
  }

  private mutating func table(_ name: String) -> Repair? {
    var table = Table(schema: "main", name: name)
    if let dot = name.firstIndex(of: "."), dot != name.startIndex {
      let schema = String(name[..<dot])
      if schemas.insert(schema).inserted { return .sql("ATTACH ':memory:' AS \(quote(schema))") }
      table = Table(schema: schema, name: String(name[name.index(after: dot)...]))
    }
    guard !tables.contains(where: { $0.schema == table.schema && $0.name == table.name }) else { return nil }
    tables.append(table)
    // What `*` stands for.
    return .sql("CREATE TABLE \(table.quoted)(\"(.*)\")")
  }

  private mutating func column(_ name: String) -> Repair? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let column = parts.last, !tables.isEmpty else { return nil }
    if parts.count == 1 {
      // One table after the other, until it is one that SQLite looks into.
      guessed.insert(column.lowercased())
      return addToNext(column)
    }
    let named = tables.firstIndex { $0.name.lowercased() == parts[parts.count - 2].lowercased() }
    if let named, let repair = add(column, to: named) { return repair }
    // Another name for a table, of which only SQLite knows which it is.
    return addToNext(column)
  }

  private mutating func addToNext(_ column: String) -> Repair? {
    for table in tables.indices {
      if let repair = add(column, to: table) { return repair }
    }
    return nil
  }

  private mutating func add(_ column: String, to table: Int) -> Repair? {
    guard tables[table].columns.insert(column.lowercased()).inserted else { return nil }
    return .sql("ALTER TABLE \(tables[table].quoted) ADD COLUMN \(quote(column))")
  }
}

private func quote(_ name: String) -> String {
  var quoted = "\""
  for character in name.unicodeScalars {
    if character == "\"" { quoted.unicodeScalars.append(character) }
    quoted.unicodeScalars.append(character)
  }
  return quoted + "\""
}

extension String {
  /// What follows a beginning.
  fileprivate func after(_ beginning: String) -> String? {
    hasPrefix(beginning) ? String(dropFirst(beginning.count)) : nil
  }
}
