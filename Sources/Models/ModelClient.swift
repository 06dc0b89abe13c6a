import Formats
import Scripts
import Synchronization
import Vocabulary
import Wire

/// Asks models: checks a question first, then makes exactly one request of it.
///
///     let endpoint = try client.endpoint(id: "openai:gpt-4o-mini", label: "mini")
///     let call = try client.prepare(endpoint, prompt: RenderedPrompt(text: "Say hello"))
///     let outcome = await client.attempt(call)
///
/// Retries, limits, budgets and caches are the business of who calls it.
public final class ModelClient: Sendable {
  /// Environment variables in which the keys of the known services are looked for.
  public static var keyVariables: [String] { Service.keyVariables }

  public let prices: PriceBook
  let http: HTTPClient
  let scripts: ScriptPool?
  let environment: [String: String]
  let estimator = TokenEstimator()
  /// Prices under which a model may be charged, looked up once.
  let listings = Mutex<[String: PriceBook.Listing]>([:])

  /// - Parameter environment: of the process with `.env` merged in; suites may add to it per target.
  public init(
    http: HTTPClient, prices: PriceBook = .builtIn, scripts: ScriptPool? = nil, environment: [String: String]
  ) {
    self.http = http
    self.prices = prices
    self.scripts = scripts
    self.environment = environment
  }

  /// To be told early which targets will be asked: what it takes to reach those over the wire is loaded now, before there
  /// are other threads. Beside them it takes twice the CPU: every page that is put in place is told to each.
  /// What goes wrong is told by the first request.
  public func expect(_ ids: [String]) {
    if ids.contains(where: { (try? TargetID($0))?.api.usesWire ?? false }) { try? http.start() }
  }

  /// Where the task of that number runs best that makes calls one after the other; nil where none is expected to go over
  /// the wire.
  public func executor(ofTask number: Int) -> (any TaskExecutor)? { http.executor(ofTask: number) }

  /// For a task that has what it asked for, while others wait to ask.
  public func letOthersFirst() async { await http.letOthersFirst() }

  /// Works out once where and how a target is asked; throws what is wrong with it, a missing key by name.
  public func endpoint(
    id: String, label: String? = nil, config: JSONObject = JSONObject(), environment: [String: String] = [:],
    folder: String = ".", simulatorURL: String? = nil
  ) throws(Problem) -> Endpoint {
    try Endpoint(
      id: id, label: label ?? id, config: config,
      environment: environment.isEmpty ? self.environment : self.environment.merging(environment) { $1 },
      folder: folder, simulatorURL: simulatorURL)
  }

  /// Builds the request; nothing is sent.
  ///
  /// - Parameters:
  ///   - overrides: settings of the prompt and of the case, merged over the endpoint's.
  ///   - variables: of the case, for targets whose requests are templates and for scripts.
  ///   - streams: false asks for the reply in one piece, whatever the settings say.
  public func prepare(
    _ endpoint: Endpoint, prompt: RenderedPrompt, overrides: JSONObject = JSONObject(),
    variables: JSONObject = JSONObject(), streams: Bool = true
  ) throws(Problem) -> PreparedCall {
    var overrides = overrides
    if !streams { overrides["stream"] = false }
    var question = Question(
      endpoint: endpoint, prompt: prompt, settings: endpoint.settings.merging(overrides), variables: variables
    )
    question.inputEstimate = estimator.estimate(
      prompt, model: endpoint.model, vocabulary: try vocabulary(question))
    let wire = try endpoint.api.request(question)

    let limit =
      TokenLimit.asked(wire.body) ?? prices.maxOutput(provider: endpoint.provider, model: endpoint.model)
    let maxOutput = endpoint.api.usesWire && !Self.writesNothing(endpoint.api) ? limit : 0
    return PreparedCall(question, wire: wire, maxOutput: maxOutput)
  }

  /// Makes one request and reads what comes of it. Never throws: what goes wrong is in the outcome.
  ///
  /// - Parameters:
  ///   - occasion: what a simulated model is told; no other service hears of it.
  ///   - trace: of the call; sent along as `traceparent`, unless the target has a header of that name.
  ///   - watcher: sees what comes over the wire as it comes.
  public func attempt(
    _ call: PreparedCall, timeouts: HTTPTimeouts = HTTPTimeouts(), occasion: SimulatedOccasion? = nil,
    trace: TraceID? = nil, onText: (@Sendable (String) -> Void)? = nil,
    watcher: (any AnswerWatcher)? = nil
  ) async -> AttemptOutcome {
    let outcome =
      switch call.endpoint.api {
      case .echo, .exec, .script: await attemptLocally(call, timeouts: timeouts)
      case .http: await attemptGeneric(call, timeouts: timeouts, trace: trace)
      default:
        await attemptOverWire(
          call, timeouts: timeouts, occasion: occasion, trace: trace, onText: onText, watcher: watcher)
      }
    guard case .success(let reply) = outcome.result else { return outcome }
    if let usage = reply.usage, !usage.isEstimated, usage.input > 0 {
      estimator.learn(call.prompt, model: call.model, tokens: usage.input)
    }
    let priced = cost(of: reply, for: call)
    return AttemptOutcome(
      attempt: outcome.attempt, result: outcome.result, cost: priced.0, costReason: priced.1)
  }

  /// What a reply cost, or why that is not known.
  public func cost(of reply: Reply, for call: PreparedCall, at instant: Instant = .now()) -> (Money?, String?)
  {
    if !call.usesWire, reply.reportedCost == nil {
      return call.endpoint.api == .echo ? (.zero, "nothing was asked") : (nil, "the script reported no cost")
    }
    let cost = prices.cost(
      of: reply, provider: call.endpoint.service?.prices ?? call.provider, model: call.model,
      settings: call.question.settings.prices, at: instant)
    return (cost.amount, cost.reason)
  }

  static func writesNothing(_ api: API) -> Bool {
    switch api {
    case .openAIEmbedding, .openAIModeration, .geminiEmbedding, .ollamaEmbedding: true
    default: false
    }
  }

  private func vocabulary(_ question: Question) throws(Problem) -> BytePairVocabulary? {
    guard let path = question.settings.string("vocabulary") else { return nil }
    return try estimator.vocabulary(at: Path.resolve(path, against: question.settings.folder))
  }
}

/// The most output that a request asks for, wherever its API says so.
enum TokenLimit {
  static func asked(_ body: JSON?) -> Int? {
    guard let body else { return nil }
    let named = ["max_completion_tokens", "max_tokens", "max_output_tokens"].lazy.compactMap { body[$0]?.int }
    let limit =
      named.first ?? (body["generationConfig"]?["maxOutputTokens"] ?? body["options"]?["num_predict"])?.int
    // Servers take -1, some of them 0 too, for no limit at all.
    return limit.flatMap { $0 > 0 ? $0 : nil }
  }
}
