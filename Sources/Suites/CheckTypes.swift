import Formats

/// A kind of check that suites may use. The loader refuses all others; the room Checks has one for each.
public struct CheckType: Sendable {
  public enum Family: String, Sendable, CaseIterable {
    case text, structure, tools, metric, code, judge, trace, run
  }

  public enum ValueNeed: Sendable, Hashable {
    /// It has no use for a value.
    case none
    case optional
    /// It says nothing without one; the phrase ends `needs a value: ...`.
    case required(String)
  }

  public enum ThresholdNeed: Sendable, Hashable {
    case none
    case optional(Double?)
    /// It says nothing without one; the phrase ends `needs a threshold: ...`.
    case required(String)
  }

  /// Without `not-`.
  public var name: String
  public var family: Family
  public var value: ValueNeed
  public var threshold: ThresholdNeed
  /// One sentence.
  public var meaning: String

  init(
    _ name: String, _ family: Family, _ value: ValueNeed, _ meaning: String,
    threshold: ThresholdNeed = .none
  ) {
    self.name = name
    self.family = family
    self.value = value
    self.meaning = meaning
    self.threshold = threshold
  }
}

extension CheckType {
  /// promptfoo 0.120 judges `not-` of it as if there were no `not-`.
  var ignoredNegation: Bool {
    switch family {
    case .judge: !["search-rubric", "agent-rubric", "pairwise"].contains(name)
    case .trace: true
    case .code: ["python", "ruby"].contains(name)
    case .text: name == "levenshtein"
    case .tools: name == "finish-reason" || name.hasPrefix("is-valid-")
    case .metric:
      ["latency", "cost", "perplexity", "perplexity-score", "pi", "moderation"].contains(name)
    case .structure, .run: false
    }
  }

  /// promptfoo 0.120 takes a threshold of 0 for it, which nothing can miss.
  var passesByDefault: Bool { name == "answer-relevance" || name.hasPrefix("context-") }
}

public enum CheckTypes {
  public static let all: [CheckType] = text + structure + tools + metrics + code + judges + traces + runWide

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
  public static func named(_ name: String) -> CheckType? { byName[name] }

  private static let text: [CheckType] = [
    .init("equals", .text, .required("what the reply must equal"), "The reply equals the value."),
    .init("contains", .text, .required("the text to look for"), "The reply has the text."),
    .init("icontains", .text, .required("the text to look for"), "The same, upper and lower case alike."),
    .init("contains-any", .text, .required("a list of texts"), "The reply has one of the texts."),
    .init("contains-all", .text, .required("a list of texts"), "The reply has all of the texts."),
    .init(
      "icontains-any", .text, .required("a list of texts"), "One of the texts, upper and lower case alike."),
    .init(
      "icontains-all", .text, .required("a list of texts"), "All of the texts, upper and lower case alike."),
    .init("starts-with", .text, .required("a text"), "The reply begins with the text."),
    .init("ends-with", .text, .required("a text"), "The reply ends with the text."),
    .init("regex", .text, .required("a regular expression"), "The regular expression matches somewhere."),
    .init(
      "levenshtein", .text, .required("a text"), "At most `threshold` edits from the text.",
      threshold: .optional(5)),
    .init("word-count", .text, .required("a number or {min, max}"), "The number of words."),
    .init("character-count", .text, .required("a number or {min, max}"), "The number of characters."),
    .init("is-refusal", .text, .none, "The model declines to answer."),
    .init("matches-file", .text, .required("the approved file"), "The reply is the approved one."),
    .init("number-close", .text, .required("a number"), "A number in the reply is near the value."),
    .init("date-close", .text, .required("a date"), "A date in the reply is near the value."),
    .init("set-equal", .text, .required("a list"), "The reply lists the same things in any order."),
  ]

  private static let structure: [CheckType] = [
    .init("is-json", .structure, .optional, "The whole reply is JSON, and fits the schema if there is one."),
    .init("contains-json", .structure, .optional, "JSON stands somewhere in the reply, and fits the schema."),
    .init(
      "json-path", .structure, .required("a path, or {path, ...}"), "What stands at a path of the JSON reply."
    ),
    .init("is-html", .structure, .none, "The reply is HTML."),
    .init("contains-html", .structure, .none, "HTML stands somewhere in the reply."),
    .init("is-xml", .structure, .optional, "The reply is well-formed XML with the elements named."),
    .init("contains-xml", .structure, .optional, "XML stands somewhere in the reply."),
    .init(
      "xpath", .structure, .required("an expression, or {path, ...}"), "What XPath finds in the XML reply."),
    .init("is-sql", .structure, .optional, "The reply is SQL."),
    .init("contains-sql", .structure, .optional, "SQL stands somewhere in the reply."),
  ]

