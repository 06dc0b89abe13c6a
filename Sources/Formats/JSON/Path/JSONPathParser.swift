/// Reads the text of a path. The grammar is that of RFC 9535, with space allowed wherever it does no harm.
struct JSONPathParser {
  private let text: [UnicodeScalar]
  private var position = 0
  /// Filters nest; a bound keeps hostile ones harmless.
  private var depth = 0

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  mutating func path() throws(Problem) -> [JSONPath.Segment] {
    skipSpace()
    var segments: [JSONPath.Segment] = []
    if peek == "$" {
      position += 1
    } else if peek != "[" && peek != "." {
      segments.append(JSONPath.Segment(isDescendant: false, selectors: [try shorthand()]))
    }
    segments += try self.segments()
    skipSpace()
    if position < text.count { throw problem("expected \".\", \"[\" or the end of the path") }
    return segments
  }

  private mutating func segments() throws(Problem) -> [JSONPath.Segment] {
    var segments: [JSONPath.Segment] = []
    while true {
      let start = position
      skipSpace()
      if skip("..") {
        let selectors = peek == "[" ? try brackets() : [try shorthand()]
        segments.append(JSONPath.Segment(isDescendant: true, selectors: selectors))
      } else if skip(".") {
        segments.append(JSONPath.Segment(isDescendant: false, selectors: [try shorthand()]))
      } else if peek == "[" {
        segments.append(JSONPath.Segment(isDescendant: false, selectors: try brackets()))
      } else {
        position = start
        return segments
      }
    }
  }

  /// `*` or a name without quotes.
  private mutating func shorthand() throws(Problem) -> JSONPath.Selector {
    if skip("*") { return .wildcard }
    let name = word()
    if name.isEmpty { throw problem("expected a name or \"*\"") }
    return .name(name)
  }

  private mutating func word() -> String {
    var word = String.UnicodeScalarView()
    while let next = peek,
      next == "_" || next == "-" || next.value >= 0x80 || next.properties.isAlphabetic || isDigit(next)
    {
      word.append(next)
      position += 1
    }
    return String(word)
  }

  private mutating func brackets() throws(Problem) -> [JSONPath.Selector] {
    position += 1
    var selectors: [JSONPath.Selector] = []
    repeat {
      skipSpace()
      selectors.append(try selector())
      skipSpace()
    } while skip(",")
    if !skip("]") { throw problem("expected \",\" or \"]\"") }
    return selectors
  }

  private mutating func selector() throws(Problem) -> JSONPath.Selector {
    switch peek {
    case "'", "\"": return .name(try quoted())
    case "*":
      position += 1
      return .wildcard
    case "?":
      position += 1
      return .filter(try filter())
    default: return try indexOrSlice()
    }
  }

  private mutating func indexOrSlice() throws(Problem) -> JSONPath.Selector {
    let start = try integer()
    skipSpace()
    guard skip(":") else {
      guard let start else { throw problem("expected a name in quotes, an index, a slice, \"*\" or \"?\"") }
      return .index(start)
    }
    skipSpace()
    let end = try integer()
    skipSpace()
    var step = 1
    if skip(":") {
      skipSpace()
      step = try integer() ?? 1
    }
    return .slice(start: start, end: end, step: step)
  }

  private mutating func integer() throws(Problem) -> Int? {
    let start = position
    _ = skip("-")
    while let next = peek, isDigit(next) { position += 1 }
    if position == start { return nil }
    // Indices beyond 2^53 are no indices (RFC 9535, 2.1).
    guard let value = Int(string(from: start)), value.magnitude < 1 << 53 else {
      throw problem("expected an integer")
    }
    return value
  }

  private mutating func quoted() throws(Problem) -> String {
    let quote = text[position]
    let start = position
    position += 1
    var json = "\""
    while let next = peek, next != quote {
      position += 1
      switch next {
      case "\\":
        guard let escaped = peek else { break }
        position += 1
        // An escaped single quote is the one escape that JSON does not know.
        if escaped == "'" { json += "'" } else { json += "\\" + String(escaped) }
      case "\"": json += "\\\""
      default: json.unicodeScalars.append(next)
      }
    }
    guard peek == quote, let name = (try? JSON(parsing: json + "\""))?.string else {
      position = start
      throw problem("this quoted name is not well formed")
    }
    position += 1
    return name
  }
}

extension JSONPathParser {
  private mutating func filter() throws(Problem) -> JSONPathFilter {
    depth += 1
    defer { depth -= 1 }
    if depth > 64 { throw problem("filters nest too deep") }
    var choices = [try conjunction()]
    skipSpace()
    while skip("||") {
      choices.append(try conjunction())
      skipSpace()
    }
    return choices.count == 1 ? choices[0] : .any(choices)
  }

