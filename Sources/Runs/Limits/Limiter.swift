import Formats
import Ledger
import Synchronization
import Vocabulary

/// The limiters of all keys, with tasks that wait and a clock: the thin edge around `KeyLimiter`.
public final class Limiter: Sendable {
  /// Leave to send one attempt.
  struct Grant: Sendable {
    var id: UInt64
    var waits: Waits
  }

  private typealias Continuation = CheckedContinuation<Result<Grant, Failure>, Never>

  /// Touched only while `state` is locked; an object, so that a change copies none of its tables.
  private final class Key {
    var machine: KeyLimiter
    var retries: RetryBudget
    var outage = Outage()
    var waiting: [UInt64: Continuation] = [:]
    /// Why nothing may be asked of it any more.
    var failure: Failure?
    /// When a task will wake it next.
    var wakesAt: Microseconds?

    init(machine: KeyLimiter, retries: RetryBudget) {
      self.machine = machine
      self.retries = retries
    }
  }

  private struct State {
    var keys: [String: Key] = [:]
    var nextID: UInt64 = 1
    var stopped: Failure?
  }

  private let state = Mutex(State())
  private let seed: UInt64
  private let clock: @Sendable () -> Microseconds

  init(seed: UInt64, clock: @escaping @Sendable () -> Microseconds = { MonotonicClock.microseconds() }) {
    self.seed = seed
    self.clock = clock
  }

  // MARK: Calls

  /// Waits until an attempt may be sent. `atHead` for one that was turned away by a limit.
  func acquire(
    _ key: String, settings: LimiterSettings, flow: Int, priority: LimiterPriority, need: TokenNeed,
    atHead: Bool = false
  ) async -> Result<Grant, Failure> {
    await withCheckedContinuation { continuation in
      var woken: [(Continuation, Grant)] = []
      let refusal = state.withLock { state -> Failure? in
        // Looked at behind the lock: whoever comes later is later.
        let now = clock()
        if let stopped = state.stopped { return stopped }
        let entry = state.keys[key] ?? Self.newKey(key, settings, seed: seed, at: now)
        state.keys[key] = entry
        if let failure = entry.failure { return failure }
        let id = state.nextID
        state.nextID += 1
        entry.waiting[id] = continuation
        entry.machine.enqueue(
          KeyLimiter.Waiter(id: id, flow: flow, priority: priority, need: need), atHead: atHead, at: now)
        woken = pump(key, entry, at: now)
        return nil
      }
      if let refusal { continuation.resume(returning: .failure(refusal)) }
      Self.resume(woken)
    }
  }

  private static func newKey(
    _ key: String, _ settings: LimiterSettings, seed: UInt64, at now: Microseconds
  ) -> Key {
    Key(
      machine: KeyLimiter(key: key, settings: settings, seed: seed, at: now), retries: RetryBudget(settings))
  }

  /// An attempt has ended. Gives the outage of its service once that has lasted too long.
  func completed(_ grant: Grant, _ key: String, _ news: AttemptNews) -> Outage? {
    var gone: Outage?
    change(key) { entry, now in
      entry.retries.sent(at: now)
      entry.machine.completed(grant.id, news, at: now)
      guard news.isUnanswered else { return entry.outage.answered() }
      entry.outage.failed(at: now)
      if entry.outage.isOver(entry.machine.settings) { gone = entry.outage }
    }
    return gone
  }

  func withdraw(_ grant: Grant, _ key: String) {
    change(key) { entry, now in entry.machine.withdraw(grant.id, at: now) }
  }

  private func change(_ key: String, _ body: (Key, Microseconds) -> Void) {
    let woken = state.withLock { state -> [(Continuation, Grant)] in
      guard let entry = state.keys[key] else { return [] }
      let now = clock()
      body(entry, now)
      return pump(key, entry, at: now)
    }
    Self.resume(woken)
  }

  // MARK: Waking

