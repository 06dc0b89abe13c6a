import Formats
import Suites
import Vocabulary

/// A check that asks a model.
struct JudgeCheck: Sendable {
  typealias Ask = @Sendable (CheckSpecView, CheckContext) async -> CheckResult

  var ask: Ask
  /// Whether asking again can give another answer.
  var takesVotes = true

  /// Asks as often as `votes` says and takes the majority; ties and too few readable answers are no verdict.
  func asked(_ check: CheckSpecView, _ context: CheckContext) async -> CheckResult {
    guard let wanted = check.option("votes"), takesVotes else { return await ask(check, context) }
    guard let votes = wanted.int, (1...25).contains(votes) else {
      return .error("\"votes\" is a number from 1 to 25, not \(excerpt(wanted.text))")
    }
    var results: [CheckResult] = []
    for number in 0..<votes {
      var context = context
      context.vote = (number, votes)
      results.append(await ask(check, context))
    }
    return Self.majority(results)
  }

  static func majority(_ votes: [CheckResult]) -> CheckResult {
    guard votes.count > 1 else { return votes.first ?? .error("no judge was asked") }
    let passes = votes.filter { $0.outcome == .pass }
    let fails = votes.filter { $0.outcome == .fail }
    let readable = passes.count + fails.count
    guard readable * 2 > votes.count else {
      let why = votes.first { $0.outcome == .error }?.reason ?? ""
      return .error("only \(readable) of \(votes.count) votes could be read: \(why)")
    }
    guard passes.count != fails.count else {
      return .error("the votes are tied, \(passes.count) to \(fails.count): \(passes[0].reason)")
    }
    let winners = passes.count > fails.count ? passes : fails
    var result = winners[0]
    result.score = (passes + fails).reduce(0) { $0 + $1.score } / Double(readable)
    result.reason = "\(winners.count) of \(votes.count) votes agree: \(winners[0].reason)"
    return result
  }
}

/// Judges by rubric, facts and criteria. Each asks for reasons before the verdict, reads the answer strictly, and is
/// an error where there is none.
enum JudgeChecks {
  typealias Judge = JudgeCheck.Ask

  static let all: [String: JudgeCheck] = [
    "llm-rubric": JudgeCheck(ask: rubric), "search-rubric": JudgeCheck(ask: rubric),
    "agent-rubric": JudgeCheck(ask: agentRubric), "trajectory:goal-success": JudgeCheck(ask: agentRubric),
    "factuality": JudgeCheck(ask: factuality), "model-graded-factuality": JudgeCheck(ask: factuality),
    "closedqa": JudgeCheck(ask: closedQA), "model-graded-closedqa": JudgeCheck(ask: closedQA),
    "g-eval": JudgeCheck(ask: StepJudge.judge),
    "context-faithfulness": JudgeCheck(ask: ContextJudges.faithfulness),
    "context-recall": JudgeCheck(ask: ContextJudges.recall),
    "context-relevance": JudgeCheck(ask: ContextJudges.relevance),
    "answer-relevance": JudgeCheck(ask: ContextJudges.answerRelevance),
    "conversation-relevance": JudgeCheck(ask: ContextJudges.conversation),
    "pairwise": JudgeCheck(ask: PairJudge.judge),
    "similar": similarity("cosine"), "similar:cosine": similarity("cosine"), "similar:dot": similarity("dot"),
    "similar:euclidean": similarity("euclidean"),
    "moderation": JudgeCheck(ask: Similarity.moderation, takesVotes: false),
    "classifier": JudgeCheck(ask: OtherJudges.classifier, takesVotes: false),
    "pi": JudgeCheck(ask: OtherJudges.pi, takesVotes: false),
  ]

  private static func similarity(_ measure: String) -> JudgeCheck {
    JudgeCheck(ask: { await Similarity.judge($0, $1, measure) }, takesVotes: false)
  }

  static func ask(_ check: CheckSpecView, _ context: CheckContext, _ messages: [JSON], schema: JSON?) async
    -> Call
  {
    var question = CheckTools.Question(
      target: check.spec.judge ?? context.options.judge, purpose: .judge, messages: messages, schema: schema,
      sample: context.vote.number)
    question.isVote = context.vote.of > 1
    return await context.tools.ask(question)
  }

