import Checks
import Formats
import Ledger
import Models
import Suites
import Templates
import Vocabulary

/// Runs one trial from its prompt to its record: render, ask (tools, turns, fallback), transform, check.
final class TrialRun: Sendable {
  let asker: Asker
  let hooks: Shared<RunHooks>
  let memory: RunMemory
  let trial: PlannedTrial
  let dueAt: Microseconds
  let dueAtWallClock: Int64
  let plan: RunPlan
  let test: Case
  let options: CaseOptions

  init(
    _ trial: PlannedTrial, _ asker: Asker, _ hooks: Shared<RunHooks>, _ memory: RunMemory,
    dueAt: Microseconds,
    dueAtWallClock: Int64
  ) {
    self.trial = trial
    self.asker = asker
    self.hooks = hooks
    self.memory = memory
    self.dueAt = dueAt
    self.dueAtWallClock = dueAtWallClock
    plan = asker.plan
    test = trial.test
    options = trial.test.options
  }

  /// What happened on the way to the verdict.
  final class Course {
    let calls: TrialCalls
    var target: RunPlan.PlannedTarget
    var targetID: Int64?
    let flow: Int
    let variables: JSONObject
    var rendered = ""
    var checks: [CheckResult] = []
    var last: Call?
    var metadata = JSONObject()
    /// Results of tools are on their way to the model.
    var answersTools = false
    var repliedAt: Microseconds?
    var given: GivenReply?

    init(
      calls: TrialCalls, target: RunPlan.PlannedTarget, targetID: Int64?, flow: Int, variables: JSONObject
    ) {
      self.calls = calls
      self.target = target
      self.targetID = targetID
      self.flow = flow
      self.variables = variables
    }
  }

  func run() async -> TrialRecord {
    let secrets = plan.secrets(of: test)
    let calls = TrialCalls(recorder: asker.recorder, runID: asker.run.id, trial: trial, secrets: secrets)
    let end: Result<Judged, Failure>
    do throws(Failure) { end = .success(try await judged(calls)) } catch { end = .failure(error) }
    let record = record(of: end, calls)
    // Values of secret variables reach the ledger neither in requests nor in replies or reasons.
    return secrets.isEmpty ? record : record.masked(secrets)
  }

  /// Of a trial that is recorded: what it left to later ones is remembered, and nobody is asked.
  func recall(_ row: TrialRow) async {
    guard row.errorKind == nil, test.givenOutput == nil, trial.given == nil,
      let output = try? asker.ledger.judgedOutput(of: row),
      let course = try? await begun(
        TrialCalls(recorder: asker.recorder, runID: asker.run.id, trial: trial, secrets: .none))
    else { return }
    course.rendered = plan.isSequential ? (try? await renderedText(course)) ?? "" : ""
    remember(output, course)
  }

  private func remember(_ output: JSON, _ course: Course) {
    memory.remember(
      output, as: options.storeOutputAs, of: test, key: conversationKey(course.target),
      prompt: course.rendered, variables: course.variables)
  }

  /// What a trial that came to its end has come to.
  typealias Judged = (verdict: TrialVerdict, output: JSON?, metadata: JSONObject)

