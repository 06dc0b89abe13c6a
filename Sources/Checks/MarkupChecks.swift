import Formats

/// Checks of the output as XML, HTML and SQL.
enum MarkupChecks {
  static let all: [String: PureCheck] = [
    "is-xml": isXML, "contains-xml": containsXML, "xpath": xpath, "is-html": isHTML,
    "contains-html": containsHTML, "is-sql": { sql($0, $1.text) },
    "contains-sql": { sql($0, fenced($1.text, "sql")) },
  ]

  // MARK: XML

  private static func isXML(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let text = input.text.trimmed
    guard text.hasPrefix("<") else { return .holds(false, "the output is not XML") }
    return xml(check, text)
  }

  private static func xml(_ check: CheckSpecView, _ text: String) -> Finding {
    let document: XMLDocument
    do { document = try XMLDocument(parsing: text, file: "output") } catch {
      return .holds(false, "the output is not well-formed XML: \(error.message)")
    }
    let paths = check.value?["requiredElements"]?.array?.compactMap(\.string) ?? check.list ?? []
    let missing = paths.filter { !has($0, document.root) }
    if missing.isEmpty {
      return .holds(true, "the XML is well-formed" + (paths.isEmpty ? "" : " and has all elements"))
    }
    return .holds(false, "the XML lacks: \(excerpt(missing.joined(separator: ", ")))")
  }

  /// `root.child.grandchild`
  private static func has(_ path: String, _ root: XMLElement) -> Bool {
    let names = path.split(separator: ".").map(String.init)
    guard names.first == root.name else { return false }
    var level = [root]
    for name in names.dropFirst() {
      level = level.flatMap(\.elements).filter { $0.name == name }
      if level.isEmpty { return false }
    }
    return true
  }

  private static func containsXML(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let text = input.text
    guard let start = text.firstIndex(of: "<"), let end = text.lastIndex(of: ">"), start < end else {
      return .holds(false, "the output contains no XML")
    }
    var last = Finding.holds(false, "the output contains no XML")
    var from = start
    // The outermost span first, then each element that could begin one.
    for _ in 0..<20 {
      last = xml(check, String(text[from...end]))
      if case .decided(true, _, _) = last { return last }
      let next = text.index(after: from)
      guard next < end, let after = text[next...end].firstIndex(of: "<") else { break }
      from = after
    }
    return last
  }

  private static func xpath(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let path = check.value?.string ?? check.value?["path"]?.string else {
      return .undecided("\"xpath\" needs an expression, or {path, equals}")
    }
    do {
      let text = input.text.trimmed
      let isHTML = check.option("html")?.bool == true
      let value =
        isHTML
        ? try HTMLDocument(parsing: text).evaluate(path)
        : try XMLDocument(parsing: text, file: "output").evaluate(path)
      let found: [String]
      switch value {
      case .nodes(let nodes): found = nodes.map(\.text)
      case .bool(let flag):
        return .holds(flag, "\(path) is \(flag)")
      case .number(let number): found = [NumberText.javaScript(number)]
      case .string(let text): found = [text]
      }
      guard let first = found.first else { return .holds(false, "\(path) finds nothing") }
      guard let wanted = check.value?["equals"].flatMap(scalarText) else {
        return .holds(true, "\(path) finds \(quoted(excerpt(first)))")
      }
      let holds = found.contains(wanted)
      return .holds(
        holds, "\(path) finds \(quoted(excerpt(first)))" + (holds ? "" : ", not \(quoted(wanted))"))
    } catch {
      return .undecided("\(path): \(error.message)")
    }
  }

  // MARK: HTML

  private static func isHTML(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let text = input.text.trimmed
    if text.isEmpty { return .holds(false, "the output is empty") }
    if text.hasPrefix("<?xml") { return .holds(false, "the output is XML, not HTML") }
    guard text.hasPrefix("<"), text.hasSuffix(">") else {
      return .holds(false, "the output has text outside HTML tags")
    }
    guard text.utf8.count <= 10 << 20 else { return .undecided("the output is longer than 10 MiB") }
    let names = tagNames(in: text)
    guard names.contains(where: { HTMLNames.known.contains($0) || $0.contains("-") }) else {
      return .holds(false, "the output has no known HTML element")
    }
    if !text.lowercased().contains("<body"), hasBareText(text) {
      return .holds(false, "the output has text outside HTML tags")
    }
    do {
      _ = try HTMLDocument(parsing: text)
      return .holds(true, "the output is HTML")
    } catch {
      return .holds(false, "the output can't be read as HTML: \(error.message)")
    }
  }

