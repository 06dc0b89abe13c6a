import Synchronization

/// Numbered parts of some work, made on several threads at once and taken in their order. Who is far ahead waits, so that
/// only a few parts are held at a time.
final class OrderedParts<Part: Sendable>: Sendable {
  private struct State {
    var claimed = 0
    var taken = 0
    /// Made and not yet taken, by number.
    var made: [Int: Part] = [:]
    var error: LedgerError?
    var isAbandoned = false
    /// Those at work.
    var makers = 0
  }

  private enum Claim { case part(Int), wait, end }

  private let count: Int
  private let mostHeld: Int
  private let state = Mutex(State())
  private let filled = Signal()
  private let emptied = Signal()

  init(_ count: Int, mostHeld: Int) {
    self.count = count
    self.mostHeld = mostHeld
  }

  /// The next part to be made; nil where none is left or wanted.
  func claim() -> Int? {
    while true {
      let claim = state.withLock { state -> Claim in
        if state.isAbandoned || state.error != nil || state.claimed == count { return .end }
        guard state.claimed - state.taken < mostHeld else { return .wait }
        state.claimed += 1
        return .part(state.claimed - 1)
      }
      switch claim {
      case .wait: emptied.wait()
      case .part(let part):
        // A signal wakes one thread: who goes on wakes the next.
        emptied.raise()
        return part
      case .end:
        emptied.raise()
        return nil
      }
    }
  }

  func made(_ number: Int, _ part: Part) {
    state.withLock { $0.made[number] = part }
    filled.raise()
  }

  func failed(_ error: LedgerError) {
    state.withLock { $0.error = $0.error ?? error }
    filled.raise()
    emptied.raise()
  }

  /// The next part in order, nil after the last. For one thread.
  func next() throws(LedgerError) -> Part? {
    while true {
      let found = state.withLock { state -> Result<Part?, LedgerError>? in
        if let part = state.made.removeValue(forKey: state.taken) {
          state.taken += 1
          return .success(part)
        }
        if let error = state.error { return .failure(error) }
        return state.taken == count ? .success(nil) : nil
      }
      if let found {
        emptied.raise()
        return try found.get()
      }
      filled.wait()
    }
  }

  /// One more thread is about to make parts.
  func began() { state.withLock { $0.makers += 1 } }

  /// One of them has let go of all that it worked with.
  func ended() {
    state.withLock { $0.makers -= 1 }
    filled.raise()
  }

  /// Nothing more will be taken. Returns when the last maker has ended: a connection that is still open keeps the writer
  /// from copying its log into the file.
  func finish() {
    state.withLock {
      $0.isAbandoned = true
      $0.made = [:]
    }
    emptied.raise()
    while state.withLock({ $0.makers > 0 }) { filled.wait() }
  }
}
