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
      // Refused, not read: it may well be well-formed.
      let refusals = [
        "entities may not be declared", "xcessive depth", "uge", "emory", "to read them all",
        "too much is wrong",
      ]
      if refusals.contains(where: Haystack(error.message, fold: false).contains) {
        return .undecided("the XML was refused: \(error.message)")
      }
      return .holds(false, "the output is not well-formed XML: \(error.message)")
    }
    let paths = check.value?["requiredElements"]?.array?.compactMap(\.string) ?? check.list ?? []
    let missing = paths.filter { !has($0, document) }
    if missing.isEmpty {
      return .holds(true, "the XML is well-formed" + (paths.isEmpty ? "" : " and has all elements"))
    }
    return .holds(false, "the XML lacks: \(excerpt(missing.joined(separator: ", ")))")
  }

  /// `root.child.grandchild`
  private static func has(_ path: String, _ document: XMLDocument) -> Bool {
    let names = path.split(separator: ".")
    guard !names.isEmpty, !path.contains("\"") else { return false }
    let steps = names.map { "/*[name() = \"\($0)\"]" }.joined()
    return (try? document.evaluate("boolean(\(steps))")) == .bool(true)
  }

  /// An element with its end tag, anywhere: from each start tag to the last end tag of its name, then to the first.
  private static func containsXML(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let bytes = Array(input.text.utf8)
    let scan = TagScan(bytes)
    var last = Finding.holds(false, "the output contains no XML")
    // Bytes that may be parsed again and again.
    var budget = max(4 << 20, bytes.count * 2)
    var declaration: Int?
    for tag in scan.tags {
      if tag.kind == .instruction {
        declaration = tag.start
        continue
      }
      guard tag.kind == .opening, let end = scan.lastEnd[tag.name], end > tag.end else { continue }
      let first = scan.firstEnd(of: tag.name, after: tag.end) ?? end
      for stop in Set([end, first]).sorted(by: >) {
        let start = declaration ?? tag.start
        budget -= stop - start
        if budget < 0 {
          return .undecided("the output has too many tags to look for XML in all of them")
        }
        let text = String(decoding: bytes[start..<stop], as: UTF8.self)
        last = xml(check, text)
        if case .decided(true, _, _) = last { return last }
      }
      declaration = nil
    }
    if !scan.isWhole { return .undecided("the output has too many tags to look for XML in all of them") }
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
    let scan = TagScan(Array(text.utf8))
    guard scan.isWhole else { return .undecided("the output has too many tags to read it as HTML") }
    guard scan.tags.contains(where: { $0.kind == .opening && ($0.isKnown || $0.name.contains("-")) }) else {
      return .holds(false, "the output has no known HTML element")
    }
    if !scan.tags.contains(where: { $0.name == "body" }), scan.hasBareText {
      return .holds(false, "the output has text outside HTML tags")
    }
    do {
      _ = try HTMLDocument(parsing: text)
      return .holds(true, "the output is HTML")
    } catch {
      // Any text makes a tree: what does not was refused.
      return .undecided("the output can't be read as HTML: \(error.message)")
    }
  }

  /// A document type, a known element, or an element of another name with its end.
  private static func containsHTML(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let scan = TagScan(Array(input.text.utf8))
    if scan.hasHTMLDoctype { return .holds(true, "the output contains a document type") }
    let found = scan.tags.first { tag in
      tag.kind == .opening
        && (tag.isKnown || tag.name.contains("-") && (scan.lastEnd[tag.name] ?? 0) > tag.end)
    }
    if let found { return .holds(true, "the output contains <\(found.name)>") }
    if !scan.isWhole { return .undecided("the output has too many tags to look at all of them") }
    return .holds(false, "the output contains no HTML")
  }

  // MARK: SQL

  private static func sql(_ check: CheckSpecView, _ text: String) -> Finding {
    if let value = check.value, !value.isNull, value.object == nil {
      return .undecided("\"\(check.type)\" takes {databaseType, allowedTables, allowedColumns}")
    }
    let dialect = check.value?["databaseType"]?.string ?? "MySQL"
    guard text.utf8.count <= 1 << 20 else { return .undecided("the output is longer than 1 MiB") }
    let statement: SQLStatement
    do { statement = try SQLStatement(parsing: text.trimmed, dialect: dialect) } catch {
      let refusals = ["too deep to read", "too many names", "can't be read to its end"]
      if refusals.contains(where: Haystack(error.message, fold: false).contains) {
        return .undecided(error.message)
      }
      return .holds(false, "the output is not SQL: \(error.message)")
    }
    if let gap = statement.gap,
      ["allowedTables", "allowedColumns"].contains(where: { check.value?[$0] != nil })
    {
      return .undecided("which tables and columns the SQL uses is not known: \(excerpt(gap))")
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
    let compiled = patterns.map { try? Compiled.pattern("^(?:\($0))$", flags: "i") }
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
    guard
      let blocks = try? Compiled.pattern("```([^\\n`]*)\\n?([\\s\\S]*?)```").allMatches(in: text, limit: 100)
    else { return text }
    let named = blocks.first { block in
      let name = (block.groups[1] ?? "").trimmed.lowercased()
      return name == language || name.isEmpty
    }
    guard let block = named ?? blocks.first else { return text }
    return block.groups[2] ?? ""
  }
}
