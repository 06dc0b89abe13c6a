import Checks
import Formats
import Ledger
import Models
import Suites
import Templates
import Vocabulary

/// Runs one trial from its prompt to its record: render, ask (tools, turns, fallback), transform, check.
struct TrialRun: Sendable {
  let asker: Asker
  let hooks: RunHooks
  let memory: RunMemory
  let trial: PlannedTrial
  let dueAt: Microseconds
  let dueAtWallClock: Int64

  private var plan: RunPlan { asker.plan }
  private var test: Case { trial.test }

  /// What happened on the way to the verdict.
  private struct Course {
    var calls: TrialCalls
    var target: RunPlan.PlannedTarget
    var targetID: Int64?
    var flow: Int
    var variables: JSONObject
    var rendered = ""
    var checks: [CheckResult] = []
    var last: Call?
    var metadata = JSONObject()
    /// Results of tools are on their way to the model.
    var answersTools = false
    var repliedAt: Microseconds?
    var given: GivenReply?
  }

  func run() async -> TrialRecord {
    let names = plan.suite.secretVariables
    let secrets =
      names.isEmpty
      ? Secrets.none : Secrets(names.compactMap { test.variables[$0].map { $0.string ?? $0.text } })
    let calls = TrialCalls(recorder: asker.recorder, runID: asker.run.id, trial: trial, secrets: secrets)
    let verdict: TrialVerdict
    var output: JSON?
    var metadata = JSONObject()
    var failure: Failure?
    do throws(Failure) {
      (verdict, output, metadata) = try await judged(calls)
    } catch {
      failure = error
      verdict = TrialVerdict(
        outcome: error.kind == .cancelled ? .skipped : .error, score: 0, reason: error.message, checks: [])
    }
    var record = TrialRecord(
      runID: asker.run.id, slot: trial.slot, caseRecord: trial.caseRecord, outcome: verdict.outcome,
      score: verdict.score, startedAt: dueAtWallClock, total: MonotonicClock.microseconds() - dueAt,
      checks: verdict.checks, calls: calls.takePending())
    record.reason = verdict.outcome == .pass ? nil : verdict.reason
    record.failure = failure
    record.output = output
    record.namedScores = verdict.namedScores
    if let outcome = functionCalls(calls, verdict) { metadata["function_calls"] = outcome.json }
    record.metadata = metadata.isEmpty ? nil : .object(metadata)
    // Values of secret variables reach the ledger neither in requests nor in replies or reasons.
    return secrets.isEmpty ? record : record.masked(secrets)
  }

  private func functionCalls(_ calls: TrialCalls, _ verdict: TrialVerdict) -> FunctionCallOutcome? {
    let own = calls.made.filter { $0.purpose == .trial }
    guard let last = own.last else { return nil }
    var config = (trial.targetIndex.map { plan.targets[$0].target } ?? test.ownTarget)?.config ?? JSONObject()
    for (key, value) in overrides { config[key] = value }
    return FunctionCalls.outcome(
      of: own.flatMap { $0.reply?.toolCalls ?? [] }, config: config, variables: test.variables,
      checks: verdict.checks,
      isComplete: last.reply.map { $0.toolCalls.isEmpty || test.tools == nil } ?? false)
  }

  // MARK: The course of a trial

  private func judged(
    _ calls: TrialCalls
  ) async throws(Failure) -> (TrialVerdict, output: JSON?, metadata: JSONObject) {
    var course = try await begun(calls)
    if let given = trial.given { return try await judged(given, &course) }
    if let given = test.givenOutput {
      var reply = Reply(text: given.string ?? given.text, output: given)
      try await transform(&reply, course)
      let verdict = await scored(await verdict(on: reply, nil, test.checks, course), reply, nil, course)
      return (verdict, reply.output, course.metadata)
    }
    let prompt = try await renderedPrompt(&course)
    var conversation = Conversation(prompt)
    var reply = try await exchange(&conversation, first: prompt, &course, turn: test.turns.isEmpty ? nil : 0)
    for (no, turn) in test.turns.enumerated() {
      if turn.clearsHistory { conversation.clear() }
      conversation.add(user: try rendered(turn.user, course))
      reply = try await exchange(&conversation, first: nil, &course, turn: no + 1)
      guard !turn.checks.isEmpty else { continue }
      var seen = reply
      try await transform(&seen, course)
      course.checks += await verdict(on: seen, course.last, turn.checks, course, threshold: nil).checks
    }
    let original = reply.output
    try await transform(&reply, course)
    memory.remember(
      reply.output, of: trial, key: conversationKey(course), prompt: course.rendered,
      variables: course.variables)
    let isOther = reply.output != original
    var verdict = await verdict(on: reply, course.last, test.checks, course)
    if !course.checks.isEmpty {
      verdict = aggregate(course.checks + verdict.checks, threshold: test.threshold)
    }
    verdict = await scored(verdict, reply, course.last, course)
    return (verdict, isOther ? Optional(reply.output) : Optional.none, course.metadata)
  }