  private static let tools: [CheckType] = [
    .init(
      "is-valid-openai-function-call", .tools, .none,
      "A function call whose arguments fit the function's schema."),
    .init("is-valid-function-call", .tools, .none, "The same for any API."),
    .init("is-valid-openai-tools-call", .tools, .none, "Tool calls whose arguments fit the tools' schemas."),
    .init(
      "tool-call-f1", .tools, .required("the names of the tools"),
      "Overlap of the tools called and expected.",
      threshold: .optional(1)),
    .init("tool-sequence", .tools, .required("the names in order"), "The tools called, in order."),
    .init("tool-args", .tools, .required("arguments or matchers by tool"), "The arguments of a tool call."),
    .init("skill-used", .tools, .required("the name of the skill"), "An agent used the skill."),
    .init("trajectory:tool-used", .tools, .required("a tool, or {name, min, max}"), "A tool was used."),
    .init(
      "trajectory:tool-args-match", .tools, .required("{name, args}"), "A tool was called with arguments."),
    .init("trajectory:tool-sequence", .tools, .required("the names in order"), "Tools were used in order."),
    .init("trajectory:step-count", .tools, .required("{min, max}"), "How many steps it took."),
    .init("trajectory:goal-success", .judge, .required("the goal"), "The goal was reached, by a judge."),
    .init("finish-reason", .tools, .required("the reason"), "Why the model stopped."),
    .init("guardrails", .tools, .none, "The service flagged nothing."),
  ]

  private static let metrics: [CheckType] = [
    .init(
      "rouge-n", .metric, .required("the reference"), "ROUGE against the reference.",
      threshold: .optional(0.75)),
    .init(
      "rouge-l", .metric, .required("the reference"), "ROUGE-L against the reference.",
      threshold: .optional(0.75)),
    .init("bleu", .metric, .required("the reference or references"), "BLEU.", threshold: .optional(0.5)),
    .init("gleu", .metric, .required("the reference or references"), "GLEU.", threshold: .optional(0.5)),
    .init("meteor", .metric, .required("the reference or references"), "METEOR.", threshold: .optional(0.5)),
    .init("latency", .metric, .none, "Milliseconds the reply took.", threshold: .required("milliseconds")),
    .init("ttft", .metric, .none, "Milliseconds to the first output.", threshold: .required("milliseconds")),
    .init("cost", .metric, .none, "USD the reply cost.", threshold: .required("USD")),
    .init("tokens", .metric, .optional, "Tokens of the reply.", threshold: .optional(nil)),
    .init("perplexity", .metric, .none, "Perplexity of the reply.", threshold: .optional(nil)),
    .init("perplexity-score", .metric, .none, "1 / (1 + perplexity).", threshold: .optional(nil)),
    .init("similar", .metric, .required("the reference"), "Similar in meaning.", threshold: .optional(0.75)),
    .init(
      "similar:cosine", .metric, .required("the reference"), "Cosine of embeddings.",
      threshold: .optional(0.75)),
    .init(
      "similar:dot", .metric, .required("the reference"), "Dot product of embeddings.",
      threshold: .optional(0.75)),
    .init(
      "similar:euclidean", .metric, .required("the reference"), "Distance of embeddings.",
      threshold: .optional(0.75)),
    .init("classifier", .metric, .optional, "A classifier's class.", threshold: .optional(1)),
    .init("pi", .metric, .required("a question"), "Withpi's score.", threshold: .optional(0.5)),
    .init("moderation", .metric, .optional, "A moderation service flags nothing."),
  ]

  private static let code: [CheckType] = [
    .init("javascript", .code, .required("code or a file"), "JavaScript says so.", threshold: .optional(nil)),
    .init("python", .code, .required("code or a file"), "Python says so.", threshold: .optional(nil)),
    .init("ruby", .code, .required("code or a file"), "Ruby says so.", threshold: .optional(nil)),
    .init("webhook", .code, .required("an URL"), "A web service says so."),
  ]

  private static let judges: [CheckType] = [
    .init("llm-rubric", .judge, .required("the rubric"), "A judge by a rubric.", threshold: .optional(nil)),
    .init("factuality", .judge, .required("the facts"), "A judge by facts."),
    .init("model-graded-factuality", .judge, .required("the facts"), "The older name of factuality."),
    .init("model-graded-closedqa", .judge, .required("the criterion"), "A judge by one criterion."),
    .init("closedqa", .judge, .required("the criterion"), "A judge by one criterion."),
    .init(
      "g-eval", .judge, .required("the criteria"), "A judge by steps of its own.", threshold: .optional(0.7)),
    .init("answer-relevance", .judge, .none, "The reply answers the question.", threshold: .optional(0.5)),
    .init(
      "context-faithfulness", .judge, .none, "The reply says what the context says.",
      threshold: .optional(0.5)),
    .init(
      "context-recall", .judge, .required("the truth"), "The context has the truth.",
      threshold: .optional(0.5)),
    .init(
      "context-relevance", .judge, .none, "The context is about the question.", threshold: .optional(0.5)),
    .init(
      "conversation-relevance", .judge, .none, "Each reply is about its turn.", threshold: .optional(0.5)),
    .init(
      "search-rubric", .judge, .required("the rubric"), "A judge that searches.", threshold: .optional(nil)),
    .init(
      "agent-rubric", .judge, .required("the rubric"), "A judge of an agent's work.",
      threshold: .optional(nil)),
    .init("pairwise", .judge, .required("the criterion"), "A judge between two replies, in both orders."),
  ]

  private static let traces: [CheckType] = [
    .init("trace-span-count", .trace, .required("{pattern, min, max}"), "How many spans have a name."),
    .init("trace-span-duration", .trace, .required("{pattern, max}"), "How long spans took."),
    .init("trace-error-spans", .trace, .optional, "How many spans failed."),
  ]

  private static let runWide: [CheckType] = [
    .init("select-best", .run, .required("the criterion"), "The best reply of a case, by a judge."),
    .init("max-score", .run, .optional, "The reply of a case with the greatest score."),
  ]
}
