import Formats
import Vocabulary

/// What the headers of a reply say about limits and waiting, in every dialect that services speak.
///
/// - OpenAI and its kin: `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, resets as Go durations (`6m0s`, `12ms`)
/// - Anthropic: `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`, resets in RFC 3339
/// - Azure: the first kind with whole seconds; others: `ratelimit-*`, or `x-ratelimit-*` with no dimension
public struct LimitHeaders: Sendable, Hashable {
  public var rateLimit: RateLimit?
  /// Seconds to wait, as asked for with `retry-after-ms` or `retry-after`.
  public var retryAfter: Double?
  /// `x-should-retry`, where the service decides for us.
  public var shouldRetry: Bool?

  /// `now`: wall clock, microseconds since 1970 UTC; absolute times are read against it.
  public init(_ headers: [(String, String)], now: Int64) {
    var values: [String: String] = [:]
    for (name, value) in headers {
      let name = name.lowercased()
      guard Self.interesting(name) else { continue }
      if values[name] == nil { values[name] = value.trimmingBlanks() }
    }
    guard !values.isEmpty else { return }
    retryAfter = Self.retryAfter(values, now: now)
    shouldRetry = values["x-should-retry"].flatMap { $0 == "true" ? true : $0 == "false" ? false : nil }
    rateLimit = Self.rateLimit(values, now: now)
  }

  private static func interesting(_ name: String) -> Bool {
    name.hasPrefix("x-ratelimit-") || name.hasPrefix("anthropic-ratelimit-") || name.hasPrefix("ratelimit-")
      || name.hasPrefix("retry-after") || name == "x-should-retry"
  }

  private static func retryAfter(_ values: [String: String], now: Int64) -> Double? {
    if let text = values["retry-after-ms"], let milliseconds = Double(text), milliseconds >= 0,
      milliseconds.isFinite
    {
      return milliseconds / 1000
    }
    return values["retry-after"].flatMap { WaitText.seconds($0, now: now) }
  }

  private static func rateLimit(_ values: [String: String], now: Int64) -> RateLimit? {
    func bucket(_ dimension: String) -> RateLimit.Bucket {
      let isRequests = dimension == "requests"
      /// Names in order of trust: the first that holds a value wins.
      func first<T>(_ what: String, _ read: (String) -> T?) -> T? {
        let names =
          [
            "x-ratelimit-\(what)-\(dimension)", "anthropic-ratelimit-\(dimension)-\(what)",
            "ratelimit-\(what)-\(dimension)",
          ] + (isRequests ? ["x-ratelimit-\(what)", "ratelimit-\(what)"] : [])
        for name in names {
          if let value = values[name], let result = read(value) { return result }
        }
        return nil
      }
      return RateLimit.Bucket(
        limit: first("limit", whole), remaining: first("remaining", whole),
        reset: first("reset") { WaitText.seconds($0, now: now) })
    }

    var limit = RateLimit()
    limit.requests = bucket("requests")
    limit.tokens = bucket("tokens")
    limit.inputTokens = bucket("input-tokens")
    limit.outputTokens = bucket("output-tokens")
    return limit == RateLimit() ? nil : limit
  }

  /// Azure has answered -1 for what it did not know.
  private static func whole(_ text: String) -> Int? {
    let number = text.prefix { $0 != "," && $0 != ";" }
    guard let value = Int(number) ?? Double(number).flatMap({ Int(exactly: $0.rounded()) }), value >= 0 else {
      return nil
    }
    return value
  }
}

/// A wait written as seconds, a Go duration, a date, or an instant in seconds or milliseconds since 1970.
enum WaitText {
  /// Seconds from now, never negative; nil when it is none of these.
  static func seconds(_ text: String, now: Int64) -> Double? {
    let text = text.trimmingBlanks()
    if let number = Double(text) {
      guard number.isFinite, number >= 0 else { return nil }
      if number >= 1e11 { return max(0, number / 1e3 - Double(now) / 1e6) }
      if number >= 1e9 { return max(0, number - Double(now) / 1e6) }
      return number
    }
    if let duration = goDuration(text) { return duration }
    guard let instant = Instant(rfc3339: text) ?? Instant(httpDate: text) else {
      return nil
    }
    return max(0, Double(instant.microseconds - now) / 1e6)
  }

  /// `1h2m3.5s`, `120ms`, `6m0s`: numbers each with its unit, as Go prints durations.
  static func goDuration(_ text: String) -> Double? {
    var rest = text[...]
    var seconds = 0.0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let number = Double(digits) else { return nil }
      rest = rest[digits.endIndex...]
      let unit = rest.prefix { $0.isLetter }
      guard let factor = units[String(unit)] else { return nil }
      seconds += number * factor
      rest = rest[unit.endIndex...]
    }
    return seconds.isFinite ? seconds : nil
  }

  private static let units: [String: Double] = [
    "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9, "d": 86400,
  ]

  /// `Please try again in 5.289s`, `Please retry in 10h17m5.7s`: the wait that a message names, if it does.
  static func named(in message: String) -> Double? {
    for lead in ["try again in ", "retry in ", "retry after "] {
      guard let found = message.lowercased().range(ofText: lead) else { continue }
      let lowered = message.lowercased()
      var word = String(lowered[found.upperBound...].prefix { !$0.isWhitespace && $0 != "," })
      while let last = word.last, !last.isLetter { word.removeLast() }
      if let duration = goDuration(word) { return duration }
      let digits = lowered[found.upperBound...].prefix { $0.isNumber || $0 == "." }
      let unit = lowered[digits.endIndex...].drop { $0 == " " }
      if let number = Double(digits), unit.hasPrefix("second") { return number }
    }
    return nil
  }
}

extension String {
  /// The first place where a text stands, compared character by character.
  func range(ofText text: String) -> Range<Index>? {
    guard let first = text.first else { return nil }
    var from = startIndex
    while let start = self[from...].firstIndex(of: first) {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      from = index(after: start)
    }
    return nil
  }
}
