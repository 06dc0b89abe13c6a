import Formats

/// The rows that say which calls are on the wire.
///
/// Lives on the writer's thread, within its transactions. Most calls end before a note of them is worth a row: only
/// those that take their time get one.
struct InFlightNotes {
  /// Nanoseconds that a call may be on the wire without a row.
  static let patience: Int64 = 250_000_000

  private let insert: Statement
  private let delete: Statement
  private var waiting: [Int64: InFlightRecord] = [:]
  /// Calls that have a row.
  private var written: [Int64: InFlightRecord] = [:]
  /// After a rollback it is not known which of them have one.
  private var isKnown = true

  init(_ database: Database) throws(LedgerError) {
    insert = try database.prepare(
      """
      INSERT OR REPLACE INTO in_flight
        (id, run_id, case_no, target, purpose, sent_at, reserved_picodollars, reserved_tokens)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
    delete = try database.prepare("DELETE FROM in_flight WHERE id = ?")
  }

  /// Notes of earlier groups may have been undone, too: they are written again when they are due.
  mutating func forget() {
    waiting.merge(written) { now, _ in now }
    written = [:]
    isKnown = false
  }

  /// Whether some call may have to be written down soon.
  var isWaiting: Bool { !waiting.isEmpty }

  /// A call that was sent, and that nobody waits for to be written down.
  mutating func note(_ record: InFlightRecord) { waiting[record.ticket] = record }

  /// Writes down what has been on the wire for a while.
  mutating func writeDue() throws(LedgerError) {
    if waiting.isEmpty { return }
    let before = Instant.now().microseconds - Self.patience / 1_000
    for record in waiting.values where record.sentAt <= before { try write(record) }
  }

  mutating func write(_ record: InFlightRecord) throws(LedgerError) {
    waiting[record.ticket] = nil
    written[record.ticket] = record
    insert.add(record.ticket)
    insert.add(record.runID)
    insert.add(record.caseNo)
    insert.add(record.target)
    insert.add(record.purpose.rawValue)
    insert.add(record.sentAt)
    insert.add(record.reserved()?.picodollars)
    insert.add(record.reservedTokens)
    try insert.run()
  }

  mutating func end(_ ticket: Int64) throws(LedgerError) {
    waiting[ticket] = nil
    guard written.removeValue(forKey: ticket) != nil || !isKnown else { return }
    delete.add(ticket)
    try delete.run()
  }
}
