import Formats

/// `r/source/flags` in a template.
struct RegularExpression: Sendable {
  let source: String
  let flags: String

  init(source: String, flags: String, at offset: Int) throws(Fault) {
    self.source = source
    self.flags = flags
  }

  var isGlobal: Bool { flags.contains("g") }

  struct Match {
    var range: Range<String.Index>
    /// The whole match, then the groups; nil for a group that took no part.
    var groups: [String?]

    /// As an array of the whole match and its groups.
    var value: Value { .array(ArrayBox(groups.map { $0.map { .string($0) } ?? .undefined })) }
  }

  /// All matches, or the first alone.
  func matches(in text: String, onlyFirst: Bool) throws(Fault) -> [Match] {
    throw Fault("regular expressions are not supported")
  }

  func replacing(in text: String, with new: String, _ renderer: Renderer) throws(Fault) -> String {
    var result = ""
    var end = text.startIndex
    for match in try matches(in: text, onlyFirst: !isGlobal) {
      try renderer.step()
      result += text[end..<match.range.lowerBound]
      result += Self.expand(new, match, in: text)
      end = match.range.upperBound
      try renderer.expect(bytes: result.utf8.count)
    }
    return try renderer.made(result + text[end...])
  }

  /// Puts the match into `$&`, its groups into `$1` to `$99`, what stands around it into `` $` `` and `$'`.
  private static func expand(_ new: String, _ match: Match, in text: String) -> String {
    guard new.utf8.contains(UInt8(ascii: "$")) else { return new }
    var result = ""
    var rest = new[...]
    while let mark = rest.firstIndex(of: "$") {
      result += rest[..<mark]
      rest = rest[rest.index(after: mark)...]
      switch rest.first {
      case "$": result += "$"
      case "&": result += match.groups[0] ?? ""
      case "`": result += text[..<match.range.lowerBound]
      case "'": result += text[match.range.upperBound...]
      default:
        let digits = rest.prefix(2).prefix { $0.isASCII && $0.isNumber }
        let lengths = (1...2).reversed().filter { $0 <= digits.count }
        guard
          let length = lengths.first(where: { (1..<match.groups.count).contains(Int(digits.prefix($0)) ?? 0) }
          ),
          let group = Int(digits.prefix(length))
        else {
          result += "$"
          continue
        }
        result += match.groups[group] ?? ""
        rest = rest.dropFirst(length)
        continue
      }
      rest = rest.dropFirst()
    }
    return result + rest
  }

  /// The pieces between matches, with the groups of each match among them.
  func pieces(of text: String) throws(Fault) -> [String] {
    if text.isEmpty { return try matches(in: text, onlyFirst: true).isEmpty ? [text] : [] }
    var pieces: [String] = []
    var end = text.startIndex
    for match in try matches(in: text, onlyFirst: false) {
      let isEmpty = match.range.isEmpty
      if isEmpty, match.range.lowerBound == end || match.range.lowerBound == text.endIndex { continue }
      pieces.append(String(text[end..<match.range.lowerBound]))
      pieces += match.groups.dropFirst().map { $0 ?? "" }
      end = match.range.upperBound
    }
    pieces.append(String(text[end...]))
    return pieces
  }
}
