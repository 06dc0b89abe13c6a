import Formats
import Suites
import Vocabulary

/// One reply among all those to a case.
public struct ComparedOutput: Sendable {
  public var text: String
  public var checks: [CheckResult]

  public init(text: String, checks: [CheckResult]) {
    self.text = text
    self.checks = checks
  }
}

extension Checker {
  /// Checks that no reply can be judged by alone.
  public static func isComparison(_ spec: CheckSpec) -> Bool { isComparison(spec.type) }
  static func isComparison(_ type: String) -> Bool { type == "select-best" || type == "max-score" }

  /// `select-best` and `max-score`: a result for each reply, of which one holds (and those that are word for word the
  /// same). `input` is that of the case: variables and prompt.
  public func compare(
    _ outputs: [ComparedOutput], by spec: CheckSpec, _ input: CheckInput, options: CaseOptions
  ) async -> [CheckResult] {
    func all(_ result: CheckResult) -> [CheckResult] { outputs.map { _ in result } }
    var results: [CheckResult]
    if outputs.count < 2 {
      results = all(.error("\"\(spec.type)\" needs at least two replies to a case; here is \(outputs.count)"))
    } else if spec.type == "max-score" {
      results = greatest(outputs, spec)
    } else {
      let context = CheckContext(input: input, options: options, tools: tools)
      do {
        let view = CheckSpecView(spec, value: try await resolved(spec, context))
        results = await best(outputs, view, context)
      } catch { results = all(.error(describe(error))) }
    }
    return results.map { result in
      var result = result
      if spec.isNegated, result.outcome == .pass || result.outcome == .fail {
        result.outcome = result.outcome == .pass ? .fail : .pass
        result.score = 1 - result.score
      }
      result.type = spec.name
      result.weight = spec.weight
      result.threshold = spec.threshold
      result.location = spec.location
      result.metric = spec.metric.map { render($0, input.variables) ?? $0 }.flatMap { $0.isEmpty ? nil : $0 }
      result.expected = spec.value
      return result
    }
  }

  // MARK: The greatest score

  /// `{method: average | sum, weights: {type: weight}, threshold}` over the other checks; of equals the first.
  private func greatest(_ outputs: [ComparedOutput], _ spec: CheckSpec) -> [CheckResult] {
    let method = spec.value?["method"]?.string ?? "average"
    guard method == "average" || method == "sum" else {
      return outputs.map { _ in
        .error("\"max-score\" knows the methods average and sum, not \(quoted(method))")
      }
    }
    let weights = spec.value?["weights"]?.object
    let threshold = spec.value?["threshold"]?.double ?? spec.threshold
    let scores = outputs.map { output -> Result<Double, Failure> in
      let others = output.checks.filter { $0.weight > 0 && !Self.isComparison($0.type.withoutNot) }
      guard !others.isEmpty else { return .failure(Failure(.config, "there are no other checks to add up")) }
      if let erred = others.first(where: { $0.outcome == .error }) {
        return .failure(Failure(.config, "its score is unknown: \(erred.type): \(erred.reason)"))
      }
      var (sum, weight) = (0.0, 0.0)
      for check in others {
        let own = (weights?[check.type] ?? weights?[check.type.withoutNot])?.double ?? 1
        sum += check.score * own
        weight += own
      }
      return .success(method == "sum" ? sum : weight > 0 ? sum / weight : 0)
    }
    let known = scores.compactMap { try? $0.get() }
    // A reply of unknown score may be the best: without it there is no winner.
    let best = known.count == scores.count ? known.max() : nil
    let winner = best.flatMap { best in scores.firstIndex { (try? $0.get()) == best } }
    return scores.enumerated().map { place, score in
      switch score {
      case .failure(let failure): return .error(failure.message)
      case .success(let score):
        guard let best, let winner else { return .error("the score of another reply is unknown") }
        let value = NumberText.fixed(score, decimals: 3)
        if let threshold, best < threshold {
          return .fail("no reply reaches \(shown(threshold)); this one has \(value)")
        }
        return place == winner
          ? .pass("the greatest score of \(scores.count) replies, \(value)")
          : .fail("a score of \(value), where another reply has \(NumberText.fixed(best, decimals: 3))")
      }
    }
  }

  // MARK: The judge's choice

  /// Asked in two orders: a judge that changes its mind with the order has no opinion on the replies.
  private func best(_ outputs: [ComparedOutput], _ check: CheckSpecView, _ context: CheckContext) async
    -> [CheckResult]
  {
    guard let criterion = check.text, !criterion.isEmpty else {
      return outputs.map { _ in .error("\"select-best\" needs a criterion") }
    }
    var texts: [String] = []
    for output in outputs where !texts.contains(output.text) { texts.append(output.text) }
    guard texts.count > 1 else { return outputs.map { _ in .pass("all replies are the same") } }
    let forward = await choice(criterion, texts, check, context)
    let backward = await choice(criterion, texts.reversed(), check, context)
    switch (forward, backward) {
    case (.failure(let failure), _), (_, .failure(let failure)):
      return outputs.map { _ in .error(failure.message) }
    case (.success(let one), .success(let two)):
      guard one.text == two.text else {
        return outputs.map { _ in
          .error("the judge's choice changes with the order of the replies (position bias)")
        }
      }
      return outputs.map { output in
        output.text == one.text
          ? .pass("chosen from \(texts.count) replies in both orders: \(one.reason)")
          : .fail("another of \(texts.count) replies was chosen in both orders: \(one.reason)")
      }
    }
  }

  private func choice(
    _ criterion: String, _ texts: [String], _ check: CheckSpecView, _ context: CheckContext
  ) async -> Result<(text: String, reason: String), Failure> {
    let replies = texts.enumerated().map { JudgePrompt.fenced("reply \($0.offset + 1)", $0.element) }
    let call = await JudgeChecks.ask(
      check, context,
      JudgePrompt.best.messages(
        [("criterion", criterion), ("prompt", context.input.prompt)], fenced: ["replies": replies]),
      schema: AnswerSchema.object([("reason", AnswerSchema.text), ("best", ["type": "integer"])]))
    switch JudgeAnswer(call, having: ["best"], judged: texts.joined(separator: "\n")) {
    case .unreadable(let why): return .failure(Failure(.malformed, why))
    case .object(let object):
      guard let number = object["best"]?.int ?? object["best"]?.string.flatMap({ Int($0) }),
        (1...texts.count).contains(number)
      else { return .failure(Failure(.malformed, "the judge named none of the \(texts.count) replies")) }
      return .success((texts[number - 1], JudgeChecks.reason(object)))
    }
  }
}

extension String {
  fileprivate var withoutNot: String { hasPrefix("not-") ? String(dropFirst(4)) : self }
}
