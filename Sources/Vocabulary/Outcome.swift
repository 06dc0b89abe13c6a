/// How a trial ended.
public enum Outcome: String, Sendable, CaseIterable {
  case pass
  /// a check did not hold
  case fail
  /// no judgeable reply, or a check that could not be decided
  case error
  case skipped
}

/// Why there is no judgeable reply: a closed list.
public enum ErrorKind: String, Sendable, CaseIterable {
  case auth
  case badRequest = "bad_request"
  case notFound = "not_found"
  case rateLimited = "rate_limited"
  case quota
  case overloaded
  case server
  case timeout
  case connection
  /// the stream ended without its end mark
  case truncated
  /// not the promised format
  case malformed
  /// content filter
  case refused
  case budget
  case cancelled
  case config
  case script

  public var isRetryable: Bool {
    switch self {
    case .rateLimited, .overloaded, .server, .timeout, .connection, .truncated: true
    case .auth, .badRequest, .notFound, .quota, .malformed, .refused, .budget, .cancelled, .config, .script:
      false
    }
  }

  /// The whole target is dead, not this call alone.
  public var stopsTarget: Bool {
    switch self {
    case .auth, .notFound, .quota: true
    default: false
    }
  }
}

/// What went wrong, in facts: the sentence for people is made where it is shown.
public struct Failure: Error, Sendable, Hashable {
  public var kind: ErrorKind
  public var message: String
  /// HTTP status, where there was one.
  public var status: Int?
  /// The service's own code, such as `rate_limit_exceeded`.
  public var code: String?
  /// The first bytes of what came instead, for people to look at.
  public var evidence: String?
  /// What the service itself said about trying again (`x-should-retry`): wins over the kind.
  public var shouldRetry: Bool?

  public init(
    _ kind: ErrorKind, _ message: String, status: Int? = nil, code: String? = nil, evidence: String? = nil
  ) {
    self.kind = kind
    self.message = message
    self.status = status
    self.code = code
    self.evidence = evidence
  }

  public var isRetryable: Bool { shouldRetry ?? kind.isRetryable }
}
