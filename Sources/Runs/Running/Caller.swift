import Formats
import Ledger
import Models
import Synchronization
import Vocabulary
import Wire

/// Makes whole calls out of attempts: budget, limits, retries, and what is known at the end.
final class Caller: Sendable {
  /// What a call is made for, and how it may be made.
  struct Order: Sendable {
    var prepared: PreparedCall
    var purpose: CallPurpose
    var target: RunPlan.PlannedTarget
    var flow: Int
    var caseNo: Int?
    var occasion: SimulatedOccasion
    /// When it was due, on the monotonic clock and on the wall's.
    var dueAt: Microseconds
    var dueAtWallClock: Int64

    var label: String { target.target.label }
  }

  private let client: ModelClient
  private let recorder: Recorder
  private let runID: Int64?
  let limiter: Limiter
  let budget: BudgetKeeper
  private let nextTicket: Atomic<Int64>
  private let jitter: Mutex<SeededGenerator>
  private let traces = TraceIDs()
  /// Told once of each target that nothing more is asked of, and why.
  private let gaveUp: @Sendable (_ target: String, Failure) -> Void

  init(
    client: ModelClient, recorder: Recorder, runID: Int64?, limiter: Limiter, budget: BudgetKeeper,
    seed: UInt64, gaveUp: @escaping @Sendable (_ target: String, Failure) -> Void
  ) {
    self.client = client
    self.recorder = recorder
    self.runID = runID
    self.limiter = limiter
    self.budget = budget
    self.gaveUp = gaveUp
    jitter = Mutex(SeededGenerator(seed: seed, for: "backoff"))
    // Tickets of several processes on one ledger must differ.
    var salt = SplitMix64(seed: UInt64(bitPattern: MonotonicClock.now() ^ Instant.now().microseconds))
    nextTicket = Atomic(Int64(salt.next() >> 2) & ~0xFFFF_FFFF)
  }

  /// Makes the call; its record carries the ticket that ends its row among those in flight.
  func make(_ order: Order) async -> CallRecord {
    var progress = Progress()
    // Without a budget it is worked out only for what is told of a call that is on the wire for long, or lost.
    if budget.isLimited { progress.worst = client.worstCase(of: order.prepared) }
    if order.prepared.takesTrace { progress.trace = traces.next() }
    let result = await attempts(order, &progress)
    if let ticket = progress.ticket, progress.attempts.isEmpty { recorder.ended(ticket: ticket) }
    if let reservation = progress.reservation {
      budget.settle(reservation, actual: used(progress, result))
    }
    return record(order, progress, result)
  }

  /// What has happened to a call so far.
  private struct Progress {
    /// Of one attempt; nil where there is no budget.
    var worst: WorstCase?
    var attempts: [Attempt] = []
    var waits = Waits()
    var tries = RetryPolicy.Tries()
    var ticket: Int64?
    var outcome: AttemptOutcome?
    /// Room in the budget for the next attempt; nil once it was used up.
    var reservation: BudgetKeeper.Reservation?
    var possiblyBilled = Money.zero
    var possiblyBilledTokens = 0
    var wasTurnedAway = false
    /// What the ledger knows of it on the wire is no longer true.
    var needsNote = false
    var trace: TraceID?

    var amount: BudgetState.Amount {
      BudgetState.Amount(cost: worst?.cost ?? .zero, tokens: worst?.tokens ?? 0, calls: 1)
    }
  }

  // MARK: Attempts

  private func attempts(_ order: Order, _ progress: inout Progress) async -> Result<Reply, Failure> {
    var last: Failure?
    if let worst = progress.worst, let refusal = budget.refusal(of: worst) { return .failure(refusal) }
    while true {
      let grant: Limiter.Grant
      switch await admission(of: order, &progress, after: last) {
      case .success(let granted): grant = granted
      case .failure(let failure): return .failure(failure)
      }
      let outcome = await attempt(order, &progress)
      tellLimiter(outcome, grant, order)
      // Whoever has waited for the place sends first: what is made of this reply takes longer. Not worth it where replies
      // take no time.
      if outcome.attempt.timings.done > 10_000 { await client.letOthersFirst() }
      guard case .failure(let failure) = outcome.result else { return outcome.result }
      last = failure
      if let end = await end(after: failure, order, &progress) { return .failure(end) }
    }
  }

