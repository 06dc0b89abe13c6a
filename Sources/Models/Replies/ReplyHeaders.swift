import Vocabulary
import Wire

/// What is read of a reply's headers, beside its content type, in one pass over them.
struct ReplyHeaders {
  private(set) var limits = LimitHeaders()
  private(set) var requestID: String?
  /// Of Gemini.
  private(set) var serviceTier: String?
  /// LiteLLM's proxy tells what it booked.
  private(set) var cost: String?
  private var rank = Self.requestIDs.count

  /// `now`: wall clock, microseconds since 1970 UTC; absolute times are read against it.
  init(_ headers: HTTPHeaders, now: Int64) {
    var reading = LimitHeaders.Reading(now: now)
    headers.forEachLine { name, value in
      reading.take(name, value)
      take(name, value)
    }
    limits = reading.limits
  }

  /// The most telling first.
  private static let requestIDs: [StaticString] = [
    "x-request-id", "request-id", "apim-request-id", "x-generation-id", "x-goog-request-id",
    "cf-ray",
  ]

  private mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    if serviceTier == nil, name.isSame(as: "x-gemini-service-tier") {
      serviceTier = Self.text(value)
    }
    if cost == nil, name.isSame(as: "x-litellm-response-cost") { cost = Self.text(value) }
    guard !value.isEmpty else { return }
    for place in 0..<rank where name.isSame(as: Self.requestIDs[place]) {
      (rank, requestID) = (place, Self.text(value))
      return
    }
  }

  private static func text(_ value: UnsafeRawBufferPointer) -> String {
    String(decoding: value, as: UTF8.self)
  }
}
