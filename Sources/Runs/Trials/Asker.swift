import Formats
import Ledger
import Models
import Suites
import Synchronization
import Vocabulary

/// Asks one question: from the ledger where that is wanted, else over the wire.
final class Asker: Sendable {
  let plan: RunPlan
  let client: ModelClient
  let caller: Caller
  let recorder: Recorder
  let ledger: Ledger
  let run: RunHandle
  let progress: RunProgress
  let variableCache = VariableCache()
  /// Targets that are not in the suite's list: judges, fallbacks, a case's own.
  private let others = Mutex<[Target: Result<RunPlan.PlannedTarget, Problem>]>([:])

  init(
    plan: RunPlan, client: ModelClient, caller: Caller, recorder: Recorder, ledger: Ledger, run: RunHandle,
    progress: RunProgress
  ) {
    self.plan = plan
    self.client = client
    self.caller = caller
    self.recorder = recorder
    self.ledger = ledger
    self.run = run
    self.progress = progress
  }

  /// The suite's own target of that label, or one that is made ready now.
  func planned(_ target: Target) throws(Problem) -> RunPlan.PlannedTarget {
    // Where replies are given, the plan's targets can't be asked.
    if plan.loaded.given == nil,
      let known = plan.targets.first(where: { $0.target.label == target.label && $0.target.id == target.id })
    {
      return known
    }
    if let known = others.withLock({ $0[target] }) { return try known.get() }
    let made = Result { () throws(Problem) in
      try RunPlan.plan(target, plan.loaded, client: client, options: plan.options)
    }
    others.withLock { $0[target] = made }
    return try made.get()
  }

  typealias Question = Shared<QuestionFields>

  struct QuestionFields {
    var target: RunPlan.PlannedTarget
    var targetID: Int64?
    /// Turns taken by the limiter between targets.
    var flow: Int
    var prompt: RenderedPrompt
    var overrides: JSONObject
    var variables: JSONObject
    var purpose: CallPurpose
    var caseNo: Int
    /// Sets repetitions of one request apart.
    var sample: Int
    /// Sets equal requests of different trials apart, for simulated models.
    var lane = ""
    var turn: Int?
    /// Of the first request of a trial, where it goes through a batch.
    var batchID: BatchID?
    /// What a context policy did to the conversation.
    var context: JSON?
    var dueAt: Microseconds
  }

  /// Asks, and adds the call to its trial.
  func ask(_ question: Question, _ calls: TrialCalls) async -> Call {
    switch begin(question, calls) {
    case .known(let call): return call
    case .new(let order):
      return kept(await caller.make(order), order.prepared.canonicalBytes, question, calls)
    }
  }

  private enum Beginning {
    case known(Call)
    case new(Caller.Order)
  }

  /// All that can be done without waiting.
  @inline(never)
  private func begin(_ question: Question, _ calls: TrialCalls) -> Beginning {
    let started = MonotonicClock.microseconds()
    let prepared: PreparedCall
    do throws(Problem) {
      prepared = try client.prepare(
        question.target.endpoint, prompt: question.prompt, overrides: question.overrides,
        variables: question.variables, streams: question.batchID == nil)
    } catch {
      return .known(failed(question, Failure(.config, error.message), calls))
    }
    let canonical = prepared.canonicalBytes
    if let begun = calls.begun(prepared.canonical, canonical: canonical, purpose: question.purpose) {
      do throws(LedgerError) {
        let call = try recordedCall(begun.row, begun.reply, prepared, question)
        calls.addRecorded(call)
        return .known(call)
      } catch {
        return .known(failed(question, Failure(.config, error.problem.message), calls))
      }
    }
    if let batch = plan.options.batch, let id = question.batchID, prepared.usesWire {
      return .known(batched(batch, id, prepared, canonical, question, calls))
    }
    do throws(LedgerError) {
      if let record = try lookUp(prepared, canonical, question, calls, since: started) {
        return .known(kept(record, canonical, question, calls))
      }
    } catch {
      // Not asked again: the reply may be there, and paid for.
      return .known(failed(question, Failure(.config, error.problem.message), calls))
    }
    if plan.options.cache == .replay, prepared.usesWire {
      return .known(
        failed(question, Failure(.config, "the ledger holds no reply to this request (--replay)"), calls))
    }
    return .new(Self.order(question, prepared, since: started))
  }

  private static func order(
    _ question: Question, _ prepared: PreparedCall, since started: Microseconds
  ) -> Caller.Order {
    Caller.Order(
      prepared: prepared, purpose: question.purpose, target: question.target, flow: question.flow,
      caseNo: question.caseNo, occasion: SimulatedOccasion(sample: question.sample, lane: question.lane),
      dueAt: question.dueAt, dueAtWallClock: Instant.now().microseconds - (started - question.dueAt))
  }

  /// Puts a call among those of its trial, with what the question says of it.
  @inline(never)
  private func kept(
    _ record: CallRecord, _ canonical: [UInt8], _ question: Question, _ calls: TrialCalls
  ) -> Call {
    var record = record
    record.canonicalRequest = canonical
    record.turn = question.turn
    record.context = question.context
    record.targetID = question.targetID
    calls.add(record)
    progress.made(record)
    return record.call
  }

