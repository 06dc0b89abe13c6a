import Formats
import Suites
import Templates

/// What a simulated model is told beside the question, so that its skill is known: a real model never sees it.
enum SimulationHint {
  /// `metadata.expected` of the case, else what its first check for a text looks for.
  static func expected(of test: Case, _ variables: JSONObject) -> JSON? {
    if let given = test.metadata["expected"], !given.isNull { return rendered(given, variables) }
    let check = test.checks.first { spec in
      !spec.isNegated
        && ["equals", "icontains", "contains", "contains-all", "icontains-all"].contains(spec.type)
    }
    return check?.value.map { rendered($0, variables) }
  }

  /// What keeps equal targets, equal cases and equal turns from getting the same replies: empty for the first.
  static func lane(target: RunPlan.PlannedTarget, case test: Case, turn: Int?) -> String {
    var parts: [String] = []
    if target.twin > 0 { parts.append("target \(target.twin + 1)") }
    if let dash = test.key.lastIndex(of: "-") { parts.append("case \(test.key[dash...].dropFirst())") }
    if let turn, turn > 0 { parts.append("turn \(turn + 1)") }
    return parts.joined(separator: ", ")
  }

  private static func rendered(_ value: JSON, _ variables: JSONObject) -> JSON {
    switch value {
    case .string(let text):
      guard text.contains("{{") else { return value }
      return (try? Template(text, file: "expected").render(variables)).map { .string($0) } ?? value
    case .array(let items): return .array(items.map { rendered($0, variables) })
    case .null, .bool, .number, .object: return value
    }
  }
}
