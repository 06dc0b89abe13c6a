import Formats
import Vocabulary

/// `g-eval`: the judge first writes the steps of its evaluation, then follows them (Liu et al. 2023). Several criteria
/// are averaged.
enum StepJudge {
  static let judge: JudgeCheck.Ask = { check, context in
    let criteria = check.value?.array?.compactMap(\.string) ?? check.text.map { [$0] } ?? []
    guard !criteria.isEmpty else { return .error("\"g-eval\" needs criteria") }
    var scores: [Double] = []
    var reasons: [String] = []
    for criterion in criteria {
      switch await evaluate(criterion, check, context) {
      case .success(let (score, reason)):
        scores.append(score)
        reasons.append(reason)
      case .failure(let failure): return .error(failure.message)
      }
    }
    let score = scores.reduce(0, +) / Double(scores.count)
    let holds = score >= check.threshold ?? 0.7
    return CheckResult(
      holds ? .pass : .fail, score: score, reason: excerpt(reasons.joined(separator: "\n"), 600))
  }

  private static func evaluate(_ criterion: String, _ check: CheckSpecView, _ context: CheckContext) async
    -> Result<(Double, String), Failure>
  {
    let own = (check.spec.rubricPrompt ?? context.options.rubricPrompt)?.object
    let first = await JudgeChecks.ask(
      check, context,
      JudgeChecks.messages(check, context, .steps, [("criteria", criterion)], own: own?["steps"]),
      schema: AnswerSchema.object([("steps", AnswerSchema.list(AnswerSchema.text))]))
    let steps: [String]
    switch JudgeAnswer(first, having: ["steps"], judged: context.input.text) {
    case .unreadable(let why): return .failure(Failure(.malformed, why))
    case .object(let object): steps = object["steps"]?.array?.compactMap(\.string) ?? []
    }
    guard !steps.isEmpty else { return .failure(Failure(.malformed, "the judge gave no steps")) }
    let parts = [
      ("criteria", criterion), ("steps", steps.joined(separator: "\n")), ("prompt", context.input.prompt),
      ("reply", context.input.text),
    ]
    let second = await JudgeChecks.ask(
      check, context,
      JudgeChecks.messages(check, context, .evaluation, parts, own: own?["evaluate"]),
      schema: AnswerSchema.object([("reason", AnswerSchema.text), ("score", AnswerSchema.number)]))
    switch JudgeAnswer(second, having: ["score"], judged: context.input.text) {
    case .unreadable(let why): return .failure(Failure(.malformed, why))
    case .object(let graded):
      guard let score = graded["score"]?.double, (0...10).contains(score) else {
        return .failure(Failure(.malformed, "the judge gave no score between 0 and 10"))
      }
      return .success((score / 10, JudgeChecks.reason(graded)))
    }
  }
}
