import Formats

/// Checks of how much the output shares with a reference text. docs/checks.md names each definition.
enum OverlapChecks {
  static let all: [String: PureCheck] = [
    "rouge-n": rouge,
    "rouge-l": rouge,
    "bleu": { graded($0, $1, "BLEU", 0.5) { bleu(Tokens.spaced($0), $1.map(Tokens.spaced)) } },
    "gleu": {
      graded($0, $1, "GLEU", 0.5) { gleu(Tokens.withoutFinalDots($0), $1.map(Tokens.withoutFinalDots)) }
    },
    "meteor": meteorCheck,
  ]

  /// Longer texts are refused rather than slow: these metrics compare sentences and short passages.
  private static let longest = 100_000

  private static func references(_ check: CheckSpecView) -> [String]? {
    switch check.value {
    case .array(let items): items.isEmpty ? nil : items.compactMap(scalarText)
    case .string(let text): [text]
    case .number, .bool: check.text.map { [$0] }
    default: nil
    }
  }

  /// Nil from `score` where it would take too long.
  private static func graded(
    _ check: CheckSpecView, _ input: CheckInput, _ name: String, _ threshold: Double,
    _ score: (String, [String]) -> Double?
  ) -> Finding {
    guard let references = references(check), !references.isEmpty else {
      return .undecided("\"\(check.type)\" needs a reference text, or a list of them")
    }
    guard input.text.utf8.count <= longest, references.allSatisfy({ $0.utf8.count <= longest }),
      let score = score(input.text, references)
    else {
      return .undecided("the texts are too long for \(name)")
    }
    return .score(score, atLeast: check.threshold ?? threshold, "\(name)")
  }

  private static func rouge(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let n = check.option("n")?.int ?? 1
    guard (1...9).contains(n) else { return .undecided("\"rouge-n\" needs n between 1 and 9") }
    let isLongest = check.type == "rouge-l"
    return graded(check, input, isLongest ? "ROUGE-L" : "ROUGE-\(n)", 0.75) { text, references in
      let words = Tokens.alphanumeric(text)
      let all = references.map(Tokens.alphanumeric)
      if isLongest {
        guard all.allSatisfy({ $0.count * words.count <= 50_000_000 }) else { return nil }
        return all.map { rougeL(words, $0) }.max()
      }
      return all.map { rougeN(words, $0, n) }.max()
    }
  }

  private static func meteorCheck(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let alpha = check.option("alpha")?.double ?? 0.9
    let beta = check.option("beta")?.double ?? 3
    let gamma = check.option("gamma")?.double ?? 0.5
    return graded(check, input, "METEOR", 0.5) { text, references in
      let words = Tokens.alphanumeric(text)
      let all = references.map(Tokens.alphanumeric)
      guard all.allSatisfy({ $0.count * words.count <= 4_000_000 }) else { return nil }
      return all.map { meteor(words, $0, alpha: alpha, beta: beta, gamma: gamma) }.max()
    }
  }
}
