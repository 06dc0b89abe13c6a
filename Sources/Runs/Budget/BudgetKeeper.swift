import Formats
import Models
import Suites
import Synchronization
import Vocabulary

/// Holds a run to its budget: `BudgetState` with tasks that wait, judges before trials, else in the order
/// they came.
final class BudgetKeeper: Sendable {
  struct Reservation: Sendable {
    fileprivate var amount: BudgetState.Amount
    var waited: Microseconds
    var cost: Money { amount.cost }
  }

  private struct Waiter {
    var amount: BudgetState.Amount
    var priority: LimiterPriority
    var since: Microseconds
    var continuation: CheckedContinuation<Reservation?, Never>
  }

  private struct State {
    var budget: BudgetState
    var waiting: [Waiter] = []
    var isExhausted = false
    var isStopped = false
  }

  private let state: Mutex<State>
  private let caps: Budget
  let isLimited: Bool

  init(_ budget: BudgetState) {
    isLimited = budget.isLimited
    caps = budget.caps
    state = Mutex(State(budget: budget))
  }

  var used: BudgetState.Amount { state.withLock { $0.budget.used } }
  var isExhausted: Bool { state.withLock { $0.isExhausted } }

  /// Why a call may not be sent at all: a cap cannot be held where nothing bounds what a call uses.
  func refusal(of worst: WorstCase) -> Failure? {
    if caps.cost != nil, worst.cost == nil {
      return Failure(
        .config,
        "a budget in dollars cannot be held here: \(worst.reason ?? "its cost is not known"); "
          + "limit tokens or calls instead")
    }
    if caps.tokens != nil, worst.tokens == nil {
      return Failure(
        .config,
        "a budget in tokens cannot be held here: \(worst.reason ?? "its length is not known"); limit calls instead"
      )
    }
    return nil
  }

  /// Waits until the worst case fits; nil when it never will, or the run was stopped.
  func reserve(_ worst: BudgetState.Amount, priority: LimiterPriority) async -> Reservation? {
    if !isLimited { return Reservation(amount: worst, waited: 0) }
    return await withCheckedContinuation { continuation in
      let ready = state.withLock { state -> [(Waiter, Reservation?)] in
        let waiter = Waiter(
          amount: state.budget.reservation(for: worst), priority: priority,
          since: MonotonicClock.microseconds(), continuation: continuation)
        let place = state.waiting.firstIndex { $0.priority > priority } ?? state.waiting.count
        state.waiting.insert(waiter, at: place)
        return Self.pump(&state)
      }
      for (waiter, reservation) in ready { waiter.continuation.resume(returning: reservation) }
    }
  }

  func settle(_ reservation: Reservation, actual: BudgetState.Amount) {
    let ready = state.withLock { state -> [(Waiter, Reservation?)] in
      if isLimited {
        state.budget.settle(reservation.amount, actual: actual)
        return Self.pump(&state)
      }
      _ = state.budget.reserve(BudgetState.Amount())
      state.budget.settle(BudgetState.Amount(), actual: actual)
      return []
    }
    for (waiter, reservation) in ready { waiter.continuation.resume(returning: reservation) }
  }

  /// Whoever waits is told no.
  func stop() {
    let waiting = state.withLock { state -> [Waiter] in
      state.isStopped = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for waiter in waiting { waiter.continuation.resume(returning: nil) }
  }

  private static func pump(_ state: inout State) -> [(Waiter, Reservation?)] {
    var ready: [(Waiter, Reservation?)] = []
    let now = MonotonicClock.microseconds()
    while let first = state.waiting.first {
      if state.isExhausted || state.isStopped {
        ready.append((state.waiting.removeFirst(), nil))
        continue
      }
      switch state.budget.reserve(first.amount) {
      case .granted:
        state.waiting.removeFirst()
        ready.append((first, Reservation(amount: first.amount, waited: now - first.since)))
      case .wait: return ready
      case .exhausted: state.isExhausted = true
      }
    }
    return ready
  }
}
