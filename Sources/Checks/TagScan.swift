/// The tags that stand in a text, found in one pass; nothing is built of them, so that any text will do.
struct TagScan {
  enum Kind: Sendable { case opening, closing, selfClosing, instruction }

  struct Tag {
    var kind: Kind
    /// In lower case.
    var name: String
    /// From `<` to one past `>`.
    var start: Int
    var end: Int
    var isKnown: Bool { HTMLNames.known.contains(name) }
  }

  private(set) var tags: [Tag] = []
  /// Where the last end tag of a name ends.
  private(set) var lastEnd: [String: Int] = [:]
  private(set) var hasHTMLDoctype = false
  /// Visible text outside all elements.
  private(set) var hasBareText = false
  /// False where there were more tags than are looked at.
  private(set) var isWhole = true
  private var ends: [String: [Int]] = [:]
  private static let most = 100_000

  init(_ bytes: [UInt8]) {
    var place = 0
    var close = 0
    var depth = 0
    while place < bytes.count {
      guard bytes[place] == 0x3C else {
        if depth <= 0, !hasBareText, ![0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D].contains(bytes[place]) {
          hasBareText = true
        }
        place += 1
        continue
      }
      if tags.count == Self.most {
        isWhole = false
        return
      }
      // The next `>`: looked for once, whatever the number of `<` before it.
      close = max(close, place + 1)
      while close < bytes.count, bytes[close] != 0x3E { close += 1 }
      if close >= bytes.count {
        // No tag can end any more.
        if depth <= 0 { hasBareText = true }
        return
      }
      guard let tag = Self.tag(bytes, place, close) else {
        if Self.starts(bytes, place, "<!--") {
          place = Self.endOfComment(bytes, place)
        } else if Self.starts(bytes, place, "<!doctype html") {
          hasHTMLDoctype = true
          place = close + 1
        } else if place + 1 < bytes.count, bytes[place + 1] == 0x21 {
          place = min(bytes.count, close + 1)
        } else {
          if depth <= 0 { hasBareText = true }
          place += 1
        }
        continue
      }
      switch tag.kind {
      case .opening: if !HTMLNames.void.contains(tag.name) { depth += 1 }
      case .closing:
        depth -= 1
        lastEnd[tag.name] = tag.end
        ends[tag.name, default: []].append(tag.end)
      case .selfClosing, .instruction: break
      }
      // A void element has no end; a self-closing one opens nothing, but is an element all the same.
      tags.append(tag)
      if tag.kind == .selfClosing { tags[tags.count - 1].kind = .opening }
      place = tag.end
    }
  }

  /// Where the first end tag of a name after a place ends.
  func firstEnd(of name: String, after place: Int) -> Int? {
    guard let all = ends[name] else { return nil }
    var (low, high) = (0, all.count)
    while low < high {
      let middle = (low + high) / 2
      if all[middle] > place { high = middle } else { low = middle + 1 }
    }
    return low < all.count ? all[low] : nil
  }

  /// `<name ...>`, `</name>`, `<name/>` or `<?name ...>`; nil for anything else between the two places.
  private static func tag(_ bytes: [UInt8], _ start: Int, _ close: Int) -> Tag? {
    var place = start + 1
    var kind = Kind.opening
    if bytes[place] == 0x2F || bytes[place] == 0x3F {
      kind = bytes[place] == 0x2F ? .closing : .instruction
      place += 1
    }
    let first = place
    while place < close, isNameByte(bytes[place], first: place == first), place - first < 200 { place += 1 }
    // A name goes on with space, slash or the tag's end.
    guard place > first, [0x20, 0x09, 0x0A, 0x0D, 0x2F, 0x3E, 0x3F].contains(bytes[place]) else { return nil }
    if kind == .opening, bytes[close - 1] == 0x2F { kind = .selfClosing }
    let name = String(decoding: bytes[first..<place], as: UTF8.self)
    return Tag(kind: kind, name: name.lowercased(), start: start, end: close + 1)
  }

  private static func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte >= 0x80
      || !first && (byte == 0x2D || byte == 0x2E || byte == 0x3A || (0x30...0x39).contains(byte))
  }

  private static func starts(_ bytes: [UInt8], _ place: Int, _ text: String) -> Bool {
    place + text.utf8.count <= bytes.count
      && zip(bytes[place...], text.utf8).allSatisfy {
        $0 == $1 || (0x41...0x5A).contains($0) && $0 | 0x20 == $1
      }
  }

  private static func endOfComment(_ bytes: [UInt8], _ start: Int) -> Int {
    var place = start + 4
    while place + 2 < bytes.count {
      if bytes[place] == 0x2D, bytes[place + 1] == 0x2D, bytes[place + 2] == 0x3E { return place + 3 }
      place += 1
    }
    return bytes.count
  }
}

enum HTMLNames {
  static let void: Set<String> = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
  ]
  static let known: Set<String> = void.union([
    "a", "abbr", "address", "article", "aside", "audio", "b", "bdi", "bdo", "blockquote", "body", "button",
    "canvas", "caption", "cite", "code", "colgroup", "data", "datalist", "dd", "del", "details", "dfn",
    "dialog",
    "div", "dl", "dt", "em", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4",
    "h5",
    "h6", "head", "header", "hgroup", "html", "i", "iframe", "ins", "kbd", "label", "legend", "li", "main",
    "map",
    "mark", "menu", "meter", "nav", "noscript", "object", "ol", "optgroup", "option", "output", "p",
    "picture",
    "pre", "progress", "q", "rp", "rt", "ruby", "s", "samp", "script", "search", "section", "select", "slot",
    "small", "span", "strong", "style", "sub", "summary", "sup", "svg", "table", "tbody", "td", "template",
    "textarea", "tfoot", "th", "thead", "time", "title", "tr", "u", "ul", "var", "video", "center", "font",
  ])
}
