import Formats
import Models
import Terminal
import Vocabulary
import Wire

/// Where spans are sent: an endpoint that takes OTLP as JSON over HTTP.
struct SpanCollector {
  private let url: String
  private let headers: [(String, String)]
  private let http: HTTPClient
  /// A collector may repeat the key in what it answers.
  private let secrets: SecretSearch

  /// How often a document is sent at most, and how long is waited before it is sent again, where the service does not say.
  private static let attempts = 5
  private static let firstWait = 1.0
  private static let longestWait = 60.0

  /// - Parameters:
  ///   - base: of the service; `/v1/traces` is added where it is not there.
  ///   - environment: `OTEL_EXPORTER_OTLP_HEADERS` are sent along.
  init(_ base: String, environment: [String: String], http: HTTPClient) throws {
    guard let origin = URLOrigin(base), ["http", "https"].contains(origin.scheme) else {
      throw UsageError(
        "--to takes the address of a collector, not \"\(base)\"", mend: "such as http://127.0.0.1:4318")
    }
    let path = base.hasSuffix("/") ? String(base.dropLast()) : base
    url = path.hasSuffix("/v1/traces") ? path : path + "/v1/traces"
    headers = try Self.headers(environment["OTEL_EXPORTER_OTLP_HEADERS"] ?? "")
    self.http = http
    secrets = SecretSearch(
      headers.flatMap { [$0.1] + $0.1.split(separator: " ").map(String.init) }
        + AddressText.secrets(in: base),
      atLeast: 8)
  }

  /// `name=value,name=value`, values percent-encoded.
  static func headers(_ text: String) throws(Problem) -> [(String, String)] {
    var found: [(String, String)] = []
    for part in text.split(separator: ",") where !part.allSatisfy(\.isWhitespace) {
      let sides = part.split(separator: "=", maxSplits: 1)
      guard sides.count == 2 else {
        throw Problem("OTEL_EXPORTER_OTLP_HEADERS is not a list of name=value, separated by commas")
      }
      found.append((String(sides[0]).trimmed, percentDecoded(String(sides[1]).trimmed)))
    }
    return found
  }

  /// Sends it, again where the service says that it may take it later; gives how many spans it did not want, and why.
  func send(_ document: JSON) async throws(Problem) -> (rejected: Int, why: String?) {
    var (attempt, wait) = (1, Self.firstWait)
    while true {
      var request = HTTPRequest(
        url: url, headers: [("Content-Type", "application/json")] + headers, body: document.bytes)
      request.timeouts.total = 60_000
      let exchange = await http.send(request)
      if exchange.isSuccess { return refused(exchange.body) }
      let why = exchange.error?.message ?? "status \(exchange.status ?? 0)\(excerpt(exchange.body))"
      let mayCome =
        exchange.error.map { $0.kind != .cancelled } ?? [429, 502, 503, 504].contains(exchange.status)
      guard mayCome, attempt < Self.attempts else {
        throw Problem("the collector did not take the spans: \(why)")
      }
      let asked = LimitHeaders(Array(exchange.headers), now: Instant.now().microseconds).retryAfter
      try? await Task.sleep(for: .seconds(min(asked ?? wait, Self.longestWait)))
      wait *= 2
      attempt += 1
    }
  }

  private func refused(_ body: [UInt8]) -> (rejected: Int, why: String?) {
    let partial = (try? JSON(parsing: body))?["partialSuccess"]
    let count = partial?["rejectedSpans"]
    return (
      count?.int ?? count?.string.flatMap { Int($0) } ?? 0, partial?["errorMessage"]?.string.map(masked)
    )
  }

  private func excerpt(_ body: [UInt8]) -> String {
    let text = masked(String(decoding: body.prefix(200), as: UTF8.self).trimmed)
    return text.isEmpty ? "" : ": \(text)"
  }

  private func masked(_ text: String) -> String { secrets.maskedCut(text, with: AddressText.mark) }
}