  /// Admits whoever may go, and sees to it that somebody looks again in time.
  private func pump(_ key: String, _ entry: Key, at now: Microseconds) -> [(Continuation, Grant)] {
    var woken: [(Continuation, Grant)] = []
    while let admission = entry.machine.admit(at: now) {
      guard let continuation = entry.waiting.removeValue(forKey: admission.waiter.id) else { continue }
      var waits = Waits()
      waits.concurrency = admission.concurrencyWait
      waits.rate = admission.rateWait
      woken.append((continuation, Grant(id: admission.waiter.id, waits: waits)))
    }
    if let wake = entry.machine.nextWake(at: now), entry.wakesAt.map({ wake < $0 || $0 <= now }) ?? true {
      entry.wakesAt = wake
      Task { [weak self] in
        try? await Task.sleep(for: .microseconds(max(1, wake - now)))
        self?.wake(key, wake)
      }
    }
    return woken
  }

  private func wake(_ key: String, _ planned: Microseconds) {
    change(key) { entry, _ in if entry.wakesAt == planned { entry.wakesAt = nil } }
  }

  private static func resume(_ woken: [(Continuation, Grant)]) {
    for (continuation, grant) in woken { continuation.resume(returning: .success(grant)) }
  }

  // MARK: Retries

  /// Waits for leave to retry; false when the retry budget stayed spent for too long.
  func mayRetry(_ key: String, patience: Microseconds) async -> Bool {
    let deadline = clock() + patience
    while true {
      let (now, next) = state.withLock { state -> (Microseconds, Microseconds?) in
        let now = clock()
        if state.stopped != nil || state.keys[key]?.failure != nil { return (now, .max) }
        guard state.keys[key]?.retries.take(at: now) == false else { return (now, nil) }
        return (now, state.keys[key]?.retries.nextChance(after: now))
      }
      guard let next else { return true }
      if next > deadline { return false }
      try? await Task.sleep(for: .microseconds(next - now))
    }
  }

  // MARK: Ends

  /// Nothing more is asked of this key: its credential, model or quota is no good, or its service is gone.
  /// False where that was known.
  @discardableResult
  func kill(_ key: String, because failure: Failure) -> Bool {
    var isNew = false
    let waiting = state.withLock { state -> [Continuation] in
      guard let entry = state.keys[key] else { return [] }
      isNew = entry.failure == nil
      guard isNew else { return [] }
      entry.failure = failure
      _ = entry.machine.removeAllWaiting(at: clock())
      defer { entry.waiting = [:] }
      return Array(entry.waiting.values)
    }
    for continuation in waiting { continuation.resume(returning: .failure(failure)) }
    return isNew
  }

  /// Nothing more is sent at all; what is in flight goes on.
  func stop(because failure: Failure) {
    let waiting = state.withLock { state -> [Continuation] in
      if state.stopped == nil { state.stopped = failure }
      return state.keys.keys.flatMap { key -> [Continuation] in
        _ = state.keys[key]?.machine.removeAllWaiting(at: clock())
        defer { state.keys[key]?.waiting = [:] }
        return Array((state.keys[key]?.waiting ?? [:]).values)
      }
    }
    for continuation in waiting { continuation.resume(returning: .failure(failure)) }
  }

  // MARK: Looking

  /// Why nothing more is sent at all.
  var stopped: Failure? { state.withLock { $0.stopped } }

  /// Sums over all keys.
  struct Load: Sendable {
    var inFlight = 0
    var waiting = 0
    var concurrency = 0
    /// Keys that a service has frozen, with the microseconds that are left.
    var frozen: [(key: String, left: Microseconds)] = []
  }

  func load() -> Load {
    let now = clock()
    return state.withLock { state in
      var load = Load()
      for (key, entry) in state.keys {
        load.inFlight += entry.machine.inFlight
        load.waiting += entry.machine.waiting
        load.concurrency += Int(entry.machine.concurrency)
        if entry.machine.isFrozen(at: now) { load.frozen.append((key, entry.machine.frozenUntil - now)) }
      }
      return load
    }
  }

  /// What changed since the last look, in wall-clock time.
  func takeEvents() -> [LimiterEvent] {
    let offset = Instant.now().microseconds - clock()
    return state.withLock { state in
      state.keys.keys.flatMap { state.keys[$0]?.machine.takeEvents() ?? [] }
    }.map { event in
      var event = event
      event.at += offset
      return event
    }
  }
}
