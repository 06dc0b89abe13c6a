import Checks
import Formats
import Models
import Runs
import Suites
import Templates
import Vocabulary
import Wire

/// Binds the rooms together for a run: what the runner hands over is put into the checker's words.
final class Judging: Sendable {
  private let suite: LoadedSuite
  /// Asked where neither check nor case names a judge.
  private let defaultJudge: String?
  private let defaultEmbedder: String
  /// `--simulate`: judges are simulated too.
  private let rehearses: Bool
  /// All but the question to a judge, which belongs to one trial.
  private let tools: CheckTools

  init(
    suite: LoadedSuite, http: HTTPClient, scripts: SuiteScripts, templates: TemplateEnvironment,
    defaultJudge: String?, defaultEmbedder: String, rehearses: Bool
  ) {
    self.suite = suite
    self.defaultJudge = defaultJudge
    self.defaultEmbedder = defaultEmbedder
    self.rehearses = rehearses
    let folder = suite.suite.folder
    var tools = CheckTools(
      run: { code, arguments in try await scripts.run(code, arguments, folder: folder) },
      ask: { Self.failed($0, "no judge is set up") },
      post: { post in try await Self.post(post, http) },
      read: { path in try File.read(Path.resolve(path, against: folder)) }, templates: templates)
    tools.matchesPromptfoo = suite.suite.matchesPromptfooVerdicts
    tools.environment = suite.environment
    self.tools = tools
  }

  /// Without those of how long a reply took, at any depth. A set of nothing else goes whole.
  static func untimed(_ checks: [CheckSpec]) -> [CheckSpec] {
    checks.compactMap { check in
      if check.type == "latency" || check.type == "ttft" { return nil }
      if check.components.isEmpty { return check }
      var check = check
      check.components = untimed(check.components)
      return check.components.isEmpty ? nil : check
    }
  }

  static func count(_ checks: [CheckSpec]) -> Int { checks.reduce(0) { $0 + 1 + count($1.components) } }

  var check: @Sendable (Judgement) async -> TrialVerdict {
    { [self] judgement in
      let checker = Checker(tools(judgement))
      // A batch takes as long as it likes: its replies have no time to be judged.
      let isTimed = judgement.call?.madeFrom != .batch
      let checks = isTimed ? judgement.checks : Self.untimed(judgement.checks)
      return await checker.judge(
        input(judgement), checks: checks, threshold: judgement.test.threshold,
        options: judgement.test.options)
    }
  }

  /// `assertScoringFunction`: over all checks of a case at its end.
  var score: @Sendable (TrialVerdict, Judgement) async -> TrialVerdict {
    { [self] verdict, judgement in
      guard let source = judgement.test.scoring else { return verdict }
      return await Checker(tools(judgement)).scored(
        verdict, by: source, threshold: judgement.test.threshold, input(judgement))
    }
  }

  /// `select-best` and `max-score`: over all replies to a case.
  var compare: @Sendable (CaseComparison) async -> [CheckResult] {
    { [self] comparison in
      let test = comparison.test
      let prompt = suite.suite.prompts.first.flatMap { prompt -> String? in
        guard case .template(let text) = prompt.body else { return nil }
        return try? PromptTemplate(text).render(test.variables, environment: tools.templates)
      }
      var input = CheckInput(output: .null, variables: test.variables, prompt: prompt ?? "")
      input.test = Self.described(test)
      return await Checker(tools(comparison.ask)).compare(
        comparison.outputs, by: comparison.spec, input, options: test.options)
    }
  }

