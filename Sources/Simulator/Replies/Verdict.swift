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
      let isVerdict = members.contains { ["pass", "passed", "verdict", "score", "category"].contains($0) }
      guard isVerdict, ask.expected.isEmpty || wanted(ask) != nil else { return nil }
      return fit(schema, passes: passes(ask, model, draws), scale: scale(ask)).text
    }
    guard isGrading(ask), ask.expected.isEmpty || wanted(ask) != nil else { return nil }
    let passes = passes(ask, model, draws)
    return JSON.object([
      "reason": JSON(passes ? "The output meets the criteria." : "The output does not meet the criteria."),
      "pass": JSON(passes), "score": JSON(score(passes, draws)),
    ]).text
  }

  private static let members = [
    "\"pass\"", "pass:", "{reason:", "{ reason:", "\"score\"", "\"verdict\"", "\"Pass\"", "\"Score\"",
    "\"Verdict\"",
  ]

  private static func isGrading(_ ask: Ask) -> Bool {
    // Few requests speak of such a member, between quotes or before a colon; only these are read again.
    let named = ask.messages.contains { message in
      message.text.utf8.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: ":") }
        && members.contains { message.text.firstRange(ofText: $0) != nil }
    }
    guard named else { return false }
    let text = ask.messages.map(\.text).joined(separator: "\n").lowercased()
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

  /// What the best score is, where the schema does not say it but the text does.
  private static func scale(_ ask: Ask) -> Int {
    let says = { (words: [String]) in
      ask.messages.contains { message in words.contains { message.text.firstRange(ofText: $0) != nil } }
    }
    if says(["to 10", "0-10", "1-10"]) { return 10 }
    return says(["1 to 5", "0 to 5", "1-5", "0-5"]) ? 5 : 1
  }

  /// The verdict in the members of the schema that can say it, the others filled as they allow.
  private static func fit(_ schema: JSON, passes: Bool, scale: Int) -> JSON {
    let draws = Draws(seed: 0, content: passes ? 1 : 0, sample: 0)
    guard case .object(var value) = SchemaFiller(schema, hints: "", draws).value() else { return .null }
    for (name, member) in schema["properties"]?.object ?? JSONObject() where value[name] != nil {
      value[name] = told(name.lowercased(), member, passes, scale) ?? value[name]
    }
    return .object(value)
  }

  private static func told(_ name: String, _ schema: JSON, _ passes: Bool, _ scale: Int) -> JSON? {
    switch (name, schema["type"]?.string?.lowercased()) {
    case ("pass", "boolean"), ("passed", "boolean"), ("verdict", "boolean"): return JSON(passes)
    case ("score", "number"), ("score", "integer"):
      let low = schema["minimum"]?.int ?? 0
      return JSON(passes ? schema["maximum"]?.int ?? scale : low)
    case ("verdict", _), ("pass", _):
      let words = schema["enum"]?.array ?? ["pass", "fail"]
      let good = ["pass", "passed", "yes", "true", "correct", "y"]
      return words.first { good.contains($0.string?.lowercased() ?? "") == passes }
    // Of a comparison of facts: the same as the reference, or against it.
    case ("category", _): return JSON(passes ? "C" : "D")
    case ("reason", _), ("explanation", _), ("reasoning", _), ("rationale", _):
      return JSON(passes ? "The output meets the criteria." : "The output does not meet the criteria.")
    default: return nil
    }
  }
}
