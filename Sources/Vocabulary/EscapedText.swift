import Formats

/// What a text says once the escapes of JSON and of addresses in it are read.
struct EscapedText {
  private(set) var bytes: [UInt8] = []
  /// Where each byte stands in the text, and at last where the text ends: without an escape that is cut off there.
  private(set) var starts: [Int] = []

  /// With its escapes read once, twice and three times, as far as there are any: JSON is quoted in JSON.
  static func levels(of text: UnsafeRawBufferPointer) -> [EscapedText] {
    guard text.contains(where: isEscape) else { return [] }
    var levels = [EscapedText(text)]
    while levels.count < 3, let last = levels.last, last.bytes.contains(where: isEscape) {
      var next = last.bytes.withUnsafeBytes { EscapedText($0) }
      next.starts = next.starts.map { last.starts[$0] }
      levels.append(next)
    }
    return levels
  }

  private static func isEscape(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "%")
  }

  private init(_ text: UnsafeRawBufferPointer) {
    bytes.reserveCapacity(text.count)
    starts.reserveCapacity(text.count + 1)
    var place = 0
    while place < text.count {
      switch Self.escape(text, at: place) {
      case .none:
        add([text[place]], from: place)
        place += 1
      case .meaning(let meaning, let length):
        add(meaning, from: place)
        place += length
      case .cutOff:
        starts.append(place)
        return
      }
    }
    starts.append(place)
  }

  private mutating func add(_ meaning: some Sequence<UInt8>, from place: Int) {
    for byte in meaning {
      bytes.append(byte)
      starts.append(place)
    }
  }

  private enum Escape {
    case none
    case meaning([UInt8], length: Int)
    case cutOff
  }

  private static func escape(_ text: UnsafeRawBufferPointer, at place: Int) -> Escape {
    let isPercent = text[place] == UInt8(ascii: "%")
    guard isPercent || text[place] == UInt8(ascii: "\\") else { return .none }
    let rest = text[(place + 1)...]
    guard let kind = rest.first else { return .cutOff }
    if isPercent {
      guard let byte = number(rest, 2) else { return rest.count < 2 ? .cutOff : .none }
      return .meaning([UInt8(byte)], length: 3)
    }
    switch kind {
    case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"):
      return .meaning([kind], length: 2)
    case UInt8(ascii: "n"): return .meaning([10], length: 2)
    case UInt8(ascii: "r"): return .meaning([13], length: 2)
    case UInt8(ascii: "t"): return .meaning([9], length: 2)
    case UInt8(ascii: "u"): return unicode(rest.dropFirst())
    default: return .none
    }
  }

  /// After `\u`: one unit of UTF-16, or two that belong together.
  private static func unicode(_ rest: Slice<UnsafeRawBufferPointer>) -> Escape {
    guard let unit = number(rest, 4) else { return rest.count < 4 ? .cutOff : .none }
    if let scalar = Unicode.Scalar(unit) { return .meaning(Array(String(scalar).utf8), length: 6) }
    let second = rest.dropFirst(4)
    if second.count < 6 { return .cutOff }
    guard second.starts(with: Array("\\u".utf8)), let low = number(second.dropFirst(2), 4),
      0xD800..<0xDC00 ~= unit, 0xDC00..<0xE000 ~= low,
      let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    else { return .none }
    return .meaning(Array(String(scalar).utf8), length: 12)
  }

  /// Nil unless so many hexadecimal digits come first.
  private static func number(_ text: Slice<UnsafeRawBufferPointer>, _ count: Int) -> UInt32? {
    guard text.count >= count else { return nil }
    return Hex.bytes(String(decoding: text.prefix(count), as: UTF8.self))?.reduce(0) { $0 << 8 | UInt32($1) }
  }
}
