import Formats

/// The one-line form of checks in the `__expected` columns of tables: `contains:Paris`,
/// `not-similar(0.9):text`, `javascript:output.length < 9`, or just the text that is expected.
public enum ExpectedGrammar {
  public struct Reading: Sendable {
    public var check: CheckSpec
    /// No threshold was written; promptfoo's is given.
    public var hasAssumedThreshold = false
    /// Taken as text to be equalled, though it resembles a check of this name.
    public var resembles: String?
  }

  private static let codePrefixes = ["javascript:", "fn:", "eval:"]
  private static let listTypes: Set<String> = [
    "contains-all", "contains-any", "icontains-all", "icontains-any",
  ]

  /// promptfoo's threshold where a cell gives none.
  static let assumedThresholds: [String: Double] = [
    "answer-relevance": 0.75, "classifier": 0.75, "context-faithfulness": 0.75, "context-recall": 0.75,
    "context-relevance": 0.75, "cost": 0.75, "latency": 0.75, "levenshtein": 0.75, "perplexity": 0.75,
    "perplexity-score": 0.75, "rouge-n": 0.75, "similar": 0.8, "starts-with": 0.75,
  ]

  public static func read(_ cell: String) -> Reading {
    let text = cell.trimmed
    for prefix in codePrefixes where text.hasPrefix(prefix) {
      return plain("javascript", String(text.dropFirst(prefix.count)).trimmed)
    }
    if text.hasPrefix("file://") {
      let reference = FileReference(text)
      if reference.isJavaScript { return plain("javascript", text) }
      if reference.fileExtension == "py" { return plain("python", text) }
    }
    for prefix in ["grade:", "llm-rubric:"] where text.hasPrefix(prefix) {
      return plain("llm-rubric", String(text.dropFirst(prefix.count)).trimmed)
    }
    if text.hasPrefix("python:") { return plain("python", String(text.dropFirst(7)).trimmed) }
    if let reading = typed(text) { return reading }
    var reading = plain("equals", text)
    reading.resembles = resemblance(text)
    return reading
  }

  private static func plain(_ type: String, _ value: String) -> Reading {
    var check = CheckSpec(type: type)
    check.value = .string(value)
    return Reading(check: check)
  }

  /// `[not-]type[(threshold)][:value]`
  private static func typed(_ text: String) -> Reading? {
    let name = text.prefix { $0 != "(" && $0 != ":" }
    var rest = text.dropFirst(name.count)
    var type = String(name)
    // Types such as similar:cosine have a colon of their own.
    if rest.first == ":" {
      let longer = type + ":" + rest.dropFirst().prefix { $0 != "(" && $0 != ":" }
      if CheckTypes.named(bare(longer)) != nil {
        rest = text.dropFirst(longer.count)
        type = longer
      }
    }
    guard CheckTypes.named(bare(type)) != nil else { return nil }
    var check = CheckReader.named(type)
    if rest.first == "(" {
      guard let close = rest.firstIndex(of: ")"),
        let threshold = Double(rest[rest.index(after: rest.startIndex)..<close].trimmed)
      else { return nil }
      check.threshold = threshold
      rest = rest[rest.index(after: close)...]
    }
    if rest.first == ":" {
      let value = String(rest.dropFirst()).trimmed
      check.value =
        listTypes.contains(check.type)
        ? .array(
          value.split(separator: ",", omittingEmptySubsequences: false).map { .string(String($0).trimmed) })
        : .string(value)
    } else if !rest.isEmpty {
      return nil
    }
    var reading = Reading(check: check)
    if check.threshold == nil, let assumed = assumedThresholds[check.type] {
      reading.check.threshold = assumed
      reading.hasAssumedThreshold = true
    }
    return reading
  }

  private static func bare(_ type: String) -> String {
    type.hasPrefix("not-") && CheckTypes.named(type) == nil ? String(type.dropFirst(4)) : type
  }

  /// The check that was probably meant by text that only looks like one.
  private static func resemblance(_ text: String) -> String? {
    let name = text.prefix { $0.isLowercase && $0.isASCII || $0 == "-" }
    guard name.count >= 4, let next = text.dropFirst(name.count).first, next == ":" || next == "(" else {
      return nil
    }
    return nearest(to: bare(String(name)), in: CheckTypes.all.map(\.name))
  }
}
