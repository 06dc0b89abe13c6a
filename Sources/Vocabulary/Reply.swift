import Formats

/// What the model said.
public typealias Reply = Shared<ReplyFields>

public struct ReplyFields: Sendable, Hashable {
  /// The text a user would see; empty when there were only tool calls.
  public var text: String
  /// What checks look at: the text, or an object or array where the reply is one
  /// (tool calls, function calls, structured output), shaped as promptfoo shapes it.
  public var output: JSON
  public var toolCalls: [ToolCall] = []
  public var refusal: String?
  public var reasoning: String?
  public var finishReason: FinishReason?
  /// As the service wrote it.
  public var rawFinishReason: String?
  public var usage: Usage?
  /// The service's own usage object, whole.
  public var rawUsage: JSON?
  /// Calls of the service's own tools that it charges for beside tokens, by the tool's name.
  public var hostedCalls: [String: Int] = [:]
  /// As reported by the service; wins over the price list.
  public var reportedCost: Money?
  /// The model that answered, which may be a dated form of the one asked for.
  public var model: String?
  public var requestID: String?
  public var serviceTier: String?
  public var systemFingerprint: String?
  /// Log probability of each output token.
  public var logProbabilities: [Double]?
  /// Content-filter verdicts: nil when the service said nothing.
  public var flagged: Bool?
  public var flagReason: String?
  /// An embedding, for calls that ask for one.
  public var embedding: [Double]?
  /// Categories a moderation call flagged.
  public var moderation: [String]?
  /// For targets that keep a thread: what the next turn refers to.
  public var responseID: String?
  public var metadata: JSON?
  /// The reply as a message for the history of the next turn, in OpenAI's chat form, with what its own
  /// service wants back untouched (`provider_content`).
  public var message: JSON?

  init(text: String, output: JSON) {
    self.text = text
    self.output = output
  }
}

extension Reply {
  public init(text: String, output: JSON? = nil) {
    self.init(ReplyFields(text: text, output: output ?? .string(text)))
  }
}

public struct ToolCall: Sendable, Hashable {
  public var id: String?
  public var name: String
  /// As the model wrote them: JSON, or what it took for JSON.
  public var arguments: String
  /// Came as a legacy `function_call`.
  public var isLegacyFunction = false

  public init(id: String? = nil, name: String, arguments: String) {
    self.id = id
    self.name = name
    self.arguments = arguments
  }
}

/// Why the model stopped, in one language for all services.
public enum FinishReason: Sendable, Hashable {
  case stop
  case length
  case contentFilter
  case toolCalls
  case other(String)

  public var name: String {
    switch self {
    case .stop: "stop"
    case .length: "length"
    case .contentFilter: "content_filter"
    case .toolCalls: "tool_calls"
    case .other(let name): name
    }
  }
}

/// Tokens, normalised: `input` includes cached and cache-written tokens, `output` includes reasoning.
public struct Usage: Sendable, Hashable {
  public var input: Int
  public var output: Int
  public var cachedInput: Int = 0
  /// Written to the cache, all lifetimes together; `longCacheWrite` of these for the longer lifetime.
  public var cacheWrite: Int = 0
  public var longCacheWrite: Int = 0
  public var reasoning: Int = 0
  public var audioInput: Int = 0
  public var audioOutput: Int = 0
  /// Counted here because the service did not say.
  public var isEstimated = false

  public init(input: Int, output: Int) {
    self.input = input
    self.output = output
  }

  public var total: Int { input + output }
}