  @inline(never)
  private func failed(_ question: Question, _ failure: Failure, _ calls: TrialCalls) -> Call {
    let endpoint = question.target.endpoint
    var call = Call(
      purpose: question.purpose, source: .local, target: question.target.target.label,
      provider: endpoint.provider, model: endpoint.model, request: .null, result: .failure(failure),
      attempts: [], total: 0, scheduledAt: Instant.now().microseconds)
    call.cost = .zero
    var record = CallRecord(call)
    record.targetID = question.targetID
    record.turn = question.turn
    calls.add(record)
    return call
  }

  @inline(never)
  private func batched(
    _ batch: BatchExchange, _ id: BatchID, _ prepared: PreparedCall, _ canonical: [UInt8],
    _ question: Question, _ calls: TrialCalls
  ) -> Call {
    switch batch {
    case .writes(let collector):
      collector.add(id, prepared, target: question.target.target.label)
      return failed(question, Failure(.cancelled, "it waits for its batch"), calls)
    case .reads(let answers):
      guard let answer = answers.answer(to: id, prepared) else {
        return failed(question, Failure(.cancelled, "its batch has not come back yet"), calls)
      }
      let outcome = client.outcome(of: answer, to: prepared)
      var call = Call(
        purpose: question.purpose, source: .batch, target: question.target.target.label,
        provider: prepared.provider, model: prepared.model, request: prepared.canonical,
        result: outcome.result, attempts: [], total: 0, scheduledAt: Instant.now().microseconds)
      call.cost = outcome.cost
      call.costReason = outcome.costReason
      call.isSimulated = prepared.isSimulated
      return kept(CallRecord(call), canonical, question, calls)
    }
  }

  // MARK: From the ledger

  @inline(never)
  private func lookUp(
    _ prepared: PreparedCall, _ canonical: [UInt8], _ question: Question, _ calls: TrialCalls,
    since started: Microseconds
  ) throws(LedgerError) -> CallRecord? {
    let mayCache = question.purpose == .trial ? plan.options.cache != .off : plan.options.cachesJudges
    guard mayCache || plan.options.cache == .replay,
      let found = try calls.earlier(prepared, canonical: canonical, question, in: ledger)
    else { return nil }
    var call = Call(
      purpose: question.purpose, source: plan.options.cache == .replay ? .replay : .cache,
      target: question.target.target.label, provider: prepared.provider, model: prepared.model,
      request: prepared.canonical, result: .success(found.reply), attempts: [],
      total: MonotonicClock.microseconds() - started, scheduledAt: Instant.now().microseconds)
    call.cost = .zero
    call.costReason = "the reply was used again"
    call.isSimulated = found.call.isSimulated
    call.original = found.call.figures
    var record = CallRecord(call)
    record.originalCallID = found.call.id
    record.avoided = found.call.cost
    return record
  }

  @inline(never)
  private func recordedCall(
    _ row: CallRow, _ reply: Reply, _ prepared: PreparedCall, _ question: Question
  ) throws(LedgerError) -> Call {
    var call = Call(
      purpose: row.purpose, source: row.source, target: question.target.target.label, provider: row.provider,
      model: row.model, request: prepared.canonical, result: .success(reply),
      attempts: try ledger.attempts(of: row), total: row.total, scheduledAt: row.scheduledAt,
      waits: row.waits)
    call.cost = row.cost
    call.costReason = row.costReason
    call.isSimulated = row.isSimulated
    if let original = row.originalCallID { call.original = try ledger.call(original)?.figures }
    return call
  }
}

extension Asker {
  /// For the judges of one case: within the run's limits, and recorded with the trial of the calls.
  func judge(_ calls: TrialCalls, caseNo: Int) -> JudgeCaller {
    { [self] question in
      func failed(_ failure: Failure) -> Call {
        Call(
          purpose: question.purpose, source: .local, target: question.target.label, provider: "", model: "",
          request: .null, result: .failure(failure), attempts: [], total: 0,
          scheduledAt: Instant.now().microseconds)
      }
      // What is judged must be safe before more is paid for it.
      do throws(LedgerError) { try await calls.flush() } catch {
        let failure = Failure(.cancelled, error.problem.message)
        calls.noteCutOff(failure)
        return failed(failure)
      }
      let target: RunPlan.PlannedTarget
      do throws(Problem) { target = try planned(question.target) } catch {
        return failed(Failure(.config, error.message))
      }
      let call = await ask(
        Question(
          QuestionFields(
            target: target, targetID: nil, flow: -2, prompt: question.prompt, overrides: question.overrides,
            variables: question.variables, purpose: question.purpose, caseNo: caseNo, sample: question.sample,
            turn: nil, dueAt: MonotonicClock.microseconds())), calls)
      if let failure = call.failure { calls.noteCutOff(failure) }
      return call
    }
  }
}