  /// Waits until budget and limits allow the next attempt, and notes that it is made.
  private func admission(
    of order: Order, _ progress: inout Progress, after last: Failure?
  ) async -> Result<Limiter.Grant, Failure> {
    let key = order.prepared.limitKey
    let need = TokenNeed(input: order.prepared.inputEstimate, maxOutput: order.prepared.maxOutput)
    let priority: LimiterPriority =
      order.purpose != .trial ? .judge : progress.attempts.isEmpty ? .new : .retry
    if progress.reservation == nil {
      guard let reservation = await budget.reserve(progress.amount, priority: priority)
      else { return .failure(Failure(.budget, "the budget does not allow it")) }
      progress.reservation = reservation
      progress.waits.budget += reservation.waited
    }
    let grant: Limiter.Grant
    switch await limiter.acquire(
      key, settings: order.target.settings, flow: order.flow, priority: priority, need: need,
      atHead: progress.wasTurnedAway)
    {
    case .success(let granted): grant = granted
    // What the run's own end cuts off has not failed: a resumed run makes the attempts that are left.
    case .failure(let failure): return .failure(failure.kind == .cancelled ? failure : last ?? failure)
    }
    progress.waits.concurrency += grant.waits.concurrency
    progress.waits.rate += grant.waits.rate
    if order.prepared.usesWire, let failure = await noteSent(order, &progress) {
      limiter.withdraw(grant, key)
      return .failure(failure)
    }
    return .success(grant)
  }

  private func attempt(_ order: Order, _ progress: inout Progress) async -> AttemptOutcome {
    var occasion = order.occasion
    occasion.attempt = progress.attempts.count
    let outcome = await client.attempt(
      order.prepared, timeouts: order.target.timeouts, occasion: occasion, trace: progress.trace)
    progress.attempts.append(outcome.attempt)
    progress.outcome = outcome
    return outcome
  }

  /// How the attempt went; nothing more is asked of a target that is out of order.
  @inline(never)
  private func tellLimiter(_ outcome: AttemptOutcome, _ grant: Limiter.Grant, _ order: Order) {
    let key = order.prepared.limitKey
    switch outcome.result {
    case .success(let reply):
      _ = limiter.completed(
        grant, key, AttemptNews(.success, rateLimit: outcome.attempt.rateLimit, usage: reply.usage))
    case .failure(let failure):
      let outage = limiter.completed(grant, key, Self.news(of: failure, outcome.attempt, order))
      if failure.kind.stopsTarget {
        giveUp(order, failure)
      } else if let outage {
        giveUp(order, Self.failure(of: outage, last: failure))
      }
    }
  }

  private static func news(of failure: Failure, _ attempt: Attempt, _ order: Order) -> AttemptNews {
    var news = AttemptNews(
      RetryPolicy.news(of: failure), retryAfter: microseconds(attempt.retryAfter),
      rateLimit: attempt.rateLimit)
    news.isUnanswered =
      order.prepared.usesWire && attempt.status == nil
      && (failure.kind == .connection || failure.kind == .timeout)
    return news
  }

  /// Nothing more is asked of the target, nor of others that share its key.
  private func giveUp(_ order: Order, _ failure: Failure) {
    if limiter.kill(order.prepared.limitKey, because: failure) { gaveUp(order.label, failure) }
  }

  private static func failure(of outage: Outage, last: Failure) -> Failure {
    var failure = last
    let seconds = NumberText.fixed(Double(outage.lasted) / 1e6, decimals: 0)
    failure.message =
      "no answer to \(outage.attempts) attempts in a row, over \(seconds) s; the last: \(last.message)"
    return failure
  }

  private static func microseconds(_ seconds: Double?) -> Microseconds? {
    seconds.map { $0.isFinite ? Microseconds(max(0, min($0, 1e9)) * 1e6) : 0 }
  }

