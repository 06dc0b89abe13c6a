import Formats
import Testing
import Vocabulary

@testable import Runs

@Suite("the limiter, in simulated time")
struct LimiterTests {
  /// A kind of limit, whether headers tell of it and whether refusals say how long to wait, and what is
  /// asked of the limiter.
  struct Kind: Sendable {
    var window: LimitedServer.Window
    var headers = true
    var retryAfter = true
    var used = 0.95
    var extra = 0.05
  }

  static let kinds = [
    Kind(window: .bucketOfMinute), Kind(window: .bucketOfMinute, headers: false),
    Kind(window: .bucketOfMinute, headers: false, retryAfter: false), Kind(window: .bucketOfTenSeconds),
    Kind(window: .bucketOfTenSeconds, headers: false),
    Kind(window: .bucketOfTenSeconds, headers: false, retryAfter: false),
    Kind(window: .fixedMinute), Kind(window: .fixedMinute, headers: false),
    Kind(window: .fixedMinute, headers: false, retryAfter: false),
    Kind(window: .sliding), Kind(window: .sliding, headers: false),
    Kind(window: .sliding, headers: false, retryAfter: false),
  ]

  @Test("numbers beyond all sense from a service stop nothing")
  func absurdNumbers() {
    var bucket = TokenBucket(perMinute: 1, minute: 60_000_000, at: 0)
    bucket.take(1e18)
    #expect(bucket.allowsAt(1, now: 0) > 0)
    #expect(TokenBucket(perMinute: 1e300, minute: 60_000_000, at: 0).wholePerMinute > 0)
    var output = OutputEstimate()
    output.learn(.max)
    #expect(output.guess(TokenNeed(input: 1)) > 0)
    #expect(output.guess(TokenNeed(input: 1, maxOutput: 5)) == 5)
  }

  @Test(
    "a limited service is used to the full with few extra sends", arguments: kinds,
    [50_000.0, 800_000, 3_200_000])
  func usesLimit(_ kind: Kind, latency: Double) {
    var server = LimitedServer(kind.window, requestsPerMinute: 600)
    server.sendsHeaders = kind.headers
    server.sendsRetryAfter = kind.retryAfter
    var simulation = LimiterSimulation(server, seed: 1)
    simulation.meanLatency = latency
    let count = 6_000
    simulation.run(count)
    // What a bucket has saved up at the start comes on top of what flows in.
    let saved: Double =
      switch kind.window {
      case .bucketOfMinute: 600
      case .bucketOfTenSeconds: 100
      case .sliding, .fixedMinute: 0
      }
    let used = (Double(count) - saved) / 10 / (Double(simulation.now) / 1e6)
    let extra = Double(simulation.sends - count) / Double(count)
    #expect(simulation.done == count)
    #expect(used >= kind.used)
    #expect(extra <= kind.extra)
  }

  @Test("a wait beyond all reason is a number")
  func debt() {
    var bucket = TokenBucket(perMinute: 0, minute: 60_000_000, at: 0)
    bucket.take(1e30)
    #expect(bucket.allowsAt(1, now: 5) < 2_000_000_000_000_000)
  }

  @Test("a service that counts by the minute is used to the full by calls that take longer than one")
  func longCalls() {
    var settings = LimiterSettings()
    settings.concurrency = 400
    var simulation = LimiterSimulation(
      LimitedServer(.sliding, requestsPerMinute: 60), settings: settings, seed: 1)
    simulation.meanLatency = 150_000_000
    simulation.run(600)
    // Ten minutes of requests, and the last replies' own time.
    #expect(Double(simulation.now) / 1e6 < 600 / 0.95 + 225)
  }

  private func limiter(_ settings: LimiterSettings = LimiterSettings()) -> KeyLimiter {
    KeyLimiter(key: "k", settings: settings, seed: 1, at: 0)
  }

  private func waiter(_ id: UInt64, flow: Int = 0, _ priority: LimiterPriority = .new, tokens: Int = 100)
    -> KeyLimiter.Waiter
  {
    KeyLimiter.Waiter(id: id, flow: flow, priority: priority, need: TokenNeed(input: tokens, maxOutput: 0))
  }

  private func admitAll(_ limiter: inout KeyLimiter, at now: Microseconds) -> [UInt64] {
    var ids: [UInt64] = []
    while let admission = limiter.admit(at: now) { ids.append(admission.waiter.id) }
    return ids
  }

