import Formats
import Ledger
import Vocabulary

/// Decides when the calls of one key may be sent. One key is one provider, address, credential and group
/// of limits; everything that uses it shares one of these.
///
/// A pure state machine: every function takes the time (microseconds on any clock that only goes forward),
/// nothing waits, and chance comes from a seed. `Limiter` gives it tasks and a clock.
///
/// - Buckets: one for requests and up to three for tokens, learned from the service's headers in both
///   directions, or from the user; where it says nothing, inferred from what it accepts. `WindowLog` stands
///   in for the bucket of requests where a service counts by the minute.
/// - A 429 freezes the key; the request goes back to the head of the queue; nothing is sent until the
///   service said so. Requests that were on their way do not freeze it longer than they ask for.
/// - `ConcurrencyLimit` grows until it is no longer used, the service says no, or more brings no more replies.
struct KeyLimiter {
  struct Waiter: Sendable {
    var id: UInt64
    var flow: Int
    var priority: LimiterPriority
    var need: TokenNeed
    var enqueuedAt: Microseconds = 0
    fileprivate(set) var rateBlockedThen: Microseconds = 0

    init(id: UInt64, flow: Int, priority: LimiterPriority, need: TokenNeed) {
      self.id = id
      self.flow = flow
      self.priority = priority
      self.need = need
    }
  }

  struct Admission: Sendable {
    var waiter: Waiter
    var concurrencyWait: Microseconds
    var rateWait: Microseconds
  }

  private struct Sent {
    var at: Microseconds
    var need: TokenNeed
    /// By dimension; 0 where there was no bucket.
    var taken = SIMD8<Double>.zero
    var takenThen = SIMD8<Double>.zero
    /// How many were on their way then, this one included.
    var among: Int
  }

  let key: String
  let settings: LimiterSettings
  private var queue = FairQueue<Waiter>(levels: LimiterPriority.allCases.count)
  private var sent: [UInt64: Sent] = [:]
  private var buckets = Buckets()
  private var generator: SeededGenerator
  private var atOnce: ConcurrencyLimit
  private(set) var frozenUntil: Microseconds = .min
  private var consecutiveFreezes = 0
  private var lastFreezeAt: Microseconds = .min
  private var output = OutputEstimate()
  private var inference = RateInference()
  private var window: WindowLog
  /// Time during which somebody waited because of a rate or a freeze.
  private var rateBlocked: Microseconds = 0
  private var blockedSince: Microseconds?
  /// What changed, for the ledger; taken by who drives this.
  private(set) var events: [LimiterEvent] = []

  init(key: String, settings: LimiterSettings = LimiterSettings(), seed: UInt64, at now: Microseconds) {
    self.key = key
    self.settings = settings
    generator = SeededGenerator(seed: seed, for: "limiter " + key)
    atOnce = ConcurrencyLimit(settings, at: now)
    window = WindowLog(minute: settings.times.minute)
    if let limit = settings.requestsPerMinute {
      buckets[.userRequests] = TokenBucket(
        perMinute: Double(limit), minute: settings.times.minute, at: now)
    }
    if let limit = settings.tokensPerMinute {
      buckets[.userTokens] = TokenBucket(perMinute: Double(limit), minute: settings.times.minute, at: now)
    }
  }

  var inFlight: Int { sent.count }
  var concurrency: Double { atOnce.value }
  var waiting: Int { queue.count }
  func isFrozen(at now: Microseconds) -> Bool { now < frozenUntil }

  // MARK: Asking

  mutating func enqueue(_ waiter: Waiter, atHead: Bool = false, at now: Microseconds) {
    account(at: now)
    var waiter = waiter
    waiter.enqueuedAt = now
    waiter.rateBlockedThen = rateBlocked
    let cost = Double(waiter.need.input + output.guess(waiter.need))
    if atHead {
      queue.prepend(waiter, cost: cost, flow: waiter.flow, level: waiter.priority.rawValue)
    } else {
      queue.append(waiter, cost: cost, flow: waiter.flow, level: waiter.priority.rawValue)
    }
  }

