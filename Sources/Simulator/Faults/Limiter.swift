import Formats
import Synchronization
import Wire

/// Enforces the limits for each key and model, and says what the headers are to say.
final class Limiter: Sendable {
  private struct Meters {
    var limits: Limits
    var requests: LimitMeter?
    var tokens: LimitMeter?
    var input: LimitMeter?
    var output: LimitMeter?
    var inFlight = 0

    init(_ limits: Limits) {
      self.limits = limits
      requests = limits.requests.map { LimitMeter($0, limits) }
      tokens = limits.tokens.map { LimitMeter($0, limits) }
      input = limits.inputTokens.map { LimitMeter($0, limits) }
      output = limits.outputTokens.map { LimitMeter($0, limits) }
    }
  }

  struct Verdict {
    struct Dimension {
      var limit: Int
      var remaining: Int
      /// Real seconds.
      var reset: Double
    }

    var refusal: Fault?
    var requests: Dimension?
    var tokens: Dimension?
    var input: Dimension?
    var output: Dimension?
    fileprivate var id = ""
    /// The tokens of the reply are charged when it is known.
    fileprivate var chargesOutput = false
    fileprivate var now = 0.0
  }

  /// Seconds that are told at most, whatever was charged: thirty years.
  private static let longestWait = 1e9

  private let meters = Mutex<[String: Meters]>([:])

  func admit(_ ask: Ask, key: String, _ settings: Settings, at time: Int64) -> Verdict {
    let limits = settings.limits
    var verdict = Verdict()
    guard !limits.isEmpty else { return verdict }
    let now = Double(time) / 1e9 * settings.speed
    let input = Double(ask.inputTokens)
    let output = limits.chargesMaximum ? Double(ask.maxTokens ?? 0) : 0
    verdict.id = key + "\n" + ask.model
    verdict.now = now
    verdict.chargesOutput = !limits.chargesMaximum || ask.maxTokens == nil
    meters.withLock { all in
      var own = all[verdict.id] ?? Meters(limits)
      if own.limits != limits { own = Meters(limits) }
      // Of several limits that are reached, the one that keeps us waiting longest is told.
      var longest = 0.0
      func consider(_ wait: Double?, _ kind: Fault.Kind) {
        guard let wait, wait > longest else { return }
        longest = wait
        verdict.refusal = Fault(kind)
      }
      consider(own.requests?.wait(for: 1, at: now), .rateLimitedRequests)
      consider(own.tokens?.wait(for: input + output, at: now), .rateLimitedTokens)
      consider(own.input?.wait(for: input, at: now), .rateLimitedTokens)
      consider(own.output?.wait(for: output, at: now), .rateLimitedTokens)
      if let most = limits.concurrency, own.inFlight >= most {
        verdict.refusal = Fault(.tooManyConcurrent)
        longest = max(longest, 1)
      }
      if verdict.refusal == nil || limits.countsFailed { own.requests?.take(1, at: now) }
      if verdict.refusal == nil {
        own.tokens?.take(input + output, at: now)
        own.input?.take(input, at: now)
        own.output?.take(output, at: now)
        own.inFlight += 1
      } else {
        verdict.refusal?.retryAfter = .milliseconds(
          Int((min(longest / settings.speed, Self.longestWait) * 1000).rounded(.up)))
      }
      func dimension(_ meter: inout LimitMeter?) -> Verdict.Dimension? {
        guard let limit = meter?.limit, let left = meter?.remaining(at: now),
          let reset = meter?.reset(at: now)
        else { return nil }
        return .init(
          limit: Int(limit), remaining: Int(max(0, left)),
          reset: min(reset / settings.speed, Self.longestWait))
      }
      verdict.requests = dimension(&own.requests)
      verdict.tokens = dimension(&own.tokens)
      verdict.input = dimension(&own.input)
      verdict.output = dimension(&own.output)
      if all.count > 10_000 { all = [:] }
      all[verdict.id] = own
    }
    return verdict
  }

