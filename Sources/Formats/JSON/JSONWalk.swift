/// One pass of `JSONScanner` over a text; lives inside its call, as long as the memory it looks at.
struct JSONWalk {
  private let base: UnsafeRawPointer
  private let count: Int
  private let places: UnsafeBufferPointer<JSONScanner.Place>
  private let edges: UnsafeBufferPointer<JSONScanner.Edge>
  private let keys: UnsafeRawBufferPointer
  private let fields: UnsafeMutableBufferPointer<JSONField>
  /// Nil for no bytes at all.
  init?(
    bytes: UnsafeRawBufferPointer, places: UnsafeBufferPointer<JSONScanner.Place>,
    edges: UnsafeBufferPointer<JSONScanner.Edge>, keys: UnsafeRawBufferPointer,
    fields: UnsafeMutableBufferPointer<JSONField>
  ) {
    guard let base = bytes.baseAddress else { return nil }
    self.base = base
    self.count = bytes.count
    self.places = places
    self.edges = edges
    self.keys = keys
    self.fields = fields
  }

  /// Whether all the bytes are one value. The methods below take where to start and give where to go on, or -1
  /// when something is wrong: positions that stay in registers halve the time.
  func document() -> Bool {
    let end = value(at: 0, from: skipSpace(from: 0))
    return end >= 0 && skipSpace(from: end) == count
  }

  /// Passes a value, and looks into it when a path leads there. How deep it goes is bounded by the paths.
  private func value(at place: Int, from start: Int) -> Int {
    guard start < count else { return -1 }
    let known = places[place]
    var field = JSONField()
    var end: Int
    switch byte(at: start) {
    case UInt8(ascii: "\""):
      field.kind = .string
      (end, field.hasEscapes) = string(from: start)
      if end >= 0 { field.range = start &+ 1..<end &- 1 }
      field.isNonEmpty = end > start &+ 2
    case UInt8(ascii: "{"):
      field.kind = .object
      field.isNonEmpty = byteAfterSpace(from: start &+ 1) != UInt8(ascii: "}")
      end = known.edgeCount > known.indexCount ? object(known, from: start) : nested(from: start)
    case UInt8(ascii: "["):
      field.kind = .array
      field.isNonEmpty = byteAfterSpace(from: start &+ 1) != UInt8(ascii: "]")
      end = known.indexCount > 0 ? array(known, from: start) : nested(from: start)
    default:
      field.kind = kind(of: byte(at: start))
      field.isNonEmpty = field.kind == .true || field.kind == .number
      end = word(byte(at: start), from: start)
    }
    if known.field >= 0, end >= 0 {
      if field.kind != .string { field.range = start..<end }
      fields[known.field] = field
    }
    return end
  }

  private func object(_ known: JSONScanner.Place, from start: Int) -> Int {
    var position = skipSpace(from: start &+ 1)
    if position < count, byte(at: position) == UInt8(ascii: "}") { return position &+ 1 }
    while position < count, byte(at: position) == UInt8(ascii: "\"") {
      let (keyEnd, hasEscapes) = string(from: position)
      guard keyEnd >= 0 else { return -1 }
      let next = place(behind: position &+ 1, keyEnd &- 1, hasEscapes: hasEscapes, known)
      position = skipSpace(from: keyEnd)
      guard position < count, byte(at: position) == UInt8(ascii: ":") else { return -1 }
      position = skipSpace(from: position &+ 1)
      position = next >= 0 ? value(at: next, from: position) : anyValue(from: position)
      guard position >= 0 else { return -1 }
      position = skipSpace(from: position)
      guard position < count else { return -1 }
      let after = byte(at: position)
      position &+= 1
      if after == UInt8(ascii: "}") { return position }
      guard after == UInt8(ascii: ",") else { return -1 }
      position = skipSpace(from: position)
    }
    return -1
  }

  private func array(_ known: JSONScanner.Place, from start: Int) -> Int {
    var position = skipSpace(from: start &+ 1)
    if position < count, byte(at: position) == UInt8(ascii: "]") { return position &+ 1 }
    var index = 0
    while position < count {
      var next = -1
      for number in known.firstEdge..<(known.firstEdge + known.edgeCount) where edges[number].index == index {
        next = edges[number].place
      }
      position = next >= 0 ? value(at: next, from: position) : anyValue(from: position)
      guard position >= 0 else { return -1 }
      position = skipSpace(from: position)
      guard position < count else { return -1 }
      let after = byte(at: position)
      if after == UInt8(ascii: "]") { return position &+ 1 }
      guard after == UInt8(ascii: ",") else { return -1 }
      position = skipSpace(from: position &+ 1)
      index &+= 1
    }
    return -1
  }

  /// Where a key leads to, or -1.
  @inline(__always)
  private func place(behind start: Int, _ end: Int, hasEscapes: Bool, _ known: JSONScanner.Place) -> Int {
    let length = end &- start
    if hasEscapes { return placeBehindEscaped(start, known) }
    // Most keys differ in length from all that are looked for.
    if known.keyLengths &>> UInt64(truncatingIfNeeded: min(length, 63)) & 1 == 0 { return -1 }
    let word = JSONScanner.word(of: base, from: start, length: length, count: count)
    var number = known.firstEdge
    let last = number &+ known.edgeCount
    while number < last {
      if edges[number].keyWord == word, edges[number].keyCount == length,
        length <= 8 || matchesRest(start, edges[number])
      {
        return edges[number].place
      }
      number &+= 1
    }
    return -1
  }

