import Formats
import Foundation
import Vocabulary

@testable import Runs

/// A service with limits, simulated in microseconds of its own clock.
struct LimitedServer {
  enum Window { case bucketOfMinute, bucketOfTenSeconds, sliding, fixedMinute }

  var window: Window
  var requestsPerMinute: Double
  var tokensPerMinute: Double?
  var sendsHeaders = true
  var sendsRetryAfter = true
  private var requestLevel: Double
  private var tokenLevel: Double
  private var refilledAt: Microseconds = 0
  private var accepted: [Microseconds] = []
  private(set) var acceptedCount = 0
  private(set) var refusedCount = 0

  static let minute: Microseconds = 60_000_000

  init(_ window: Window, requestsPerMinute: Double, tokensPerMinute: Double? = nil) {
    self.window = window
    self.requestsPerMinute = requestsPerMinute
    self.tokensPerMinute = tokensPerMinute
    requestLevel = window == .bucketOfTenSeconds ? requestsPerMinute / 6 : requestsPerMinute
    tokenLevel = (tokensPerMinute ?? 0) / (window == .bucketOfTenSeconds ? 6 : 1)
  }

  /// What it says to a request that arrives now.
  mutating func receive(tokens: Int, at now: Microseconds) -> AttemptNews {
    refill(at: now)
    let share = window == .bucketOfTenSeconds ? 6.0 : 1
    let tokensFit =
      tokensPerMinute == nil || tokenLevel >= min(Double(tokens), (tokensPerMinute ?? 0) / share)
    if requestLevel >= 1 - 1e-9, tokensFit {
      requestLevel -= 1
      if tokensPerMinute != nil { tokenLevel -= Double(tokens) }
      accepted.append(now)
      acceptedCount += 1
      return AttemptNews(
        .success, rateLimit: headers(at: now), usage: Usage(input: tokens / 2, output: tokens / 2))
    }
    refusedCount += 1
    let wait = max(untilRequest(at: now), tokensFit ? 0 : untilTokens(tokens))
    return AttemptNews(
      .limited, retryAfter: sendsRetryAfter ? wait : nil, rateLimit: headers(at: now))
  }

  private mutating func refill(at now: Microseconds) {
    let passed = Double(now - refilledAt) / Double(Self.minute)
    let share = window == .bucketOfTenSeconds ? 6.0 : 1
    switch window {
    case .bucketOfMinute, .bucketOfTenSeconds:
      requestLevel = min(requestsPerMinute / share, requestLevel + passed * requestsPerMinute)
      if let limit = tokensPerMinute { tokenLevel = min(limit / share, tokenLevel + passed * limit) }
    case .sliding:
      accepted.removeAll { $0 <= now - Self.minute }
      requestLevel = requestsPerMinute - Double(accepted.count)
    case .fixedMinute:
      if now / Self.minute > refilledAt / Self.minute { requestLevel = requestsPerMinute }
    }
    refilledAt = now
  }

  private func untilRequest(at now: Microseconds) -> Microseconds {
    if requestLevel >= 1 { return 0 }
    switch window {
    case .bucketOfMinute, .bucketOfTenSeconds:
      return Microseconds((1 - requestLevel) / requestsPerMinute * Double(Self.minute)) + 1
    case .sliding: return (accepted.first ?? now) + Self.minute - now + 1
    case .fixedMinute: return (now / Self.minute + 1) * Self.minute - now
    }
  }

  private func untilTokens(_ tokens: Int) -> Microseconds {
    guard let limit = tokensPerMinute else { return 0 }
    let need = min(Double(tokens), limit / (window == .bucketOfTenSeconds ? 6 : 1))
    return Microseconds(max(0, need - tokenLevel) / limit * Double(Self.minute)) + 1
  }

