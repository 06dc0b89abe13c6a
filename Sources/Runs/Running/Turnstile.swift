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

  func enter() async {
    let isIn = state.withLock { state -> Bool in
      if state.isClosed && state.inside > 0 { return false }
      state.inside += 1
      return true
    }
    if isIn { return }
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

  /// Called from inside: from now on one at a time. Returns once all others have left.
  func close() async {
    await withCheckedContinuation { continuation in
      let isAlone = state.withLock { state -> Bool in
        state.isClosed = true
        if state.inside <= 1 || state.closing != nil { return true }
        state.closing = continuation
        return false
      }
      if isAlone { continuation.resume() }
    }
  }
}
