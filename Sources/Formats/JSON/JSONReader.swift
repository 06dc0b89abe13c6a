/// Reads JSON out of memory that stays in place while the reader lives: made and used up inside one call of
/// `JSONParsing.swift`, which is why it may hold a pointer.
struct JSONReader: ~Copyable {
  let bytes: UnsafeRawBufferPointer
  let count: Int
  let limits: JSONLimits
  let onDuplicateKey: ((JSONError) -> Void)?
  var position = 0
  /// Items and members of the arrays and objects being read, moved into their arrays when those end.
  var items = MoveStack<JSON>()
  var members = MoveStack<JSONObject.Entry>()
  /// Where each key was written, kept only for those who want to hear of repeated ones.
  private var keyPlaces: [Int] = []
  var keys: KeyCache
  /// Unescaped text on its way into a string.
  var scratch: [UInt8] = []

  init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits, onDuplicateKey: ((JSONError) -> Void)?) {
    self.bytes = bytes
    self.count = bytes.count
    self.limits = limits
    self.onDuplicateKey = onDuplicateKey
    keys = KeyCache(learns: bytes.count > 4096)
  }

  mutating func document() throws(JSONError) -> JSON {
    try startDocument()
    let value = try value(depth: 0)
    try endDocument()
    return value
  }

  mutating func startDocument() throws(JSONError) {
    if count > limits.bytes { throw fault("the text is larger than \(limits.bytes) bytes", at: 0) }
    if count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    skipSpace()
  }

  mutating func endDocument() throws(JSONError) {
    skipSpace()
    if position < count { throw unexpected("the end of the text") }
  }

  /// The value that starts here.
  mutating func value(depth: Int) throws(JSONError) -> JSON {
    guard position < count else { throw unexpected("a value") }
    switch bytes[position] {
    case UInt8(ascii: "\""):
      position += 1
      return .string(try stringAfterQuote())
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: return try word()
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSON] {
    try open(depth: depth)
    if closes(with: UInt8(ascii: "]")) { return [] }
    let start = items.count
    while true {
      items.push(try value(depth: depth + 1))
      if try endsAfterItem(with: UInt8(ascii: "]")) { return items.popArray(from: start) }
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    try open(depth: depth)
    if closes(with: UInt8(ascii: "}")) { return JSONObject() }
    let start = members.count
    let firstPlace = keyPlaces.count
    // A bit per key: a key whose bit is not yet set is certainly new.
    var seen: UInt64 = 0
    var mayRepeat = false
    while true {
      if onDuplicateKey != nil { keyPlaces.append(position) }
      let (key, mark) = try self.key()
      mayRepeat = mayRepeat || seen & mark != 0
      seen |= mark
      try colon()
      members.push(JSONObject.Entry(key: key, value: try value(depth: depth + 1)))
      if try endsAfterItem(with: UInt8(ascii: "}")) { break }
    }
    let read = members.popArray(from: start)
    defer { if onDuplicateKey != nil { keyPlaces.removeSubrange(firstPlace...) } }
    if mayRepeat, let fewer = withoutRepeatedKeys(read, places: firstPlace) { return fewer }
    return JSONObject(distinct: read)
  }

  /// Steps into an array or object.
  mutating func open(depth: Int) throws(JSONError) {
    if depth >= limits.depth {
      throw fault("arrays and objects nest deeper than \(limits.depth) levels", at: position)
    }
    position += 1
    skipSpace()
  }

  mutating func closes(with end: UInt8) -> Bool {
    guard position < count, bytes[position] == end else { return false }
    position += 1
    return true
  }

  /// After an item: whether the array or object ends, else the comma is passed.
  @inline(__always)
  mutating func endsAfterItem(with end: UInt8) throws(JSONError) -> Bool {
    skipSpace()
    guard position < count else { throw unexpectedAfterItem(end) }
    let byte = bytes[position]
    if byte == end {
      position += 1
      return true
    }
    guard byte == UInt8(ascii: ",") else { throw unexpectedAfterItem(end) }
    position += 1
    skipSpace()
    if position < count, bytes[position] == end {
      throw fault("a comma before \"\(Character(UnicodeScalar(end)))\" is not JSON", at: position)
    }
    return false
  }

  @inline(__always)
  mutating func colon() throws(JSONError) {
    skipSpace()
    guard position < count, bytes[position] == UInt8(ascii: ":") else {
      throw unexpected("\":\" after a key")
    }
    position += 1
    skipSpace()
  }

  @inline(__always)
  mutating func skipSpace() {
    while position < count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func word() throws(JSONError) -> JSON {
    if skip("null") { return .null }
    if skip("true") { return .bool(true) }
    if skip("false") { return .bool(false) }
    throw unexpected("a value")
  }

  private mutating func skip(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard count - position >= length else { return false }
    for place in 0..<length where bytes[position + place] != word.utf8Start[place] { return false }
    position += length
    return true
  }

  /// The members with each key once, or nil when the keys differ after all.
  private func withoutRepeatedKeys(_ read: [JSONObject.Entry], places first: Int) -> JSONObject? {
    let object = JSONObject(read.lazy.map { ($0.key, $0.value) })
    if object.count == read.count { return nil }
    if let onDuplicateKey {
      var seen = JSONObject()
      for (number, member) in read.enumerated() {
        if seen.contains(member.key) {
          let key = JSON(member.key).text
          onDuplicateKey(fault("key \(key) stands twice in one object", at: keyPlaces[first + number]))
        }
        seen[member.key] = .null
      }
    }
    return object
  }
}

/// A stack whose top can be moved out as an array, without counting references on the way.
struct MoveStack<Element>: ~Copyable {
  private var memory: UnsafeMutablePointer<Element>?
  private var capacity = 0
  private(set) var count = 0

  @inline(__always)
  mutating func push(_ element: consuming Element) {
    if count == capacity { grow() }
    memory?.advanced(by: count).initialize(to: element)
    count += 1
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: max(16, capacity * 2))
    if let memory {
      larger.moveInitialize(from: memory, count: count)
      memory.deallocate()
    }
    memory = larger
    capacity = max(16, capacity * 2)
  }

  mutating func popArray(from start: Int) -> [Element] {
    let length = count - start
    let array = [Element](unsafeUninitializedCapacity: length) { buffer, initialized in
      if let memory { buffer.baseAddress?.moveInitialize(from: memory + start, count: length) }
      initialized = length
    }
    count = start
    return array
  }

  deinit {
    memory?.deinitialize(count: count)
    memory?.deallocate()
  }
}