  @Test("twenty refusals in flight are one cut")
  func oneCut() {
    var limiter = limiter()
    for id in 0..<40 { limiter.enqueue(waiter(UInt64(id)), at: 0) }
    let sent = admitAll(&limiter, at: 0)
    #expect(sent.count == 20)
    for id in sent { limiter.completed(id, AttemptNews(.limited, retryAfter: 1_000_000), at: 1_000) }
    #expect(limiter.events.filter { $0.kind == "concurrency" }.count <= 1)
    #expect(limiter.events.filter { $0.kind == "freeze" }.count == 1)
    #expect(limiter.concurrency >= 14)
  }

  @Test("a service that asks for 89 seconds every two seconds is obeyed, and adapting goes on")
  func longRetryAfter() {
    var limiter = limiter()
    var now: Microseconds = 0
    var sends = 0
    for id in 0..<200 { limiter.enqueue(waiter(UInt64(id)), at: 0) }
    for round in 0..<8 {
      let sent = admitAll(&limiter, at: now)
      sends += sent.count
      #expect(!sent.isEmpty, "round \(round)")
      for id in sent {
        limiter.completed(id, AttemptNews(.limited, retryAfter: 89_000_000), at: now + 10_000)
        limiter.enqueue(waiter(id), atHead: true, at: now + 10_000)
      }
      #expect(limiter.admit(at: now + 2_000_000) == nil)
      #expect(limiter.admit(at: now + 88_000_000) == nil)
      now += 95_000_000
    }
    // It asks with less and less, in place of with everything every time.
    #expect(sends < 8 * 20)
  }

  @Test("a reply with nothing remaining is a reply; the next waits")
  func nothingRemaining() {
    var limiter = limiter()
    limiter.enqueue(waiter(1), at: 0)
    #expect(admitAll(&limiter, at: 0) == [1])
    var limit = RateLimit()
    limit.requests = .init(limit: 60, remaining: 0, reset: 1)
    limiter.completed(1, AttemptNews(.success, rateLimit: limit), at: 10_000)
    limiter.enqueue(waiter(2), at: 10_000)
    #expect(limiter.admit(at: 10_000) == nil)
    #expect(!limiter.isFrozen(at: 10_000))
    let wake = limiter.nextWake(at: 10_000) ?? 0
    #expect(wake > 900_000 && wake < 1_300_000)
    #expect(admitAll(&limiter, at: wake) == [2])
  }

  @Test("a limit beyond all reason holds nothing up and stops nothing")
  func hugeLimit() {
    var limiter = limiter()
    var limit = RateLimit()
    limit.requests = .init(limit: 1 << 53, remaining: 1 << 53, reset: 60)
    limit.tokens = .init(limit: 1 << 53, remaining: 0, reset: 60)
    for id in 1...3 as ClosedRange<UInt64> {
      let now = Microseconds(id) * 60_000_000
      limiter.enqueue(waiter(id), at: now)
      #expect(admitAll(&limiter, at: now) == [id])
      limiter.completed(id, AttemptNews(.success, rateLimit: limit), at: now + 10_000)
    }
  }

  @Test("a request larger than the limit of tokens goes alone, on debt")
  func largerThanBucket() {
    var settings = LimiterSettings()
    settings.tokensPerMinute = 6_000
    var limiter = limiter(settings)
    limiter.enqueue(waiter(1, tokens: 5_000), at: 0)
    #expect(admitAll(&limiter, at: 0) == [1])
    limiter.completed(1, AttemptNews(.success), at: 1_000_000)
    limiter.enqueue(waiter(2, tokens: 100), at: 1_000_000)
    #expect(limiter.admit(at: 1_000_000) == nil)
    // 5,000 tokens are paid off after 40 seconds at 100 a second.
    #expect(admitAll(&limiter, at: 45_000_000) == [2])
  }

  @Test("small requests pass a large one at most 32 times")
  func passing() {
    var settings = LimiterSettings()
    settings.tokensPerMinute = 60_000
    settings.concurrency = 1_000
    var limiter = limiter(settings)
    // Ten seconds' worth are 10,000 tokens; the large one needs them all.
    limiter.enqueue(waiter(0, tokens: 9_000), at: 0)
    #expect(admitAll(&limiter, at: 0) == [0])
    limiter.enqueue(waiter(1, flow: 1, tokens: 9_000), at: 0)
    for id in 2..<200 { limiter.enqueue(waiter(UInt64(id), flow: 2, tokens: 1_000), at: 0) }
    var passed = 0
    var now: Microseconds = 0
    while now < 120_000_000 {
      let sent = admitAll(&limiter, at: now)
      if sent.contains(1) { break }
      passed += sent.count
      now += 100_000
    }
    // Nine have their turn while the large one saves up for its own.
    #expect(passed <= 32 + 10)
    #expect(now < 70_000_000)
  }

