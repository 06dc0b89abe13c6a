import Formats

extension BuiltInFilter {
  /// Filters around HTML and addresses.
  static let markupFilters = [
    BuiltInFilter("escape") { (renderer, value, _) throws(Fault) in
      if case .safe = value { return value }
      return .safe(try renderer.made(escaped(try value.printed())))
    },
    BuiltInFilter("forceescape") { (renderer, value, _) throws(Fault) in
      .safe(try renderer.made(escaped(try value.printed())))
    },
    BuiltInFilter("nl2br") { (renderer, value, _) throws(Fault) in
      if value.isNullish { return .string("") }
      let lines = try value.text(for: "nl2br").pieces(by: "\n")
      let trimmed = lines.enumerated().map {
        $0.offset < lines.count - 1 && $0.element.utf8.last == UInt8(ascii: "\r")
          ? String($0.element.unicodeScalars.dropLast()) : $0.element
      }
      return value.sameSafety(try renderer.made(trimmed.joined(separator: "<br />\n")))
    },
    BuiltInFilter("striptags", ["preserve_linebreaks"]) { (_, value, arguments) throws(Fault) in
      let text = withoutTags(try value.textOrEmpty("striptags")).withoutJavaScriptSpace
      return value.sameSafety(arguments[0].isTrue ? withTidyLines(text) : withSingleSpaces(text))
    },
    BuiltInFilter("urlencode", []) { (renderer, value, _) throws(Fault) in
      .string(try renderer.made(try urlEncoded(value)))
    },
    BuiltInFilter("urlize", ["length", "nofollow"], linked),
  ]

  // MARK: HTML

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\\": result += "&#92;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Drops tags (`<name …>`, `</name …>`) and comments; anything else with a `<` stays.
  private static func withoutTags(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var kept: [UInt8] = []
    var place = 0
    // Without a `>` ahead nothing ends a tag: this keeps long runs of `<` linear.
    let lastClosing = bytes.lastIndex(of: UInt8(ascii: ">")) ?? -1
    while place < bytes.count {
      if bytes[place] == UInt8(ascii: "<"), place < lastClosing, let end = endOfTag(bytes, from: place) {
        place = end
      } else {
        kept.append(bytes[place])
        place += 1
      }
    }
    return String(decoding: kept, as: UTF8.self)
  }

  private static func endOfTag(_ bytes: [UInt8], from start: Int) -> Int? {
    if bytes[start...].starts(with: "<!--".utf8) {
      var place = start + 4
      while place + 2 < bytes.count {
        if bytes[place...].starts(with: "-->".utf8) { return place + 3 }
        place += 1
      }
      return nil
    }
    var place = start + 1
    if place < bytes.count, bytes[place] == UInt8(ascii: "/") { place += 1 }
    guard place < bytes.count, bytes[place].isLetter else { return nil }
    while place < bytes.count, bytes[place].isWordByte, bytes[place] != UInt8(ascii: "_") { place += 1 }
    guard place < bytes.count, !bytes[place].isWordByte else { return nil }
    return bytes[place...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 }
  }

  private static func withSingleSpaces(_ text: String) -> String {
    var result = ""
    var isInSpace = false
    for scalar in text.unicodeScalars {
      if !scalar.isJavaScriptSpace {
        result.unicodeScalars.append(scalar)
      } else if !isInSpace {
        result += " "
      }
      isInSpace = scalar.isJavaScriptSpace
    }
    return result
  }

  /// Lines without spaces at their ends, single spaces within, at most one empty line between two.
  private static func withTidyLines(_ text: String) -> String {
    let lines = text.pieces(by: "\n").map { line in
      var tidy = ""
      var isInSpace = false
      for scalar in line.unicodeScalars {
        if scalar != " " || !isInSpace { tidy.unicodeScalars.append(scalar) }
        isInSpace = scalar == " "
      }
      if tidy.utf8.first == 0x20 { tidy.unicodeScalars.removeFirst() }
      if tidy.utf8.last == 0x20 { tidy.unicodeScalars.removeLast() }
      if tidy.unicodeScalars.last == "\r" {
        tidy.unicodeScalars.removeLast()
        if tidy.utf8.last == 0x20 { tidy.unicodeScalars.removeLast() }
      }
      return tidy
    }
    var kept: [String] = []
    for line in lines where !(line.isEmpty && kept.count >= 2 && kept.suffix(1) == [""]) { kept.append(line) }
    return kept.joined(separator: "\n")
  }