  /// A reply that came from elsewhere: recorded as one that is used again, at no cost in this run.
  private func judged(_ given: GivenReply, _ course: inout Course) async throws(Failure) -> (
    TrialVerdict, output: JSON?, metadata: JSONObject
  ) {
    course.given = given
    if let prompt = given.prompt {
      course.rendered = prompt
    } else {
      course.rendered = (try? await renderedText(course)) ?? ""
    }
    var call = Call(
      purpose: .trial, source: .replay, target: course.target.target.label, provider: course.target.target.id,
      model: (try? given.result.get())?.model ?? course.target.target.id, request: .null,
      result: given.result,
      attempts: [], total: 0, scheduledAt: Instant.now().microseconds)
    call.cost = .zero
    call.costReason = "the reply came from a file"
    var record = CallRecord(call)
    record.avoided = given.cost
    record.targetID = course.targetID
    course.calls.add(record)
    var reply: Reply
    switch given.result {
    case .success(let found): reply = found
    case .failure(let failure): throw failure
    }
    let original = reply.output
    try await transform(&reply, course)
    let verdict = await scored(await verdict(on: reply, call, test.checks, course), reply, call, course)
    // Spelled out: nil alone would be the null of JSON.
    return (verdict, reply.output == original ? Optional.none : Optional(reply.output), course.metadata)
  }

  private func begun(_ calls: TrialCalls) async throws(Failure) -> Course {
    let target: RunPlan.PlannedTarget
    if let place = trial.targetIndex {
      target = plan.targets[place]
    } else if let own = test.ownTarget {
      do throws(Problem) { target = try asker.planned(own) } catch {
        throw Failure(.config, error.message)
      }
    } else {
      throw Failure(.config, "the case has no target")
    }
    if plan.options.batch != nil, test.options.storeOutputAs != nil {
      throw Failure(.config, "a case that keeps its output for later ones can't be asked in a batch")
    }
    var variables = try await scripted(test.variables, target.target)
    if let code = test.options.transformVariables {
      let value = try await transformed(variables, by: code, target.target)
      for (name, value) in value.object ?? JSONObject() { variables[name] = value }
    }
    memory.add(to: &variables, key: "\(target.target.label):\(trial.promptIndex ?? 0)", test)
    return Course(
      calls: calls, target: target, targetID: trial.slot.targetID, flow: trial.targetIndex ?? -1,
      variables: variables)
  }

  /// Values that scripts make. Only what the suite itself says is run, never what a model or a data file said.
  private func scripted(_ variables: JSONObject, _ target: Target) async throws(Failure) -> JSONObject {
    var result = variables
    for (name, value) in variables {
      guard let text = value.string, text.hasPrefix("file://") else { continue }
      let reference = FileReference(text)
      guard reference.isScript else { continue }
      let prompt = trial.promptIndex.flatMap { plan.prompts[$0]?.raw } ?? ""
      let made = try await guarded {
        try await hooks.makeVariable(
          VariableRequest(
            name: name, script: reference, prompt: prompt, variables: variables, target: target))
      }
      if let problem = made["error"], !problem.isNull {
        throw Failure(.script, "\(reference.path): \(problem.string ?? problem.text)")
      }
      result[name] = made["output"] ?? made
    }
    return result
  }

  private func transformed(
    _ variables: JSONObject, by code: String, _ target: Target
  ) async throws(Failure) -> JSON {
    let maxAge = test.options.variablesMaxAge
    let now = MonotonicClock.microseconds()
    if let maxAge, let kept = asker.variableCache.value(code, variables, within: maxAge, at: now) {
      asker.progress.change { $0.reusedVariables += 1 }
      return kept
    }
    let value = try await script(code, .object(variables), context(variables, target))
    asker.progress.change { $0.builtVariables += 1 }
    if maxAge != nil { asker.variableCache.keep(value, of: code, variables, at: now) }
    return value
  }

  private func conversationKey(_ course: Course) -> String {
    "\(course.target.target.label):\(trial.promptIndex ?? 0)"
  }

  // MARK: The prompt

  private func renderedPrompt(_ course: inout Course) async throws(Failure) -> RenderedPrompt {
    let text = try await renderedText(course)
    course.rendered = text
    do throws(Problem) { return try RenderedPrompt(text: text) } catch {
      throw Failure(.config, error.message)
    }
  }

