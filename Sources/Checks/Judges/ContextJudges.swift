import Formats
import Vocabulary

/// Judges of replies that were made from a context, and of conversations. A share of nothing is no verdict.
enum ContextJudges {
  /// What `contextTransform` makes of the output, else the variable `context`.
  private static func passages(_ check: CheckSpecView, _ context: CheckContext, orPrompt: Bool = false) async
    -> Result<[String], Failure>
  {
    func listed(_ value: JSON) -> [String]? {
      switch value {
      case .string(let text): text.isEmpty ? nil : [text]
      case .array(let items): items.isEmpty ? nil : items.map { $0.string ?? $0.text }
      case .null: nil
      case .bool, .number, .object: [value.text]
      }
    }
    if let code = check.spec.contextTransform {
      do {
        let value = try await Checker(context.tools).transformed(
          context.input.output, by: code, check, context)
        guard value.string != nil || value.array != nil, let found = listed(value) else {
          return .failure(Failure(.script, "the contextTransform gave no text and no list of texts"))
        }
        return .success(found)
      } catch { return .failure(Failure(.script, "the contextTransform failed: \(describe(error))")) }
    }
    if let found = context.input.variables["context"].flatMap(listed) { return .success(found) }
    return orPrompt
      ? .success([context.input.prompt])
      : .failure(Failure(.config, "the case has no variable \"context\", and the check no contextTransform"))
  }

  private static func question(_ input: CheckInput) -> String {
    input.variables["query"]?.string ?? input.prompt
  }

  /// Asks for a list of judged items and gives the share that holds.
  private static func share(
    _ check: CheckSpecView, _ context: CheckContext, _ prompt: JudgePrompt, _ parts: [JudgePrompt.Part],
    list: String, flag: String, what: String, count: Int? = nil
  ) async -> CheckResult {
    let item = AnswerSchema.object([("text", AnswerSchema.text), (flag, AnswerSchema.flag)])
    let call = await JudgeChecks.ask(
      check, context,
      JudgeChecks.messages(check, context, prompt, parts),
      schema: AnswerSchema.object([(list, AnswerSchema.list(item))]))
    switch JudgeAnswer(call, having: [list], judged: context.input.text) {
    case .unreadable(let why): return .error(why)
    case .object(let object):
      let flags = (object[list]?.array ?? []).map { $0[flag]?.bool }
      guard !flags.isEmpty, !flags.contains(where: { $0 == nil }) else {
        return .error("the judge's list of \(what) can't be read")
      }
      if let count, flags.count != count {
        return .error("the judge answered for \(flags.count) of \(count) \(what)")
      }
      let held = flags.count { $0 == true }
      let score = Double(held) / Double(flags.count)
      // Without a threshold nothing could ever fail: half is the least that is asked.
      let threshold = check.threshold ?? 0.5
      return CheckResult(
        score >= threshold ? .pass : .fail, score: score,
        reason: "\(held) of \(flags.count) \(what); threshold \(shown(threshold))")
    }
  }

  static let faithfulness: JudgeCheck.Ask = { check, context in
    switch await passages(check, context) {
    case .failure(let failure): return .error(failure.message)
    case .success(let passages):
      let parts = [
        ("question", question(context.input)), ("context", passages.joined(separator: "\n\n")),
        ("reply", context.input.text),
      ]
      return await share(
        check, context, .faithfulness, parts, list: "statements", flag: "supported",
        what: "statements are supported by the context")
    }
  }

  static let recall: JudgeCheck.Ask = { check, context in
    guard let reference = check.text, !reference.isEmpty else {
      return .error("\"context-recall\" needs the truth")
    }
    switch await passages(check, context, orPrompt: true) {
    case .failure(let failure): return .error(failure.message)
    case .success(let passages):
      return await share(
        check, context, .recall, [("context", passages.joined(separator: "\n\n")), ("reference", reference)],
        list: "sentences", flag: "supported", what: "sentences of the reference are in the context")
    }
  }

