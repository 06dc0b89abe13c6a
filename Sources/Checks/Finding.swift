import Formats
import Vocabulary

// Judging: one file a family of assertions, each a small pure function from what was asked and what came to a
// finding. Nothing here sends a request or reads a clock; scripts and judges are handed in as closures.

/// What a check found, before `not-`, weight and metric are applied.
enum Finding: Sendable {
  /// `because` says what was found in words that are true whether that is good or bad.
  case decided(holds: Bool, score: Double, because: String)
  /// No verdict could be reached: never a pass, and `not-` does not make it one.
  case undecided(String)

  static func holds(_ holds: Bool, _ because: String) -> Finding {
    .decided(holds: holds, score: holds ? 1 : 0, because: because)
  }

  /// A graded score against its threshold.
  static func score(_ score: Double, atLeast threshold: Double, _ name: String) -> Finding {
    let relation = score >= threshold ? "at least" : "below"
    return .decided(
      holds: score >= threshold, score: score,
      because:
        "\(name) \(NumberText.fixed(score, decimals: 4)) is \(relation) \(NumberText.javaScript(threshold))")
  }

  /// `not-` turns the verdict and the score round; an undecided check stays undecided.
  var negated: Finding {
    switch self {
    case .decided(let holds, let score, let because):
      let turned = 1 - min(1, max(0, score))
      // What fails never has a full score: an empty output is a refusal of score 0 either way.
      return .decided(holds: !holds, score: holds && turned == 1 ? 0 : turned, because: because)
    case .undecided: return self
    }
  }
}

/// Everything that a check may look at.
public struct CheckInput: Sendable {
  /// The output after transforms: text, or an object or array.
  public var output: JSON
  public var reply: Reply?
  /// What the service took when the reply was made; nil for replies that did not come over the wire.
  public var latency: Microseconds?
  public var timeToFirstToken: Microseconds?
  /// The reply was made before this run: time and cost are of then.
  public var isUsedAgain = false
  public var cost: Money?
  public var costReason: String?
  public var usage: Usage?
  public var variables: JSONObject
  /// The rendered prompt: text, or the JSON of its messages.
  public var prompt: String
  /// The target's settings and tools.
  public var targetConfig: JSONObject
  public var targetID: String
  /// Spans of a trace, as promptfoo shapes them.
  public var trace: JSON?
  public var metadata: JSON?
  /// The case as scripts see it: `description`, `metadata`, `options`, `threshold`.
  public var test: JSONObject
  /// The exchange before this reply, for checks of conversations and of tool use: OpenAI chat messages.
  public var messages: [JSON]
  /// Every tool call of the exchange in order, with what the tool gave back.
  public var toolCalls: [ToolCall]

  public init(output: JSON, variables: JSONObject = JSONObject(), prompt: String = "") {
    self.output = output
    self.variables = variables
    self.prompt = prompt
    targetConfig = JSONObject()
    targetID = ""
    test = JSONObject()
    messages = []
    toolCalls = []
  }

  /// The output as text; objects as compact JSON.
  public var text: String {
    switch output {
    case .string(let text): text
    case .null: ""
    default: output.text
    }
  }
}

/// A check that needs nothing but its input.
typealias PureCheck = @Sendable (CheckSpecView, CheckInput) -> Finding
