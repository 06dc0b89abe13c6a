import Formats
import Wire

/// What a script says in place of the simulated models: rules, each with what it matches and what it replies;
/// the first that matches is used. docs/simulator.md describes the format.
struct SimulatorScript: Sendable {
  var file: String
  var models: [SimulatedModel] = []
  var limits = Limits()
  var faults: [FaultRate] = []
  private var rules: [ScriptRule] = []

  init(_ text: String, file: String) throws(Problem) {
    self.file = file
    let root = try Node(parsingYAML: text, file: file)
    let reader = ScriptReader(root)
    try reader.allow(["models", "limits", "faults", "rules"])
    if let models = root["models"] { self.models = try reader.list(models, ScriptReader.model) }
    if let limits = root["limits"] { self.limits = try ScriptReader.limits(limits) }
    if let faults = root["faults"] {
      self.faults = try ScriptReader.located(faults) { text throws(Problem) in try FaultRate.list(text) }
    }
    if let rules = root["rules"] { self.rules = try reader.list(rules, ScriptRule.init) }
  }

  /// A reply as a script wants it, its templates filled.
  struct Reply {
    var wish = Author.Wish()
    var fault: Fault?
    var profile: String?
    /// Milliseconds.
    var delay: Double?
    var firstToken: Double?
    var perToken: Double?
  }

  /// - Parameter chance: for weights; the same for the same content and attempt.
  func reply(to ask: Ask, request: ServerRequest, repetition: Int, chance: Draws) throws(Refusal) -> Reply? {
    do {
      for (number, rule) in rules.enumerated() {
        guard let match = try rule.match.matches(ask, request) else { continue }
        guard let template = rule.choose(repetition: repetition, number: number, chance) else { return nil }
        return try template.fill(ask, match)
      }
      return nil
    } catch let problem as Problem {
      throw Refusal("the script cannot reply: \(problem.message)", status: 500)
    } catch {
      throw Refusal("the script cannot reply: \(error)", status: 500)
    }
  }
}