  static let relevance: JudgeCheck.Ask = { check, context in
    switch await passages(check, context) {
    case .failure(let failure): return .error(failure.message)
    case .success(let passages):
      let units = passages.count > 1 ? passages : passages.flatMap { sentences($0) }
      let numbered = units.enumerated().map { "[\($0.offset + 1)] \($0.element)" }.joined(separator: "\n")
      return await share(
        check, context, .relevance, [("question", question(context.input)), ("context", numbered)],
        list: "passages", flag: "relevant", what: "passages of the context are relevant", count: units.count)
    }
  }

  /// Mean cosine between the question and questions that the reply would answer.
  static let answerRelevance: JudgeCheck.Ask = { check, context in
    let call = await JudgeChecks.ask(
      check, context,
      JudgeChecks.messages(check, context, .questions, [("reply", context.input.text)]),
      schema: AnswerSchema.object([
        ("evasive", AnswerSchema.flag), ("questions", AnswerSchema.list(AnswerSchema.text)),
      ]))
    let answer = JudgeAnswer(call, having: ["questions"], judged: context.input.text)
    guard case .object(let object) = answer else {
      if case .unreadable(let why) = answer { return .error(why) }
      return .error("the judge gave no questions")
    }
    if object["evasive"]?.bool == true { return .fail("the reply avoids answering") }
    let questions = object["questions"]?.array?.compactMap(\.string) ?? []
    guard !questions.isEmpty else { return .error("the judge gave no questions") }
    let own = await Similarity.embedding(question(context.input), check, context)
    var sum = 0.0
    for question in questions {
      let other = await Similarity.embedding(question, check, context)
      guard case .success(let a) = own, case .success(let b) = other, let cosine = Similarity.cosine(a, b)
      else {
        return .error("no embedding came back, which \"answer-relevance\" needs")
      }
      sum += cosine
    }
    let score = min(1, max(0, sum / Double(questions.count)))
    let threshold = check.threshold ?? 0.5
    return CheckResult(
      score >= threshold ? .pass : .fail, score: score,
      reason: "relevance \(NumberText.fixed(score, decimals: 2)); threshold \(shown(threshold))")
  }

  /// Each reply of the assistant against what went before it, in a sliding window.
  static let conversation: JudgeCheck.Ask = { check, context in
    var messages = context.input.messages
    if messages.last?["role"]?.string != "assistant" {
      messages.append(["role": "assistant", "content": .string(context.input.text)])
    }
    let window = max(2, check.option("windowSize")?.int ?? 5) * 2
    let turns = messages.indices.filter { messages[$0]["role"]?.string == "assistant" }
    guard !turns.isEmpty else { return .error("there is no reply in the conversation") }
    var relevant = 0
    var first: String?
    for turn in turns {
      let shown = messages[max(0, turn - window + 1)...turn].map {
        "\($0["role"]?.string ?? "?"): \($0["content"]?.string ?? $0["content"]?.text ?? "")"
      }.joined(separator: "\n")
      let call = await JudgeChecks.ask(
        check, context,
        JudgeChecks.messages(check, context, .turn, [("conversation", shown)]),
        schema: AnswerSchema.object([("reason", AnswerSchema.text), ("pass", AnswerSchema.flag)]))
      var one = check
      one.threshold = nil
      let result = JudgeChecks.verdict(JudgeAnswer(call, having: ["pass"], judged: shown), one)
      guard result.outcome != .error else { return result }
      if result.outcome == .pass { relevant += 1 } else { first = first ?? result.reason }
    }
    let score = Double(relevant) / Double(turns.count)
    let threshold = check.threshold ?? 0.5
    return CheckResult(
      score >= threshold ? .pass : .fail, score: score,
      reason: "\(relevant) of \(turns.count) replies are relevant" + (first.map { "; not: \($0)" } ?? ""))
  }

  private static func sentences(_ text: String) -> [String] {
    var found: [String] = []
    var sentence = ""
    for character in text {
      sentence.append(character)
      if ".!?\n".contains(character), sentence.trimmed.count > 1 {
        found.append(sentence.trimmed)
        sentence = ""
      }
    }
    if !sentence.trimmed.isEmpty { found.append(sentence.trimmed) }
    return found
  }
}