  /// The suite's own prompt for the judge, rendered; else ours.
  static func messages(
    _ check: CheckSpecView, _ context: CheckContext, _ prompt: JudgePrompt, _ parts: [JudgePrompt.Part],
    own: JSON? = nil
  ) -> [JSON] {
    guard let own = own ?? check.spec.rubricPrompt ?? context.options.rubricPrompt, !own.isNull,
      own.object == nil
    else { return prompt.messages(parts) }
    // Names of ours win over variables of the same name: the text to be graded is not to be replaced.
    var variables = context.input.variables
    for part in parts {
      variables[part.name] = .string(part.text)
      for other in olderNames[part.name] ?? [] { variables[other] = .string(part.text) }
    }
    variables["output"] = .string(context.input.text)
    let checker = Checker(context.tools)
    func render(_ value: JSON) -> JSON {
      switch value {
      case .string(let text): .string(checker.render(text, variables) ?? text)
      case .array(let items): .array(items.map(render))
      case .object(let object): .object(JSONObject(object.map { ($0.key, render($0.value)) }))
      case .null, .bool, .number: value
      }
    }
    if let list = own.array, list.allSatisfy({ $0["role"] != nil }) { return list.map(render) }
    let text = own.string ?? own.array?.first?.string ?? own.text
    if let list = (try? JSON(parsing: text))?.array, list.allSatisfy({ $0["role"] != nil }) {
      return list.map(render)
    }
    return [["role": "user", "content": render(.string(text))]]
  }

  /// What promptfoo calls the parts in its prompts.
  private static let olderNames: [String: [String]] = [
    "prompt": ["input"], "question": ["input", "query"], "reference": ["ideal", "groundTruth"],
    "criterion": ["criteria"], "reply": ["completion", "answer"],
  ]

  // MARK: Rubrics

  static let rubric: Judge = { check, context in
    // A prompt of the suite's own may say all that is to be judged.
    let own = check.spec.rubricPrompt ?? context.options.rubricPrompt ?? .null
    let value = check.value ?? .null
    if value.isNull, own.isNull || own.object != nil { return .error("\"\(check.type)\" needs a rubric") }
    let parts = [
      ("rubric", value.isNull ? "" : value.string ?? value.text), ("prompt", context.input.prompt),
      ("reply", context.input.text),
    ]
    return await graded(check, context, messages(check, context, .rubric, parts))
  }

  /// The whole exchange is judged, tool calls and all.
  static let agentRubric: Judge = { check, context in
    guard let value = check.value, !value.isNull else { return .error("\"\(check.type)\" needs a rubric") }
    let exchange = context.input.messages.map(\.text).joined(separator: "\n")
    let parts = [
      ("rubric", value.string ?? value["goal"]?.string ?? value.text), ("exchange", exchange),
      ("reply", context.input.text),
    ]
    // A verdict may be planted wherever something was said: in the user's words, in what a tool gave back.
    var material: [String] = [exchange, context.input.text]
    for message in context.input.messages { material += texts(in: message) }
    return await graded(
      check, context, messages(check, context, .exchange, parts), judged: material.joined(separator: "\n"))
  }

  /// Every string in a message, as it reads without JSON's escapes.
  private static func texts(in value: JSON) -> [String] {
    switch value {
    case .string(let text): [text]
    case .array(let items): items.flatMap { texts(in: $0) }
    case .object(let object): object.values.flatMap { texts(in: $0) }
    case .null, .bool, .number: []
    }
  }

  private static func graded(
    _ check: CheckSpecView, _ context: CheckContext, _ messages: [JSON], judged material: String? = nil
  ) async -> CheckResult {
    let call = await ask(check, context, messages, schema: AnswerSchema.verdict)
    let answer = JudgeAnswer(call, having: ["pass", "score"], judged: material ?? context.input.text)
    return verdict(answer, check)
  }