  /// The next that may be sent now; to be called until it gives nil.
  mutating func admit(at now: Microseconds) -> Admission? {
    account(at: now)
    guard let (place, waiter) = queue.next() else {
      blockedSince = nil
      return nil
    }
    if now < frozenUntil {
      blockedSince = blockedSince ?? now
      return nil
    }
    guard atOnce.allows(sent.count) else {
      blockedSince = nil
      return nil
    }
    if window.allowsAt(now) > now {
      blockedSince = blockedSince ?? now
      return nil
    }
    if let missing = tooMuch(waiter.need, at: now) {
      blockedSince = blockedSince ?? now
      return passing(waiter, at: place, missing: missing, at: now)
    }
    return send(waiter, at: place, at: now)
  }

  /// A large request may be passed by small ones of other flows, but not for ever: then the bucket saves
  /// up for it.
  private mutating func passing(
    _ waiter: Waiter, at place: FairQueue<Waiter>.Place, missing: Dimension, at now: Microseconds
  ) -> Admission? {
    guard missing != .requests, missing != .userRequests, missing != .inferred else { return nil }
    let key = waiter.id
    guard passes[key, default: 0] < 32 else { return nil }
    for (other, candidate) in queue.others(than: place) where tooMuch(candidate.need, at: now) == nil {
      passes[key, default: 0] += 1
      return send(candidate, at: other, at: now)
    }
    return nil
  }
  /// How often each waiting large request was passed.
  private var passes: [UInt64: Int] = [:]

  private mutating func send(
    _ waiter: Waiter, at place: FairQueue<Waiter>.Place, at now: Microseconds
  ) -> Admission {
    queue.remove(at: place)
    passes[waiter.id] = nil
    var record = Sent(at: now, need: waiter.need, among: sent.count + 1)
    for dimension in Dimension.allCases where buckets[dimension] != nil {
      let cost = cost(of: waiter.need, in: dimension)
      buckets[dimension]?.take(cost)
      record.taken[dimension.place] = cost
      record.takenThen[dimension.place] = buckets[dimension]?.taken ?? 0
    }
    sent[waiter.id] = record
    window.sent(at: now)
    // Tasks come here in another order than they looked at the clock: no wait is less than none.
    let waited = max(0, now - waiter.enqueuedAt)
    let rate = min(waited, rateBlocked - waiter.rateBlockedThen)
    return Admission(waiter: waiter, concurrencyWait: waited - rate, rateWait: rate)
  }

  private func cost(of need: TokenNeed, in dimension: Dimension) -> Double {
    switch dimension {
    case .userRequests, .requests, .inferred: 1
    case .userTokens, .tokens: Double(need.input + output.guess(need))
    case .inputTokens: Double(need.input)
    case .outputTokens: Double(output.guess(need))
    }
  }

  /// The bucket that has too little for it.
  private mutating func tooMuch(_ need: TokenNeed, at now: Microseconds) -> Dimension? {
    for dimension in Dimension.allCases where isInForce(dimension) {
      let cost = cost(of: need, in: dimension)
      if buckets[dimension]?.allows(cost, at: now) == false { return dimension }
    }
    return nil
  }

  /// A service that counts by the minute fills no bucket of requests.
  private func isInForce(_ dimension: Dimension) -> Bool {
    window.limit == nil || (dimension != .requests && dimension != .inferred)
  }

  /// When to call `admit` again although nothing came back; nil when only a completion can help.
  mutating func nextWake(at now: Microseconds) -> Microseconds? {
    guard let (_, waiter) = queue.next() else { return nil }
    if now < frozenUntil { return frozenUntil }
    guard atOnce.allows(sent.count) else { return nil }
    var latest = window.allowsAt(now)
    for dimension in Dimension.allCases where isInForce(dimension) {
      guard let bucket = buckets[dimension] else { continue }
      latest = max(latest, bucket.allowsAt(cost(of: waiter.need, in: dimension), now: now))
    }
    return latest
  }

  // MARK: Hearing

  /// An admitted call was not sent after all.
  mutating func withdraw(_ id: UInt64, at now: Microseconds) {
    guard let record = sent.removeValue(forKey: id) else { return }
    for dimension in Dimension.allCases { buckets[dimension]?.giveBack(record.taken[dimension.place]) }
    window.remove(sentAt: record.at)
  }

