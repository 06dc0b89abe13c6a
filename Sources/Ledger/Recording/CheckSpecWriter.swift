import Formats
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

  struct Spec {
    var id: Int64
    /// What the first result of it expected and said: the same for nearly all.
    var expected: JSON?
    var reason: String
  }

  private let insert: Statement
  private var known: [Key: Spec] = [:]

  init(_ database: Database) throws(LedgerError) {
    insert = try database.prepare(
      """
      INSERT INTO check_specs (type, metric, weight, threshold, file_id, line, column, expected, reason)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
  }

  mutating func spec(
    of check: CheckResult, expected: JSON?, reason: String, file: Int64?
  ) throws(LedgerError) -> Spec {
    let key = Key(
      type: check.type, metric: check.metric, weight: check.weight, threshold: check.threshold, file: file,
      line: check.location?.line, column: check.location?.column)
    if let spec = known[key] { return spec }
    insert.add(key.type)
    insert.add(key.metric)
    insert.add(key.weight)
    insert.add(key.threshold)
    insert.add(key.file)
    insert.add(key.line)
    insert.add(key.column)
    insert.add(expected?.text)
    insert.add(reason)
    let spec = Spec(id: try insert.insert(), expected: expected, reason: reason)
    if known.count >= 8_192 { known = [:] }
    known[key] = spec
    return spec
  }

  mutating func forget() { known = [:] }
}