  private func renderedText(_ course: Course) async throws(Failure) -> String {
    guard let place = trial.promptIndex else { throw Failure(.config, "the case has no prompt") }
    let prompt = plan.suite.prompts[place]
    if let template = plan.prompts[place] {
      do throws(Problem) {
        return try adorned(template).render(course.variables, environment: plan.options.templates)
      } catch { throw Failure(.config, error.message) }
    }
    let made = try await guarded {
      try await hooks.makePrompt(prompt, course.variables, course.target.target)
    }
    return made.string ?? made.text
  }

  private func adorned(_ template: PromptTemplate) throws(Problem) -> PromptTemplate {
    let (prefix, suffix) = (test.options.prefix ?? "", test.options.suffix ?? "")
    if prefix.isEmpty && suffix.isEmpty { return template }
    return try PromptTemplate(prefix + template.raw + suffix)
  }

  private func rendered(_ text: String, _ course: Course) throws(Failure) -> String {
    do throws(Problem) {
      return try PromptTemplate(text).render(course.variables, environment: plan.options.templates)
    } catch { throw Failure(.config, error.message) }
  }

  // MARK: Asking

  /// One user turn: asks, answers the tools that are called, asks again, until there is a reply for the user.
  private func exchange(
    _ conversation: inout Conversation, first: RenderedPrompt?, _ course: inout Course, turn: Int?
  ) async throws(Failure) -> Reply {
    var first = first
    var rounds = 0
    while true {
      let sent = conversation.sent(course.target.target.context ?? test.context)
      // What was not a list of messages is sent as it is: some services are asked with text.
      let prompt = sent.leftOut == 0 ? first ?? sent.prompt : sent.prompt
      first = nil
      course.answersTools = rounds > 0
      let call = try await asked(prompt, &course, turn: turn, context: sent.facts)
      guard case .success(let reply) = call.result else {
        throw call.failure ?? Failure(.malformed, "no reply")
      }
      conversation.add(reply)
      guard let tools = test.tools, !reply.toolCalls.isEmpty else { return reply }
      rounds += 1
      if rounds > tools.maxRounds {
        throw Failure(.malformed, "the model still calls tools after \(tools.maxRounds) rounds")
      }
      for (place, call) in reply.toolCalls.enumerated() {
        let answer = try await answer(to: call, ToolAnswers(spec: tools), course)
        guard let answer else { return reply }
        conversation.add(toolResult: answer, of: call, place: place)
      }
    }
  }

  private func asked(
    _ prompt: RenderedPrompt, _ course: inout Course, turn: Int?, context: JSON?
  ) async throws(Failure) -> Call {
    do throws(LedgerError) { try await course.calls.flush() } catch {
      throw Failure(.cancelled, error.problem.message)
    }
    let due = course.last == nil ? dueAt : MonotonicClock.microseconds()
    var call = await asker.ask(
      question(prompt, course, turn: turn, context: context, dueAt: due), course.calls)
    if call.reply == nil, let name = test.fallback ?? course.target.target.fallback,
      call.failure?.kind != .cancelled,
      call.failure?.kind != .budget, let other = plan.suite.target(named: .string(name)),
      other.label != course.target.target.label
    {
      do throws(Problem) {
        let planned = try asker.planned(other)
        course.metadata["fallback_of"] = .string(course.target.target.label)
        course.metadata["fallback"] = .string(other.label)
        course.metadata["fallback_because"] = .string(call.failure?.message ?? "")
        course.target = planned
        course.targetID = plan.suite.targets.firstIndex { $0.label == other.label }.map {
          asker.run.targetIDs[$0]
        }
      } catch { throw Failure(.config, error.message) }
      call = await asker.ask(
        question(prompt, course, turn: turn, context: context, dueAt: MonotonicClock.microseconds()),
        course.calls)
    }
    course.last = call
    course.repliedAt = MonotonicClock.microseconds()
    let delay = course.target.target.delayMilliseconds
    if delay > 0, call.source == .network { try? await Task.sleep(for: .milliseconds(delay)) }
    return call
  }

  /// Settings of the prompt and of the case, over the target's own.
  private var overrides: JSONObject {
    var overrides = trial.promptIndex.map { plan.suite.prompts[$0].config } ?? JSONObject()
    for (key, value) in test.options.config { overrides[key] = value }
    return overrides
  }

  private func question(
    _ prompt: RenderedPrompt, _ course: Course, turn: Int?, context: JSON?, dueAt: Microseconds
  ) -> Asker.Question {
    var overrides = overrides
    if course.answersTools { Self.freeChoice(course.target.target.config, &overrides) }
    if course.target.endpoint.isSimulated, let hint = SimulationHint.expected(of: test, course.variables) {
      var metadata = overrides["metadata"]?.object ?? JSONObject()
      metadata["expected"] = hint
      overrides["metadata"] = .object(metadata)
    }
    return Asker.Question(
      target: course.target, targetID: course.targetID, flow: course.flow, prompt: prompt,
      overrides: overrides,
      variables: course.variables, purpose: .trial, caseNo: trial.slot.caseNo, sample: trial.slot.repetition,
      lane: SimulationHint.lane(target: course.target, case: test, turn: turn), turn: turn,
      batchID: course.last == nil ? batchID : nil, context: context, dueAt: dueAt)
  }

