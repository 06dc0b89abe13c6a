import Vocabulary

/// How long a service has brought no answer at all: no connection, or silence until the time was up. One that
/// answers, with whatever status, is not gone.
struct Outage: Sendable, Hashable {
  /// In a row.
  var attempts = 0
  /// When the first of them had failed.
  var since: Microseconds = 0
  /// Until the last of them.
  var lasted: Microseconds = 0
  /// It has answered before.
  var hasAnswered = false

  mutating func answered() {
    hasAnswered = true
    attempts = 0
  }

  mutating func failed(at now: Microseconds) {
    if attempts == 0 { since = now }
    attempts += 1
    lasted = now - since
  }

  /// Asking on is pointless. One that was never there is given up sooner than one that may come back.
  func isOver(_ settings: LimiterSettings) -> Bool {
    attempts >= settings.attemptsUntilGone
      && lasted >= (hasAnswered ? settings.times.gone : settings.times.neverThere)
  }
}
