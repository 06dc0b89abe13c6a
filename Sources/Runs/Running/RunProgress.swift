import Formats
import Ledger
import Synchronization
import Vocabulary

/// What a run has done so far, for a display that looks ten times a second.
public struct ProgressSnapshot: Sendable {
  public var passed = 0
  public var failed = 0
  public var erred = 0
  public var skipped = 0
  /// Trials that a resumed run found recorded.
  public var alreadyDone = 0
  /// Nil while the cases are not counted.
  public var planned: Int?
  public var inFlight = 0
  public var calls = 0
  public var cost = Money.zero
  /// Calls whose cost is not known.
  public var unknownCosts = 0
  public var possiblyBilled = Money.zero
  public var inputTokens = 0
  public var outputTokens = 0
  /// Replies that were used again, and what they would have cost.
  public var reused = 0
  public var avoided = Money.zero
  /// Variables that a script made, and that were used again (`transformVarsMaxAge`).
  public var builtVariables = 0
  public var reusedVariables = 0
  /// Trials that were not begun because nothing was free at their time.
  public var dropped = 0
  public var retries = 0
  public var elapsed: Microseconds = 0
  public var time = TimeSpent()
  /// What the service has frozen, and for how long.
  public var frozen: [(key: String, left: Microseconds)] = []

  public var done: Int { passed + failed + erred + skipped }
  /// Trials a second, over the whole run.
  public var rate: Double { elapsed > 0 ? Double(done) * 1e6 / Double(elapsed) : 0 }
}

/// Where the time of all trials together went.
public struct TimeSpent: Sendable, Hashable {
  /// In attempts that brought a reply.
  public var model: Microseconds = 0
  /// Waiting for room among the calls at once: what the user allowed, or the limiter found.
  public var concurrency: Microseconds = 0
  /// Waiting because of a service's limits.
  public var rate: Microseconds = 0
  /// In attempts that failed, and between them.
  public var retry: Microseconds = 0
  public var budget: Microseconds = 0
  /// The rest: rendering, checking, recording.
  public var client: Microseconds = 0

  public init() {}

  public var total: Microseconds { model + concurrency + rate + retry + budget + client }

  /// Shares in percent, largest first; those below one percent are left out.
  public var shares: [(name: String, percent: Double)] {
    let whole = Double(max(1, total))
    return [
      ("model", model), ("concurrency", concurrency), ("rate limit", rate), ("retry", retry),
      ("budget", budget),
      ("client", client),
    ].map { ($0.0, Double($0.1) * 100 / whole) }.filter { $0.1 >= 1 }.sorted { $0.1 > $1.1 }
  }

  mutating func add(_ call: Call) {
    concurrency += call.waits.concurrency
    rate += call.waits.rate
    budget += call.waits.budget
    var inAttempts: Microseconds = 0
    for attempt in call.attempts {
      inAttempts += attempt.timings.done
      if attempt.failure == nil { model += attempt.timings.done } else { retry += attempt.timings.done }
    }
    retry += call.waits.backoff
    client += max(
      0,
      call.total - inAttempts - call.waits.concurrency - call.waits.rate - call.waits.budget
        - call.waits.backoff)
  }

  var json: JSON {
    [
      "model_us": JSON(Int(model)), "concurrency_us": JSON(Int(concurrency)), "rate_us": JSON(Int(rate)),
      "retry_us": JSON(Int(retry)), "budget_us": JSON(Int(budget)), "client_us": JSON(Int(client)),
    ]
  }
}

/// Counts what was recorded; shared by all tasks of a run.
final class RunProgress: Sendable {
  private let state = Mutex(ProgressSnapshot())
  private let startedAt = MonotonicClock.microseconds()

  func snapshot() -> ProgressSnapshot {
    var snapshot = state.withLock { $0 }
    snapshot.elapsed = MonotonicClock.microseconds() - startedAt
    return snapshot
  }

  func change(_ body: (inout ProgressSnapshot) -> Void) { state.withLock { body(&$0) } }

  func recorded(_ outcome: Outcome) {
    state.withLock { state in
      switch outcome {
      case .pass: state.passed += 1
      case .fail: state.failed += 1
      case .error: state.erred += 1
      case .skipped: state.skipped += 1
      }
    }
  }

  func made(_ record: CallRecord) {
    let call = record.call
    state.withLock { state in
      state.calls += 1
      switch call.source {
      case .network, .local, .batch:
        if let cost = call.cost { state.cost += cost } else if call.reply != nil { state.unknownCosts += 1 }
        state.inputTokens += call.reply?.usage?.input ?? 0
        state.outputTokens += call.reply?.usage?.output ?? 0
        state.retries += max(0, call.attempts.count - 1)
        state.possiblyBilled += call.possiblyBilled
      case .cache, .replay:
        state.reused += 1
        state.avoided += record.avoided ?? .zero
      }
      state.time.add(call)
    }
  }
}
