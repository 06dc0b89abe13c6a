import Vocabulary

/// What is done about a failed attempt: the table, as a pure function.
enum RetryPolicy {
  enum Decision: Sendable, Hashable {
    case giveUp
    /// The key is frozen; the call goes back to the head of its queue. Costs no retry.
    case whenThawed
    /// After a pause of its own, if the retry budget allows.
    case afterBackoff
  }

  /// How often a call was tried, and why in vain.
  struct Tries: Sendable, Hashable {
    /// Turned away by a limit, or by a service that said when to come back.
    var limited = 0
    /// Failed for a passing reason.
    var transient = 0
    /// Of all these, after which it may have been billed.
    var billingUnknown = 0
  }

  static func decide(
    _ failure: Failure, _ attempt: Attempt, after tries: Tries, settings: LimiterSettings
  ) -> Decision {
    // A service that says so itself knows best, as long as tries are left.
    if failure.shouldRetry == false { return .giveUp }
    // Whatever it failed with: a stream that is turned away after its first words was worked on.
    if attempt.mayBeBilled, tries.billingUnknown >= settings.retriesWhenBillingUnknown { return .giveUp }
    switch failure.kind {
    case .rateLimited:
      return tries.limited + 1 < settings.triesWhenLimited ? .whenThawed : .giveUp
    case .overloaded:
      if tries.limited + 1 >= settings.triesWhenLimited { return .giveUp }
      return failure.status == 529 || attempt.retryAfter != nil
        ? .whenThawed : transient(tries, settings)
    case .server, .timeout, .connection, .truncated: return transient(tries, settings)
    case .auth, .badRequest, .notFound, .quota, .malformed, .refused, .budget, .cancelled, .config, .script:
      return .giveUp
    }
  }

  private static func transient(_ tries: Tries, _ settings: LimiterSettings) -> Decision {
    tries.transient >= settings.retries ? .giveUp : .afterBackoff
  }

  static func news(of failure: Failure) -> AttemptNews.Kind {
    switch failure.kind {
    case .rateLimited: .limited
    case .overloaded: .overloaded
    case .server, .timeout, .connection, .truncated: .transient
    case .auth, .badRequest, .notFound, .quota, .malformed, .refused, .budget, .cancelled, .config, .script:
      .neutral
    }
  }

  /// Full jitter: anything up to half a second, doubled with every try, a minute at most.
  static func backoff(tries: Int, jitter: Double, second: Microseconds) -> Microseconds {
    let longest = min(Double(60 * second), 0.5 * Double(second) * Double(1 << min(tries, 16)))
    return Microseconds(longest * jitter)
  }
}