  /// An attempt has ended.
  mutating func completed(_ id: UInt64, _ news: AttemptNews, at now: Microseconds) {
    account(at: now)
    guard let record = sent.removeValue(forKey: id) else { return }
    learn(news, record, at: now)
    switch news.kind {
    case .success:
      inference.heard(accepted: true, sentAt: record.at)
      window.accepted()
      window.grow(upTo: buckets[.requests].map { $0.wholePerMinute }, at: now)
      if record.at >= lastFreezeAt { consecutiveFreezes = 0 }
      if let usage = news.usage { output.learn(usage.output) }
      growInferred(at: now)
      note(atOnce.succeeded(among: record.among, inFlight: sent.count, at: now), at: now)
    case .limited:
      inference.heard(accepted: false, sentAt: record.at)
      window.remove(sentAt: record.at)
      limited(news, record, at: now)
    case .overloaded:
      freeze(for: news, record, reason: "overloaded", at: now)
      note(atOnce.stumbled(sentAt: record.at, at: now), at: now)
    case .transient: note(atOnce.stumbled(sentAt: record.at, at: now), at: now)
    case .neutral: break
    }
  }

  private mutating func learn(_ news: AttemptNews, _ record: Sent, at now: Microseconds) {
    guard let limit = news.rateLimit else { return }
    learn(limit.requests, .requests, record, at: now)
    learn(limit.tokens, .tokens, record, at: now)
    learn(limit.inputTokens, .inputTokens, record, at: now)
    learn(limit.outputTokens, .outputTokens, record, at: now)
  }

  private mutating func learn(
    _ news: RateLimit.Bucket, _ dimension: Dimension, _ record: Sent, at now: Microseconds
  ) {
    let known = buckets[dimension]
    guard let limit = news.limit ?? known.map({ $0.wholePerMinute }), limit > 0,
      news.limit != nil || news.remaining != nil
    else { return }
    var bucket: TokenBucket
    if let known {
      bucket = known
    } else {
      // Everything that is on its way was sent without being counted.
      bucket = TokenBucket(
        perMinute: Double(limit), capacity: Double(limit), level: Double(limit),
        minute: settings.times.minute,
        at: now)
      for id in sent.keys {
        guard let need = sent[id]?.need, let at = sent[id]?.at else { continue }
        let cost = cost(of: need, in: dimension)
        if at >= record.at { bucket.take(cost) }
      }
      note(
        "limit", old: nil, new: Double(limit), "\(dimension.rawValue) a minute, as the service says", at: now)
    }
    if known != nil, bucket.wholePerMinute != limit {
      note(
        "limit", old: bucket.perMinute, new: Double(limit),
        "\(dimension.rawValue) a minute, as the service says",
        at: now)
    }
    bucket.learn(news, sentAt: record.at, takenThen: record.takenThen[dimension.place], at: now)
    buckets[dimension] = bucket
  }

  // MARK: Being told no

  private mutating func limited(_ news: AttemptNews, _ record: Sent, at now: Microseconds) {
    let isNewEpoch = record.at >= atOnce.lastCutAt
    let isKnown = Dimension.allCases.contains {
      $0 != .userRequests && $0 != .userTokens && buckets[$0] != nil
    }
    emptyExhausted(news.rateLimit, at: now)
    // A service whose headers promised room, and that says no all the same, does not fill as they say.
    let isOfRequests = news.rateLimit?.requests.limit == nil || news.rateLimit?.requests.remaining == 0
    if isOfRequests, !isAboutTokens(news) {
      window.refused(sentAt: record.at, isNew: record.at >= lastFreezeAt, asked: news.retryAfter, at: now)
    }
    if isNewEpoch, isOfRequests, !isAboutTokens(news) { infer(retryAfter: news.retryAfter, at: now) }
    freeze(for: news, record, reason: "429", at: now)
    if isNewEpoch {
      let cuts = !isKnown && buckets[.inferred] == nil && window.limit == nil
      note(atOnce.limited(cutsTo: cuts ? 0.7 : nil, because: "429", at: now), at: now)
    }
  }

  private func isAboutTokens(_ news: AttemptNews) -> Bool {
    guard let limit = news.rateLimit, limit.requests.remaining != 0 else { return false }
    return [limit.tokens, limit.inputTokens, limit.outputTokens].contains { $0.limit != nil }
  }

