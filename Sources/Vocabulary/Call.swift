import Formats

/// Microseconds on the monotonic clock, unless a name says that it is a wall-clock instant.
public typealias Microseconds = Int64

/// Why a call was made.
public enum CallPurpose: String, Sendable, CaseIterable {
  case trial
  case judge
  case embedding
  case moderation
  /// from the shell: `assay ask`
  case ask
  /// of another program, through `assay proxy`
  case live

  /// Of those that judge what others say; the rest is asked for its own sake.
  public var judges: Bool {
    switch self {
    case .judge, .embedding, .moderation: true
    case .trial, .ask, .live: false
    }
  }
}

/// Where a reply came from. Only `network` enters a latency figure.
public enum CallSource: String, Sendable {
  case network
  case cache
  case replay
  /// the output file of a batch: paid for, and as slow as it likes
  case batch
  /// a target that needs no wire: echo, scripts
  case local

  /// A service was asked, and charges for it.
  public var isPaid: Bool { self == .network || self == .batch }
}

/// One exchange with a model: what was asked, what came of it, and every attempt on the way.
public typealias Call = Shared<CallFields>

public struct CallFields: Sendable {
  public var purpose: CallPurpose
  public var source: CallSource
  /// Key of the limiter and the label of the target asked.
  public var target: String
  /// Provider family and model as asked, such as `openai` and `gpt-4o-mini`.
  public var provider: String
  public var model: String
  /// Canonical request as sent, without secrets.
  public var request: JSON
  public var result: Result<Reply, Failure>
  public var attempts: [Attempt]
  /// From being scheduled to being done: queueing, retries and backoff included.
  public var total: Microseconds
  /// Wall clock at scheduling, microseconds since 1970 UTC.
  public var scheduledAt: Int64
  public var waits: Waits
  /// Nil when the price is unknown; `costReason` says why, or how it was found.
  public var cost: Money?
  public var costReason: String?
  /// Attempts that may have been billed without our seeing a reply, booked at their reservation.
  public var possiblyBilled: Money = .zero
  /// The same in tokens, where a budget counts them.
  public var possiblyBilledTokens = 0
  public var isSimulated = false
  public var traceID: String?
  /// Where the reply is used again: what it took when it was made. It enters no figure of this call.
  public var original: CallFigures?
}

/// What a reply took: what checks judge it by.
public struct CallFigures: Sendable, Hashable {
  public var source: CallSource
  /// Of a script or command, too; nil where nothing was measured.
  public var latency: Microseconds?
  public var timeToFirstToken: Microseconds?
  public var cost: Money?
  public var costReason: String?

  public init(
    source: CallSource, latency: Microseconds?, timeToFirstToken: Microseconds?, cost: Money?,
    costReason: String?
  ) {
    self.source = source
    self.latency = latency
    self.timeToFirstToken = timeToFirstToken
    self.cost = cost
    self.costReason = costReason
  }
}

extension Call {
  public init(
    purpose: CallPurpose, source: CallSource, target: String, provider: String, model: String, request: JSON,
    result: Result<Reply, Failure>, attempts: [Attempt], total: Microseconds, scheduledAt: Int64,
    waits: Waits = Waits()
  ) {
    self.init(
      CallFields(
        purpose: purpose, source: source, target: target, provider: provider, model: model, request: request,
        result: result, attempts: attempts, total: total, scheduledAt: scheduledAt, waits: waits))
  }

  public var reply: Reply? { try? self.result.get() }
  public var failure: Failure? { if case .failure(let failure) = self.result { failure } else { nil } }
  /// What the service took: the attempt that succeeded, from its start to its end.
  public var latency: Microseconds? {
    guard self.source == .network, reply != nil else { return nil }
    return self.attempts.last?.timings.done
  }
  /// Where the reply came from when it was made, in this run or before it.
  public var madeFrom: CallSource { self.original?.source ?? self.source }
  /// What it cost then.
  public var madeFor: Money? {
    if let original = self.original { return original.cost }
    return self.cost
  }
  /// What the reply took when it was made, in this run or before it.
  public var figures: CallFigures {
    self.original
      ?? CallFigures(
        source: self.source,
        // Of a script or command, what it ran.
        latency: latency ?? (self.source == .local && reply != nil ? self.attempts.last?.timings.done : nil),
        timeToFirstToken: self.source == .network ? self.attempts.last?.timings.firstOutput : nil,
        cost: self.cost, costReason: self.costReason)
  }
}

/// Where the time before and between attempts went.
public struct Waits: Sendable, Hashable {
  public var concurrency: Microseconds = 0
  public var rate: Microseconds = 0
  public var backoff: Microseconds = 0
  public var budget: Microseconds = 0
  public init() {}
}

/// One HTTP request.
public typealias Attempt = Shared<AttemptFields>

public struct AttemptFields: Sendable, Hashable {
  /// Wall clock at start, microseconds since 1970 UTC.
  public var startedAt: Int64
  public var timings: Timings
  public var status: Int?
  public var failure: Failure?
  public var requestID: String?
  /// The body had left when it failed, so the service may have billed it.
  public var mayBeBilled = false
  /// Usage that a failed attempt had told of before it failed.
  public var usage: Usage?
  public var connectionReused = false
  public var bytesUp: Int = 0
  public var bytesDown: Int = 0
  /// Seconds the service asked us to wait.
  public var retryAfter: Double?
  public var rateLimit: RateLimit?
}

extension Attempt {
  public init(startedAt: Int64, timings: Timings) {
    self.init(AttemptFields(startedAt: startedAt, timings: timings))
  }
}

/// Offsets from the start of the attempt, stamped when the bytes arrived. Absent is absent, never zero.
public struct Timings: Sendable, Hashable {
  public var nameLookup: Microseconds?
  public var connect: Microseconds?
  public var tls: Microseconds?
  public var firstByte: Microseconds?
  public var firstEvent: Microseconds?
  /// First non-empty output of any kind: reasoning, text, refusal, tool call. TTFT.
  public var firstOutput: Microseconds?
  /// First output that a user would see. TTFC.
  public var firstVisible: Microseconds?
  public var lastOutput: Microseconds?
  public var done: Microseconds
  public var eventCount: Int = 0
  public var outputEventCount: Int = 0
  /// Reasoning was seen as it was streamed.
  public var sawReasoning = false
  /// Greatest gap between two output events.
  public var longestGap: Microseconds?
  /// Greatest delay between the socket being readable and our handling it.
  public var loopLag: Microseconds = 0

  public init(done: Microseconds) { self.done = done }

  /// Time per output token after the first, where it can be known.
  public func timePerOutputToken(_ usage: Usage?) -> Double? {
    guard let usage, let firstOutput, let lastOutput else { return nil }
    let timed = sawReasoning ? usage.output : usage.output - usage.reasoning
    return timed >= 2 && lastOutput > firstOutput ? Double(lastOutput - firstOutput) / Double(timed - 1) : nil
  }
}

/// What a service's headers said about its limits.
public struct RateLimit: Sendable, Hashable {
  public struct Bucket: Sendable, Hashable {
    public var limit: Int?
    public var remaining: Int?
    /// Seconds until it is full again.
    public var reset: Double?
    public init(limit: Int? = nil, remaining: Int? = nil, reset: Double? = nil) {
      self.limit = limit
      self.remaining = remaining
      self.reset = reset
    }
  }

  public var requests = Bucket()
  public var tokens = Bucket()
  public var inputTokens = Bucket()
  public var outputTokens = Bucket()
  public init() {}
}
