/// Keys come again and again: the strings made of them are kept and given again.
struct KeyCache {
  /// A key of up to 32 bytes as four words, which may overlap: two from its start, two from its end.
  private struct Words: Equatable {
    var count = 0
    var first: UInt64 = 0
    var second: UInt64 = 0
    var third: UInt64 = 0
    var last: UInt64 = 0

    var hash: UInt64 {
      let mixed = (first ^ (last &* 31) ^ second &+ third &* 7 ^ UInt64(count)) &* 0x9E37_79B9_7F4A_7C15
      return mixed ^ mixed >> 32
    }
  }

  private static let size = 128
  private let isUsed: Bool
  private var known: [(words: Words, text: String)]

  init(isUsed: Bool) {
    self.isUsed = isUsed
    known = isUsed ? Array(repeating: (Words(), ""), count: Self.size) : []
  }

  /// The string of a key that is plain ASCII, and a bit that stands for it.
  @inline(__always)
  mutating func string(
    in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
  ) -> (String, mark: UInt64) {
    let words = Self.words(of: bytes, from: start, to: end)
    let hash = words.hash
    let mark: UInt64 = 1 << (hash & 63)
    guard isUsed, words.count <= 32 else {
      return (String(decoding: bytes[start..<end], as: UTF8.self), mark)
    }
    let slot = Int(truncatingIfNeeded: (hash >> 6) & UInt64(Self.size - 1))
    if known[slot].words == words { return (known[slot].text, mark) }
    let text = String(decoding: bytes[start..<end], as: UTF8.self)
    known[slot] = (words, text)
    return (text, mark)
  }

  @inline(__always)
  private static func words(of bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Words {
    let count = end - start
    var words = Words(count: count)
    if count >= 8 {
      words.first = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
      words.last = bytes.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self)
      if count > 16 {
        words.second = bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
        words.third = bytes.loadUnaligned(fromByteOffset: end - 16, as: UInt64.self)
      }
    } else if start + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self).littleEndian
      words.first = word & ((1 << UInt64(count * 8)) &- 1)
    } else {
      for place in start..<end { words.first = words.first << 8 | UInt64(bytes[place]) }
    }
    return words
  }
}
