import Formats

/// What `compat: promptfoo` brings back of promptfoo 0.120's verdicts: those that are stricter than ours, or only
/// counted differently. A verdict that would pass what does not hold is never brought back.
enum Compatibility {
  static func negated(_ finding: Finding, _ check: CheckSpecView, _ context: CheckContext) -> Finding {
    guard context.tools.matchesPromptfoo, case .decided(let holds, let score, let because) = finding else {
      return finding.negated
    }
    switch check.type {
    case "equals" where check.value?.isContainer == true && !holds:
      // An output that is no JSON equals no object, and fails `not-equals` of one too.
      let isJSON = context.input.output.isContainer || (try? JSON(parsing: context.input.text)) != nil
      return isJSON ? finding.negated : .holds(false, because)
    case "tool-call-f1": return .decided(holds: !holds, score: score, because: because)
    default: return finding.negated
    }
  }
}