  private func headers(at now: Microseconds) -> RateLimit? {
    guard sendsHeaders else { return nil }
    var limit = RateLimit()
    limit.requests = .init(
      limit: Int(requestsPerMinute), remaining: max(0, Int(requestLevel.rounded(.down))),
      reset: (requestsPerMinute - requestLevel) / requestsPerMinute * 60)
    if let tokens = tokensPerMinute {
      limit.tokens = .init(
        limit: Int(tokens), remaining: max(0, Int(tokenLevel.rounded(.down))),
        reset: (tokens - tokenLevel) / tokens * 60)
    }
    return limit
  }
}

/// Drives a limiter against a service in simulated time.
struct LimiterSimulation {
  var limiter: KeyLimiter
  var server: LimitedServer
  var generator: SeededGenerator
  var meanLatency: Double = 3_200_000
  /// Share of accepted requests that fail with a 500 after all.
  var failures = 0.0
  var tokens = 1_050
  /// Until when each of the server's slots is taken; without any it does everything at once.
  var slots: [Microseconds] = []
  /// Latencies vary as the lengths of replies do: a few are many times the mean.
  var isExponential = false
  /// When each tenth of all was done.
  private(set) var tenthsAt: [Microseconds] = []
  private(set) var sends = 0
  private(set) var done = 0
  private(set) var now: Microseconds = 0
  private(set) var mostInFlight = 0
  private(set) var waits: (concurrency: Microseconds, rate: Microseconds) = (0, 0)

  private struct Arrival {
    var at: Microseconds
    var id: UInt64
    var news: AttemptNews
  }

  init(_ server: LimitedServer, settings: LimiterSettings = LimiterSettings(), seed: UInt64) {
    self.server = server
    limiter = KeyLimiter(key: "k", settings: settings, seed: seed, at: 0)
    generator = SeededGenerator(seed: seed, for: "simulation")
  }

  /// Asks so many requests, with a window of waiters, until all have succeeded.
  mutating func run(_ count: Int, window: Int = 1_000) {
    var next: UInt64 = 0
    var coming: [Arrival] = []
    func waiter(_ id: UInt64) -> KeyLimiter.Waiter {
      KeyLimiter.Waiter(
        id: id, flow: 0, priority: .new, need: TokenNeed(input: tokens / 2, maxOutput: tokens / 2))
    }
    while done < count {
      while next < count, limiter.waiting + limiter.inFlight < window {
        limiter.enqueue(waiter(next), at: now)
        next += 1
      }
      while let admission = limiter.admit(at: now) {
        sends += 1
        waits.rate += admission.rateWait
        waits.concurrency += admission.concurrencyWait
        var news = server.receive(tokens: tokens, at: now)
        var latency = 30_000.0
        if news.kind == .success {
          latency = self.latency()
          if generator.nextDouble() < failures { news.kind = .transient }
        }
        let arrival = Arrival(at: now + Microseconds(latency), id: admission.waiter.id, news: news)
        coming.insert(arrival, at: Self.place(of: arrival, in: coming))
        mostInFlight = max(mostInFlight, limiter.inFlight)
      }
      let wake = limiter.nextWake(at: now)
      guard wake != nil || !coming.isEmpty else { return }
      if let event = coming.last, event.at <= wake ?? .max {
        coming.removeLast()
        now = max(now, event.at)
        limiter.completed(event.id, event.news, at: now)
        switch event.news.kind {
        case .success:
          done += 1
          if done % (count / 10) == 0 { tenthsAt.append(now) }
        default: limiter.enqueue(waiter(event.id), atHead: true, at: now)
        }
      } else if let wake {
        now = max(now + 1, wake)
      }
    }
  }

  /// Latest first.
  private static func place(of arrival: Arrival, in coming: [Arrival]) -> Int {
    var (low, high) = (0, coming.count)
    while low < high {
      let middle = (low + high) / 2
      if coming[middle].at <= arrival.at { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private mutating func latency() -> Double {
    let share = generator.nextDouble()
    let service = meanLatency * (isExponential ? -log(1 - share) : 0.5 + share)
    guard let slot = slots.indices.min(by: { slots[$0] < slots[$1] }) else { return service }
    slots[slot] = max(now, slots[slot]) + Microseconds(service)
    return Double(slots[slot] - now)
  }
}