  private var batchID: BatchID? {
    guard plan.options.batch != nil, let prompt = trial.promptIndex else { return nil }
    // A case with a target of its own has only that one.
    return BatchID(
      run: asker.run.name, caseNo: trial.slot.caseNo, promptIndex: prompt,
      targetIndex: trial.targetIndex ?? 0,
      repetition: trial.slot.repetition)
  }

  /// A call that was forced has been made: forced again, the model could never answer with its result.
  private static func freeChoice(_ config: JSONObject, _ overrides: inout JSONObject) {
    for name in ["tool_choice", "function_call"] {
      guard let choice = overrides[name] ?? config[name], !choice.isNull else { continue }
      if !["auto", "none"].contains(choice.string ?? choice["type"]?.string ?? "") {
        overrides[name] = "auto"
      }
    }
  }

  /// Nil when the suite has no answer: the call itself is then the reply.
  private func answer(
    to call: ToolCall, _ answers: ToolAnswers, _ course: Course
  ) async throws(Failure) -> String? {
    guard let found = answers.answer(to: call) else { return nil }
    var variables = course.variables
    variables["args"] = (try? JSON(parsing: call.arguments)) ?? .string(call.arguments)
    if let code = found.script {
      let value = try await script(code, variables["args"] ?? .null, context(variables, course.target.target))
      return value.string ?? value.text
    }
    guard let result = found.result else { return "" }
    guard case .string(let text) = result else {
      do throws(Problem) {
        return try PromptRendering.renderVariables(
          in: result, variables: variables, environment: plan.options.templates
        ).text
      } catch { throw Failure(.config, error.message) }
    }
    do throws(Problem) {
      return try Template(text).render(variables, environment: plan.options.templates)
    } catch { throw Failure(.config, error.message) }
  }

  // MARK: Transforming and judging

  private func transform(_ reply: inout Reply, _ course: Course) async throws(Failure) {
    for code in [course.target.target.transform, test.options.transform].compactMap({ $0 }) {
      let value = try await script(code, reply.output, context(course.variables, course.target.target))
      reply.output = value
      reply.text = value.string ?? value.text
    }
  }

  private func script(_ code: String, _ value: JSON, _ context: JSONObject) async throws(Failure) -> JSON {
    try await guarded { try await hooks.transform(code, value, context) }
  }

  private func guarded(_ body: () async throws -> JSON) async throws(Failure) -> JSON {
    do { return try await body() } catch let failure as Failure { throw failure } catch let problem as Problem
    {
      throw Failure(.script, problem.message)
    } catch { throw Failure(.script, "\(error)") }
  }

  private func context(_ variables: JSONObject, _ target: Target) -> JSONObject {
    [
      "vars": .object(variables), "metadata": .object(test.metadata),
      "provider": ["id": .string(target.id), "label": .string(target.label)],
      "prompt": ["label": .string(trial.promptIndex.map { plan.suite.prompts[$0].label } ?? "")],
    ]
  }

  private func verdict(
    on reply: Reply, _ call: Call?, _ checks: [CheckSpec], _ course: Course, threshold: Double?? = nil
  ) async -> TrialVerdict {
    var judgement = judgement(of: reply, call, checks, course)
    if let threshold { judgement.test.threshold = threshold }
    return await hooks.check(judgement)
  }

  /// With the case's own scoring function, where it has one.
  private func scored(_ verdict: TrialVerdict, _ reply: Reply, _ call: Call?, _ course: Course) async
    -> TrialVerdict
  {
    guard test.scoring != nil else { return verdict }
    return await hooks.score(verdict, judgement(of: reply, call, test.checks, course))
  }

  private func judgement(of reply: Reply, _ call: Call?, _ checks: [CheckSpec], _ course: Course) -> Judgement
  {
    Judgement(
      reply: reply, call: call, given: course.given, earlierCalls: Array(course.calls.made.dropLast()),
      test: test, checks: checks,
      target: course.target.target, prompt: trial.promptIndex.map { plan.suite.prompts[$0] },
      renderedPrompt: course.rendered, variables: course.variables, cost: course.calls.cost,
      latency: course.repliedAt.map { $0 - dueAt }, repetition: trial.slot.repetition,
      ask: asker.judge(course.calls, caseNo: trial.slot.caseNo))
  }
}