  // MARK: Addresses

  private static func urlEncoded(_ value: Value) throws(Fault) -> String {
    switch value {
    case .string(let text), .safe(let text): return text.percentEncoded
    case .array(let box):
      var pairs: [String] = []
      for item in box.items {
        guard !item.isNullish else { throw Fault("filter \"urlencode\": an item is \(item.kindName)") }
        let key = try Members.member(.number(0), of: item)
        let value = try Members.member(.number(1), of: item)
        pairs.append(try key.string().percentEncoded + "=" + value.string().percentEncoded)
      }
      return pairs.joined(separator: "&")
    case .object(let box):
      var pairs: [String] = []
      for (key, value) in box.entries {
        pairs.append(key.percentEncoded + "=" + (try value.string().percentEncoded))
      }
      return pairs.joined(separator: "&")
    case .undefined, .null, .bool, .number, .function, .regex: return ""
    }
  }

  /// Makes links of what looks like addresses.
  @Sendable private static func linked(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    let text = try value.text(for: "urlize")
    let length = arguments[0].isUndefined ? Int.max : try arguments[0].integer() ?? .max
    var noFollow = ""
    if case .bool(true) = arguments[1] { noFollow = " rel=\"nofollow\"" }
    var result = ""
    var word = ""
    for scalar in text.unicodeScalars {
      if scalar.isJavaScriptSpace {
        result += link(word, length, noFollow)
        word = ""
        result.unicodeScalars.append(scalar)
      } else {
        word.unicodeScalars.append(scalar)
      }
    }
    return .string(try renderer.made(result + link(word, length, noFollow)))
  }

  private static func link(_ word: String, _ length: Int, _ noFollow: String) -> String {
    var address = word
    for opening in ["(", "<", "&lt;"] where address.hasPrefix(opening) {
      address = String(address.dropFirst(opening.count))
      break
    }
    for closing in [".", ",", ")", "&gt;"] where address.hasSuffix(closing) {
      address = String(address.dropLast(closing.count))
      break
    }
    let short = length == .max ? address : address.units(0, length)
    func anchor(_ target: String, _ text: String) -> String { "<a href=\"\(target)\"\(noFollow)>\(text)</a>" }
    if address.hasPrefix("http://") || address.hasPrefix("https://") { return anchor(address, short) }
    if address.hasPrefix("www.") { return anchor("http://" + address, short) }
    if isMailAddress(address) { return "<a href=\"mailto:\(address)\">\(address)</a>" }
    if hasCommonDomain(address) { return anchor("http://" + address, short) }
    return word
  }

  private static func isMailAddress(_ text: String) -> Bool {
    guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")), at > text.startIndex else { return false }
    let marks = Set(".!#$%&'*+-/=?^`{|}~".utf8)
    guard text.utf8[..<at].allSatisfy({ $0.isWordByte || marks.contains($0) }) else { return false }
    let labels = text.utf8[text.utf8.index(after: at)...].split(
      separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return labels.count > 1
      && labels.allSatisfy { label in
        !label.isEmpty
          && label.allSatisfy { ($0.isWordByte && $0 != UInt8(ascii: "_")) || $0 == UInt8(ascii: "-") }
      }
  }

  private static func hasCommonDomain(_ text: String) -> Bool {
    for domain in [".org", ".net", ".com"] {
      var start = text.startIndex
      while let range = text.byteRange(of: domain, from: start) {
        if range.upperBound == text.endIndex || text[range.upperBound] == ":" || text[range.upperBound] == "/"
        {
          return true
        }
        start = range.upperBound
      }
    }
    return false
  }
}

extension String {
  /// `encodeURIComponent`
  fileprivate var percentEncoded: String {
    let hex = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in utf8 {
      if byte.isWordByte || "-.!~*'()".utf8.contains(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) }
}