  /// Charges the tokens of the reply, where they were not on arrival.
  func settle(_ verdict: Verdict, _ answers: [Answer]) {
    guard verdict.chargesOutput, !verdict.id.isEmpty else { return }
    let output = Double(answers.reduce(0) { $0 + $1.usage.output })
    meters.withLock { all in
      all[verdict.id]?.tokens?.take(output, at: verdict.now)
      all[verdict.id]?.output?.take(output, at: verdict.now)
    }
  }

  /// The reply is over: its place among the concurrent ones is free.
  func release(_ id: String) {
    meters.withLock { all in
      if let count = all[id]?.inFlight { all[id]?.inFlight = max(0, count - 1) }
    }
  }
}

extension Limiter.Verdict {
  /// What to release when the exchange is over; nil when nothing is held.
  var held: String? { refusal == nil && !id.isEmpty ? id : nil }

  /// The limits in the dialect of the family, as lines of a head. Without limits, the headers tell generous
  /// ones, as the services do.
  func headers(family: API.Family, nothingRemains: Bool) -> [UInt8] {
    if family == .openAI, !nothingRemains, requests == nil, tokens == nil { return Self.generous }
    return lines(family, nothingRemains: nothingRemains)
  }

  private static let generous = Limiter.Verdict().lines(.openAI, nothingRemains: false)

  private func lines(_ family: API.Family, nothingRemains: Bool) -> [UInt8] {
    func told(_ dimension: Dimension?, _ limit: Int) -> Dimension {
      var told = dimension ?? Dimension(limit: limit, remaining: limit - 1, reset: 0.006)
      if nothingRemains { (told.remaining, told.reset) = (0, max(told.reset, 1)) }
      return told
    }
    var out: [UInt8] = []
    switch family {
    case .openAI:
      for (name, value) in [("requests", told(requests, 10_000)), ("tokens", told(tokens, 2_000_000))] {
        ResponseHead.field("x-ratelimit-limit-" + name, String(value.limit), into: &out)
        ResponseHead.field("x-ratelimit-remaining-" + name, String(value.remaining), into: &out)
        ResponseHead.field("x-ratelimit-reset-" + name, goDuration(value.reset), into: &out)
      }
    case .azure:
      for (name, value) in [("requests", told(requests, 1000)), ("tokens", told(tokens, 200_000))] {
        ResponseHead.field("x-ratelimit-limit-" + name, String(value.limit), into: &out)
        ResponseHead.field("x-ratelimit-remaining-" + name, String(value.remaining), into: &out)
        ResponseHead.field("x-ratelimit-reset-" + name, String(Int(value.reset.rounded(.up))), into: &out)
      }
    case .anthropic:
      let dimensions = [
        ("requests", told(requests, 4000)), ("input-tokens", told(input, 400_000)),
        ("output-tokens", told(output, 80_000)), ("tokens", told(tokens, 480_000)),
      ]
      let now = Instant.now()
      for (name, value) in dimensions {
        let full = Instant(microseconds: now.microseconds + Int64(value.reset * 1e6))
        ResponseHead.field("anthropic-ratelimit-\(name)-limit", String(value.limit), into: &out)
        ResponseHead.field("anthropic-ratelimit-\(name)-remaining", String(value.remaining), into: &out)
        ResponseHead.field(
          "anthropic-ratelimit-\(name)-reset", Instant(seconds: full.seconds).description, into: &out)
      }
    case .gemini, .ollama: break
    }
    return out
  }
}

/// `12ms`, `1.5s`, `6m0s`: how Go prints a duration.
func goDuration(_ seconds: Double) -> String {
  let milliseconds = Int((max(0, seconds) * 1000).rounded(.up))
  if milliseconds < 1000 { return "\(milliseconds)ms" }
  let whole = milliseconds / 1000
  let rest = milliseconds % 1000
  var fraction = rest == 0 ? "" : "." + String(repeating: "0", count: 3 - String(rest).count) + String(rest)
  while fraction.hasSuffix("0") { fraction.removeLast() }
  if whole < 60 { return "\(whole)\(fraction)s" }
  if whole < 3600 { return "\(whole / 60)m\(whole % 60)\(fraction)s" }
  return "\(whole / 3600)h\(whole / 60 % 60)m\(whole % 60)\(fraction)s"
}
