/// A line and a column, moved forward through a text.
struct TextPlace {
  private(set) var line = 1
  private(set) var column = 1
  private var offset = 0

  mutating func advance(to end: Int, in bytes: UnsafeRawBufferPointer) {
    while offset < min(end, bytes.count) {
      let byte = bytes[offset]
      offset += 1
      if byte == 0x0A {
        (line, column) = (line + 1, 1)
      } else if byte & 0xC0 != 0x80 {
        // Bytes that go on with a character don't count.
        column += 1
      }
    }
  }
}
