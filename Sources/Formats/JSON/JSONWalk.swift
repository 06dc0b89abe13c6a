/// One pass of `JSONScanner` over a text; lives inside its call, as long as the memory it looks at.
///
/// The methods take where to start and give where to go on, or nil when something is wrong: pointers that stay in
/// registers. What is not looked for is passed over with a few instructions a token.
struct JSONWalk {
  typealias Pointer = UnsafePointer<UInt8>

  let end: Pointer
  let start: Pointer
  let places: UnsafePointer<JSONScanner.Place>
  let edges: UnsafePointer<JSONScanner.Edge>
  let keys: UnsafeRawBufferPointer
  let fields: UnsafeMutableBufferPointer<JSONField>

  /// Whether all the bytes are one value.
  func document() -> Bool {
    guard let end = value(at: 0, from: skipSpace(start)) else { return false }
    return skipSpace(end) == self.end
  }

  /// Passes a value, and looks into it when a path leads there. How deep it goes is bounded by the paths.
  private func value(at place: Int, from start: Pointer) -> Pointer? {
    guard start < end else { return nil }
    let next: Pointer?
    switch start.pointee {
    case UInt8(ascii: "{") where places[place].edgeCount > places[place].indexCount:
      next = object(place, from: start)
    case UInt8(ascii: "[") where places[place].indexCount > 0: next = array(place, from: start)
    default: next = anyValue(from: start)
    }
    if let next, places[place].field >= 0 { fields[places[place].field] = field(from: start, to: next) }
    return next
  }

  private func object(_ place: Int, from start: Pointer) -> Pointer? {
    let keyMarks = places[place].keyMarks
    var position = skipSpace(start + 1)
    if position < end, position.pointee == UInt8(ascii: "}") { return position + 1 }
    while position < end, position.pointee == UInt8(ascii: "\"") {
      guard let keyEnd = string(from: position) else { return nil }
      let length = keyEnd - position &- 2
      // Most keys differ in length and last letter from all that are looked for.
      let mark = JSONScanner.mark(length: length, last: (keyEnd - 2).pointee)
      let next = keyMarks & mark != 0 ? self.place(behind: position + 1, length: length, place) : -1
      position = keyEnd < end && keyEnd.pointee == UInt8(ascii: ":") ? keyEnd : skipSpace(keyEnd)
      guard position < end, position.pointee == UInt8(ascii: ":") else { return nil }
      position = skipSpace(position + 1)
      guard let valueEnd = next >= 0 ? value(at: next, from: position) : anyValue(from: position) else {
        return nil
      }
      position = skipSpace(valueEnd)
      guard position < end else { return nil }
      if position.pointee == UInt8(ascii: "}") { return position + 1 }
      guard position.pointee == UInt8(ascii: ",") else { return nil }
      position = skipSpace(position + 1)
    }
    return nil
  }

  private func array(_ place: Int, from start: Pointer) -> Pointer? {
    let known = places[place]
    var position = skipSpace(start + 1)
    if position < end, position.pointee == UInt8(ascii: "]") { return position + 1 }
    var index = 0
    while position < end {
      var next = -1
      for number in known.firstEdge..<(known.firstEdge + known.edgeCount) where edges[number].index == index {
        next = edges[number].place
      }
      guard let valueEnd = next >= 0 ? value(at: next, from: position) : anyValue(from: position) else {
        return nil
      }
      position = skipSpace(valueEnd)
      guard position < end else { return nil }
      if position.pointee == UInt8(ascii: "]") { return position + 1 }
      guard position.pointee == UInt8(ascii: ",") else { return nil }
      position = skipSpace(position + 1)
      index &+= 1
    }
    return nil
  }

  /// Where a key leads to, or -1.
  private func place(behind key: Pointer, length: Int, _ place: Int) -> Int {
    let word = JSONScanner.word(of: key, length: length, readable: end - key)
    let first = places[place].firstEdge
    for number in first..<(first &+ places[place].edgeCount)
    where edges[number].keyWord == word && edges[number].keyCount == length {
      if length <= 8 || matchesRest(key, edges[number]) { return edges[number].place }
    }
    return -1
  }

  private func matchesRest(_ key: Pointer, _ edge: JSONScanner.Edge) -> Bool {
    for place in 8..<edge.keyCount where key[place] != keys[edge.keyStart &+ place] { return false }
    return true
  }