  static func verdict(_ answer: JudgeAnswer, _ check: CheckSpecView) -> CheckResult {
    let object: JSONObject
    switch answer {
    case .unreadable(let why): return .error(why)
    case .object(let found): object = found
    }
    let score = object["score"]?.double ?? object["score"]?.string.flatMap { Double($0) }
    if let given = object["score"], !given.isNull, score == nil {
      return .error("the judge's score is no number: \(excerpt(given.text))")
    }
    if let score, !(0...1).contains(score) {
      return .error("the judge's score of \(shown(score)) is not within 0 and 1")
    }
    let own = truth(object["pass"])
    guard let pass = own ?? check.threshold.flatMap({ limit in score.map { $0 >= limit } })
    else {
      return .error("the judge gave no verdict: \"pass\" is missing")
    }
    if pass, score == 0 { return .error("the judge contradicts itself: it passes with a score of 0") }
    if own == false, score == 1 {
      return .error("the judge contradicts itself: it fails with a score of 1")
    }
    let graded = score ?? (pass ? 1 : 0)
    let holds = pass && check.threshold.map { graded >= $0 } ?? true
    return CheckResult(holds ? .pass : .fail, score: graded, reason: reason(object))
  }

  static func reason(_ object: JSONObject) -> String {
    let given = object["reason"]?.string.flatMap { $0.trimmed.isEmpty ? nil : excerpt($0.trimmed, 600) }
    return given ?? "the judge gave no reason"
  }

  private static func truth(_ value: JSON?) -> Bool? {
    switch value {
    case .bool(let flag): flag
    case .string(let text):
      switch text.lowercased() {
      case "true", "yes", "pass", "y": true
      case "false", "no", "fail", "n": false
      default: nil
      }
    default: nil
    }
  }

  // MARK: Facts and criteria

  static let factuality: Judge = { check, context in
    guard let reference = check.text, !reference.isEmpty else {
      return .error("\"\(check.type)\" needs the facts")
    }
    let parts = [("question", context.input.prompt), ("reference", reference), ("reply", context.input.text)]
    let call = await ask(
      check, context, messages(check, context, .facts, parts),
      schema: AnswerSchema.object([
        ("reason", AnswerSchema.text), ("category", AnswerSchema.choice(["A", "B", "C", "D", "E"])),
      ]))
    let category: String
    var why = "the judge gave no reason"
    switch JudgeAnswer(call, having: ["category"], judged: context.input.text) {
    case .object(let object):
      category = object["category"]?.string?.trimmed.uppercased() ?? ""
      why = reason(object)
    case .unreadable(let unreadable):
      // The older form: a letter in brackets.
      let letters = try? Compiled.pattern("\\(([A-E])\\)").allMatches(in: call.reply?.text ?? "", limit: 20)
      let named = Set((letters ?? []).compactMap { $0.groups[1] })
      guard let letter = named.first, named.count == 1, !JudgeAnswer.isEcho(call, of: context.input.text)
      else {
        return .error(unreadable)
      }
      category = letter
    }
    let table: [String: (String, Double)] = [
      "A": ("subset", 1), "B": ("superset", 1), "C": ("agree", 1), "D": ("disagree", 0),
      "E": ("differButFactual", 1),
    ]
    guard let (name, usual) = table[category] else {
      return .error("the judge's category is none of A to E")
    }
    let score = min(1, max(0, context.options.factualityScores?[name]?.double ?? usual))
    return CheckResult(score > 0 ? .pass : .fail, score: score, reason: "(\(category)) \(why)")
  }

  static let closedQA: Judge = { check, context in
    guard let criterion = check.text, !criterion.isEmpty else {
      return .error("\"\(check.type)\" needs a criterion")
    }
    let parts = [("criterion", criterion), ("question", context.input.prompt), ("reply", context.input.text)]
    let call = await ask(
      check, context, messages(check, context, .criterion, parts),
      schema: AnswerSchema.object([("reason", AnswerSchema.text), ("pass", AnswerSchema.flag)]))
    let answer = JudgeAnswer(call, having: ["pass"], judged: context.input.text)
    if case .unreadable = answer, let last = lastWord(call.reply?.text ?? ""), last == "Y" || last == "N",
      !JudgeAnswer.isEcho(call, of: context.input.text)
    {
      // The older form: a last word of Y or N.
      return last == "Y" ? .pass("the judge says Y") : .fail("the judge says N")
    }
    return verdict(answer, check)
  }

  /// By its bytes: comparing texts as such may take long where they are hostile.
  private static func lastWord(_ text: String) -> Character? {
    let bytes = Array(text.trimmed.utf8.suffix(2))
    guard let last = bytes.last, bytes.count == 1 || bytes[0] <= 0x20 else { return nil }
    return Character(Unicode.Scalar(last))
  }
}
