import Formats
import Ledger
import Models
import Suites
import Templates
import Vocabulary
import Wire

/// A suite made ready to be run: targets that can be asked, prompts compiled, limits worked out. Whatever
/// is wrong with any of them is found before anything is sent.
final class RunPlan: Sendable {
  typealias PlannedTarget = Shared<PlannedTargetFields>

  struct PlannedTargetFields: Sendable {
    var target: Target
    var endpoint: Endpoint
    var settings: LimiterSettings
    var timeouts: HTTPTimeouts
    /// How many targets before it ask the same model at the same address. A reply that is streamed and the same one in
    /// one piece are no twins: they are there to be equal.
    var twin = 0
  }

  let loaded: LoadedSuite
  let options: RunOptions
  let targets: [PlannedTarget]
  /// By the suite's order; nil where a function makes the prompt.
  let prompts: [PromptTemplate?]
  let seed: UInt64
  /// Trials that see what came before them must run one after the other.
  let isSequential: Bool
  /// What the user should know before it begins.
  let notes: [Problem]

  var suite: Suite { loaded.suite }

  init(_ loaded: LoadedSuite, client: ModelClient, options: RunOptions) throws(Problems) {
    var problems: [Problem] = []
    self.loaded = loaded
    self.options = options
    seed = options.seed != 0 ? options.seed : loaded.suite.seed ?? 0
    var targets: [PlannedTarget] = []
    for target in loaded.suite.targets {
      do throws(Problem) {
        var planned =
          loaded.given == nil
          ? try Self.plan(target, loaded, client: client, options: options)
          : try Self.unasked(target, client: client)
        planned.twin = targets.count {
          $0.endpoint.limitKey == planned.endpoint.limitKey && $0.endpoint.streams == planned.endpoint.streams
        }
        targets.append(planned)
      } catch {
        // Targets of one place, as those of a matrix of settings are, have its mistakes in common.
        let problem = Self.located(error, target.location)
        if !problems.contains(problem) { problems.append(problem) }
      }
    }
    var prompts: [PromptTemplate?] = []
    for prompt in loaded.suite.prompts {
      do throws(Problem) {
        prompts.append(try Self.compile(prompt))
      } catch { problems.append(Self.located(error, prompt.location)) }
    }
    self.targets = targets
    self.prompts = prompts
    isSequential = loaded.suite.prompts.contains { prompt in
      if case .template(let text) = prompt.body { text.contains("_conversation") } else { false }
    }
    if options.batch != nil, isSequential {
      problems.append(Problem("cases that see earlier replies can't be asked in a batch"))
    }
    if isSequential, let shard = loaded.filter.shard, shard.count > 1 {
      problems.append(Problem("cases that see earlier replies can't be in a run of several parts (--shard)"))
    }
    let budget = Self.budgetProblems(targets, loaded.suite, client: client, options: options)
    problems += budget.problems
    notes = budget.notes
    if !problems.isEmpty { throw Problems(problems) }
  }

  private static func located(_ problem: Problem, _ location: SourceLocation?) -> Problem {
    var problem = problem
    problem.location = problem.location ?? location
    return problem
  }

  private static func compile(_ prompt: Prompt) throws(Problem) -> PromptTemplate? {
    guard case .template(let text) = prompt.body else { return nil }
    return try PromptTemplate(
      text, file: prompt.location?.file ?? "prompt", line: prompt.location?.line ?? 1)
  }

  /// A target that can be asked, with its limits.
  static func plan(
    _ target: Target, _ loaded: LoadedSuite, client: ModelClient, options: RunOptions
  ) throws(Problem) -> PlannedTarget {
    var environment = loaded.environment.merging(target.environment) { $1 }
    // What is only looked up or written down needs no key.
    var needsNoKey = options.cache == .replay
    if case .writes? = options.batch { needsNoKey = true }
    if needsNoKey { environment = Self.withoutNeedOfKeys(environment, target) }
    let endpoint = try client.endpoint(
      id: target.id, label: target.label, config: target.config, environment: environment,
      folder: loaded.suite.folder, simulatorURL: options.simulatorURL)
    let provider = target.id.split(separator: ":").first.map(String.init) ?? target.id
    let all = [target.limits, loaded.suite.providerLimits[provider], loaded.suite.limits].compactMap { $0 }
    func first<Value>(_ path: KeyPath<Limits, Value?>) -> Value? {
      all.lazy.compactMap { $0[keyPath: path] }.first
    }
    var settings = LimiterSettings()
    settings.concurrency = options.concurrency ?? first(\.concurrency)
    settings.requestsPerMinute = first(\.requestsPerMinute)
    settings.tokensPerMinute = first(\.tokensPerMinute)
    settings.retries = first(\.retries) ?? settings.retries
    settings.times = options.limiterTimes
    settings.findsKnee = options.arrivals == .asFastAsLimits
    var timeouts = HTTPTimeouts(connect: 10_000, firstByte: 120_000, betweenBytes: 60_000, total: 600_000)
    if let seconds = first(\.timeoutSeconds), seconds > 0 {
      let milliseconds = Int(min(seconds, 1e6) * 1_000)
      timeouts.total = milliseconds
      timeouts.firstByte = milliseconds
    }
    return PlannedTarget(
      PlannedTargetFields(target: target, endpoint: endpoint, settings: settings, timeouts: timeouts))
  }