  @inline(__always)
  private func anyValue(from start: Pointer) -> Pointer? {
    guard start < end else { return nil }
    switch start.pointee {
    case UInt8(ascii: "\""): return string(from: start)
    case UInt8(ascii: "{"), UInt8(ascii: "["): return nested(from: start)
    case UInt8(ascii: "n"): return word(0x6C6C_756E, from: start)
    case UInt8(ascii: "t"): return word(0x6575_7274, from: start)
    case UInt8(ascii: "f"): return word(0x6573_6C61, from: start + 1)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number(from: start)
    default: return nil
    }
  }

  /// Passes an array or object without looking into it.
  private func nested(from start: Pointer) -> Pointer? {
    var depth = 1
    var position = start + 1
    while position < end {
      switch position.pointee {
      case UInt8(ascii: "\""):
        guard let next = string(from: position) else { return nil }
        position = next
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth &+= 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth &-= 1
        if depth == 0 { return position + 1 }
      default: break
      }
      position += 1
    }
    return nil
  }

  /// Passes a string with its quotes: looks for quotes only, eight bytes at a time (the lowest marked byte of eight
  /// is exact), and only then whether a backslash stands before.
  @inline(__always)
  private func string(from start: Pointer) -> Pointer? {
    var position = start + 1
    while end - position >= 8 {
      let word =
        UnsafeRawPointer(position).loadUnaligned(as: UInt64.self).littleEndian ^ 0x2222_2222_2222_2222
      let quotes = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
      if quotes == 0 {
        position += 8
        continue
      }
      position += quotes.trailingZeroBitCount &>> 3
      if (position - 1).pointee != UInt8(ascii: "\\") || !isEscaped(position) { return position + 1 }
      position += 1
    }
    while position < end {
      if position.pointee == UInt8(ascii: "\""), !isEscaped(position) { return position + 1 }
      position += 1
    }
    return nil
  }

  /// Whether a quote within a string stands for itself: after an odd number of backslashes.
  @inline(never)
  private func isEscaped(_ quote: Pointer) -> Bool {
    var first = quote
    // The opening quote ends the run at the latest.
    while (first - 1).pointee == UInt8(ascii: "\\") { first -= 1 }
    return (quote - first) & 1 == 1
  }

  /// Four letters, the first in the lowest byte.
  @inline(__always)
  private func word(_ letters: UInt32, from start: Pointer) -> Pointer? {
    guard end - start >= 4 else { return nil }
    return UnsafeRawPointer(start).loadUnaligned(as: UInt32.self).littleEndian == letters ? start + 4 : nil
  }

  /// All bytes of numbers but "+" and "e" stand between the comma and the brackets.
  @inline(__always)
  private func number(from start: Pointer) -> Pointer {
    var position = start + 1
    while position < end {
      let byte = position.pointee
      if byte &- 0x2D >= 0x5D - 0x2D, byte != UInt8(ascii: "+"), byte != UInt8(ascii: "e") { break }
      position += 1
    }
    return position
  }

  @inline(__always)
  private func skipSpace(_ start: Pointer) -> Pointer {
    if start < end, start.pointee > 0x20 { return start }
    return skipManySpaces(start)
  }

  @inline(never)
  private func skipManySpaces(_ start: Pointer) -> Pointer {
    var position = start
    while position < end {
      switch position.pointee {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return position
      }
    }
    return position
  }

  /// What is known of a value once its end is found.
  private func field(from first: Pointer, to last: Pointer) -> JSONField {
    var field = JSONField()
    field.range = (first - start)..<(last - start)
    switch first.pointee {
    case UInt8(ascii: "\""):
      field.kind = .string
      field.range = field.range.lowerBound &+ 1..<field.range.upperBound &- 1
      field.isNonEmpty = !field.range.isEmpty
      field.hasEscapes = UnsafeBufferPointer(start: first, count: last - first).contains(UInt8(ascii: "\\"))
    case UInt8(ascii: "{"):
      field.kind = .object
      field.isNonEmpty = skipSpace(first + 1).pointee != UInt8(ascii: "}")
    case UInt8(ascii: "["):
      field.kind = .array
      field.isNonEmpty = skipSpace(first + 1).pointee != UInt8(ascii: "]")
    case UInt8(ascii: "n"): field.kind = .null
    case UInt8(ascii: "f"): field.kind = .false
    case UInt8(ascii: "t"): (field.kind, field.isNonEmpty) = (.true, true)
    default: (field.kind, field.isNonEmpty) = (.number, true)
    }
    return field
  }
}
