import Formats
import Vocabulary

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

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

  init() {}

  /// `now`: wall clock, microseconds since 1970 UTC; absolute times are read against it.
  public init(_ headers: [(String, String)], now: Int64) {
    var reading = Reading(now: now)
    for (name, value) in headers {
      let (name, value) = (Array(name.utf8), Array(value.utf8))
      name.withUnsafeBytes { name in value.withUnsafeBytes { reading.take(name, $0) } }
    }
    self = reading.limits
  }

  /// Takes headers one by one, as bytes: a service sends half a dozen of them with every reply.
  struct Reading {
    private let now: Int64
    private var limit = RateLimit()
    /// Of each limit and what is said of it, the most trusted name that held a value wins.
    private var ranks = SIMD16<UInt8>(repeating: .max)
    private var milliseconds: String?
    private var seconds: String?
    private var shouldRetry: Bool?

    init(now: Int64) { self.now = now }

    mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
      guard LimitHeaders.mayMatter(name) else { return }
      if let meaning = Meaning.named(name) {
        if meaning.rank < ranks[meaning.place],
          meaning.read(value, into: &limit, now: now)
        {
          ranks[meaning.place] = meaning.rank
        }
      } else if name.isSame(as: "retry-after-ms") {
        milliseconds = milliseconds ?? Self.text(value)
      } else if name.isSame(as: "retry-after") {
        seconds = seconds ?? Self.text(value)
      } else if name.isSame(as: "x-should-retry"), shouldRetry == nil {
        let text = Self.text(value)
        shouldRetry = text == "true" ? true : text == "false" ? false : nil
      }
    }

    var limits: LimitHeaders {
      var limits = LimitHeaders()
      if ranks != SIMD16(repeating: .max) { limits.rateLimit = limit }
      limits.retryAfter = LimitHeaders.retryAfter(milliseconds, seconds, now: now)
      limits.shouldRetry = shouldRetry
      return limits
    }

    private static func text(_ value: UnsafeRawBufferPointer) -> String {
      String(decoding: value, as: UTF8.self).trimmed
    }
  }

  /// Cheap, and says no for most headers: those that matter begin with `x-ra`, `x-sh`, `ra`, `re` or `an`.
  private static func mayMatter(_ name: UnsafeRawBufferPointer) -> Bool {
    guard name.count > 10 else { return false }
    switch (name[0] | 0x20, name[1] | 0x20) {
    case (UInt8(ascii: "x"), _):
      let (third, fourth) = (name[2] | 0x20, name[3] | 0x20)
      return third == UInt8(ascii: "r") && fourth == UInt8(ascii: "a")
        || third == UInt8(ascii: "s") && fourth == UInt8(ascii: "h")
    case (UInt8(ascii: "r"), UInt8(ascii: "a")), (UInt8(ascii: "r"), UInt8(ascii: "e")),
      (UInt8(ascii: "a"), UInt8(ascii: "n")):
      return true
    default: return false
    }
  }

  private static func retryAfter(_ milliseconds: String?, _ seconds: String?, now: Int64) -> Double? {
    if let milliseconds = milliseconds.flatMap({ Double($0) }), milliseconds >= 0,
      milliseconds.isFinite
    {
      return milliseconds / 1000
    }
    return seconds.flatMap { WaitText.seconds($0, now: now) }
  }

  /// What a header says of which limit, and how far it is trusted: the least rank most.
  private struct Meaning: Sendable {
    enum What: Int, CaseIterable {
      case limit, remaining, reset

      var name: String {
        switch self {
        case .limit: "limit"
        case .remaining: "remaining"
        case .reset: "reset"
        }
      }
    }

    let dimension: Int
    let what: What
    let rank: UInt8

    var place: Int { dimension * What.allCases.count + what.rawValue }

    /// False where the text is none that could be understood.
    func read(_ value: UnsafeRawBufferPointer, into limit: inout RateLimit, now: Int64) -> Bool {
      switch dimension {
      case 0: read(value, into: &limit.requests, now: now)
      case 1: read(value, into: &limit.tokens, now: now)
      case 2: read(value, into: &limit.inputTokens, now: now)
      default: read(value, into: &limit.outputTokens, now: now)
      }
    }

    private func read(
      _ value: UnsafeRawBufferPointer, into bucket: inout RateLimit.Bucket, now: Int64
    ) -> Bool {
      switch what {
      case .limit:
        guard let value = LimitHeaders.whole(value) else { return false }
        bucket.limit = value
      case .remaining:
        guard let value = LimitHeaders.whole(value) else { return false }
        bucket.remaining = value
      case .reset:
        guard let value = WaitText.seconds(value, now: now) else { return false }
        bucket.reset = value
      }
      return true
    }

    static func named(_ name: UnsafeRawBufferPointer) -> Meaning? {
      guard name.count < byLength.count else { return nil }
      for place in byLength[name.count] where all[place].name.withUnsafeBytes({ name.isSame(as: $0) }) {
        return all[place].meaning
      }
      return nil
    }

    /// Places in `all`, by the length of the name: seldom more than three have the same.
    private static let byLength: [[Int]] = {
      let longest = all.map(\.name.count).max() ?? 0
      return (0...longest).map { length in all.indices.filter { all[$0].name.count == length } }
    }()

    /// - OpenAI and most others, Anthropic, then those that leave out the prefix or the dimension.
    private static let all: [(name: [UInt8], meaning: Meaning)] = {
      var all: [([UInt8], Meaning)] = []
      for (dimension, name) in ["requests", "tokens", "input-tokens", "output-tokens"].enumerated() {
        for what in What.allCases {
          var names = [
            "x-ratelimit-\(what.name)-\(name)", "anthropic-ratelimit-\(name)-\(what.name)",
            "ratelimit-\(what.name)-\(name)",
          ]
          if dimension == 0 { names += ["x-ratelimit-\(what.name)", "ratelimit-\(what.name)"] }
          for (rank, name) in names.enumerated() {
            all.append((Array(name.utf8), Meaning(dimension: dimension, what: what, rank: UInt8(rank))))
          }
        }
      }
      return all
    }()
  }

  /// Whole numbers up to this are exact as doubles, which buckets count in; no honest limit is above it.
  private static let most = 1 << 53

  /// Azure has answered -1 for what it did not know.
  private static func whole(_ value: UnsafeRawBufferPointer) -> Int? {
    if let number = PlainNumber(value), number.decimals == 0 { return number.digits }
    let text = String(decoding: value, as: UTF8.self).trimmed
    if let value = Int(text), value >= 0 { return min(value, most) }
    let number = text.prefix { $0 != "," && $0 != ";" }
    guard let value = Int(number) ?? Double(number).flatMap({ Int(exactly: $0.rounded()) }),
      value >= 0
    else {
      return nil
    }
    return min(value, most)
  }
}

extension UnsafeRawBufferPointer {
  /// The name of a header, in whatever case; `name` is in small letters.
  func isSame(as name: StaticString) -> Bool {
    name.withUTF8Buffer { isSame(as: UnsafeRawBufferPointer($0)) }
  }

  @inline(__always)
  func isSame(as name: UnsafeRawBufferPointer) -> Bool {
    guard count == name.count, let own = baseAddress, let wanted = name.baseAddress else { return false }
    return memcmp(own, wanted, count) == 0
      || zip(self, name).allSatisfy { ((0x41...0x5A).contains($0) ? $0 | 0x20 : $0) == $1 }
  }
}
