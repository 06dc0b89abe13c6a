import Formats
import Wire

/// A text, or with slashes a regular expression: `capital of`, `/capital of (\w+)/i`. Plain text matches where
/// it occurs, whatever the case.
struct TextMatch: Sendable {
  private let text: String
  private let pattern: Pattern?

  init(_ node: Node) throws(Problem) {
    guard case .scalar(let value) = node.content else {
      throw Problem("a text or a /regular expression/ belongs here", at: node.location)
    }
    let source = value.string ?? value.text
    text = source.lowercased()
    guard source.hasPrefix("/"), let end = source.lastIndex(of: "/"), end > source.startIndex,
      source[source.index(after: end)...].allSatisfy({ "gimsuy".contains($0) })
    else {
      pattern = nil
      return
    }
    do {
      pattern = try Pattern(
        String(source[source.index(after: source.startIndex)..<end]),
        flags: String(source[source.index(after: end)...]))
    } catch {
      throw Problem("cannot read the regular expression \(source): \(error.message)", at: node.location)
    }
  }

  /// The whole match and its groups, or nil.
  func groups(in subject: String) throws -> [String]? {
    if let pattern { return try pattern.firstMatch(in: subject)?.groups.map { $0 ?? "" } }
    return subject.lowercased().firstRange(ofText: text) == nil ? nil : [text]
  }

  /// The whole subject is the text, or the expression matches in it.
  func isExactly(_ subject: String) throws -> Bool {
    if let pattern { return try pattern.matches(in: subject) }
    return subject.lowercased() == text
  }
}

/// What a rule wants of a request; everything that is given must hold.
struct ScriptMatch: Sendable {
  private var model: TextMatch?
  private var last: TextMatch?
  private var any: TextMatch?
  private var system: TextMatch?
  private var path: TextMatch?
  private var api: String?
  private var hasTools: Bool?
  private var streams: Bool?
  private var headers: [(name: String, match: TextMatch)] = []
  private var json: [(path: RequestPlace, match: TextMatch)] = []

  init() {}

  init(_ node: Node) throws(Problem) {
    if case .scalar = node.content {
      last = try TextMatch(node)
      return
    }
    let reader = ScriptReader(node)
    try reader.allow(["model", "last", "any", "system", "path", "api", "tools", "stream", "header", "json"])
    model = try node["model"].map { (node) throws(Problem) in try TextMatch(node) }
    last = try node["last"].map { (node) throws(Problem) in try TextMatch(node) }
    any = try node["any"].map { (node) throws(Problem) in try TextMatch(node) }
    system = try node["system"].map { (node) throws(Problem) in try TextMatch(node) }
    path = try node["path"].map { (node) throws(Problem) in try TextMatch(node) }
    hasTools = try node["tools"].map { (node) throws(Problem) in try ScriptReader.bool(node) }
    streams = try node["stream"].map { (node) throws(Problem) in try ScriptReader.bool(node) }
    if let api = node["api"] {
      let name = try ScriptReader.text(api)
      guard API(rawValue: name) != nil else {
        throw Problem(
          "unknown api \"\(name)\"", at: api.location,
          mend: "one of: " + API.allCases.map(\.rawValue).joined(separator: ", "))
      }
      self.api = name
    }
    for (key, value) in try ScriptReader.members(node["header"]) {
      headers.append((key.lowercased(), try TextMatch(value)))
    }
    for (key, value) in try ScriptReader.members(node["json"]) {
      json.append((try RequestPlace(key), try TextMatch(value)))
    }
  }

  /// The groups of `last`, `any` or `system` when everything holds; nil when something does not.
  func matches(_ ask: Ask, _ request: ServerRequest) throws -> [String]? {
    if let model, try !model.isExactly(ask.model) { return nil }
    if let api, ask.api.rawValue != api { return nil }
    if let hasTools, hasTools == ask.tools.isEmpty { return nil }
    if let streams, streams != ask.streams { return nil }
    if let path, try path.groups(in: ask.path) == nil { return nil }
    for (name, match) in headers {
      guard let value = request.header(name), try match.groups(in: value) != nil else { return nil }
    }
    for (path, match) in json {
      let found = try path.values(in: ask.body).contains { try match.isExactly($0.string ?? $0.text) }
      if !found { return nil }
    }
    var groups: [String] = []
    if let system {
      let texts = ask.messages.filter { $0.role == .system }.map(\.text)
      guard let found = try Self.first(system, in: texts) else { return nil }
      groups = found
    }
    if let any {
      guard let found = try Self.first(any, in: ask.messages.map(\.text) + ask.inputs) else { return nil }
      groups = found
    }
    if let last {
      guard let found = try last.groups(in: ask.lastText) else { return nil }
      groups = found
    }
    return groups
  }

  private static func first(_ match: TextMatch, in texts: [String]) throws -> [String]? {
    for text in texts { if let groups = try match.groups(in: text) { return groups } }
    return nil
  }
}

extension Ask {
  /// The last message, whoever wrote it; of embeddings and moderations the first input.
  var lastText: String { messages.last?.text ?? inputs.first ?? "" }
}
