import Formats

/// Reads the nodes of a script, with messages that say where.
struct ScriptReader {
  private let node: Node

  init(_ node: Node) { self.node = node }

  /// Refuses members that nobody would read.
  func allow(_ names: [String]) throws(Problem) {
    guard case .object(let members) = node.content else {
      if case .scalar(.null) = node.content { return }
      throw Problem(
        "a mapping belongs here", at: node.location, mend: "with: " + names.joined(separator: ", "))
    }
    for (key, _) in members {
      let name = key.json.string ?? key.json.text
      guard !names.contains(name) else { continue }
      let close = nearest(to: name, in: names)
      throw Problem(
        "unknown key \"\(name)\"" + (close.map { "; did you mean \"\($0)\"?" } ?? ""), at: key.location,
        mend: "one of: " + names.joined(separator: ", "))
    }
  }

  func list<Item>(_ node: Node, _ read: (Node) throws(Problem) -> Item) throws(Problem) -> [Item] {
    guard case .array(let nodes) = node.content else {
      throw Problem("a list belongs here", at: node.location)
    }
    var items: [Item] = []
    for node in nodes { items.append(try read(node)) }
    return items
  }

  static func members(_ node: Node?) throws(Problem) -> [(String, Node)] {
    guard let node else { return [] }
    guard case .object(let members) = node.content else {
      throw Problem("a mapping belongs here", at: node.location)
    }
    return members.map { ($0.key.json.string ?? $0.key.json.text, $0.value) }
  }

  static func text(_ node: Node) throws(Problem) -> String {
    guard case .scalar(let value) = node.content, !value.isNull else {
      throw Problem("a text belongs here", at: node.location)
    }
    return value.string ?? value.text
  }

  static func bool(_ node: Node) throws(Problem) -> Bool {
    guard let value = node.json.bool else { throw Problem("true or false belongs here", at: node.location) }
    return value
  }

  /// Milliseconds, mostly, which become nanoseconds.
  private static let greatest = 1e9

  static func number(_ node: Node, atLeast least: Double) throws(Problem) -> Double {
    guard let value = node.json.double, value >= least else {
      throw Problem("a number of at least \(JSON(least).text) belongs here", at: node.location)
    }
    guard value <= greatest else {
      throw Problem("a number of at most \(JSON(greatest).text) belongs here", at: node.location)
    }
    return value
  }

  /// What `read` makes of the text; its mistake gets the place of the text.
  static func located<Value>(_ node: Node, _ read: (String) throws(Problem) -> Value) throws(Problem) -> Value
  {
    let source = try text(node)
    do throws(Problem) {
      return try read(source)
    } catch {
      var problem = error
      problem.location = problem.location ?? node.location
      throw problem
    }
  }

  /// `rpm=60,tpm=1000`, or the same as a mapping.
  static func limits(_ node: Node) throws(Problem) -> Limits {
    guard case .object = node.content else {
      return try located(node) { (text) throws(Problem) in try Limits(text) }
    }
    var limits = Limits()
    for (name, value) in try members(node) {
      limits = try located(value) { (text) throws(Problem) -> Limits in
        var changed = limits
        try changed.set(name, text)
        return changed
      }
    }
    return limits
  }

  static func model(_ node: Node) throws(Problem) -> SimulatedModel {
    try ScriptReader(node).allow([
      "name", "like", "skill", "tokens", "spread", "profile", "slots", "queue", "price", "faults", "talks",
      "echoes",
    ])
    guard let name = node["name"] else { throw Problem("a model needs a name", at: node.location) }
    var model = SimulatedModel.named(try text(node["like"] ?? name))
    model.name = try text(name)
    if let skill = node["skill"] {
      model.skill = try number(skill, atLeast: 0)
      guard model.skill <= 1 else {
        throw Problem("a skill is a probability, from 0 to 1", at: skill.location)
      }
    }
    if let tokens = node["tokens"] { model.medianTokens = try number(tokens, atLeast: 1) }
    if let spread = node["spread"] { model.tokenSpread = try number(spread, atLeast: 0) }
    if let profile = node["profile"] {
      model.latency = try located(profile) { (name) throws(Problem) in try Settings.profile(name) }
    }
    if let slots = node["slots"] { model.latency.slots = Int(try number(slots, atLeast: 1)) }
    if let queue = node["queue"] { model.latency.queueLength = Int(try number(queue, atLeast: 0)) }
    if let price = node["price"] {
      try ScriptReader(price).allow(["input", "output"])
      if let input = price["input"] { model.inputPrice = try picodollars(input) }
      if let output = price["output"] { model.outputPrice = try picodollars(output) }
    }
    if let faults = node["faults"] {
      model.faults = try located(faults) { (text) throws(Problem) in
        try FaultRate.list(text).map { ($0.fault, $0.rate) }
      }
    }
    model.talks = try node["talks"].map { (node) throws(Problem) in try bool(node) } ?? model.talks
    model.echoes = try node["echoes"].map { (node) throws(Problem) in try bool(node) } ?? model.echoes
    return model
  }

  /// Dollars for a million tokens, in picodollars for one.
  private static func picodollars(_ node: Node) throws(Problem) -> Int64 {
    let dollars = try number(node, atLeast: 0)
    guard dollars <= 1_000_000 else {
      throw Problem("a price is in dollars for a million tokens", at: node.location)
    }
    return Int64((dollars * 1e6).rounded())
  }
}
