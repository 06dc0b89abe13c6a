extension JSON {
  /// Compact, as `JSON.stringify(x)` lays it out; numbers as they were written.
  public var text: String { written(.compact).text }

  /// `text` in UTF-8.
  public var bytes: [UInt8] { written(.compact).bytes }

  /// Indented by two spaces, as `JSON.stringify(x, null, 2)` does it.
  public var pretty: String { written(.pretty).text }

  /// The one form that equal values share (RFC 8785): keys sorted by their UTF-16 units, numbers as JavaScript
  /// prints them. Numbers that no double holds (integers beyond 2^53, `1e400`) keep the digits they were written
  /// with, so that different requests never look the same.
  public var canonical: String { String(decoding: canonicalBytes, as: UTF8.self) }

  /// `canonical` in UTF-8: what is hashed.
  public var canonicalBytes: [UInt8] { written(.canonical).bytes }

  private func written(_ layout: JSONWriter.Layout) -> ByteSink {
    var writer = JSONWriter(layout: layout)
    writer.write(self, depth: 0)
    return writer.out
  }

  /// Appends `text` in UTF-8, without a string in between.
  public func write(to bytes: inout [UInt8]) {
    written(.compact).append(to: &bytes)
  }
}

extension JSONObject {
  /// With its own members in the order of the canonical form.
  public var inCanonicalOrder: JSONObject {
    isInCanonicalOrder ? self : JSONObject(distinct: members.sorted { Self.precedes($0.key, $1.key) })
  }

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

struct JSONWriter: ~Copyable {
  enum Layout { case compact, pretty, canonical }

  let layout: Layout
  var out = ByteSink()

  init(layout: Layout) { self.layout = layout }

  mutating func write(_ value: JSON, depth: Int) {
    switch value {
    case .null: write("null")
    case .bool(let value): value ? write("true") : write("false")
    case .number(let number): write(plain: layout == .canonical ? number.canonicalText : number.text)
    case .string(let text): writeQuoted(text)
    case .array(let items): write(items, depth: depth)
    case .object(let object): write(object, depth: depth)
    }
  }

  private mutating func write(_ items: [JSON], depth: Int) {
    out.append(UInt8(ascii: "["))
    for (number, item) in items.enumerated() {
      if number > 0 { out.append(UInt8(ascii: ",")) }
      startLine(depth: depth + 1)
      write(item, depth: depth + 1)
    }
    if !items.isEmpty { startLine(depth: depth) }
    out.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ object: JSONObject, depth: Int) {
    out.append(UInt8(ascii: "{"))
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
    out.append(UInt8(ascii: "}"))
  }

  private mutating func write(_ member: JSONObject.Entry, isFirst: Bool, depth: Int) {
    if !isFirst { out.append(UInt8(ascii: ",")) }
    startLine(depth: depth + 1)
    writeQuoted(member.key)
    out.append(UInt8(ascii: ":"))
    if layout == .pretty { out.append(UInt8(ascii: " ")) }
    write(member.value, depth: depth + 1)
  }

  private mutating func startLine(depth: Int) {
    guard layout == .pretty else { return }
    out.append(0x0A)
    out.append(0x20, count: 2 * depth)
  }

  private mutating func write(_ text: StaticString) {
    text.withUTF8Buffer { out.append(UnsafeRawBufferPointer($0)) }
  }

  private mutating func write(plain text: consuming String) {
    text.withUTF8 { out.append(UnsafeRawBufferPointer($0)) }
  }

  private mutating func writeQuoted(_ text: String) {
    out.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { source in
      let source = UnsafeRawBufferPointer(source)
      var position = 0
      while position < source.count {
        let end = plainTextEnd(in: source, from: position).end
        out.append(UnsafeRawBufferPointer(rebasing: source[position..<end]))
        if end < source.count { writeEscaped(source[end]) }
        position = end + 1
      }
    }
    out.append(UInt8(ascii: "\""))
  }

  private mutating func writeEscaped(_ byte: UInt8) {
    switch byte {
    case 0x08: write("\\b")
    case 0x09: write("\\t")
    case 0x0A: write("\\n")
    case 0x0C: write("\\f")
    case 0x0D: write("\\r")
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      out.append(UInt8(ascii: "\\"))
      out.append(byte)
    default:
      let digits = Array("0123456789abcdef".utf8)
      write("\\u00")
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
  }
}
