import Vocabulary

/// What checks are, stored once for many results.
///
/// Lives on the writer's thread, within its transactions.
struct CheckSpecWriter {
  private struct Key: Hashable {
    var type: String
    var metric: String?
    var weight: Double
    var threshold: Double?
    var file: Int64?
    var line: Int?
    var column: Int?
  }

  private let insert: Statement
  private var known: [Key: Int64] = [:]

  init(_ database: Database) throws(LedgerError) {
    insert = try database.prepare(
      """
      INSERT INTO check_specs (type, metric, weight, threshold, file_id, line, column)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
  }

  mutating func id(of check: CheckResult, file: Int64?) throws(LedgerError) -> Int64 {
    let key = Key(
      type: check.type, metric: check.metric, weight: check.weight, threshold: check.threshold, file: file,
      line: check.location?.line, column: check.location?.column)
    if let id = known[key] { return id }
    insert.add(key.type)
    insert.add(key.metric)
    insert.add(key.weight)
    insert.add(key.threshold)
    insert.add(key.file)
    insert.add(key.line)
    insert.add(key.column)
    let id = try insert.insert()
    if known.count >= 8_192 { known = [:] }
    known[key] = id
    return id
  }

  mutating func forget() { known = [:] }
}