  @inline(never)
  private func record(of end: Result<Judged, Failure>, _ calls: TrialCalls) -> TrialRecord {
    let verdict: TrialVerdict
    var output: JSON?
    var metadata = JSONObject()
    var failure: Failure?
    switch end {
    case .success(let judged): (verdict, output, metadata) = judged
    case .failure(let found):
      failure = found
      verdict = TrialVerdict(
        outcome: found.kind == .cancelled ? .skipped : .error, score: 0, reason: found.message, checks: [])
    }
    // A verdict that lacks a judge whom the run's end cut off is none, nor is one whose checks were given up with the run: a
    // resumed run judges the reply that is recorded.
    if failure == nil { failure = calls.cutOff }
    if Task.isCancelled, verdict.outcome != .pass, failure == nil || failure?.kind == .script {
      failure = Failure(.cancelled, "the run was stopped")
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
    return record
  }

  private func functionCalls(_ calls: TrialCalls, _ verdict: TrialVerdict) -> FunctionCallOutcome? {
    let own = calls.own
    guard let last = own.last else { return nil }
    return FunctionCalls.outcome(
      of: own.flatMap { $0.reply?.toolCalls ?? [] }, config: configAsAsked(of: last.target, calls),
      variables: test.variables,
      checks: verdict.checks,
      isComplete: last.reply.map { $0.toolCalls.isEmpty || test.tools == nil } ?? false)
  }

  /// Of the target that answered: a fallback is another one.
  private func configAsAsked(of label: String, _ calls: TrialCalls) -> JSONObject {
    let asked = plan.targets.first { $0.target.label == label }?.target ?? test.ownTarget
    var config = asked?.config ?? JSONObject()
    for (key, value) in overrides(calls) { config[key] = value }
    return config
  }

  // MARK: The course of a trial

  private func judged(
    _ calls: TrialCalls
  ) async throws(Failure) -> Judged {
    let course = try await begun(calls)
    if let given = trial.given { return try await judged(given, course) }
    if let given = test.givenOutput { return try await judged(given, course) }
    return try await judgedReply(course)
  }

  private func judged(
    _ given: JSON, _ course: Course
  ) async throws(Failure) -> Judged {
    var reply = Reply(text: given.string ?? given.text, output: given)
    try await transform(&reply, course)
    let verdict = await scored(await verdict(on: reply, nil, test.checks, course), reply, nil, course)
    return (verdict, reply.output, course.metadata)
  }

  private func judgedReply(
    _ course: Course
  ) async throws(Failure) -> Judged {
    let prompt = try await renderedPrompt(course)
    var conversation = Conversation(prompt)
    let first = try await exchange(&conversation, first: prompt, course, turn: test.turns.isEmpty ? nil : 0)
    let last = try await turns(&conversation, course)
    return try await judged(last ?? first, course)
  }

  /// The turns of the user after the first; gives the reply to the last.
  private func turns(_ conversation: inout Conversation, _ course: Course) async throws(Failure)
    -> Reply?
  {
    var last: Reply?
    for (no, turn) in test.turns.enumerated() {
      if turn.clearsHistory { conversation.clear() }
      conversation.add(user: try rendered(turn.user, course))
      let reply = try await exchange(&conversation, first: nil, course, turn: no + 1)
      last = reply
      guard !turn.checks.isEmpty else { continue }
      var seen = reply
      try await transform(&seen, course)
      course.checks += await verdict(on: seen, course.last, turn.checks, course, threshold: nil).checks
    }
    return last
  }

  private func judged(
    _ last: Reply, _ course: Course
  ) async throws(Failure) -> Judged {
    var reply = last
    let original = reply.output
    try await transform(&reply, course)
    remember(reply.output, course)
    let isOther = reply.output != original
    var verdict = await verdict(on: reply, course.last, test.checks, course)
    if !course.checks.isEmpty {
      verdict = aggregate(course.checks + verdict.checks, threshold: test.threshold)
    }
    verdict = await scored(verdict, reply, course.last, course)
    return (verdict, isOther ? Optional(reply.output) : Optional.none, course.metadata)
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
    if plan.options.batch != nil, options.storeOutputAs != nil {
      throw Failure(.config, "a case that keeps its output for later ones can't be asked in a batch")
    }
    var variables = try await scripted(test.variables, target.target)
    if let code = options.transformVariables {
      let value = try await transformed(variables, by: code, target.target)
      for (name, value) in value.object ?? JSONObject() { variables[name] = value }
    }
    memory.add(
      to: &variables, key: conversationKey(target), test, sharesConversation: options.sharesConversation)
    return Course(
      calls: calls, target: target, targetID: trial.slot.targetID, flow: trial.targetIndex ?? -1,
      variables: variables)
  }

  private func conversationKey(_ target: RunPlan.PlannedTarget) -> String {
    "\(target.target.label):\(trial.promptIndex ?? 0)"
  }
}
