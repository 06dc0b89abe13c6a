import Vocabulary

/// Very many times in little memory: four bytes each but for those beyond 71 minutes. Nothing is rounded.
struct TimeColumn: Sendable {
  private var short: [UInt32] = []
  private var long: [Microseconds] = []

  var count: Int { short.count + long.count }

  mutating func add(_ time: Microseconds) {
    if let small = UInt32(exactly: time) { short.append(small) } else { long.append(time) }
  }

  mutating func add(_ other: TimeColumn) {
    if short.isEmpty { short = other.short } else { short += other.short }
    long += other.long
  }

  /// From the least.
  func sorted() -> [Double] {
    var values: [Double] = []
    values.reserveCapacity(count)
    // What does not fit four bytes is below 0 or above all that does.
    values += long.filter { $0 < 0 }.sorted().map(Double.init)
    for time in short.sorted() { values.append(Double(time)) }
    values += long.filter { $0 >= 0 }.sorted().map(Double.init)
    return values
  }
}
