/// Short texts that many rows share, by their number. Each kind has a table with a unique key; the
/// numbers seen lately are remembered.
///
/// Lives on the writer's thread, within its transactions.
struct InternedTexts {
  private let insert: Statement
  private let find: Statement
  private var known: [[String]: Int64] = [:]
  /// What was asked for last, which is usually asked for again.
  private var last: (texts: [String], id: Int64)?

  /// `columns` are the unique key of `table`.
  init(_ database: Database, table: String, columns: [String]) throws(LedgerError) {
    let places = columns.map { _ in "?" }.joined(separator: ", ")
    insert = try database.prepare(
      "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))")
    find = try database.prepare(
      "SELECT id FROM \(table) WHERE \(columns.map { "\($0) = ?" }.joined(separator: " AND "))")
  }

  mutating func id(_ texts: String...) throws(LedgerError) -> Int64 {
    if let last, last.texts == texts { return last.id }
    if let id = known[texts] {
      last = (texts, id)
      return id
    }
    for text in texts { find.add(text) }
    let id: Int64
    if try find.step() {
      id = find.integer(0)
      find.reset()
    } else {
      for text in texts { insert.add(text) }
      id = try insert.insert()
    }
    if known.count >= 4_096 { known = [:] }
    known[texts] = id
    return id
  }

  mutating func forget() {
    known = [:]
    last = nil
  }
}