  private func input(_ judgement: Judgement) -> CheckInput {
    var input = CheckInput(
      output: judgement.reply.output, variables: judgement.variables, prompt: judgement.renderedPrompt)
    input.reply = judgement.reply
    let figures = judgement.call?.figures
    input.latency = figures?.latency
    input.timeToFirstToken = figures?.timeToFirstToken
    input.cost = judgement.cost
    input.costReason = figures?.costReason
    input.isUsedAgain = judgement.call?.original != nil
    if let given = judgement.given {
      input.latency = given.latency
      input.timeToFirstToken = given.timeToFirstToken
      input.cost = given.cost
      input.costReason = given.cost == nil ? "the file does not tell it" : nil
    }
    input.usage = judgement.reply.usage
    input.targetConfig = judgement.targetConfig
    input.targetID = judgement.targetID
    input.metadata = judgement.reply.metadata
    input.test = Self.described(judgement.test)
    input.trace = judgement.reply.metadata?["trace"]
    let calls = judgement.earlierCalls + (judgement.call.map { [$0] } ?? [])
    input.messages = calls.last.map { sentMessages(of: $0.request) } ?? []
    input.toolCalls = calls.flatMap { $0.reply?.toolCalls ?? [] }
    return input
  }

  private static func described(_ test: Case) -> JSONObject {
    var object = JSONObject()
    if let description = test.description { object["description"] = .string(description) }
    object["metadata"] = .object(test.metadata)
    if let threshold = test.threshold { object["threshold"] = JSON(threshold) }
    return object
  }

  private func tools(_ judgement: Judgement) -> CheckTools {
    var tools = tools(judgement.ask)
    tools.keep = judgement.keep
    return tools
  }

  private func tools(_ ask: @escaping JudgeCaller) -> CheckTools {
    var tools = tools
    tools.ask = { [self] question in
      do { return await ask(try self.question(question)) } catch {
        return Self.failed(question, (error as? Problem)?.message ?? "the question can't be asked")
      }
    }
    return tools
  }

  private func question(_ question: CheckTools.Question) throws -> JudgeQuestion {
    let isEmbedding = question.purpose == .embedding
    let kind = isEmbedding ? "embedding" : (question.purpose == .moderation ? "moderation" : "text")
    let fallback: String
    switch question.purpose {
    case .embedding: fallback = defaultEmbedder
    case .moderation: fallback = "openai:moderation:omni-moderation-latest"
    default: fallback = defaultJudge ?? "openai:gpt-4o-mini"
    }
    let named = question.target.flatMap { suite.suite.target(named: $0, kind: kind) }
    var target = named ?? Target(id: fallback, label: fallback)
    if rehearses { target = Rehearsal.redirected(target) }
    let prompt: RenderedPrompt
    if question.purpose == .judge || question.purpose == .trial {
      prompt = RenderedPrompt(messages: question.messages)
    } else {
      prompt = try RenderedPrompt(text: question.messages.last?["content"]?.string ?? "")
    }
    var asked = JudgeQuestion(target: target, prompt: prompt, purpose: question.purpose)
    asked.sample = question.sample
    if let schema = question.schema {
      asked.overrides["response_format"] = [
        "type": "json_schema", "json_schema": ["name": "verdict", "schema": schema, "strict": true],
      ]
    }
    let objection = SettingRule.objection(to: "temperature", value: 0, for: target.id, apiVersion: nil)
    if target.config["temperature"] == nil, question.purpose == .judge, !question.isVote, objection == nil {
      asked.overrides["temperature"] = 0
    }
    return asked
  }

  private static func failed(_ question: CheckTools.Question, _ why: String) -> Call {
    Call(
      purpose: question.purpose, source: .local, target: "judge", provider: "", model: "", request: .null,
      result: .failure(Failure(.config, why)), attempts: [], total: 0, scheduledAt: Instant.now().microseconds
    )
  }

  private static func post(_ post: CheckTools.Post, _ http: HTTPClient) async throws -> JSON {
    var request = HTTPRequest(
      method: "POST", url: post.url, headers: [("Content-Type", "application/json")] + post.headers,
      body: post.body.bytes)
    request.timeouts.total = Int(post.timeoutSeconds * 1_000)
    let exchange = await http.send(request)
    guard exchange.error == nil, let status = exchange.status else {
      throw Problem("no answer from the web service")
    }
    guard (200..<300).contains(status) else {
      throw Problem("the web service answered with status \(status)")
    }
    do { return try JSON(parsing: exchange.body) } catch {
      throw Problem("the web service's answer is not JSON")
    }
  }
}
