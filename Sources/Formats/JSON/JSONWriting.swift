extension JSON {
  /// Compact, as `JSON.stringify(x)` lays it out; numbers as they were written.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// `text` in UTF-8.
  public var bytes: [UInt8] {
    var writer = JSONWriter(layout: .compact, capacity: 256)
    writer.write(self, depth: 0)
    return writer.bytes
  }

  /// Indented by two spaces, as `JSON.stringify(x, null, 2)` does it.
  public var pretty: String {
    var writer = JSONWriter(layout: .pretty)
    writer.write(self, depth: 0)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The one form that equal values share (RFC 8785): keys sorted by their UTF-16 units, numbers as JavaScript
  /// prints them. Numbers that no double holds (integers beyond 2^53, `1e400`) keep the digits they were written
  /// with, so that different requests never look the same.
  public var canonical: String { String(decoding: canonicalBytes, as: UTF8.self) }

  /// `canonical` in UTF-8: what is hashed.
  public var canonicalBytes: [UInt8] {
    var writer = JSONWriter(layout: .canonical, capacity: 256)
    writer.write(self, depth: 0)
    return writer.bytes
  }

  /// Appends `text` in UTF-8, without a string in between.
  public func write(to bytes: inout [UInt8]) {
    var writer = JSONWriter(layout: .compact)
    swap(&writer.bytes, &bytes)
    writer.write(self, depth: 0)
    swap(&writer.bytes, &bytes)
  }
}

extension JSONObject {
  fileprivate var isInCanonicalOrder: Bool {
    var place = 1
    while place < members.count {
      if !Self.precedes(members[place - 1].key, members[place].key) { return false }
      place += 1
    }
    return true
  }

  /// In the order of UTF-16 units. Of bytes it differs only where a character is beyond U+D7FF, whose bytes
  /// begin at 0xEE.
  fileprivate static func precedes(_ a: String, _ b: String) -> Bool {
    var (a, b) = (a, b)
    return a.withUTF8 { first in
      b.withUTF8 { second in
        let common = Swift.min(first.count, second.count)
        for place in 0..<common where first[place] != second[place] {
          if first[place] >= 0xEE || second[place] >= 0xEE { return nil }
          return first[place] < second[place]
        }
        return first.count < second.count
      }
    } ?? a.utf16.lexicographicallyPrecedes(b.utf16)
  }
}

extension JSONNumber {
  var canonicalText: String {
    if let int { return int.magnitude <= 1 << 53 ? String(int) : text }
    let decimal = decimal
    let double = double
    if !double.isFinite
      || decimal.exponent >= 0 && double.magnitude > 9_007_199_254_740_992
        && JSONDecimal(literal: NumberText.javaScript(double)) != decimal
    {
      return text
    }
    return NumberText.javaScript(double)
  }
}

struct JSONWriter {
  enum Layout { case compact, pretty, canonical }

  let layout: Layout
  var bytes: [UInt8] = []

  init(layout: Layout, capacity: Int = 0) {
    self.layout = layout
    if capacity > 0 { bytes.reserveCapacity(capacity) }
  }

  mutating func write(_ value: JSON, depth: Int) {
    switch value {
    case .null: write("null")
    case .bool(let value): write(value ? "true" : "false")
    case .number(let number): write(layout == .canonical ? number.canonicalText : number.text)
    case .string(let text): writeQuoted(text)
    case .array(let items): write(items, depth: depth)
    case .object(let object): write(object, depth: depth)
    }
  }

  private mutating func write(_ items: [JSON], depth: Int) {
    bytes.append(UInt8(ascii: "["))
    for (number, item) in items.enumerated() {
      if number > 0 { bytes.append(UInt8(ascii: ",")) }
      startLine(depth: depth + 1)
      write(item, depth: depth + 1)
    }
    if !items.isEmpty { startLine(depth: depth) }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ object: JSONObject, depth: Int) {
    bytes.append(UInt8(ascii: "{"))
    let members = object.members
    if layout == .canonical, !object.isInCanonicalOrder {
      let sorted = members.indices.sorted { JSONObject.precedes(members[$0].key, members[$1].key) }
      for (number, place) in sorted.enumerated() {
        write(members[place], isFirst: number == 0, depth: depth)
      }
    } else {
      for place in members.indices { write(members[place], isFirst: place == 0, depth: depth) }
    }
    if !object.isEmpty { startLine(depth: depth) }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func write(_ member: JSONObject.Entry, isFirst: Bool, depth: Int) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    startLine(depth: depth + 1)
    writeQuoted(member.key)
    bytes.append(UInt8(ascii: ":"))
    if layout == .pretty { bytes.append(UInt8(ascii: " ")) }
    write(member.value, depth: depth + 1)
  }

  private mutating func startLine(depth: Int) {
    guard layout == .pretty else { return }
    bytes.append(0x0A)
    for _ in 0..<depth { bytes.append(contentsOf: [0x20, 0x20]) }
  }

  private mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func writeQuoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { source in
      let source = UnsafeRawBufferPointer(source)
      var position = 0
      while position < source.count {
        let end = plainTextEnd(in: source, from: position).end
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: source[position..<end]))
        if end < source.count { writeEscaped(source[end]) }
        position = end + 1
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func writeEscaped(_ byte: UInt8) {
    switch byte {
    case 0x08: write("\\b")
    case 0x09: write("\\t")
    case 0x0A: write("\\n")
    case 0x0C: write("\\f")
    case 0x0D: write("\\r")
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(byte)
    default:
      let digits = Array("0123456789abcdef".utf8)
      write("\\u00")
      bytes.append(digits[Int(byte >> 4)])
      bytes.append(digits[Int(byte & 15)])
    }
  }
}