  /// A target whose replies are there already: it needs neither a key nor limits.
  private static func unasked(_ target: Target, client: ModelClient) throws(Problem) -> PlannedTarget {
    PlannedTarget(
      PlannedTargetFields(
        target: target, endpoint: try client.endpoint(id: "echo", label: target.label),
        settings: LimiterSettings(), timeouts: HTTPTimeouts()))
  }

  private static func withoutNeedOfKeys(
    _ environment: [String: String], _ target: Target
  ) -> [String: String] {
    var environment = environment
    for name in ModelClient.keyVariables + [target.config["apiKeyEnvar"]?.string].compactMap({ $0 })
    // Too short to be taken for a key that must be masked.
    where environment[name]?.isEmpty ?? true { environment[name] = "replay" }
    return environment
  }

  /// A cap cannot be held where nothing bounds what a call uses: better known before anything is sent.
  private static func budgetProblems(
    _ targets: [PlannedTarget], _ suite: Suite, client: ModelClient, options: RunOptions
  ) -> (problems: [Problem], notes: [Problem]) {
    var caps = suite.budget
    caps.cost = options.budget ?? caps.cost
    guard caps.cost != nil || caps.tokens != nil, options.cache != .replay else { return ([], []) }
    let keeper = BudgetKeeper(BudgetState(caps))
    var problems: [Problem] = []
    var notes: [Problem] = []
    for planned in targets {
      guard let prompt = try? RenderedPrompt(text: "x"),
        let call = try? client.prepare(planned.endpoint, prompt: prompt)
      else { continue }
      let worst = client.worstCase(of: call)
      if let refusal = keeper.refusal(of: worst) {
        problems.append(
          Problem(
            "target \"\(planned.target.label)\": \(refusal.message)", at: planned.target.location,
            mend: "prices can be given under \"prices\", the most output as max_tokens"))
      } else if worst.usesModelLimit {
        notes.append(
          Problem(
            "target \"\(planned.target.label)\" sets no max_tokens: the longest reply that the model can give is "
              + "reserved for each call; setting it lets more run at once",
            at: planned.target.location, severity: .note))
      }
    }
    return (problems, notes)
  }

  // MARK: What the ledger is told

  /// Equal for two executions of the same plan.
  var key: String {
    let suite = suite
    let plan: JSON = [
      "prompts": .array(suite.prompts.map { [.string($0.id), .string($0.label)] }),
      "targets": .array(
        suite.targets.map { target in
          let policy = target.context.map { [JSON($0.maxTokens ?? 0)] + $0.keep.map { .string($0) } } ?? []
          return .array([.string(target.id), .string(target.label), .object(target.config)] + policy)
        }),
      "repeats": JSON(suite.repeats), "seed": .string(String(seed)),
    ]
    return SHA256.hex(plan.canonical)
  }

  func record(client: ModelClient) -> RunRecord {
    let suite = suite
    let now = Instant.now()
    var record = RunRecord(
      name: options.name ?? RunRecord.newName(at: now, salt: UInt64(bitPattern: MonotonicClock.now())),
      planKey: key, seed: seed)
    record.description = suite.description
    record.suiteFile = suite.file
    record.suiteText = try? File.readText(suite.file)
    record.shard = loaded.filter.shard.map { Shard(index: $0.index, count: $0.count) }
    record.settings = options.settings
    let choice = loaded.filter.choice
    if !choice.isEmpty { record.settings["cases"] = .object(choice) }
    if !suite.derivedMetrics.isEmpty {
      record.settings["derived_metrics"] = .array(
        suite.derivedMetrics.map { ["name": .string($0.name), "value": .string($0.expression)] })
    }
    record.versions = options.versions
    record.tags = suite.tags
    record.command = options.command
    record.ci = options.ci
    record.gitCommit = options.gitCommit
    record.gitBranch = options.gitBranch
    record.host = options.host
    record.budget = options.budget ?? suite.budget.cost
    record.targets = targets.map { planned in
      TargetRecord(
        label: planned.target.label, provider: AddressText.withoutSecrets(planned.target.id),
        config: planned.target.config,
        settings: planned.target.settings, location: planned.target.location)
    }
    record.prompts = suite.prompts.map { prompt in
      let body =
        switch prompt.body {
        case .template(let text): text
        case .function(let path, let name): path + (name.map { ":\($0)" } ?? "")
        case .command(let command): "exec:\(command)"
        case .program(let path): path
        }
      return PromptRecord(key: prompt.id, label: prompt.label, body: body, location: prompt.location)
    }
    record.gates = suite.gates.map {
      GateRecord(expression: $0.expression, target: $0.target, location: $0.location)
    }
    record.notes = suite.notes + notes
    record.secrets = secrets
    return record
  }
}
