import Formats
import Vocabulary

/// Models that grade without being told how: classifiers, and Withpi's scorer.
enum OtherJudges {
  /// `classifier`: any target whose reply is JSON with a score for each class: `{"positive": 0.9}`,
  /// `{"classification": {...}}` or `[{"label": "positive", "score": 0.9}]`.
  static let classifier: JudgeCheck.Ask = { check, context in
    let judge = check.spec.judge ?? context.options.judge
    guard let target = judge?["classification"] ?? judge else {
      return .error(
        "\"classifier\" needs a provider that classifies: provider: file://classify.py, or an URL")
    }
    let call = await context.tools.ask(
      CheckTools.Question(
        target: target, purpose: .judge,
        messages: [["role": "user", "content": .string(context.input.text)]],
        schema: nil))
    switch call.result {
    case .failure(let failure): return .error("the classifier failed: \(failure.message)")
    case .success(let reply):
      let answer = reply.output.isContainer ? reply.output : (try? JSON(parsing: reply.text)) ?? .null
      let scores = classes(in: answer)
      guard let best = scores.max(by: { $0.score < $1.score }) else {
        return .error("the classifier gave no scores: \(excerpt(reply.text))")
      }
      let threshold = check.threshold ?? 1
      guard let wanted = check.text else {
        return .init(
          best.score >= threshold ? .pass : .fail, score: best.score,
          reason: "the class is \(quoted(best.name)) with \(shown(best.score)); threshold \(shown(threshold))"
        )
      }
      guard let found = scores.first(where: { $0.name == wanted }) else {
        let known = scores.map(\.name).joined(separator: ", ")
        return .error("the classifier knows no class \(quoted(wanted)); it gave: \(excerpt(known))")
      }
      return .init(
        found.score >= threshold ? .pass : .fail, score: found.score,
        reason: "\(quoted(wanted)) has \(shown(found.score)); threshold \(shown(threshold))")
    }
  }

  private static func classes(in value: JSON) -> [(name: String, score: Double)] {
    switch value {
    case .array(let items): return items.flatMap(classes)
    case .object(let object):
      if let inner = object["classification"] { return classes(in: inner) }
      if let name = object["label"]?.string, let score = object["score"]?.double, (0...1).contains(score) {
        return [(name, score)]
      }
      return object.compactMap { member in
        member.value.double.flatMap { (0...1).contains($0) ? (member.key, $0) : nil }
      }
    case .null, .bool, .number, .string: return []
    }
  }

  /// `pi`: Withpi's scorer, with the key in `WITHPI_API_KEY`.
  static let pi: JudgeCheck.Ask = { check, context in
    guard let question = check.text, !question.isEmpty else { return .error("\"pi\" needs a question") }
    guard let key = context.tools.environment["WITHPI_API_KEY"], !key.isEmpty else {
      return .error("\"pi\" needs a key in WITHPI_API_KEY")
    }
    let url = check.option("url")?.string ?? "https://api.withpi.ai/v1/scoring_system/score"
    let body: JSON = [
      "llm_input": .string(context.input.prompt), "llm_output": .string(context.input.text),
      "scoring_spec": [["question": .string(question)]],
    ]
    do {
      let answer = try await context.tools.post(
        CheckTools.Post(url: url, body: body, headers: [("x-api-key", key)], timeoutSeconds: 60))
      guard let score = answer["total_score"]?.double, (0...1).contains(score) else {
        return .error("the scorer gave no score")
      }
      let threshold = check.threshold ?? 0.5
      return CheckResult(
        score >= threshold ? .pass : .fail, score: score,
        reason: "the score is \(shown(score)); threshold \(shown(threshold))")
    } catch {
      return .error("the scorer failed: \(describe(error))")
    }
  }
}