  private mutating func emptyExhausted(_ limit: RateLimit?, at now: Microseconds) {
    guard let limit else { return }
    for (dimension, news) in [
      (Dimension.requests, limit.requests), (.tokens, limit.tokens), (.inputTokens, limit.inputTokens),
      (.outputTokens, limit.outputTokens),
    ] where news.remaining == 0 { buckets[dimension]?.empty(at: now) }
  }

  /// Where headers say nothing, the limit is what was accepted since the last time it was reached.
  private mutating func infer(retryAfter: Microseconds?, at now: Microseconds) {
    let old = buckets[.inferred]?.perMinute
    let perMinute = inference.rate(
      at: now, minute: settings.times.minute, retryAfter: retryAfter, inFlight: sent.count, current: old)
    let capacity = max(1, perMinute / 6)
    if buckets[.inferred] == nil {
      buckets[.inferred] = TokenBucket(
        perMinute: perMinute, capacity: capacity, level: 0, minute: settings.times.minute, at: now)
    } else {
      buckets[.inferred]?.setRate(perMinute: perMinute, capacity: capacity)
      buckets[.inferred]?.empty(at: now)
    }
    note("limit", old: old, new: perMinute, "requests a minute, inferred", at: now)
  }

  private mutating func growInferred(at now: Microseconds) {
    guard let rate = buckets[.inferred]?.perMinute else { return }
    let grown = inference.grown(rate, at: now, minute: settings.times.minute)
    buckets[.inferred]?.setRate(perMinute: grown, capacity: grown / 6)
  }

  private mutating func freeze(for news: AttemptNews, _ record: Sent, reason: String, at now: Microseconds) {
    let asked = news.retryAfter ?? resetOfExhausted(news.rateLimit)
    let isNew = record.at >= lastFreezeAt
    let wait: Microseconds
    if let asked {
      let jitter = min(Double(settings.times.second), 0.05 * Double(asked)) * generator.nextDouble()
      wait = asked + Microseconds(jitter)
      if isNew { consecutiveFreezes += 1 }
    } else {
      // Those sent before the freeze tell nothing new.
      guard isNew else { return }
      let longest = min(
        Double(settings.times.minute),
        Double(settings.times.second) * Double(1 << min(consecutiveFreezes, 10)))
      wait = Microseconds(longest * (0.5 + generator.nextDouble() / 2))
      consecutiveFreezes += 1
    }
    let until = max(frozenUntil, now + wait)
    inference.froze(for: until - max(now, frozenUntil), minute: settings.times.minute)
    if isNew {
      lastFreezeAt = now
      note("freeze", old: nil, new: Double(wait) / 1e6, "seconds, after \(reason)", at: now)
    }
    frozenUntil = until
  }

  /// The longest wait among the dimensions that are used up. When it is not said which are, there is none.
  private func resetOfExhausted(_ limit: RateLimit?) -> Microseconds? {
    guard let limit else { return nil }
    return [limit.requests, limit.tokens, limit.inputTokens, limit.outputTokens]
      .filter { $0.remaining == 0 }.compactMap(\.reset).max().map { Microseconds(min($0, 1e9) * 1e6) }
  }

  // MARK: Bookkeeping

  private mutating func account(at now: Microseconds) {
    if let since = blockedSince, now > since {
      rateBlocked += now - since
      blockedSince = now
    }
  }

  private mutating func note(
    _ kind: String, old: Double?, new: Double?, _ reason: String, at now: Microseconds
  ) {
    events.append(
      LimiterEvent(at: now, key: key, kind: kind, old: old, new: new, reason: reason))
  }

  private mutating func note(_ change: ConcurrencyLimit.Change?, at now: Microseconds) {
    guard let change else { return }
    note(
      "concurrency", old: change.old.rounded(.down), new: change.new.rounded(.down), change.reason, at: now)
  }

  mutating func takeEvents() -> [LimiterEvent] {
    defer { events = [] }
    return events
  }

  /// Takes out everyone who waits: the key is dead, or the run is stopping.
  mutating func removeAllWaiting(at now: Microseconds) -> [Waiter] {
    account(at: now)
    blockedSince = nil
    return queue.removeAll()
  }
}