  @Test("judges go before retries, retries before what is new")
  func priorities() {
    var settings = LimiterSettings()
    settings.concurrency = 1
    var limiter = limiter(settings)
    limiter.enqueue(waiter(1, .new), at: 0)
    limiter.enqueue(waiter(2, .retry), at: 0)
    limiter.enqueue(waiter(3, .judge), at: 0)
    var order: [UInt64] = []
    for now in 1...3 {
      for id in admitAll(&limiter, at: Microseconds(now)) {
        order.append(id)
        limiter.completed(id, AttemptNews(.success), at: Microseconds(now))
      }
    }
    #expect(order == [3, 2, 1])
  }

  @Test("flows share a key by tokens, not by requests")
  func fairness() {
    var settings = LimiterSettings()
    settings.concurrency = 1
    var limiter = limiter(settings)
    for id in 0..<2_000 {
      limiter.enqueue(waiter(UInt64(id * 2), flow: 1, tokens: 2_000), at: 0)
      limiter.enqueue(waiter(UInt64(id * 2 + 1), flow: 2, tokens: 200), at: 0)
    }
    var tokens = [0, 0]
    for now in 1...1_100 {
      for id in admitAll(&limiter, at: Microseconds(now)) {
        tokens[Int(id % 2)] += id % 2 == 0 ? 2_000 : 200
        limiter.completed(id, AttemptNews(.success), at: Microseconds(now))
      }
    }
    let ratio = Double(tokens[0]) / Double(tokens[1])
    #expect(ratio > 0.8 && ratio < 1.25)
  }

  @Test("no wait is less than none, though tasks looked at the clock in another order than they came")
  func neverNegative() {
    var limiter = limiter()
    limiter.enqueue(waiter(1), at: 1_000)
    let early = limiter.admit(at: 990)
    #expect(early?.concurrencyWait == 0)
    #expect(early?.rateWait == 0)
    limiter.completed(1, AttemptNews(.limited, retryAfter: 100), at: 2_000)
    limiter.enqueue(waiter(2), at: 2_000)
    for now in [2_010, 2_005, 2_050, 2_020] as [Microseconds] { #expect(limiter.admit(at: now) == nil) }
    var now: Microseconds = 2_060
    var late = limiter.admit(at: now)
    while late == nil, let wake = limiter.nextWake(at: now) {
      now = max(now + 1, wake)
      late = limiter.admit(at: now)
    }
    // Time that was looked at twice is counted once.
    #expect(late?.rateWait ?? .max <= now - 2_000)
    #expect(late?.concurrencyWait ?? -1 >= 0)
  }

  @Test("waits are told apart: concurrency and rate")
  func waits() {
    var settings = LimiterSettings()
    settings.concurrency = 1
    var limiter = limiter(settings)
    limiter.enqueue(waiter(1), at: 0)
    limiter.enqueue(waiter(2), at: 0)
    _ = limiter.admit(at: 0)
    #expect(limiter.admit(at: 0) == nil)
    limiter.completed(1, AttemptNews(.limited, retryAfter: 2_000_000), at: 3_000_000)
    #expect(limiter.admit(at: 3_000_000) == nil)
    let wake = limiter.nextWake(at: 3_000_000) ?? 0
    let admission = limiter.admit(at: wake)
    #expect(admission?.concurrencyWait == 3_000_000)
    #expect(admission?.rateWait == wake - 3_000_000)
  }
}

@Suite("retries")
struct RetryTests {
  private func attempt(_ kind: ErrorKind, status: Int? = nil, billed: Bool = false) -> (Failure, Attempt) {
    let failure = Failure(kind, "x", status: status)
    var attempt = Attempt(startedAt: 0, timings: Timings(done: 1))
    attempt.status = status
    attempt.failure = failure
    attempt.mayBeBilled = billed
    return (failure, attempt)
  }

  @Test(
    "the table: what is tried again, and how",
    arguments: [
      (ErrorKind.rateLimited, 429, false, RetryPolicy.Decision.whenThawed),
      (.overloaded, 529, false, .whenThawed), (.server, 500, false, .afterBackoff),
      (.timeout, nil, false, .afterBackoff), (.connection, nil, true, .afterBackoff),
      (.truncated, 200, true, .afterBackoff), (.auth, 401, false, .giveUp),
      (.badRequest, 400, false, .giveUp),
      (.notFound, 404, false, .giveUp), (.quota, 429, false, .giveUp), (.refused, 200, false, .giveUp),
      (.malformed, 200, true, .giveUp), (.budget, nil, false, .giveUp),
    ] as [(ErrorKind, Int?, Bool, RetryPolicy.Decision)])
  func table(_ kind: ErrorKind, _ status: Int?, _ billed: Bool, _ expected: RetryPolicy.Decision) {
    let (failure, attempt) = attempt(kind, status: status, billed: billed)
    #expect(
      RetryPolicy.decide(failure, attempt, after: RetryPolicy.Tries(), settings: LimiterSettings())
        == expected)
  }