  private mutating func conjunction() throws(Problem) -> JSONPathFilter {
    var parts = [try basic()]
    skipSpace()
    while skip("&&") {
      parts.append(try basic())
      skipSpace()
    }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func basic() throws(Problem) -> JSONPathFilter {
    skipSpace()
    if peek == "!", peekAfter != "=" {
      position += 1
      depth += 1
      defer { depth -= 1 }
      if depth > 64 { throw problem("filters nest too deep") }
      return .not(try basic())
    }
    if skip("(") {
      let inner = try filter()
      skipSpace()
      if !skip(")") { throw problem("expected \")\"") }
      return inner
    }
    if let test = try matching() { return test }
    let left = try operand()
    skipSpace()
    guard let comparison = comparison() else {
      if case .query(let query) = left { return .exists(query) }
      throw problem("expected a comparison")
    }
    skipSpace()
    return .compare(left, comparison, try operand())
  }

  /// `match(...)` or `search(...)`.
  private mutating func matching() throws(Problem) -> JSONPathFilter? {
    for (name, isWhole) in [("match", true), ("search", false)] where skip(name + "(") {
      skipSpace()
      let text = try operand()
      skipSpace()
      if !skip(",") { throw problem("expected \",\"") }
      skipSpace()
      let pattern = try operand()
      try endArguments()
      return .matches(text, pattern, isWhole: isWhole)
    }
    return nil
  }

  private mutating func comparison() -> JSONPathFilter.Comparison? {
    for symbol in ["==", "!=", "<=", ">=", "<", ">"] where skip(symbol) {
      return JSONPathFilter.Comparison(rawValue: symbol)
    }
    return nil
  }

  private mutating func operand() throws(Problem) -> JSONPathFilter.Operand {
    if let query = try query() { return .query(query) }
    switch peek {
    case "'", "\"": return .literal(.string(try quoted()))
    case let digit? where isDigit(digit) || digit == "-": return .literal(try number())
    default: break
    }
    let name = word()
    switch name {
    case "true": return .literal(true)
    case "false": return .literal(false)
    case "null": return .literal(.null)
    case "length":
      try startArguments()
      depth += 1
      defer { depth -= 1 }
      if depth > 64 { throw problem("filters nest too deep") }
      let box = JSONPathFilter.Box(try operand())
      try endArguments()
      return .length(box)
    case "count", "value":
      try startArguments()
      guard let query = try query() else { throw problem("expected a path that starts with \"@\" or \"$\"") }
      try endArguments()
      return name == "count" ? .count(query) : .value(query)
    default: throw problem("expected a path, a literal or a function")
    }
  }

  private mutating func query() throws(Problem) -> JSONPathFilter.Query? {
    guard peek == "@" || peek == "$" else { return nil }
    let isFromRoot = peek == "$"
    position += 1
    depth += 1
    defer { depth -= 1 }
    if depth > 64 { throw problem("filters nest too deep") }
    return JSONPathFilter.Query(isFromRoot: isFromRoot, segments: try segments())
  }

  private mutating func number() throws(Problem) -> JSON {
    let start = position
    while let next = peek, isDigit(next) || ["-", "+", ".", "e", "E"].contains(next) { position += 1 }
    guard let number = try? JSON(parsing: string(from: start)) else { throw problem("expected a number") }
    return number
  }

  private mutating func startArguments() throws(Problem) {
    if !skip("(") { throw problem("expected \"(\"") }
    skipSpace()
  }

  private mutating func endArguments() throws(Problem) {
    skipSpace()
    if !skip(")") { throw problem("expected \")\"") }
  }
}

extension JSONPathParser {
  private var peek: UnicodeScalar? { position < text.count ? text[position] : nil }
  private var peekAfter: UnicodeScalar? { position + 1 < text.count ? text[position + 1] : nil }

  private mutating func skip(_ symbol: String) -> Bool {
    let symbol = symbol.unicodeScalars
    guard text.count - position >= symbol.count,
      text[position..<position + symbol.count].elementsEqual(symbol)
    else {
      return false
    }
    position += symbol.count
    return true
  }

  private mutating func skipSpace() {
    while let next = peek, [" ", "\t", "\n", "\r"].contains(next) { position += 1 }
  }

  private func string(from start: Int) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: text[start..<position])
    return String(view)
  }

  private func isDigit(_ scalar: UnicodeScalar) -> Bool { ("0"..."9").contains(scalar) }

  private func problem(_ message: String) -> Problem {
    Problem("JSON path, column \(position + 1): \(message)")
  }
}
