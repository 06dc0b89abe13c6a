import Formats

/// Reads statements; ExpressionParser.swift reads what stands inside them.
struct Parser {
  private var tokens: [Token]
  private var place = 0
  /// How deep the expression that was read last nests.
  var depth = 0
  /// How deep the reading is in brackets and blocks now.
  var nesting = 0
  /// Deepest place of the statements read so far in this block.
  private var blockDepth = 0
  var filters: [String] = []
  private(set) var blocks: [String: Block] = [:]
  /// How deep the whole template nests.
  var deepest: Int { blockDepth }

  static let deepestExpression = 200
  static let deepestNesting = 80

  init(_ source: String) throws(Fault) {
    tokens = try Lexer.tokens(of: source)
  }

  mutating func readTemplate() throws(Fault) -> [Statement] {
    let body = try readBody(until: [], of: nil)
    return body
  }

  // MARK: Tokens

  var token: Token { tokens[place] }

  /// The token behind it.
  var following: Token { tokens[min(place + 1, tokens.count - 1)] }

  mutating func advance() {
    if place < tokens.count - 1 { place += 1 }
  }

  mutating func skip(_ symbol: String) -> Bool {
    guard token.kind == .symbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func skip(name: String) -> Bool {
    guard token.kind == .name(name) else { return false }
    advance()
    return true
  }

  mutating func expectName(_ what: String) throws(Fault) -> String {
    guard case .name(let name) = token.kind else {
      throw Fault("expected \(what), got \(token.described)", at: token.offset)
    }
    advance()
    return name
  }

  func unexpected(_ expected: String) -> Fault {
    Fault("expected \(expected), got \(token.described)", at: token.offset, mend: mend(for: token))
  }

  /// What people of other languages write.
  private func mend(for token: Token) -> String? {
    switch token.kind {
    case .name("&&"), .name("&"): "write \"and\""
    case .symbol("|"): "write \"or\" for a choice, or the name of a filter after \"|\""
    case .symbol("!"): "write \"not\""
    case .name("?"), .symbol(":"): "write \"a if condition else b\""
    case .symbol("="): "write \"==\" to compare"
    case .end: nil
    default: nil
    }
  }

  /// Counts one level of brackets, operators in front, or blocks.
  mutating func nested<T>(_ read: (inout Parser) throws(Fault) -> T) throws(Fault) -> T {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Self.deepestNesting else {
      throw Fault("more than \(Self.deepestNesting) levels of brackets and blocks", at: token.offset)
    }
    return try read(&self)
  }

  /// Sets the depth of an expression that stands above others.
  mutating func deepen(_ depths: Int...) throws(Fault) {
    depth = (depths.max() ?? 0) + 1
    guard depth <= Self.deepestExpression else {
      throw Fault(
        "an expression of more than \(Self.deepestExpression) steps", at: token.offset,
        mend: "take it apart with \"{% set %}\"")
    }
  }

  // MARK: Bodies

  /// Statements up to one of these tags, whose name is the next token then.
  private mutating func readBody(until ends: [String], of opener: (name: String, offset: Int)?)
    throws(Fault) -> [Statement]
  {
    try nested { (parser: inout Parser) throws(Fault) in
      let outer = parser.blockDepth
      parser.blockDepth = 0
      defer { parser.blockDepth = max(outer, parser.blockDepth + 1) }
      return try parser.readStatements(until: ends, of: opener)
    }
  }

  private mutating func readStatements(until ends: [String], of opener: (name: String, offset: Int)?)
    throws(Fault) -> [Statement]
  {
    var body: [Statement] = []
    while true {
      switch token.kind {
      case .text(let text):
        advance()
        body.append(.text(text))
      case .outputStart:
        let start = token.offset
        advance()
        let value = try readExpression()
        blockDepth = max(blockDepth, depth)
        guard token.kind == .outputEnd else { throw unexpected("\"}}\"") }
        advance()
        body.append(.output(value, at: start))
      case .tagStart:
        advance()
        if case .name(let name) = token.kind, ends.contains(name) { return body }
        body.append(try readTag(inside: opener))
        blockDepth = max(blockDepth, depth)
      case .end:
        if let opener {
          throw Fault(
            "\"{% \(opener.name) %}\" is never closed", at: opener.offset,
            mend: "end it with \"{% \(ends.last ?? "end") %}\"")
        }
        return body
      default:
        throw unexpected("text or a tag")
      }
    }
  }

  mutating func expectTagEnd(_ name: String) throws(Fault) {
    guard token.kind == .tagEnd else { throw unexpected("\"%}\" at the end of the \(name) tag") }
    advance()
  }

  // MARK: Tags

  private static let tags = [
    "if", "for", "set", "macro", "call", "filter", "raw", "verbatim", "include", "import", "from", "extends",
    "block", "switch", "ifAsync", "asyncEach", "asyncAll",
  ]

  private mutating func readTag(inside opener: (name: String, offset: Int)?) throws(Fault) -> Statement {
    let start = token.offset
    guard case .name(let name) = token.kind else { throw unexpected("the name of a tag") }
    advance()
    switch name {
    case "if", "ifAsync": return try readIf(name, at: start)
    case "for", "asyncEach", "asyncAll": return try readFor(name, at: start)
    case "set": return try readSet(at: start)
    case "macro": return try readMacro(at: start)
    case "call": return try readCall(at: start)
    case "filter": return try readFilterBlock(at: start)
    case "switch": return try readSwitch(at: start)
    case "include": return try readInclude(at: start)
    case "import": return try readImport(at: start)
    case "from": return try readFrom(at: start)
    case "extends":
      let parent = try readExpression()
      try expectTagEnd(name)
      return .extends(parent, at: start)
    case "block": return try readBlock(at: start)
    default: throw unknownTag(name, at: start, inside: opener)
    }
  }

  private func unknownTag(_ name: String, at start: Int, inside opener: (name: String, offset: Int)?) -> Fault
  {
    if name.hasPrefix("end") || ["else", "elif", "elseif", "case", "default"].contains(name) {
      guard let opener else { return Fault("\"{% \(name) %}\" closes nothing", at: start) }
      return Fault("\"{% \(name) %}\" does not belong into \"{% \(opener.name) %}\"", at: start)
    }
    let near = nearest(to: name, in: Self.tags).map { "; did you mean \"\($0)\"?" } ?? ""
    return Fault(
      "unknown tag \"\(name)\"\(near)", at: start,
      mend: "text that is no template stands between \"{% raw %}\" and \"{% endraw %}\"")
  }

  private mutating func readIf(_ name: String, at start: Int) throws(Fault) -> Statement {
    var branches: [Branch] = []
    let ends = ["elif", "elseif", "else", "endif"]
    var otherwise: [Statement] = []
    branches.append(try readBranch(name, until: ends, at: start))
    while true {
      if skip(name: "elif") || skip(name: "elseif") {
        branches.append(try readBranch(name, until: ends, at: start))
      } else if skip(name: "else") {
        try expectTagEnd("else")
        otherwise = try readBody(until: ["endif"], of: (name, start))
      } else {
        advance()
        try expectTagEnd("endif")
        return .choice(branches, otherwise: otherwise)
      }
    }
  }

  private mutating func readBranch(_ name: String, until ends: [String], at start: Int)
    throws(Fault) -> Branch
  {
    let condition = try readExpression()
    blockDepth = max(blockDepth, depth)
    try expectTagEnd(name)
    return Branch(condition: condition, body: try readBody(until: ends, of: (name, start)))
  }

  private mutating func readFor(_ name: String, at start: Int) throws(Fault) -> Statement {
    let end = name == "for" ? "endfor" : name == "asyncEach" ? "endeach" : "endall"
    var names = [try expectName("the name of a loop variable")]
    while skip(",") { names.append(try expectName("the name of a loop variable")) }
    guard skip(name: "in") else { throw unexpected("\"in\"") }
    let items = try readExpression()
    blockDepth = max(blockDepth, depth)
    try expectTagEnd(name)
    let body = try readBody(until: ["else", end], of: (name, start))
    var otherwise: [Statement] = []
    if skip(name: "else") {
      try expectTagEnd("else")
      otherwise = try readBody(until: [end], of: (name, start))
    }
    advance()
    try expectTagEnd(end)
    return .loop(Loop(names: names, items: items, body: body, otherwise: otherwise, offset: start))
  }

  private mutating func readSet(at start: Int) throws(Fault) -> Statement {
    var names = [try expectName("a name to set")]
    while skip(",") { names.append(try expectName("a name to set")) }
    if skip("=") {
      let value = try readExpression()
      try expectTagEnd("set")
      return .set(names, value, at: start)
    }
    guard token.kind == .tagEnd else { throw unexpected("\"=\" and a value") }
    advance()
    let body = try readBody(until: ["endset"], of: ("set", start))
    advance()
    try expectTagEnd("endset")
    return .set(names, .capture(body), at: start)
  }

  private mutating func readMacro(at start: Int) throws(Fault) -> Statement {
    let name = try expectName("the name of the macro")
    let signature = try readParameters()
    try expectTagEnd("macro")
    let macro = try readMacroBody(name, signature, until: "endmacro", tag: "macro", at: start)
    return .macro(macro)
  }

  private mutating func readMacroBody(
    _ name: String, _ signature: Parameters, until end: String, tag: String, at start: Int
  ) throws(Fault) -> Macro {
    let outer = blockDepth
    blockDepth = depth
    let body = try readBody(until: [end], of: (tag, start))
    let bodyDepth = blockDepth
    blockDepth = max(outer, bodyDepth)
    advance()
    try expectTagEnd(end)
    return Macro(
      name: name, parameters: signature.names, defaults: signature.defaults, body: body, depth: bodyDepth + 2)
  }

  private struct Parameters {
    var names: [String] = []
    var defaults: [(name: String, value: Expression)] = []
  }

  /// `(a, b, c=1)`
  private mutating func readParameters() throws(Fault) -> Parameters {
    guard skip("(") else { throw unexpected("\"(\"") }
    var parameters = Parameters()
    var deepest = 0
    while !skip(")") {
      if !parameters.names.isEmpty || !parameters.defaults.isEmpty {
        guard skip(",") else { throw unexpected("\",\" or \")\"") }
      }
      let name = try expectName("the name of a parameter")
      if skip("=") {
        parameters.defaults.append((name, try readExpression()))
        deepest = max(deepest, depth)
      } else {
        parameters.names.append(name)
      }
    }
    depth = deepest
    return parameters
  }

  private mutating func readCall(at start: Int) throws(Fault) -> Statement {
    let signature = token.kind == .symbol("(") ? try readParameters() : Parameters()
    let callStart = token.offset
    guard case .call(let callee, var arguments, let at) = try readPrimary() else {
      throw Fault("expected a call of a macro", at: callStart, mend: "write \"{% call name() %}\"")
    }
    let callDepth = depth
    try expectTagEnd("call")
    let body = try readMacroBody("caller", signature, until: "endcall", tag: "call", at: start)
    arguments.keyword.append(("caller", .caller(body)))
    try deepen(callDepth)
    return .output(.call(callee, arguments, at: at), at: start)
  }

  private mutating func readFilterBlock(at start: Int) throws(Fault) -> Statement {
    let at = token.offset
    let name = try readFilterName()
    let arguments = token.kind == .symbol("(") ? try readArguments() : Arguments()
    let argumentDepth = depth
    try expectTagEnd("filter")
    let body = try readBody(until: ["endfilter"], of: ("filter", start))
    advance()
    try expectTagEnd("endfilter")
    try deepen(argumentDepth)
    return .output(.filter(name, BuiltInFilter.named(name), .capture(body), arguments, at: at), at: start)
  }

  /// Text between `switch` and the first `case` is dropped; a `case` without a body falls through.
  private mutating func readSwitch(at start: Int) throws(Fault) -> Statement {
    let value = try readExpression()
    blockDepth = max(blockDepth, depth)
    try expectTagEnd("switch")
    let ends = ["case", "default", "endswitch"]
    _ = try readBody(until: ends, of: ("switch", start))
    var branches: [Branch] = []
    var otherwise: [Statement] = []
    while skip(name: "case") { branches.append(try readBranch("case", until: ends, at: start)) }
    if skip(name: "default") {
      try expectTagEnd("default")
      otherwise = try readBody(until: ["endswitch"], of: ("switch", start))
    }
    guard skip(name: "endswitch") else { throw unexpected("\"endswitch\"") }
    try expectTagEnd("endswitch")
    return .selection(value, branches, otherwise: otherwise)
  }

  private mutating func readBlock(at start: Int) throws(Fault) -> Statement {
    let name = try expectName("the name of the block")
    try expectTagEnd("block")
    let body = try readBody(until: ["endblock"], of: ("block", start))
    advance()
    _ = skip(name: name)
    try expectTagEnd("endblock")
    guard blocks[name] == nil else { throw Fault("block \"\(name)\" is defined twice", at: start) }
    let block = Block(name: name, body: body)
    blocks[name] = block
    return .block(block)
  }

  // MARK: Other templates

  private mutating func readInclude(at start: Int) throws(Fault) -> Statement {
    let name = try readExpression()
    var ignoresMissing = false
    if skip(name: "ignore") {
      guard skip(name: "missing") else { throw unexpected("\"missing\"") }
      ignoresMissing = true
    }
    try expectTagEnd("include")
    return .include(name, ignoresMissing: ignoresMissing, at: start)
  }

  private mutating func readImport(at start: Int) throws(Fault) -> Statement {
    let template = try readExpression()
    guard skip(name: "as") else { throw unexpected("\"as\"") }
    let alias = try expectName("a name")
    let withContext = try readWithContext()
    try expectTagEnd("import")
    return .importAll(template, as: alias, withContext: withContext, at: start)
  }

  private mutating func readFrom(at start: Int) throws(Fault) -> Statement {
    let template = try readExpression()
    guard skip(name: "import") else { throw unexpected("\"import\"") }
    var names: [(name: String, alias: String)] = []
    var withContext = false
    repeat {
      let at = token.offset
      let name = try expectName("a name to import")
      guard !name.hasPrefix("_") else {
        throw Fault("names that start with an underscore cannot be imported", at: at)
      }
      names.append((name, skip(name: "as") ? try expectName("a name") : name))
      withContext = try readWithContext()
    } while skip(",")
    try expectTagEnd("from")
    return .importNames(template, names, withContext: withContext, at: start)
  }

  private mutating func readWithContext() throws(Fault) -> Bool {
    let with = skip(name: "with")
    guard with || skip(name: "without") else { return false }
    guard skip(name: "context") else { throw unexpected("\"context\"") }
    return with
  }
}
