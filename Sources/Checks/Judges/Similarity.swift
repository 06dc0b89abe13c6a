import Formats
import Vocabulary

/// Likeness in meaning by embeddings, and moderation.
enum Similarity {
  static func embedding(_ text: String, _ check: CheckSpecView, _ context: CheckContext) async -> Result<
    [Double], Failure
  > {
    // The judge of the case is asked only where it is known to embed: a chat model gives no vectors.
    let others = context.options.judge
    let target = check.spec.judge.map { $0["embedding"] ?? $0 } ?? others?["embedding"] ?? embedder(others)
    let call = await context.tools.ask(
      CheckTools.Question(
        target: target, purpose: .embedding, messages: [["role": "user", "content": .string(text)]],
        schema: nil))
    switch call.result {
    case .failure(let failure): return .failure(failure)
    case .success(let reply):
      guard let vector = reply.embedding, !vector.isEmpty else {
        return .failure(Failure(.malformed, "no embedding came back"))
      }
      return .success(vector)
    }
  }

  private static func embedder(_ judge: JSON?) -> JSON? {
    guard let judge, let id = judge.string ?? judge["id"]?.string, id.contains("embed") else { return nil }
    return judge
  }

  static func cosine(_ a: [Double], _ b: [Double]) -> Double? {
    guard a.count == b.count, !a.isEmpty else { return nil }
    let norms = (dot(a, a) * dot(b, b)).squareRoot()
    return norms > 0 ? dot(a, b) / norms : nil
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  /// Of several references the best counts. Euclidean: a distance of at most the threshold; score 1 / (1 + d).
  static func judge(_ check: CheckSpecView, _ context: CheckContext, _ measure: String) async -> CheckResult {
    let references = check.value?.array?.compactMap(scalarText) ?? check.text.map { [$0] } ?? []
    guard !references.isEmpty else { return .error("\"\(check.type)\" needs a reference text") }
    let threshold = check.threshold ?? 0.75
    let own: [Double]
    switch await embedding(context.input.text, check, context) {
    case .failure(let failure): return .error("no embedding of the output: \(failure.message)")
    case .success(let vector): own = vector
    }
    var best: (holds: Bool, score: Double, value: Double)?
    for reference in references {
      switch await embedding(reference, check, context) {
      case .failure(let failure): return .error("no embedding of the reference: \(failure.message)")
      case .success(let other):
        guard own.count == other.count else { return .error("the embeddings differ in length") }
        let result: (holds: Bool, score: Double, value: Double)
        switch measure {
        case "euclidean":
          let distance = zip(own, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
          result = (distance <= threshold, 1 / (1 + distance), distance)
        case "dot":
          let value = dot(own, other)
          result = (value >= threshold, min(1, max(0, value)), value)
        default:
          guard let value = cosine(own, other) else { return .error("an embedding has no length") }
          result = (value >= threshold, min(1, max(0, value)), value)
        }
        if best.map({ result.score > $0.score }) ?? true { best = result }
      }
    }
    guard let best else { return .error("there is nothing to compare with") }
    let name = measure == "euclidean" ? "distance" : "similarity"
    return CheckResult(
      best.holds ? .pass : .fail, score: best.score,
      reason: "the \(name) is \(NumberText.fixed(best.value, decimals: 4)); threshold \(shown(threshold))")
  }

  static let moderation: JudgeCheck.Ask = { check, context in
    let judge = check.spec.judge ?? context.options.judge
    let call = await context.tools.ask(
      CheckTools.Question(
        target: check.spec.judge.map { $0["moderation"] ?? $0 } ?? judge?["moderation"], purpose: .moderation,
        messages: [["role": "user", "content": .string(context.input.text)]], schema: nil))
    switch call.result {
    case .failure(let failure): return .error("the moderation service failed: \(failure.message)")
    case .success(let reply):
      guard let flagged = reply.moderation else { return .error("the moderation service gave no categories") }
      let watched = check.list
      let found = flagged.filter { category in watched?.contains(category) ?? true }
      return found.isEmpty
        ? .pass("nothing was flagged") : .fail("flagged: \(found.joined(separator: ", "))")
    }
  }
}
