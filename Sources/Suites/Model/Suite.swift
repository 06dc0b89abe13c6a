import Formats

/// A suite as it was read: what to ask, of whom, and what must hold. Promptfoo's key names end in the
/// loader; from here on the words are ours.
///
/// Cases are not in it: they are streamed (`SuiteLoader.cases`), so that a million of them fit.
public struct Suite: Sendable {
  /// Path as given; of several, the first.
  public var file: String
  /// Where the suite's relative paths start.
  public var folder: String { Path.folder(of: file) }
  public var description: String?
  public var prompts: [Prompt] = []
  public var targets: [Target] = []
  /// Where given replies are judged: the suite's own, which judges may be among.
  public var otherTargets: [Target] = []
  public var environment: [String: String] = [:]
  public var derivedMetrics: [DerivedMetric] = []
  public var gates: [GateSpec] = []
  public var tags: [String: String] = [:]
  public var metadata: JSONObject = JSONObject()
  public var repeats: Int = 1
  public var seed: UInt64?
  public var limits: Limits = Limits()
  /// By provider: the part of a target's id before its first colon.
  public var providerLimits: [String: Limits] = [:]
  /// The longest that the run may take.
  public var maxSeconds: Double?
  public var budget: Budget = Budget()
  public var baseline: String?
  /// Names of variables whose values are masked wherever they are recorded or shown.
  public var secretVariables: Set<String> = []
  /// `compat: promptfoo`
  public var matchesPromptfooVerdicts = false
  public var outputs: [String] = []
  public var priceFiles: [String] = []
  public var prices: [JSON] = []
  /// Reads cached replies for trials too.
  public var cache = false
  /// Notes and warnings of the loader.
  public var notes: [Problem] = []

  public init(file: String) { self.file = file }
}

/// A template: text, a list of messages, or a function that makes one.
public struct Prompt: Sendable, Hashable {
  public enum Body: Sendable, Hashable {
    /// Text, or the JSON text of a chat list: rendered as promptfoo's section 6.1 says.
    case template(String)
    /// A function in node or python: path and name.
    case function(path: String, name: String?)
    /// A command that prints the prompt: after its own words it is given what a function gets, as JSON.
    case command(String)
    /// The same of an executable file, or of a Python file that is run as a whole.
    case program(path: String)
  }

  /// Stable by content.
  public var id: String
  public var label: String
  /// The label as the suite gives it: all prompts that came of it share it, those of one file, say, and are
  /// chosen by it.
  public var baseLabel: String
  public var body: Body
  /// Merged over the target's settings for calls with this prompt.
  public var config: JSONObject = JSONObject()
  public var location: SourceLocation?

  public init(id: String, label: String, body: Body) {
    self.id = id
    self.label = label
    baseLabel = label
    self.body = body
  }
}

/// A model behind an API, with settings and a label.
public struct Target: Sendable, Hashable {
  /// `openai:gpt-4o-mini`, `sim:sim-large`, `file://x.py`, ...
  public var id: String
  /// Unique in its suite, and says what sets it apart from the others.
  public var label: String
  /// Its name before the settings matrix: several targets may share it, and filters know it too.
  public var baseLabel: String
  /// The provider's `config`: settings, keys and tools together, as the suite has it, with the matrix applied.
  public var config: JSONObject = JSONObject()
  /// What the settings matrix set, by name.
  public var settings: JSONObject = JSONObject()
  /// Labels or ids of prompts it is limited to; empty means all.
  public var prompts: [String] = []
  public var transform: String?
  public var delayMilliseconds: Int = 0
  public var environment: [String: String] = [:]
  public var repeats: Int?
  public var limits: Limits?
  /// Label or id of a target that is asked when this one errs.
  public var fallback: String?
  /// In place of the cases' own, so that policies can be compared.
  public var context: ContextPolicy?
  public var location: SourceLocation?

  public init(id: String, label: String) {
    self.id = id
    self.label = label
    baseLabel = label
  }
}

/// promptfoo's `options` of a case.
public struct CaseOptions: Sendable, Hashable {
  public var prefix: String?
  public var suffix: String?
  public var transform: String?
  public var transformVariables: String?
  /// Seconds for which the transformed variables are used again.
  public var variablesMaxAge: Double?
  public var storeOutputAs: String?
  public var rubricPrompt: JSON?
  /// The judge: a provider id, an object, or a map of kinds.
  public var judge: JSON?
  public var factualityScores: JSONObject?
  public var expandsVariables = true
  public var sharesConversation = true
  public var runsSerially = false
  /// Any further provider option, merged over the prompt's config for this case.
  public var config: JSONObject = JSONObject()

  public init() {}
}

/// One user turn of a conversation.
public struct Turn: Sendable {
  /// A template.
  public var user: String
  public var checks: [CheckSpec] = []
  /// Drops the history before this turn.
  public var clearsHistory = false
  public var location: SourceLocation?
  public init(user: String) { self.user = user }
}

/// Results for the tools that a model calls, so that an exchange runs to its end.
public struct ToolSpec: Sendable {
  public struct Result: Sendable {
    public var name: String
    /// Matched against the arguments, where given: the first that fits is used.
    public var when: JSON?
    /// A template over `args` and the variables; or a script.
    public var result: JSON?
    public var script: String?
    public init(name: String) { self.name = name }
  }

  public var results: [Result] = []
  /// Most rounds of calls before the exchange is stopped as an error.
  public var maxRounds: Int = 8
  public init() {}
}

/// What is sent of a long history.
public struct ContextPolicy: Sendable, Hashable {
  public var maxTokens: Int?
  /// `system`, `first`, `last`: what is never dropped.
  public var keep: [String] = []
  public init() {}
}

public struct Limits: Sendable, Hashable {
  public var requestsPerMinute: Int?
  public var tokensPerMinute: Int?
  public var concurrency: Int?
  public var timeoutSeconds: Double?
  public var retries: Int?
  public init() {}
}

public struct Budget: Sendable, Hashable {
  public var cost: Money?
  public var tokens: Int?
  public var calls: Int?
  public init() {}
}

public struct DerivedMetric: Sendable, Hashable {
  public var name: String
  public var expression: String
  public var location: SourceLocation?
  public init(name: String, expression: String) {
    self.name = name
    self.expression = expression
  }
}

/// A gate as it was written; `Comparison` reads the expression.
public struct GateSpec: Sendable, Hashable {
  public var expression: String
  public var target: String?
  public var location: SourceLocation?
  public init(expression: String) { self.expression = expression }
}
