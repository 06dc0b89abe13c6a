import Formats
import Suites
import Vocabulary

/// Checks that ask a model. Each asks for reasons before the verdict, reads the answer strictly, and is an error
/// where there is none.
enum JudgeChecks {
  typealias Judge = @Sendable (CheckSpecView, CheckContext) async -> CheckResult

  static let all: [String: Judge] = [
    "llm-rubric": rubric, "search-rubric": rubric, "agent-rubric": agentRubric,
    "trajectory:goal-success": agentRubric,
    "factuality": factuality, "model-graded-factuality": factuality,
    "closedqa": closedQA, "model-graded-closedqa": closedQA, "g-eval": gEval,
    "context-faithfulness": ContextJudges.faithfulness, "context-recall": ContextJudges.recall,
    "context-relevance": ContextJudges.relevance, "answer-relevance": ContextJudges.answerRelevance,
    "conversation-relevance": ContextJudges.conversation,
    "similar": { await Similarity.judge($0, $1, "cosine") },
    "similar:cosine": { await Similarity.judge($0, $1, "cosine") },
    "similar:dot": { await Similarity.judge($0, $1, "dot") },
    "similar:euclidean": { await Similarity.judge($0, $1, "euclidean") },
    "moderation": Similarity.moderation,
    "pairwise": PairJudge.judge,
    "classifier": { check, _ in unavailable(check) }, "pi": { check, _ in unavailable(check) },
  ]

  private static func unavailable(_ check: CheckSpecView) -> CheckResult {
    .error("\"\(check.type)\" needs a service that assay does not speak to; a webhook or a script can ask it")
  }

  static func ask(
    _ check: CheckSpecView, _ context: CheckContext, _ messages: [JSON], schema: JSON?, sample: Int = 0
  ) async -> Call {
    await context.tools.ask(
      CheckTools.Question(
        target: check.spec.judge ?? context.options.judge, purpose: .judge, messages: messages,
        schema: schema,
        sample: sample))
  }