  /// Text at the outermost level, between elements.
  private static func hasBareText(_ text: String) -> Bool {
    var depth = 0
    var isTag = false
    var tag = ""
    for character in text {
      if isTag {
        if character == ">" {
          isTag = false
          let name = tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber || $0 == "-" }.lowercased()
          if tag.hasPrefix("/") {
            depth -= 1
          } else if !tag.hasPrefix("!"), !tag.hasSuffix("/"), !HTMLNames.void.contains(name) {
            depth += 1
          }
          tag = ""
        } else {
          tag.append(character)
        }
      } else if character == "<" {
        isTag = true
      } else if depth <= 0, !character.isWhitespace {
        return true
      }
    }
    return false
  }

  private static func containsHTML(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let text = input.text
    let lower = text.lowercased()
    if lower.contains("<!doctype html") { return .holds(true, "the output contains a document type") }
    let names = tagNames(in: text)
    let found = names.first { HTMLNames.known.contains($0) || isPaired($0, lower) }
    if let found { return .holds(true, "the output contains <\(found)>") }
    return .holds(false, "the output contains no HTML")
  }

  private static func isPaired(_ name: String, _ lower: String) -> Bool {
    name.contains("-") && lower.contains("</\(name)>")
  }

  /// Names of all opening tags, in lower case, first come first; at most 10,000.
  private static func tagNames(in text: String) -> [String] {
    var names: [String] = []
    let bytes = Array(text.utf8)
    var place = 0
    while place < bytes.count, names.count < 10_000 {
      guard bytes[place] == 0x3C else {
        place += 1
        continue
      }
      var end = place + 1
      while end < bytes.count, isNameByte(bytes[end], first: end == place + 1) { end += 1 }
      // A tag goes on with space, slash or its end, and does end.
      if end > place + 1, end < bytes.count, [0x20, 0x09, 0x0A, 0x0D, 0x2F, 0x3E].contains(bytes[end]),
        bytes[end...].prefix(10_000).contains(0x3E)
      {
        names.append(String(decoding: bytes[(place + 1)..<end], as: UTF8.self).lowercased())
      }
      place = max(end, place + 1)
    }
    return names
  }

  private static func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || !first && (byte == 0x2D || (0x30...0x39).contains(byte))
  }

  // MARK: SQL

  private static func sql(_ check: CheckSpecView, _ text: String) -> Finding {
    if let value = check.value, !value.isNull, value.object == nil {
      return .undecided("\"\(check.type)\" takes {databaseType, allowedTables, allowedColumns}")
    }
    let dialect = check.value?["databaseType"]?.string ?? "MySQL"
    let statement: SQLStatement
    do { statement = try SQLStatement(parsing: text.trimmed, dialect: dialect) } catch {
      return .holds(false, "the output is not SQL: \(error.message)")
    }
    if let finding = allowed(
      "table", statement.tables.map { "\($0.action)::null::\($0.table ?? "null")" },
      check.value?["allowedTables"])
    {
      return finding
    }
    let columns = statement.columns.flatMap { access -> [String] in
      [
        "\(access.action)::\(access.table ?? "null")::\(access.column ?? "")",
        "\(access.action)::null::\(access.column ?? "")",
      ]
    }
    if let finding = allowed("column", columns, check.value?["allowedColumns"], alternatives: 2) {
      return finding
    }
    return .holds(true, "the output is SQL")
  }

  /// Every access must be matched by one of the patterns; with alternatives, in one of its spellings.
  private static func allowed(_ what: String, _ found: [String], _ list: JSON?, alternatives: Int = 1)
    -> Finding?
  {
    guard let patterns = list?.array?.compactMap(\.string) else { return nil }
    let compiled = patterns.map { try? Pattern("^(?:\($0))$", flags: "i") }
    guard !compiled.contains(where: { $0 == nil }) else {
      return .undecided("an allowed \(what) is not a pattern")
    }
    var wrong: [String] = []
    for start in stride(from: 0, to: found.count, by: alternatives) {
      let spellings = found[start..<min(start + alternatives, found.count)]
      let fits = compiled.contains { pattern in spellings.contains { (try? pattern?.matches(in: $0)) == true }
      }
      if !fits { wrong.append(found[start]) }
    }
    if wrong.isEmpty { return nil }
    return .holds(
      false,
      "the SQL uses \(what)s that are not allowed: \(excerpt(wrong.joined(separator: ", "))); allowed: \(excerpt(patterns.joined(separator: ", ")))"
    )
  }

  /// The first fenced block of a language, or without one; else the whole text.
  private static func fenced(_ text: String, _ language: String) -> String {
    let parts = text.components(separatedBy: "```")
    guard parts.count >= 3 else { return text }
    for index in stride(from: 1, to: parts.count, by: 2) {
      let lines = parts[index].split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      let name = lines[0].trimmingSpaces.lowercased()
      if name == language || name.isEmpty { return lines.count > 1 ? String(lines[1]) : "" }
    }
    return parts[1]
  }
}

extension StringProtocol {
  fileprivate var trimmingSpaces: String { String(self).trimmed }

  fileprivate func components(separatedBy mark: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: mark) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
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
