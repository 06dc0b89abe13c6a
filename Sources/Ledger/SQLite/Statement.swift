import CSQLite

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A prepared statement, used again and again.
///
/// Values are added in the order of the question marks; `run`, `insert` and `step` reset the place.
final class Statement {
  private let pointer: OpaquePointer
  private let database: Database
  private var place: Int32 = 0
  /// Which of the first places hold null, as all do at first: a value stays until another is put in its place, and most
  /// columns of most rows are null.
  private var nulls: (UInt64, UInt64) = (.max, .max)

  init(_ pointer: OpaquePointer, of database: Database) {
    self.pointer = pointer
    self.database = database
  }

  deinit { sqlite3_finalize(pointer) }

  // MARK: Values in

  func add(_ value: Int64) {
    nextPlace()
    sqlite3_bind_int64(pointer, place, value)
  }

  func add(_ value: Int) { add(Int64(value)) }

  func add(_ value: Int64?) { if let value { add(value) } else { addNull() } }
  func add(_ value: Int?) { if let value { add(Int64(value)) } else { addNull() } }

  func add(_ value: Double) {
    nextPlace()
    sqlite3_bind_double(pointer, place, value)
  }

  func add(_ value: Double?) { if let value { add(value) } else { addNull() } }
  func add(_ value: Bool) { add(value ? 1 as Int64 : 0) }

  func add(_ text: String) {
    nextPlace()
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        _ = csqlite_bind_text(pointer, place, $0.baseAddress, UInt64($0.count))
      }
    }
  }

  func add(_ text: String?) { if let text { add(text) } else { addNull() } }

  /// UTF-8, stored as text.
  func add(utf8 bytes: [UInt8]) {
    nextPlace()
    bytes.withUnsafeBytes { raw in
      _ = csqlite_bind_text(
        pointer, place, raw.bindMemory(to: CChar.self).baseAddress, UInt64(raw.count))
    }
  }

  func add(blob bytes: [UInt8]) {
    nextPlace()
    bytes.withUnsafeBytes { _ = csqlite_bind_blob(pointer, place, $0.baseAddress, UInt64($0.count)) }
  }

  func addNull() {
    let bit: UInt64 = 1 << UInt64(place & 63)
    let isNull = place < 64 ? nulls.0 & bit != 0 : place < 128 && nulls.1 & bit != 0
    place += 1
    if isNull { return }
    sqlite3_bind_null(pointer, place)
    if place <= 64 { nulls.0 |= bit } else if place <= 128 { nulls.1 |= bit }
  }

  /// The next place, which will hold something.
  @inline(__always)
  private func nextPlace() {
    let bit: UInt64 = 1 << UInt64(place & 63)
    if place < 64 { nulls.0 &= ~bit } else if place < 128 { nulls.1 &= ~bit }
    place += 1
  }

  // MARK: Running

  /// Runs a statement that gives no rows.
  func run() throws(LedgerError) {
    place = 0
    let code = sqlite3_step(pointer)
    sqlite3_reset(pointer)
    if code != SQLITE_DONE && code != SQLITE_ROW { throw database.error(code) }
  }

  /// Runs an INSERT and gives the id of the new row.
  func insert() throws(LedgerError) -> Int64 {
    try run()
    return database.lastInsertedID
  }

  /// The next row, or false at the end; after the end it can be used again.
  func step() throws(LedgerError) -> Bool {
    place = 0
    let code = sqlite3_step(pointer)
    if code == SQLITE_ROW { return true }
    sqlite3_reset(pointer)
    if code != SQLITE_DONE { throw database.error(code) }
    return false
  }

  /// Leaves the rows that were not read.
  func reset() {
    place = 0
    sqlite3_reset(pointer)
  }

  // MARK: Values out

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }
  func int(_ column: Int32) -> Int { Int(integer(column)) }
  func double(_ column: Int32) -> Double { sqlite3_column_double(pointer, column) }
  func bool(_ column: Int32) -> Bool { integer(column) != 0 }

  func text(_ column: Int32) -> String {
    guard let start = sqlite3_column_text(pointer, column) else { return "" }
    let count = Int(sqlite3_column_bytes(pointer, column))
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  func bytes(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(pointer, column) else { return [] }
    let count = Int(sqlite3_column_bytes(pointer, column))
    return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }

  /// The bytes of a text, valid within the body; none where the column is null.
  func withBytes<Value>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    let start = sqlite3_column_blob(pointer, column)
    return body(
      UnsafeRawBufferPointer(
        start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(pointer, column))))
  }

  /// True when the column holds exactly these bytes; nothing is copied.
  func holds(_ bytes: [UInt8], in column: Int32) -> Bool {
    bytes.withUnsafeBytes { holds($0, in: column) }
  }

  func holds(_ word: StaticString, in column: Int32) -> Bool {
    word.withUTF8Buffer { holds(UnsafeRawBufferPointer($0), in: column) }
  }

  private func holds(_ bytes: UnsafeRawBufferPointer, in column: Int32) -> Bool {
    withBytes(column) { found in
      guard found.count == bytes.count, let a = found.baseAddress, let b = bytes.baseAddress else {
        return found.count == bytes.count
      }
      return memcmp(a, b, found.count) == 0
    }
  }

  func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
  func optionalInt(_ column: Int32) -> Int? { isNull(column) ? nil : int(column) }
  func optionalDouble(_ column: Int32) -> Double? { isNull(column) ? nil : double(column) }
  func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
}
