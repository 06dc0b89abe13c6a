import Synchronization

/// Lets everyone through while it is open, and one at a time once it is closed: from the first case on that
/// stores its output for later ones, trials run in order.
final class Turnstile: Sendable {
  private struct State {
    var isClosed: Bool
    var inside = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
    var next = 0
    var closing: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>

  init(isClosed: Bool) { state = Mutex(State(isClosed: isClosed)) }

  /// Comes in and takes something in one step, so that what is taken later comes in later. Where `closes` says so of it,
  /// it is let through alone: returns once all who came before have left, and no one follows until it has left, too.
  func enter<Taken: Sendable>(_ take: () -> Taken?, closes: (Taken) -> Bool) async -> Taken? {
    let (isIn, first, isAlone) = state.withLock { state -> (Bool, Taken?, Bool) in
      if state.isClosed && state.inside > 0 { return (false, nil, false) }
      state.inside += 1
      guard let taken = take() else { return (true, nil, true) }
      let isLast = closes(taken)
      if isLast { state.isClosed = true }
      return (true, taken, !isLast || state.inside == 1)
    }
    if isIn {
      if !isAlone { await othersToLeave() }
      return first
    }
    await turn()
    // Closed, and alone in it.
    return take()
  }

  private func turn() async {
    await withCheckedContinuation { continuation in
      let isIn = state.withLock { state -> Bool in
        if !(state.isClosed && state.inside > 0) {
          state.inside += 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isIn { continuation.resume() }
    }
  }

  private func othersToLeave() async {
    await withCheckedContinuation { continuation in
      let isAlone = state.withLock { state -> Bool in
        if state.inside == 1 { return true }
        state.closing = continuation
        return false
      }
      if isAlone { continuation.resume() }
    }
  }

  func leave() {
    let woken = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.inside -= 1
      if state.inside == 1, let closing = state.closing {
        state.closing = nil
        return closing
      }
      guard state.inside == 0, state.next < state.waiting.count else { return nil }
      state.inside += 1
      defer { state.next += 1 }
      return state.waiting[state.next]
    }
    woken?.resume()
  }
}