  /// The suite's own prompt for the judge, rendered; else ours.
  static func messages(
    _ check: CheckSpecView, _ context: CheckContext, _ task: String, _ parts: [(name: String, text: String)],
    answer: String
  ) -> [JSON] {
    guard let own = check.spec.rubricPrompt ?? context.options.rubricPrompt, !own.isNull, own.object == nil
    else {
      return JudgePrompts.messages(task, parts, answer: answer)
    }
    // Names of ours win over variables of the same name: the text to be graded is not to be replaced.
    var variables = context.input.variables
    for part in parts { variables[part.name] = .string(part.text) }
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

  // MARK: Rubrics

  static let rubric: Judge = { check, context in
    guard let value = check.value, !value.isNull else { return .error("\"\(check.type)\" needs a rubric") }
    let rubric = value.string ?? value.text
    return await graded(
      check, context,
      messages(
        check, context, JudgePrompts.rubric,
        [("rubric", rubric), ("prompt", context.input.prompt), ("reply", context.input.text)],
        answer: #"{"reason": "...", "score": 0.0 to 1.0, "pass": true or false}"#))
  }

  /// The whole exchange is judged, tool calls and all.
  static let agentRubric: Judge = { check, context in
    guard let value = check.value, !value.isNull else { return .error("\"\(check.type)\" needs a rubric") }
    let exchange = context.input.messages.map(\.text).joined(separator: "\n")
    return await graded(
      check, context,
      messages(
        check, context, JudgePrompts.rubric,
        [
          ("rubric", value.string ?? value["goal"]?.string ?? value.text), ("exchange", exchange),
          ("reply", context.input.text),
        ], answer: #"{"reason": "...", "score": 0.0 to 1.0, "pass": true or false}"#))
  }

  /// Asks as often as `votes` says and takes the majority; ties and too few readable answers are no verdict.
  private static func graded(_ check: CheckSpecView, _ context: CheckContext, _ messages: [JSON]) async
    -> CheckResult
  {
    let votes = min(25, max(1, check.option("votes")?.int ?? 1))
    var results: [CheckResult] = []
    for sample in 0..<votes {
      let call = await ask(check, context, messages, schema: AnswerSchema.verdict, sample: sample)
      results.append(verdict(JudgeAnswer(call, having: ["pass", "score"]), check))
    }
    return majority(results)
  }

  static func verdict(_ answer: JudgeAnswer, _ check: CheckSpecView) -> CheckResult {
    guard case .object(let object) = answer else {
      if case .unreadable(let why) = answer { return .error(why) }
      return .error("the judge gave no verdict")
    }
    let score = object["score"]?.double ?? object["score"]?.string.flatMap { Double($0) }
    if let score, !(0...1).contains(score) {
      return .error("the judge's score of \(shown(score)) is not within 0 and 1")
    }
    guard let pass = truth(object["pass"]) ?? check.threshold.flatMap({ limit in score.map { $0 >= limit } })
    else {
      return .error("the judge gave no verdict: \"pass\" is missing")
    }
    let graded = score ?? (pass ? 1 : 0)
    let holds = pass && check.threshold.map { graded >= $0 } ?? true
    let reason = object["reason"]?.string.flatMap { $0.trimmed.isEmpty ? nil : excerpt($0.trimmed, 600) }
    return CheckResult(holds ? .pass : .fail, score: graded, reason: reason ?? "the judge gave no reason")
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

  static func majority(_ votes: [CheckResult]) -> CheckResult {
    guard votes.count > 1 else { return votes.first ?? .error("no judge was asked") }
    let passes = votes.filter { $0.outcome == .pass }
    let fails = votes.filter { $0.outcome == .fail }
    let readable = passes.count + fails.count
    guard readable * 2 > votes.count else {
      return .error(
        "only \(readable) of \(votes.count) votes could be read: \(votes.first { $0.outcome == .error }?.reason ?? "")"
      )
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

  // MARK: Facts, criteria, steps

  static let factuality: Judge = { check, context in
    guard let reference = check.text, !reference.isEmpty else {
      return .error("\"\(check.type)\" needs the facts")
    }
    let call = await ask(
      check, context,
      messages(
        check, context, JudgePrompts.facts,
        [("question", context.input.prompt), ("reference", reference), ("reply", context.input.text)],
        answer: #"{"reason": "...", "category": "A", "B", "C", "D" or "E"}"#),
      schema: AnswerSchema.object([
        ("reason", AnswerSchema.text), ("category", AnswerSchema.choice(["A", "B", "C", "D", "E"])),
      ]))
    var category: String?
    var reason = "the judge gave no reason"
    switch JudgeAnswer(call, having: ["category"]) {
    case .object(let object):
      category = object["category"]?.string?.trimmed.uppercased()
      reason = object["reason"]?.string ?? reason
    case .unreadable(let why):
      // The older form: a letter in brackets.
      let letters = (try? Pattern("\\(([A-E])\\)").allMatches(in: call.reply?.text ?? ""))?.compactMap {
        $0.groups.last ?? nil
      }
      guard let letters, let letter = letters.first, Set(letters).count == 1 else { return .error(why) }
      category = letter
    }
    let table: [String: (String, Double)] = [
      "A": ("subset", 1), "B": ("superset", 1), "C": ("agree", 1), "D": ("disagree", 0),
      "E": ("differButFactual", 1),
    ]
    guard let category, let (name, usual) = table[category] else {
      return .error("the judge's category is none of A to E")
    }
    let score = context.options.factualityScores?[name]?.double ?? usual
    return CheckResult(
      score > 0 ? .pass : .fail, score: score, reason: "(\(category)) \(excerpt(reason, 600))")
  }

  static let closedQA: Judge = { check, context in
    guard let criterion = check.text, !criterion.isEmpty else {
      return .error("\"\(check.type)\" needs a criterion")
    }
    let call = await ask(
      check, context,
      messages(
        check, context, JudgePrompts.criterion,
        [("criterion", criterion), ("question", context.input.prompt), ("reply", context.input.text)],
        answer: #"{"reason": "...", "pass": true or false}"#),
      schema: AnswerSchema.object([("reason", AnswerSchema.text), ("pass", AnswerSchema.flag)]))
    let answer = JudgeAnswer(call, having: ["pass"])
    if case .unreadable = answer, let text = call.reply?.text.trimmed,
      let last = text.split(whereSeparator: \.isWhitespace).last
    {
      // The older form: a last word of Y or N.
      if last == "Y" || last == "N" {
        return last == "Y" ? .pass("the judge says Y") : .fail("the judge says N")
      }
    }
    return verdict(answer, check)
  }

  static let gEval: Judge = { check, context in
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
    let first = await ask(
      check, context,
      JudgePrompts.messages(JudgePrompts.steps, [("criteria", criterion)], answer: #"{"steps": ["..."]}"#),
      schema: AnswerSchema.object([("steps", AnswerSchema.list(AnswerSchema.text))]))
    guard case .object(let object) = JudgeAnswer(first, having: ["steps"]),
      let steps = object["steps"]?.array?.compactMap(\.string), !steps.isEmpty
    else { return .failure(Failure(.malformed, "the judge gave no steps")) }
    let second = await ask(
      check, context,
      JudgePrompts.messages(
        JudgePrompts.evaluation,
        [
          ("criteria", criterion), ("steps", steps.joined(separator: "\n")), ("prompt", context.input.prompt),
          ("reply", context.input.text),
        ], answer: #"{"reason": "...", "score": 0 to 10}"#),
      schema: AnswerSchema.object([("reason", AnswerSchema.text), ("score", AnswerSchema.number)]))
    guard case .object(let graded) = JudgeAnswer(second, having: ["score"]),
      let score = graded["score"]?.double,
      (0...10).contains(score)
    else { return .failure(Failure(.malformed, "the judge gave no score between 0 and 10")) }
    return .success((score / 10, graded["reason"]?.string ?? "the judge gave no reason"))
  }
}
