import Formats

/// One way in which a service misbehaves. `429-requests;retry-after=90` names one with a parameter.
struct Fault: Sendable, Hashable {
  enum Kind: String, Sendable, CaseIterable {
    // refusals, in the manner of the interface that was called
    case rateLimitedRequests = "429-requests"
    case rateLimitedTokens = "429-tokens"
    case quota = "429-quota"
    case tooManyConcurrent = "429-concurrent"
    case badRequest = "400"
    case unauthorized = "401"
    case forbidden = "403"
    case notFound = "404"
    case requestTimeout = "408"
    case conflict = "409"
    case tooLarge = "413"
    case serverError = "500"
    case badGateway = "502"
    case unavailable = "503"
    case gatewayTimeout = "504"
    case overloaded = "529"
    // bodies that are not what they should be
    case badGatewayPage = "html-page"
    case emptyBody = "empty-body"
    case truncatedJSON = "truncated-json"
    case wrongContentType = "wrong-content-type"
    // the wire
    case neverAnswer = "never-answer"
    case slowHeaders = "slow-headers"
    case resetBeforeBody = "reset-before-body"
    case resetAfterBody = "reset-after-body"
    case resetInHeaders = "reset-in-headers"
    case resetMidStream = "reset-mid-stream"
    case closeMidStream = "close-mid-stream"
    case halfChunk = "half-chunk"
    case stall = "stall"
    case keepAliveClosed = "keep-alive-closed"
    case malformedHead = "malformed-head"
    case malformedChunk = "malformed-chunk"
    case shortBody = "short-body"
    case oneByte = "one-byte"
    // what stands in a stream
    case noDone = "no-done"
    case duplicateDone = "duplicate-done"
    case errorEvent = "error-event"
    case malformedEvent = "malformed-event"
    case usageMissing = "usage-missing"
    case usageEarly = "usage-early"
    case usageEveryChunk = "usage-every-chunk"
    case emptyDeltas = "empty-deltas"
    case pings = "pings"
    case crlf = "crlf"
    case multiLineData = "multi-line-data"
    case bigEvent = "big-event"
    // what the model does
    case contentFilter = "content-filter"
    case refusal = "refusal"
    case length = "length"
    case emptyReply = "empty-reply"
    // what the headers say
    case nothingRemaining = "remaining-0"
  }

  /// What `retry-after` says on a refusal.
  enum RetryAfter: Sendable, Hashable {
    case absent
    case seconds(String)
    case milliseconds(Int)
    /// An HTTP date, so many seconds from now.
    case date(Int)
  }

  var kind: Kind
  var retryAfter: RetryAfter?
  /// The stream event before which a fault in a stream strikes; by default in the middle.
  var at: Int?
  /// Milliseconds of a stall, or between the parts of slow headers.
  var pause: Int?

  init(_ kind: Kind) { self.kind = kind }

  /// Nil for a name that does not exist.
  init(_ text: String) throws(Problem) {
    let parts = text.split(separator: ";").map { $0.trimmed }
    guard let name = parts.first, let kind = Kind(rawValue: name) else {
      throw Problem(
        "unknown fault \"\(text)\"", mend: "one of: " + Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self.init(kind)
    for part in parts.dropFirst() {
      let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
      let value = sides.count > 1 ? sides[1] : ""
      switch sides.first {
      case "retry-after" where value == "none": retryAfter = .absent
      case "retry-after" where value.hasPrefix("date:"):
        retryAfter = .date(try Self.count(value.dropFirst(5), part))
      case "retry-after": retryAfter = .seconds(value)
      case "retry-after-ms": retryAfter = .milliseconds(try Self.count(value[...], part))
      case "at": at = try Self.count(value[...], part)
      case "pause": pause = try Self.count(value[...], part)
      default:
        throw Problem(
          "unknown parameter \"\(part)\" of the fault \"\(name)\"",
          mend: "one of: retry-after, retry-after-ms, at, pause")
      }
    }
  }

  /// Of milliseconds, seconds and events alike: what is more can't be waited for, nor added to a time.
  private static let greatest = 1_000_000_000

  private static func count(_ text: Substring, _ part: String) throws(Problem) -> Int {
    if let count = Int(text), (0...greatest).contains(count) { return count }
    throw Problem(
      "cannot read \"\(part)\" of a fault", mend: "it takes a whole number from 0 to \(greatest)")
  }

  var status: Int? {
    switch kind {
    case .rateLimitedRequests, .rateLimitedTokens, .quota, .tooManyConcurrent: 429
    case .badGatewayPage: 502
    default: Int(kind.rawValue)
    }
  }
}
