import Formats
import Templates

/// A reply of a script: texts are templates over the request.
struct ScriptReply: Sendable {
  private var text: Template?
  private var reasoning: Template?
  private var json: JSON?
  private var tools: [(name: String, arguments: JSON)] = []
  private var finish: Answer.Finish?
  private var fault: Fault?
  private var profile: String?
  private var delay: Double?
  private var first: Double?
  private var perToken: Double?
  private var usage: (input: Int?, cached: Int?, output: Int?, reasoning: Int?) = (nil, nil, nil, nil)

  private static let members = [
    "text", "reasoning", "json", "tools", "finish", "fault", "profile", "delay", "first", "per_token",
    "usage",
    "weight",
  ]

  init(_ node: Node) throws(Problem) {
    if case .scalar = node.content {
      text = try Self.template(node)
      return
    }
    try ScriptReader(node).allow(Self.members)
    text = try node["text"].map { (node) throws(Problem) in try Self.template(node) }
    reasoning = try node["reasoning"].map { (node) throws(Problem) in try Self.template(node) }
    json = node["json"]?.json
    if let tools = node["tools"] {
      self.tools = try ScriptReader(tools).list(tools) { (tool) throws(Problem) in
        if case .scalar = tool.content { return (try ScriptReader.text(tool), [:]) }
        try ScriptReader(tool).allow(["name", "arguments"])
        guard let name = tool["name"] else { throw Problem("a tool call needs a name", at: tool.location) }
        return (try ScriptReader.text(name), tool["arguments"]?.json ?? [:])
      }
    }
    if let finish = node["finish"] { self.finish = try Self.finish(finish) }
    if let fault = node["fault"] {
      self.fault = try ScriptReader.located(fault) { (text) throws(Problem) in try Fault(text) }
    }
    if let profile = node["profile"] {
      self.profile = try ScriptReader.located(profile) { (name) throws(Problem) in
        try Settings.profile(name).name
      }
    }
    delay = try node["delay"].map { (node) throws(Problem) in try ScriptReader.number(node, atLeast: 0) }
    first = try node["first"].map { (node) throws(Problem) in try ScriptReader.number(node, atLeast: 0) }
    perToken = try node["per_token"].map { (node) throws(Problem) in try ScriptReader.number(node, atLeast: 0)
    }
    if let usage = node["usage"] {
      try ScriptReader(usage).allow(["input", "cached", "output", "reasoning"])
      let counts = usage.json
      self.usage = (
        counts["input"]?.int, counts["cached"]?.int, counts["output"]?.int, counts["reasoning"]?.int
      )
    }
  }

  private static func template(_ node: Node) throws(Problem) -> Template {
    try Template(try ScriptReader.text(node), file: node.location.file, line: node.location.line)
  }

  private static func finish(_ node: Node) throws(Problem) -> Answer.Finish {
    switch try ScriptReader.text(node) {
    case "stop": return .stop
    case "length": return .length
    case "content_filter": return .contentFilter
    case "refusal": return .refusal
    case let other:
      throw Problem(
        "unknown finish \"\(other)\"", at: node.location,
        mend: "one of: stop, length, content_filter, refusal")
    }
  }

  /// - Parameter match: the groups that the rule's expression found.
  func fill(_ ask: Ask, _ match: [String]) throws(Problem) -> SimulatorScript.Reply {
    var reply = SimulatorScript.Reply()
    let variables = Self.variables(ask, match)
    if let text { reply.wish.text = try text.render(variables) }
    if let json { reply.wish.text = try Self.filled(json, variables).text }
    if let reasoning { reply.wish.reasoning = try reasoning.render(variables) }
    for (name, arguments) in tools {
      reply.wish.toolCalls.append((name, try Self.filled(arguments, variables)))
    }
    reply.wish.finish = finish
    reply.wish.usage = usage
    reply.fault = fault
    reply.profile = profile
    reply.delay = delay
    reply.firstToken = first
    reply.perToken = perToken
    return reply
  }

  private static func variables(_ ask: Ask, _ match: [String]) -> JSONObject {
    [
      "last": JSON(ask.lastText), "user": JSON(ask.lastUserText), "model": JSON(ask.model),
      "match": .array(match.map { JSON($0) }), "body": ask.body,
      "expected": .array(ask.expected.map { JSON($0) }),
      "messages": .array(
        ask.messages.map { .object(["role": JSON("\($0.role)"), "content": JSON($0.text)]) }),
    ]
  }

  /// The value with every text in it rendered.
  private static func filled(_ value: JSON, _ variables: JSONObject) throws(Problem) -> JSON {
    switch value {
    case .string(let text):
      guard text.contains("{{") || text.contains("{%") else { return value }
      return JSON(try Template(text, file: "script").render(variables))
    case .array(let items):
      var filled: [JSON] = []
      for item in items { filled.append(try Self.filled(item, variables)) }
      return .array(filled)
    case .object(let object):
      var filled = JSONObject()
      for (key, item) in object { filled[key] = try Self.filled(item, variables) }
      return .object(filled)
    case .null, .bool, .number: return value
    }
  }
}
