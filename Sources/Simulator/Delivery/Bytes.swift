import Formats

extension [UInt8] {
  mutating func add(_ text: String) { append(contentsOf: text.utf8) }

  /// Appends the inside of a JSON string.
  mutating func addEscaped(_ bytes: ArraySlice<UInt8>) {
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        append(UInt8(ascii: "\\"))
        append(byte)
      case 0x0A: add("\\n")
      case 0x0D: add("\\r")
      case 0x09: add("\\t")
      case 0..<0x20:
        add("\\u00")
        append(byte < 16 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
        let digit = byte & 15
        append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      default: append(byte)
      }
    }
  }

  mutating func addQuoted(_ text: String) {
    append(UInt8(ascii: "\""))
    addEscaped(Array(text.utf8)[...])
    append(UInt8(ascii: "\""))
  }
}

extension JSON {
  static func object(_ members: KeyValuePairs<String, JSON?>) -> JSON {
    var object = JSONObject()
    for (key, value) in members where value != nil { object[key] = value }
    return .object(object)
  }
}
