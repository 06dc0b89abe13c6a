import Formats
import Vocabulary

/// Two replies against each other, asked in both orders: a judge that changes its mind with the order shows its
/// position bias, and that is a tie.
public enum PairJudge {
  public enum Preference: Sendable, Hashable {
    case first
    case second
    case tie
    /// The order decided.
    case positionBias
  }

  /// `pairwise`: the output against `config.against` (a template or text). It holds where the output is better,
  /// or as good with `ties: pass`.
  static let judge: JudgeCheck.Ask = { check, context in
    guard let criterion = check.value?.string ?? check.value?["criterion"]?.string else {
      return .error("\"pairwise\" needs a criterion")
    }
    guard let template = check.option("against")?.string ?? check.value?["against"]?.string else {
      return .error("\"pairwise\" needs the other reply: config: {against: ...}")
    }
    let other = Checker(context.tools).render(template, context.input.variables) ?? template
    switch await preference(criterion, context.input.text, other, check, context) {
    case .failure(let failure): return .error(failure.message)
    case .success(.first): return .pass("better than the other reply in both orders")
    case .success(.second): return .fail("worse than the other reply in both orders")
    case .success(.tie):
      return check.option("ties")?.string == "pass"
        ? .pass("as good as the other reply", score: 0.5)
        : .fail("as good as the other reply, not better", score: 0.5)
    case .success(.positionBias):
      return .error("the judge's answer changes with the order of the replies (position bias)")
    }
  }

  static func preference(
    _ criterion: String, _ first: String, _ second: String, _ check: CheckSpecView, _ context: CheckContext
  ) async -> Result<Preference, Failure> {
    let forward = await winner(criterion, first, second, check, context)
    let backward = await winner(criterion, second, first, check, context)
    switch (forward, backward) {
    case (.failure(let failure), _), (_, .failure(let failure)): return .failure(failure)
    case (.success(let a), .success(let b)):
      switch (a, b) {
      case ("first", "second"): return .success(.first)
      case ("second", "first"): return .success(.second)
      case ("tie", "tie"): return .success(.tie)
      case ("tie", _), (_, "tie"): return .success(.tie)
      default: return .success(.positionBias)
      }
    }
  }

  private static func winner(
    _ criterion: String, _ first: String, _ second: String, _ check: CheckSpecView, _ context: CheckContext
  ) async -> Result<String, Failure> {
    let words = ["first", "second", "tie"]
    let call = await JudgeChecks.ask(
      check, context,
      JudgeChecks.messages(
        check, context, .pair,
        [
          ("criterion", criterion), ("prompt", context.input.prompt), ("first reply", first),
          ("second reply", second),
        ]),
      schema: AnswerSchema.object([("reason", AnswerSchema.text), ("winner", AnswerSchema.choice(words))]))
    switch JudgeAnswer(call, having: ["winner"], judged: first + "\n" + second) {
    case .unreadable(let why): return .failure(Failure(.malformed, why))
    case .object(let object):
      guard let word = object["winner"]?.string?.lowercased(), words.contains(word) else {
        return .failure(Failure(.malformed, "the judge named no winner"))
      }
      return .success(word)
    }
  }
}
