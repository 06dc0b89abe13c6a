import Formats
import Vocabulary

/// Takes a trial's function calls together: valid by schema, the right function, the right arguments, completed.
public enum FunctionCalls {
  private static let ofFunctions = [
    "tool-call-f1", "tool-sequence", "trajectory:tool-sequence", "trajectory:tool-used", "skill-used",
  ]
  private static let ofArguments = ["tool-args", "trajectory:tool-args-match"]

  /// Nil where no function was called and no check wants to know of any.
  ///
  /// - Parameters:
  ///   - config: of the target, with the functions that were offered.
  ///   - isComplete: the model had the last word.
  public static func outcome(
    of calls: [ToolCall], config: @autoclosure () -> JSONObject, variables: JSONObject, checks: [CheckResult],
    isComplete: Bool
  ) -> FunctionCallOutcome? {
    let right = verdict(checks, ofFunctions)
    let arguments = verdict(checks, ofArguments)
    if calls.isEmpty, right == nil, arguments == nil { return nil }
    return FunctionCallOutcome(
      calls: calls.count, areValid: validity(calls, config(), variables), isRightFunction: right,
      areRightArguments: arguments, isComplete: isComplete)
  }

  private static func validity(_ calls: [ToolCall], _ config: JSONObject, _ variables: JSONObject) -> Bool? {
    let functions = ToolChecks.functions(in: config)
    guard !calls.isEmpty, !functions.isEmpty else { return nil }
    switch ToolChecks.validate(calls, against: functions, variables: variables) {
    case .decided(let holds, _, _): return holds
    case .undecided: return nil
    }
  }

  /// All of them must hold; one without a verdict leaves it open.
  private static func verdict(_ checks: [CheckResult], _ types: [String]) -> Bool? {
    var outcomes: [Outcome] = []
    gather(&outcomes, checks, types)
    if outcomes.contains(.fail) { return false }
    return outcomes.isEmpty || outcomes.contains { $0 != .pass } ? nil : true
  }

  private static func gather(_ outcomes: inout [Outcome], _ checks: [CheckResult], _ types: [String]) {
    for check in checks {
      if types.contains(check.type.hasPrefix("not-") ? String(check.type.dropFirst(4)) : check.type) {
        outcomes.append(check.outcome)
      }
      gather(&outcomes, check.components, types)
    }
  }
}
