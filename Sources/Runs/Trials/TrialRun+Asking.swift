import Formats
import Ledger
import Models
import Suites
import Templates
import Vocabulary

/// Exchanges with the model: tools, turns, fallbacks.
extension TrialRun {
  /// One user turn: asks, answers the tools that are called, asks again, until there is a reply for the user.
  func exchange(
    _ conversation: inout Conversation, first: RenderedPrompt?, _ course: Course, turn: Int?
  ) async throws(Failure) -> Reply {
    var first = first
    var rounds = 0
    while true {
      let (prompt, facts) = sent(conversation, first: first, course)
      first = nil
      course.answersTools = rounds > 0
      let call = try await asked(prompt, course, turn: turn, context: facts)
      guard case .success(let reply) = call.result else {
        throw call.failure ?? Failure(.malformed, "no reply")
      }
      if test.tools != nil || !test.turns.isEmpty { conversation.add(reply) }
      guard let tools = test.tools, !reply.toolCalls.isEmpty else { return reply }
      rounds += 1
      guard try await answered(reply, tools, rounds, &conversation, course) else { return reply }
    }
  }

  /// Adds what the tools say that a reply calls; false where the suite does not know it.
  private func answered(
    _ reply: Reply, _ tools: ToolSpec, _ rounds: Int, _ conversation: inout Conversation, _ course: Course
  ) async throws(Failure) -> Bool {
    if rounds > tools.maxRounds {
      throw Failure(.malformed, "the model still calls tools after \(tools.maxRounds) rounds")
    }
    for (place, call) in reply.toolCalls.enumerated() {
      let answer = try await answer(to: call, ToolAnswers(spec: tools), course)
      guard let answer else { return false }
      conversation.add(toolResult: answer, of: call, place: place)
    }
    return true
  }

  @inline(never)
  private func sent(
    _ conversation: Conversation, first: RenderedPrompt?, _ course: Course
  ) -> (RenderedPrompt, facts: JSON?) {
    let policy = course.target.target.context ?? test.context
    if policy == nil, let first { return (first, nil) }
    let sent = conversation.sent(policy)
    // What was not a list of messages is sent as it is: some services are asked with text.
    return (sent.leftOut == 0 ? first ?? sent.prompt : sent.prompt, sent.facts)
  }

  func asked(
    _ prompt: RenderedPrompt, _ course: Course, turn: Int?, context: JSON?
  ) async throws(Failure) -> Call {
    if course.last != nil {
      do throws(LedgerError) { try await course.calls.flush() } catch {
        throw Failure(.cancelled, error.problem.message)
      }
    }
    let due = course.last == nil ? dueAt : MonotonicClock.microseconds()
    var call = await asker.ask(
      question(prompt, course, turn: turn, context: context, dueAt: due), course.calls)
    if call.reply == nil, try fallsBack(because: call, course) {
      var again = question(prompt, course, turn: turn, context: context, dueAt: MonotonicClock.microseconds())
      // The answer under that id is the first target's.
      if call.source == .batch { again.batchID = nil }
      call = await asker.ask(again, course.calls)
    }
    course.last = call
    course.repliedAt = MonotonicClock.microseconds()
    let delay = course.target.target.delayMilliseconds
    if delay > 0, call.source == .network { try? await Task.sleep(for: .milliseconds(delay)) }
    return call
  }

  /// Goes over to the target that is asked when this one has failed, where there is one.
  @inline(never)
  private func fallsBack(because call: Call, _ course: Course) throws(Failure) -> Bool {
    guard let name = test.fallback ?? course.target.target.fallback, call.failure?.kind != .cancelled,
      call.failure?.kind != .budget, let other = plan.suite.target(named: .string(name)),
      other.label != course.target.target.label
    else { return false }
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
    return true
  }

  /// Settings of the prompt, of the function that made it and of the case, over the target's own.
  func overrides(_ calls: TrialCalls) -> JSONObject {
    var overrides = trial.promptIndex.map { plan.suite.prompts[$0].config } ?? JSONObject()
    for (key, value) in calls.promptConfig { overrides[key] = value }
    for (key, value) in options.config { overrides[key] = value }
    return overrides
  }

  @inline(never)
  func question(
    _ prompt: RenderedPrompt, _ course: Course, turn: Int?, context: JSON?, dueAt: Microseconds
  ) -> Asker.Question {
    var overrides = overrides(course.calls)
    if course.answersTools { Self.freeChoice(course.target.target.config, &overrides) }
    if course.target.endpoint.isSimulated, let hint = SimulationHint.expected(of: test, course.variables) {
      var metadata = overrides["metadata"]?.object ?? JSONObject()
      metadata["expected"] = hint
      overrides["metadata"] = .object(metadata)
    }
    return Asker.Question(
      Asker.QuestionFields(
        target: course.target, targetID: course.targetID, flow: course.flow, prompt: prompt,
        overrides: overrides,
        variables: course.variables, purpose: .trial, caseNo: trial.slot.caseNo,
        sample: trial.slot.repetition,
        lane: course.target.endpoint.isSimulated
          ? SimulationHint.lane(target: course.target, case: test, turn: turn) : "",
        turn: turn,
        batchID: course.last == nil ? batchID : nil, context: context, dueAt: dueAt))
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
  static func freeChoice(_ config: JSONObject, _ overrides: inout JSONObject) {
    for name in ["tool_choice", "function_call"] {
      guard let choice = overrides[name] ?? config[name], !choice.isNull else { continue }
      if !["auto", "none"].contains(choice.string ?? choice["type"]?.string ?? "") {
        overrides[name] = "auto"
      }
    }
    // Gemini's own form; what else it says of functions stays.
    let forced = (overrides["toolConfig"] ?? config["toolConfig"])?.object
    if var toolConfig = forced, var calling = toolConfig["functionCallingConfig"]?.object,
      calling["mode"] == "ANY"
    {
      calling["mode"] = "AUTO"
      calling["allowedFunctionNames"] = nil
      toolConfig["functionCallingConfig"] = .object(calling)
      overrides["toolConfig"] = .object(toolConfig)
    }
  }

  /// Nil when the suite has no answer: the call itself is then the reply.
  func answer(
    to call: ToolCall, _ answers: ToolAnswers, _ course: Course
  ) async throws(Failure) -> String? {
    guard let found = answers.answer(to: call) else { return nil }
    var variables = course.variables
    variables["args"] = (try? JSON(parsing: call.arguments)) ?? .string(call.arguments)
    if let code = found.script {
      await course.calls.keep()
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
}
