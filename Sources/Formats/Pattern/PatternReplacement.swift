/// `$1` and the like in a replacement (ECMAScript, GetSubstitution).
enum PatternReplacement {
  static func expand(_ replacement: String, _ match: Pattern.Match, in text: String) -> String {
    if !replacement.utf8.contains(UInt8(ascii: "$")) { return replacement }
    let template = Array(replacement.utf8)
    var result: [UInt8] = []
    var i = 0
    while i < template.count {
      guard template[i] == UInt8(ascii: "$"), i + 1 < template.count else {
        result.append(template[i])
        i += 1
        continue
      }
      let next = template[i + 1]
      switch next {
      case UInt8(ascii: "$"):
        result.append(next)
        i += 2
      case UInt8(ascii: "&"):
        result.append(contentsOf: match.text.utf8)
        i += 2
      case UInt8(ascii: "`"):
        result.append(contentsOf: text.utf8.prefix(match.range.lowerBound))
        i += 2
      case UInt8(ascii: "'"):
        result.append(contentsOf: text.utf8.dropFirst(match.range.upperBound))
        i += 2
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        i += appendGroup(template[(i + 1)...], match, to: &result) + 1
      case UInt8(ascii: "<") where !match.names.isEmpty:
        guard let end = template[i...].firstIndex(of: UInt8(ascii: ">")) else { fallthrough }
        let name = String(decoding: template[(i + 2)..<end], as: UTF8.self)
        result.append(contentsOf: (match.group(named: name) ?? "").utf8)
        i = end + 1
      default:
        result.append(template[i])
        i += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Takes one or two digits when there is such a group; gives how many, 0 after a lone `$`.
  private static func appendGroup(
    _ digits: ArraySlice<UInt8>, _ match: Pattern.Match, to result: inout [UInt8]
  )
    -> Int
  {
    for count in [2, 1] {
      let number = digits.prefix(count)
      guard number.count == count, number.allSatisfy({ (0x30...0x39).contains($0) }) else { continue }
      let group = number.reduce(0) { $0 * 10 + Int($1 - 0x30) }
      guard group > 0, group < match.groups.count else { continue }
      result.append(contentsOf: (match.groups[group] ?? "").utf8)
      return count
    }
    result.append(UInt8(ascii: "$"))
    return 0
  }
}
