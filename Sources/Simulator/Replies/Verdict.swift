import Formats

/// Verdicts for requests that ask a model to judge.
///
/// A request is a judge's when its text speaks of grading and of JSON with a pass, score or verdict, or when
/// its schema has such a member. The verdict says what the expected answer (`pass` or `fail`) says; without
/// one, it passes nine replies in ten, drawn from the content, so that the same reply gets the same verdict.
enum Verdict {
  static func text(for ask: Ask, model: SimulatedModel, _ draws: Draws) -> String? {
    if case .schema(let schema) = ask.format {
      let members = schema["properties"]?.object?.keys.map { $0.lowercased() } ?? []
      let isVerdict = members.contains { ["pass", "passed", "verdict", "score"].contains($0) }
      guard isVerdict, ask.expected.isEmpty || wanted(ask) != nil else { return nil }
      return fit(schema, passes: passes(ask, model, draws)).text
    }
    guard isGrading(ask), ask.expected.isEmpty || wanted(ask) != nil else { return nil }
    let passes = passes(ask, model, draws)
    return JSON.object([
      "reason": JSON(passes ? "The output meets the criteria." : "The output does not meet the criteria."),
      "pass": JSON(passes), "score": JSON(score(passes, draws)),
    ]).text
  }

  private static func isGrading(_ ask: Ask) -> Bool {
    let text = ask.messages.map(\.text).joined(separator: "\n").lowercased()
    guard
      text.firstRange(ofText: "\"pass\"") != nil || text.firstRange(ofText: "pass:") != nil
        || text.firstRange(ofText: "{reason") != nil || text.firstRange(ofText: "{ reason") != nil
        || text.firstRange(ofText: "\"score\"") != nil || text.firstRange(ofText: "\"verdict\"") != nil
    else { return false }
    return ["grad", "rubric", "evaluat", "judg", "criteria", "assess"].contains {
      text.firstRange(ofText: $0) != nil
    }
  }

  private static func wanted(_ ask: Ask) -> Bool? {
    switch ask.expected.first?.lowercased() {
    case "pass", "true", "yes", "{\"pass\":true}": true
    case "fail", "false", "no", "{\"pass\":false}": false
    default: nil
    }
  }

  private static func passes(_ ask: Ask, _ model: SimulatedModel, _ draws: Draws) -> Bool {
    var sequence = draws.sequence(.verdict)
    if let wanted = wanted(ask) { return sequence.uniform() < model.skill ? wanted : !wanted }
    return sequence.uniform() < 0.9
  }

  private static func score(_ passes: Bool, _ draws: Draws) -> Double {
    var sequence = draws.sequence(.verdict)
    _ = sequence.next()
    return passes ? 0.8 + Double(sequence.below(5)) * 0.05 : Double(sequence.below(8)) * 0.05
  }

  /// The verdict in the members of the schema that can say it, the others filled as they allow.
  private static func fit(_ schema: JSON, passes: Bool) -> JSON {
    let draws = Draws(seed: 0, content: passes ? 1 : 0, sample: 0)
    guard case .object(var value) = SchemaFiller(schema, hints: "", draws).value() else { return .null }
    for (name, member) in schema["properties"]?.object ?? JSONObject() where value[name] != nil {
      value[name] = told(name.lowercased(), member, passes) ?? value[name]
    }
    return .object(value)
  }

  private static func told(_ name: String, _ schema: JSON, _ passes: Bool) -> JSON? {
    switch (name, schema["type"]?.string?.lowercased()) {
    case ("pass", "boolean"), ("passed", "boolean"), ("verdict", "boolean"): return JSON(passes)
    case ("score", "number"), ("score", "integer"):
      let low = schema["minimum"]?.int ?? 0
      return JSON(passes ? schema["maximum"]?.int ?? 1 : low)
    case ("verdict", _), ("pass", _):
      let words = schema["enum"]?.array ?? ["pass", "fail"]
      let good = ["pass", "passed", "yes", "true", "correct", "y"]
      return words.first { good.contains($0.string?.lowercased() ?? "") == passes }
    case ("reason", _), ("explanation", _), ("reasoning", _), ("rationale", _):
      return JSON(passes ? "The output meets the criteria." : "The output does not meet the criteria.")
    default: return nil
    }
  }
}
