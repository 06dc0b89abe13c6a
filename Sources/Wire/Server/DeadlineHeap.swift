/// The earliest of many deadlines, each with a key: a binary heap.
struct DeadlineHeap {
  private var entries: [(at: Int64, key: UInt64)] = []

  var earliest: Int64? { entries.first?.at }

  mutating func push(_ at: Int64, key: UInt64) {
    entries.append((at, key))
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if entries[parent].at <= entries[child].at { break }
      entries.swapAt(parent, child)
      child = parent
    }
  }

  /// An entry that is due at `now`, which is removed.
  mutating func pop(dueAt now: Int64) -> (at: Int64, key: UInt64)? {
    guard let first = entries.first, first.at <= now else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink()
    }
    return first
  }

  private mutating func sink() {
    var parent = 0
    let count = entries.count
    while true {
      var least = parent
      let left = 2 * parent + 1
      if left < count, entries[left].at < entries[least].at { least = left }
      if left + 1 < count, entries[left + 1].at < entries[least].at { least = left + 1 }
      if least == parent { return }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
