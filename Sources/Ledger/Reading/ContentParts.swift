import Formats

/// `{"$content":17}` in a stored request stands for the text of content 17.
enum ContentParts {
  static let key = "$content"
  private static let mark = Array("{\"\(key)\":".utf8)

  /// Whether a text has an object that looks like a mark. Within strings the quotes are escaped, so only
  /// a real object can.
  static func mentionsMark(_ bytes: [UInt8]) -> Bool { place(of: mark, in: bytes, from: 0) != nil }

  /// The whole text: every mark replaced by what it stands for.
  static func filled(
    _ bytes: [UInt8], _ part: (Int64) throws(LedgerError) -> [UInt8]
  ) throws(LedgerError) -> [UInt8] {
    var result: [UInt8] = []
    var start = 0
    while let found = place(of: mark, in: bytes, from: start) {
      var end = found + mark.count
      var id: Int64 = 0
      while end < bytes.count, bytes[end] >= UInt8(ascii: "0"), bytes[end] <= UInt8(ascii: "9") {
        id = id &* 10 &+ Int64(bytes[end] - UInt8(ascii: "0"))
        end += 1
      }
      result += bytes[start..<found]
      result += try part(id)
      start = min(end + 1, bytes.count)
    }
    result += bytes[start...]
    return result
  }

  private static func place(of pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    var place = start
    while place + pattern.count <= bytes.count {
      if bytes[place] == pattern[0], bytes[place..<place + pattern.count].elementsEqual(pattern) {
        return place
      }
      place += 1
    }
    return nil
  }
}