  /// Notes that the call is on the wire, with what it may cost. A budget waits for the note: after `kill -9`
  /// it knows of everything that may have been billed.
  private func noteSent(_ order: Order, _ progress: inout Progress) async -> Failure? {
    let isFirst = progress.ticket == nil
    guard let runID, isFirst || progress.needsNote else { return nil }
    let ticket = progress.ticket ?? nextTicket.add(1, ordering: .relaxed).newValue
    progress.ticket = ticket
    progress.needsNote = false
    let record = InFlightRecord(
      ticket: ticket, runID: runID, caseNo: order.caseNo, target: order.label, purpose: order.purpose,
      sentAt: Instant.now().microseconds,
      reservedTokens: progress.worst?.tokens.map { $0 + progress.possiblyBilledTokens },
      reserved: {
        [client, prepared = order.prepared, worst = progress.worst, before = progress.possiblyBilled] in
        (worst ?? client.worstCase(of: prepared)).cost.map { $0 + before }
      })
    guard budget.isLimited else {
      recorder.sent(record)
      return nil
    }
    do throws(LedgerError) { try await recorder.sentDurably(record) } catch {
      return Failure(.cancelled, error.problem.message)
    }
    return nil
  }

  /// Decides on a retry, and waits for it; gives what the call has come to where there is none.
  private func end(after failure: Failure, _ order: Order, _ progress: inout Progress) async -> Failure? {
    guard let attempt = progress.attempts.last else { return failure }
    let decision = RetryPolicy.decide(
      failure, attempt, after: progress.tries, settings: order.target.settings)
    if attempt.mayBeBilled, let reservation = progress.reservation {
      // Booked in full: nobody will say what it cost. Another try needs room of its own.
      progress.possiblyBilled += (progress.worst ?? client.worstCase(of: order.prepared)).cost ?? .zero
      progress.possiblyBilledTokens += progress.worst?.tokens ?? 0
      budget.settle(reservation, actual: progress.amount)
      progress.reservation = nil
      progress.needsNote = true
    }
    if attempt.mayBeBilled { progress.tries.billingUnknown += 1 }
    switch decision {
    case .giveUp: return failure
    case .whenThawed:
      progress.tries.limited += 1
      progress.wasTurnedAway = true
      return nil
    case .afterBackoff:
      progress.wasTurnedAway = false
      let started = MonotonicClock.microseconds()
      defer { progress.waits.backoff += MonotonicClock.microseconds() - started }
      let pause = RetryPolicy.backoff(
        tries: progress.tries.transient, jitter: jitter.withLock { $0.nextDouble() },
        second: order.target.settings.times.second)
      progress.tries.transient += 1
      try? await Task.sleep(for: .microseconds(pause))
      let mayRetry = await limiter.mayRetry(
        order.prepared.limitKey, patience: order.target.settings.times.retryPatience)
      return mayRetry ? nil : limiter.stopped ?? failure
    }
  }

  // MARK: The end

  @inline(never)
  private func used(_ progress: Progress, _ result: Result<Reply, Failure>) -> BudgetState.Amount {
    if progress.attempts.isEmpty { return BudgetState.Amount() }
    guard case .success(let reply) = result else { return BudgetState.Amount(calls: 1) }
    let worst = progress.amount
    return BudgetState.Amount(
      cost: progress.outcome?.cost ?? worst.cost, tokens: reply.usage?.total ?? worst.tokens, calls: 1)
  }

  @inline(never)
  private func record(
    _ order: Order, _ progress: Progress, _ result: Result<Reply, Failure>
  ) -> CallRecord {
    var progress = progress
    let prepared = order.prepared
    var call = Call(
      purpose: order.purpose, source: prepared.usesWire ? .network : .local, target: order.label,
      provider: prepared.provider, model: prepared.model, request: prepared.canonical, result: result,
      attempts: progress.attempts, total: MonotonicClock.microseconds() - order.dueAt,
      scheduledAt: order.dueAtWallClock, waits: progress.waits)
    if case .success(let reply) = result {
      if reply.usage == nil { progress.possiblyBilledTokens += progress.worst?.tokens ?? 0 }
      call.cost = progress.outcome?.cost
      call.costReason = progress.outcome?.costReason
      // A resumed run must know what this one counted.
      if call.cost == nil, budget.isLimited { progress.possiblyBilled += progress.worst?.cost ?? .zero }
    } else if !progress.attempts.isEmpty {
      call.cost = progress.possiblyBilled == .zero ? .zero : nil
      call.costReason =
        progress.possiblyBilled == .zero ? "nothing came back" : "the service may have billed what failed"
    }
    call.possiblyBilled = progress.possiblyBilled
    call.possiblyBilledTokens = progress.possiblyBilledTokens
    call.isSimulated = prepared.isSimulated
    call.traceID = progress.trace?.text
    var record = CallRecord(call)
    record.ticket = progress.ticket
    return record
  }
}
