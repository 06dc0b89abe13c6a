import Formats

/// A ledger that nothing is in yet, as a file: what `Migrations` makes of an empty one. To copy and read it takes three
/// milliseconds where SQLite takes eight to make each table and view.
///
/// `empty.packed` beside this is written by `ASSAY_UPDATE_GOLDENS=1 bin/test EmptyLedgerTests`, which also holds it against
/// the migrations.
enum EmptyLedger {
  /// Puts one at a path where nothing is, whole or not at all. Where that can't be done nothing is said: SQLite, which
  /// makes its own then, tells what is in the way.
  static func put(at path: String) {
    guard !File.isLink(path), !File.exists(path), let file = try? FileWriter(path) else { return }
    guard (try? file.write(unpacked(PackageResources.empty_packed))) != nil else { return }
    try? file.finish()
  }

  /// Pieces of a file that is mostly zeros: how many of them go before a piece and how long it is, four bytes each with the
  /// least first, and the piece.
  static func packed(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var place = 0
    while place < bytes.count {
      let start = bytes[place...].firstIndex { $0 != 0 } ?? bytes.count
      var end = start
      // A few zeros are shorter than a piece of their own.
      while end < bytes.count, !bytes[end...].prefix(8).allSatisfy({ $0 == 0 }) { end += 1 }
      for number in [start - place, end - start] {
        result += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      }
      result += bytes[start..<end]
      place = end
    }
    return result
  }

  static func unpacked(_ packed: [UInt8]) -> [UInt8] {
    func number(_ place: Int) -> Int { (0..<4).reduce(0) { $0 | Int(packed[place + $1]) << (8 * $1) } }
    var pieces: [(start: Int, bytes: ArraySlice<UInt8>)] = []
    var (place, size) = (0, 0)
    while place < packed.count {
      let (start, length) = (size + number(place), number(place + 4))
      pieces.append((start, packed[place + 8..<place + 8 + length]))
      size = start + length
      place += 8 + length
    }
    var result = [UInt8](repeating: 0, count: size)
    for piece in pieces {
      result.replaceSubrange(piece.start..<piece.start + piece.bytes.count, with: piece.bytes)
    }
    return result
  }
}
