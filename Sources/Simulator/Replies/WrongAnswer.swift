import Formats

/// A plausible answer that is not the expected one, and does not contain it.
enum WrongAnswer {
  private static let groups: [[String]] = [
    ["yes", "no"], ["true", "false"], ["positive", "negative", "neutral"], ["pass", "fail"],
    ["red", "green", "blue", "yellow", "black", "white"],
    ["low", "medium", "high"],
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    ["north", "south", "east", "west"],
    ["A", "B", "C", "D"],
    [
      "Paris", "London", "Berlin", "Madrid", "Rome", "Vienna", "Lisbon", "Oslo", "Tokyo", "Canberra",
      "Sydney",
      "Ottawa", "Toronto", "Washington", "Beijing", "Cairo", "Nairobi", "Lima", "Warsaw", "Prague",
    ],
    ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"],
  ]

  static func instead(of expected: String, _ ask: Ask, _ draws: Draws) -> String {
    var sequence = draws.sequence(.wrong)
    let plain = expected.trimmed
    if let number = Int(plain) {
      let step = 1 + sequence.below(max(3, min(abs(number) / 10, 100)))
      let wrong = sequence.uniform() < 0.5 ? number &+ step : number &- step
      // A check of "contains 12" must not hold for 112.
      return String(wrong).contains(plain)
        ? String(number &+ 1).contains(plain) ? "7" : String(number &+ 1) : String(wrong)
    }
    if let number = Double(plain) { return JSON(number + Double(1 + sequence.below(9))).text }
    for group in groups {
      guard let place = group.firstIndex(where: { $0.lowercased() == plain.lowercased() }) else { continue }
      let others = group.indices.filter { $0 != place }.map { group[$0] }
      let other = sequence.pick(others) ?? others[0]
      if plain == plain.lowercased() { return other.lowercased() }
      return plain == plain.uppercased() ? other.uppercased() : other
    }
    if let value = try? JSON(parsing: plain), value.object != nil || value.array != nil {
      return changed(value, &sequence).text
    }
    let lower = plain.lowercased()
    return ["I am not certain, but I believe it is something else.", "Unknown.", "I cannot tell.", "?"]
      .first { $0.lowercased().firstRange(ofText: lower) == nil } ?? ""
  }

  /// The same value with its first leaf changed.
  private static func changed(_ value: JSON, _ sequence: inout SplitMix64) -> JSON {
    switch value {
    case .object(var object):
      guard let first = object.first else { return ["unexpected": true] }
      object[first.key] = changed(first.value, &sequence)
      return .object(object)
    case .array(var items):
      guard let first = items.first else { return ["unexpected"] }
      items[0] = changed(first, &sequence)
      return .array(items)
    case .number(let number): return JSON((number.int ?? 0) &+ 1 + sequence.below(9))
    case .bool(let value): return JSON(!value)
    case .null: return "unknown"
    case .string: return "unknown"
    }
  }
}
