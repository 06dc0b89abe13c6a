import Formats
import Suites
import Templates
import Vocabulary

/// What checks need of the world, handed in: this room opens no connection and starts no process.
public struct CheckTools: Sendable {
  /// Code of the suite's own.
  public struct Code: Sendable {
    public enum Language: String, Sendable { case javascript, python, ruby }
    public enum Source: Sendable {
      case inline(String)
      case file(path: String, function: String?)
    }

    public var language: Language
    public var source: Source
    /// Called where the file names none: `get_assert` of Python.
    public var defaultFunction: String?
  }

  /// A question to a model, made by a check.
  public struct Question: Sendable {
    /// A provider id or object as the suite has it; nil: the default judge.
    public var target: JSON?
    public var purpose: CallPurpose
    /// OpenAI chat messages; for embeddings and moderation one user message with the text.
    public var messages: [JSON]
    /// JSON schema that the reply should follow.
    public var schema: JSON?
    /// Sets several votes on one question apart.
    public var sample = 0
    /// One of several votes: they are worth nothing if the judge can only say the same again.
    public var isVote = false
  }

  /// A request to a web service that is no model.
  public struct Post: Sendable {
    public var url: String
    public var body: JSON
    public var headers: [(String, String)] = []
    public var timeoutSeconds = 5.0
  }

  private let runs: @Sendable (Code, [JSON]) async throws -> JSON
  private let posts: @Sendable (Post) async throws -> JSON
  public var ask: @Sendable (Question) async -> Call
  /// Makes sure that what is looked at outlives the process, before anything that takes its time.
  public var keep: @Sendable () async -> Void = {}
  /// Reads a file, given relative to the suite.
  public var read: @Sendable (_ path: String) throws -> [UInt8]
  public var templates: TemplateEnvironment
  /// `compat: promptfoo`
  public var matchesPromptfoo = false
  /// The environment as the suite sees it.
  public var environment: [String: String] = [:]

  public init(
    run: @escaping @Sendable (Code, [JSON]) async throws -> JSON,
    ask: @escaping @Sendable (Question) async -> Call,
    post: @escaping @Sendable (Post) async throws -> JSON,
    read: @escaping @Sendable (String) throws -> [UInt8], templates: TemplateEnvironment
  ) {
    runs = run
    self.ask = ask
    posts = post
    self.read = read
    self.templates = templates
  }

  /// Runs code with arguments (output, context) and gives what it returned.
  func run(_ code: Code, _ arguments: [JSON]) async throws -> JSON {
    await keep()
    return try await runs(code, arguments)
  }

  /// Posts JSON and gives the JSON that came back, for `webhook` and `pi`.
  func post(_ request: Post) async throws -> JSON {
    await keep()
    return try await posts(request)
  }
}

/// What a check works with beside its own spec: the case, and the judge it names.
struct CheckContext: Sendable {
  var input: CheckInput
  var options: CaseOptions
  var tools: CheckTools
  /// Which of several votes is asked for.
  var vote: (number: Int, of: Int) = (0, 1)

  /// promptfoo's context argument of scripts.
  func scriptContext(_ check: CheckSpecView) -> JSON {
    var test = input.test
    test["vars"] = .object(input.variables)
    return [
      "prompt": .string(input.prompt), "vars": .object(input.variables), "test": .object(test),
      "logProbs": input.reply?.logProbabilities.map { .array($0.map { JSON($0) }) } ?? .null,
      "config": .object(check.config),
      "provider": ["id": .string(input.targetID), "config": .object(input.targetConfig)],
      "providerResponse": [
        "output": input.output, "metadata": input.metadata ?? .object(JSONObject()),
        "cost": input.cost.map { JSON($0.dollars) } ?? .null,
        "finishReason": input.reply?.finishReason.map { .string($0.name) } ?? .null,
        "latencyMs": input.latency.map { JSON(Double($0) / 1_000) } ?? .null,
        "tokenUsage": input.usage.map {
          ["prompt": JSON($0.input), "completion": JSON($0.output), "total": JSON($0.total)]
        } ?? .null,
      ],
      "trace": input.trace ?? .null, "metadata": input.metadata ?? .object(JSONObject()),
    ]
  }
}