  private func matchesRest(_ start: Int, _ edge: JSONScanner.Edge) -> Bool {
    for place in 8..<edge.keyCount where byte(at: start &+ place) != keys[edge.keyStart &+ place] {
      return false
    }
    return true
  }

  private func placeBehindEscaped(_ start: Int, _ known: JSONScanner.Place) -> Int {
    var position = start
    var text: [UInt8] = []
    let bytes = UnsafeRawBufferPointer(start: base, count: count)
    guard appendUnescaped(bytes, from: &position, to: &text) == nil else { return -1 }
    for edge in edges[known.firstEdge..<(known.firstEdge + known.edgeCount)] where edge.index < 0 {
      if text.elementsEqual(keys[edge.keyStart..<(edge.keyStart + edge.keyCount)]) { return edge.place }
    }
    return -1
  }

  @inline(__always)
  private func anyValue(from start: Int) -> Int {
    guard start < count else { return -1 }
    let first = byte(at: start)
    switch first {
    case UInt8(ascii: "\""): return string(from: start).end
    case UInt8(ascii: "{"), UInt8(ascii: "["): return nested(from: start)
    default: return word(first, from: start)
    }
  }

  /// Passes an array or object without looking into it.
  private func nested(from start: Int) -> Int {
    var depth = 1
    var position = start &+ 1
    while position < count {
      switch byte(at: position) {
      case UInt8(ascii: "\""):
        position = string(from: position).end
        if position < 0 { return -1 }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth &+= 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth &-= 1
        if depth == 0 { return position &+ 1 }
      default: break
      }
      position &+= 1
    }
    return -1
  }

  /// Passes a string with its quotes.
  @inline(__always)
  private func string(from start: Int) -> (end: Int, hasEscapes: Bool) {
    var position = quoteOrBackslash(from: start &+ 1)
    var hasEscapes = false
    while position < count {
      if byte(at: position) == UInt8(ascii: "\"") { return (position &+ 1, hasEscapes) }
      hasEscapes = true
      position = quoteOrBackslash(from: position &+ 2)
    }
    return (-1, hasEscapes)
  }

  /// Where the next quote or backslash stands; eight bytes at a time, of which the lowest marked one is exact.
  @inline(__always)
  private func quoteOrBackslash(from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var position = start
    while position &+ 8 <= count {
      let word = base.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
      let quote = word ^ 0x2222_2222_2222_2222
      let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
      let stops = (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & 0x8080_8080_8080_8080
      if stops != 0 { return position &+ (stops.trailingZeroBitCount &>> 3) }
      position &+= 8
    }
    while position < count {
      let byte = byte(at: position)
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return position }
      position &+= 1
    }
    return position
  }

  @inline(__always)
  private func kind(of first: UInt8) -> JSONField.Kind {
    switch first {
    case UInt8(ascii: "n"): .null
    case UInt8(ascii: "f"): .false
    case UInt8(ascii: "t"): .true
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
    default: .missing
    }
  }

  /// Passes a number, `true`, `false` or `null`.
  @inline(__always)
  private func word(_ first: UInt8, from start: Int) -> Int {
    switch first {
    case UInt8(ascii: "n"): literal(0x6C6C_756E, from: start)
    case UInt8(ascii: "t"): literal(0x6575_7274, from: start)
    case UInt8(ascii: "f"): literal(0x6573_6C61, from: start &+ 1)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): number(from: start)
    default: -1
    }
  }

  /// Four letters, the first in the lowest byte.
  @inline(__always)
  private func literal(_ letters: UInt32, from start: Int) -> Int {
    guard start &+ 4 <= count else { return -1 }
    let word = base.loadUnaligned(fromByteOffset: start, as: UInt32.self).littleEndian
    return word == letters ? start &+ 4 : -1
  }

  /// All bytes of numbers but "+" stand between the comma and the brackets.
  @inline(__always)
  private func number(from start: Int) -> Int {
    var position = start &+ 1
    while position < count {
      let byte = byte(at: position)
      if (byte <= UInt8(ascii: ",") || byte >= UInt8(ascii: "]")) && byte != UInt8(ascii: "+")
        && byte != UInt8(ascii: "e")
      {
        break
      }
      position &+= 1
    }
    return position
  }

  @inline(__always)
  private func byte(at place: Int) -> UInt8 { base.load(fromByteOffset: place, as: UInt8.self) }

  @inline(__always)
  private func skipSpace(from start: Int) -> Int {
    var position = start
    while position < count {
      let byte = byte(at: position)
      if byte > 0x20 || !(byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09) { break }
      position &+= 1
    }
    return position
  }

  private func byteAfterSpace(from start: Int) -> UInt8? {
    let position = skipSpace(from: start)
    return position < count ? byte(at: position) : nil
  }
}