  @Test(
    "what may have been billed is tried once more and no more, whatever it failed with",
    arguments: [
      (ErrorKind.timeout, nil, RetryPolicy.Decision.afterBackoff), (.truncated, 200, .afterBackoff),
      (.server, 200, .afterBackoff), (.rateLimited, 200, .whenThawed), (.overloaded, 200, .afterBackoff),
      (.overloaded, 529, .whenThawed),
    ] as [(ErrorKind, Int?, RetryPolicy.Decision)])
  func billingUnknown(_ kind: ErrorKind, _ status: Int?, _ first: RetryPolicy.Decision) {
    var (failure, attempt) = attempt(kind, status: status, billed: true)
    var tries = RetryPolicy.Tries()
    #expect(RetryPolicy.decide(failure, attempt, after: tries, settings: LimiterSettings()) == first)
    tries.billingUnknown = 1
    #expect(RetryPolicy.decide(failure, attempt, after: tries, settings: LimiterSettings()) == .giveUp)
    failure.shouldRetry = true
    #expect(RetryPolicy.decide(failure, attempt, after: tries, settings: LimiterSettings()) == .giveUp)
    attempt.mayBeBilled = false
    #expect(RetryPolicy.decide(failure, attempt, after: tries, settings: LimiterSettings()) != .giveUp)
  }

  @Test("retries never pass a tenth of the requests, ten more, and a probe now and then")
  func budget() {
    var generator = SeededGenerator(seed: 5)
    var budget = RetryBudget(LimiterSettings())
    var now: Microseconds = 1_000_000_000
    var requests: [Microseconds] = []
    var retries: [Microseconds] = []
    for _ in 0..<20_000 {
      now += Microseconds(generator.next(below: 40_000))
      budget.sent(at: now)
      requests.append(now)
      if generator.nextDouble() < 0.5, budget.take(at: now) { retries.append(now) }
      let window = now - 60_000_000
      let sent = requests.count - (requests.firstIndex { $0 > window } ?? requests.count)
      let retried = retries.count - (retries.firstIndex { $0 > window } ?? retries.count)
      // The minute is counted in steps of a second: one may be counted in or out. A probe comes every 5 s.
      #expect(Double(retried) <= 10 + 0.1 * Double(sent) + 13 + 4)
      if requests.count > 8_000 {
        requests.removeFirst(4_000)
        retries.removeAll { $0 <= window }
      }
    }
    #expect(!retries.isEmpty)
  }
}

@Suite("arrivals")
struct ArrivalTests {
  @Test("a steady rate keeps to its instants")
  func constant() {
    var schedule = ArrivalSchedule(.constant(perSecond: 50, late: .waits), seed: 1)
    #expect((0..<4).map { _ in schedule.next() } == [0, 20_000, 40_000, 60_000])
  }

  @Test("Poisson arrivals have the rate that was asked for, and exponential gaps")
  func poisson() {
    var schedule = ArrivalSchedule(.poisson(perSecond: 100, late: .waits), seed: 3)
    let times = (0..<20_000).compactMap { _ in schedule.next() }
    let gaps = zip(times.dropFirst(), times).map { Double($0 - $1) }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    #expect(abs(mean - 10_000) < 300)
    #expect(abs(variance.squareRoot() / mean - 1) < 0.05)
  }

  @Test("stages follow the area under the rate")
  func stages() {
    // From 0 to 10 a second in 10 s are 50 arrivals; then 10 a second.
    let stages = [Arrivals.Stage(perSecond: 10, seconds: 10), .init(perSecond: 10, seconds: 5)]
    #expect(abs(ArrivalSchedule.time(of: 50, stages) - 10) < 1e-9)
    #expect(abs(ArrivalSchedule.time(of: 12.5, stages) - 5) < 1e-9)
    #expect(abs(ArrivalSchedule.time(of: 100, stages) - 15) < 1e-9)
    #expect(abs(ArrivalSchedule.time(of: 110, stages) - 16) < 1e-9)
  }
}
