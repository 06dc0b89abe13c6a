import Checks
import Formats
import Ledger
import Suites
import Vocabulary

/// What is made of a reply: transforms, checks, verdicts.
extension TrialRun {
  /// A reply that came from elsewhere: recorded as one that is used again, at no cost in this run.
  func judged(_ given: GivenReply, _ course: Course) async throws(Failure) -> Judged {
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

  func transform(_ reply: inout Reply, _ course: Course) async throws(Failure) {
    for case let code? in [course.target.target.transform, options.transform] {
      await course.calls.keep()
      let value = try await script(code, reply.output, context(course.variables, course.target.target))
      reply.output = value
      reply.text = value.string ?? value.text
    }
  }

  func script(_ code: String, _ value: JSON, _ context: JSONObject) async throws(Failure) -> JSON {
    try await guarded { try await hooks.transform(code, value, context) }
  }

  func guarded(_ body: () async throws -> JSON) async throws(Failure) -> JSON {
    do { return try await body() } catch let failure as Failure { throw failure } catch let problem as Problem
    {
      throw Failure(.script, problem.message)
    } catch { throw Failure(.script, "\(error)") }
  }

  @inline(never)
  func context(_ variables: JSONObject, _ target: Target) -> JSONObject {
    [
      "vars": .object(variables), "metadata": .object(test.metadata),
      "provider": ["id": .string(target.id), "label": .string(target.label)],
      "prompt": ["label": .string(trial.promptIndex.map { plan.suite.prompts[$0].label } ?? "")],
    ]
  }

  func verdict(
    on reply: Reply, _ call: Call?, _ checks: [CheckSpec], _ course: Course, threshold: Double?? = nil
  ) async -> TrialVerdict {
    var judgement = judgement(of: reply, call, checks, course)
    if let threshold { judgement.test.threshold = threshold }
    return await hooks.check(judgement)
  }

  /// With the case's own scoring function, where it has one.
  func scored(_ verdict: TrialVerdict, _ reply: Reply, _ call: Call?, _ course: Course) async
    -> TrialVerdict
  {
    guard test.scoring != nil else { return verdict }
    return await hooks.score(verdict, judgement(of: reply, call, test.checks, course))
  }

  @inline(never)
  func judgement(of reply: Reply, _ call: Call?, _ checks: [CheckSpec], _ course: Course) -> Judgement {
    let own = course.calls.own
    return Judgement(
      reply: reply, call: call, given: course.given, earlierCalls: own.dropLast(call == nil ? 0 : 1),
      test: test, checks: checks,
      targetID: course.target.target.id, targetConfig: course.target.target.config,
      renderedPrompt: course.rendered, variables: course.variables, cost: TrialCalls.cost(of: own),
      latency: course.repliedAt.map { $0 - dueAt }, repetition: trial.slot.repetition,
      ask: asker.judge(course.calls, caseNo: trial.slot.caseNo), keep: course.calls.keep)
  }
}
