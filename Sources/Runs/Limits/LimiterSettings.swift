import Vocabulary

/// What the limiter of one key starts from, and its constants. Tests shrink the times to run in
/// scaled time.
public struct LimiterSettings: Sendable, Hashable {
  /// Most calls at once, as the user said; nil lets the limiter find out.
  public var concurrency: Int?
  /// As the user said; kept whatever the service's headers say.
  public var requestsPerMinute: Int?
  public var tokensPerMinute: Int?
  /// Retries of a call that failed for a passing reason; 429s are apart.
  public var retries = 3
  /// Tries of a call that was only ever turned away by a limit.
  public var triesWhenLimited = 12
  /// Retries of a call that may have been billed.
  public var retriesWhenBillingUnknown = 1
  /// Calls at once to begin with, when the user did not say.
  public var firstConcurrency = 20
  public var mostConcurrency = 4_096
  /// Stops growing where more at once bring no more replies; not where the times of sending are given.
  public var findsKnee = true
  /// A service that leaves so many attempts in a row without an answer, for long enough, is gone.
  public var attemptsUntilGone = 10
  /// Retries allowed in the window: this share of the requests sent in it, and some more.
  public var retryShare = 0.1
  public var retryReserve = 10
  public var times = Times()

  /// Microseconds.
  public struct Times: Sendable, Hashable {
    public var minute: Microseconds = 60_000_000
    public var second: Microseconds = 1_000_000
    /// Between two probes once the retry budget is spent.
    public var probe: Microseconds = 5_000_000
    /// Longest that a retry waits for the retry budget.
    public var retryPatience: Microseconds = 30_000_000
    /// Without an answer from a service that had answered before, and from one that never did, until it is gone.
    public var gone: Microseconds = 60_000_000
    public var neverThere: Microseconds = 10_000_000
    public init() {}

    /// All times divided: 60 makes a minute a second.
    public static func scaled(by factor: Int64) -> Times {
      var times = Times()
      times.minute /= factor
      times.second /= factor
      times.probe /= factor
      times.retryPatience /= factor
      times.gone /= factor
      times.neverThere /= factor
      return times
    }
  }

  public init() {}
}

/// Tokens that a call is thought to need, for the buckets of a key.
public struct TokenNeed: Sendable, Hashable {
  public var input: Int
  /// Most output, where it is known.
  public var maxOutput: Int?
  public init(input: Int = 0, maxOutput: Int? = nil) {
    self.input = input
    self.maxOutput = maxOutput
  }
}

/// Who goes first: what is begun is finished, so that few calls are in limbo.
public enum LimiterPriority: Int, Sendable, Comparable, CaseIterable {
  case judge
  case retry
  case new
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// What an attempt taught about its key.
public struct AttemptNews: Sendable {
  public enum Kind: Sendable, Hashable {
    case success
    /// 429: turned away by a limit of ours.
    case limited
    /// 503 or 529: the service is busy for everyone.
    case overloaded
    /// 500, timeouts, connections.
    case transient
    /// Says nothing about limits: bad requests, refusals.
    case neutral
  }

  public var kind: Kind
  /// Nothing came back at all.
  public var isUnanswered = false
  /// What the service asked us to wait, in microseconds.
  public var retryAfter: Microseconds?
  public var rateLimit: RateLimit?
  public var usage: Usage?

  public init(
    _ kind: Kind, retryAfter: Microseconds? = nil, rateLimit: RateLimit? = nil, usage: Usage? = nil
  ) {
    self.kind = kind
    self.retryAfter = retryAfter
    self.rateLimit = rateLimit
    self.usage = usage
  }
}
