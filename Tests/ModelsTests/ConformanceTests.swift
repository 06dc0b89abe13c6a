import Formats
import Testing
import Vocabulary

@testable import Models

/// Rows with known answers from other implementations.
@Suite("known answers")
struct ConformanceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var function: String
    var arguments: [JSON]
    var expected: JSON
    var testDescription: String { "\(function) \(arguments.map(\.text).joined(separator: ", "))" }
  }

  static let folder = Path.folder(of: #filePath) + "/Fixtures"

  static func rows(_ function: String) -> [Row] {
    let text = (try? File.readText(folder + "/functions.jsonl")) ?? ""
    return text.split(separator: "\n").compactMap { line in
      guard let json = try? JSON(parsing: String(line)), json["function"]?.string == function else {
        return nil
      }
      return Row(function: function, arguments: json["args"]?.array ?? [], expected: json["expect"] ?? [:])
    }
  }

  /// When the rows were made: their instants count from here.
  static let now: Int64 = 1_795_205_023_637_000

  @Test("rate-limit headers", arguments: rows("parseRateLimitHeaders"))
  func headers(_ row: Row) {
    let headers = (row.arguments[0].object ?? [:]).map { ($0.key, $0.value.string ?? "") }
    let read = LimitHeaders(headers, now: Self.now)
    let limit = read.rateLimit ?? RateLimit()
    for (name, matcher) in row.expected.object ?? [:] {
      let expected = matcher["equals"]?.double
      let found: Double? =
        switch name {
        case "remainingRequests": limit.requests.remaining.map(Double.init)
        case "limitRequests": limit.requests.limit.map(Double.init)
        case "remainingTokens": limit.tokens.remaining.map(Double.init)
        case "limitTokens": limit.tokens.limit.map(Double.init)
        case "retryAfterMs": read.retryAfter.map { $0 * 1000 }
        case "resetAt":
          (limit.requests.reset ?? limit.tokens.reset ?? read.retryAfter).map {
            Double(Self.now) / 1000 + $0 * 1000
          }
        default: nil
        }
      #expect(found.map { $0.rounded() } == expected, "\(name)")
    }
  }

  @Test("retry-after", arguments: rows("parseRetryAfter"))
  func retryAfter(_ row: Row) throws {
    let seconds = try #require(WaitText.seconds(row.arguments[0].string ?? "", now: Self.now))
    let matcher = try #require(row.expected["$"])
    if let equals = matcher["equals"]?.double { #expect(seconds * 1000 == equals) }
    if let least = matcher["min"]?.double, let most = matcher["max"]?.double {
      #expect((least...most).contains(seconds * 1000))
    }
  }

  @Test("finish reasons", arguments: rows("normalizeFinishReason"))
  func finishReasons(_ row: Row) {
    #expect(FinishReason(raw: row.arguments[0].string)?.name == row.expected["$"]?["equals"]?.string)
  }

  @Test("costs from a table or from settings", arguments: rows("calculateCost"))
  func costs(_ row: Row) throws {
    let rows = try (row.arguments[4].array ?? []).map { model in
      var fields: JSONObject = ["model": model["id"] ?? ""]
      // The table's rates are for one token, ours for a million.
      for kind in ["input", "output"] { fields[kind] = .init((model["cost"]?[kind]?.double ?? 0) * 1e6) }
      return try PriceOverrides.row(.object(fields), origin: "test")
    }
    var reply = Reply(text: "")
    if let input = row.arguments[2].int, let output = row.arguments[3].int {
      reply.usage = Usage(input: input, output: output)
    }
    let settings = Settings(config: row.arguments[1].object ?? [:], environment: [:], folder: ".")
    let cost = PriceBook.empty.adding(rows).cost(
      of: reply, provider: "any", model: row.arguments[0].string ?? "",
      settings: PriceSettings(settings.config),
      at: .now())
    #expect(cost.amount?.dollars == row.expected["$"]?["equals"]?.double)
  }

  @Test("chat prompts", arguments: rows("parseChatPrompt"))
  func chatPrompts(_ row: Row) {
    let text = row.arguments[0].string ?? ""
    let matcher = row.expected["$"]
    guard matcher?["throws"] == nil else {
      #expect(throws: Problem.self) { try RenderedPrompt(text: text) }
      return
    }
    let prompt = try? RenderedPrompt(text: text)
    if prompt?.isChat == true {
      #expect(prompt.map { JSON.array($0.messages) } == matcher?["equals"])
    } else {
      // The default given in these rows is what plain text becomes.
      #expect(matcher?["equals"] == row.arguments[1])
    }
  }

  @Test("costs that two price libraries compute", arguments: vectors)
  func costVectors(_ vector: Vector) throws {
    let cost = PriceBook.builtIn.cost(
      of: vector.reply, provider: vector.provider, model: vector.model, at: vector.at)
    let dollars = try #require(cost.amount, "\(cost.reason)").dollars
    #expect(abs(dollars - vector.expected) <= 1e-12, "\(cost.reason)")
  }

  struct Vector: Sendable, CustomTestStringConvertible {
    var name: String
    var provider: String
    var model: String
    var reply: Reply
    var at: Instant
    var expected: Double
    var testDescription: String { name }
  }

  static let vectors: [Vector] = {
    guard let bytes = try? File.read(folder + "/cost_vectors.json"),
      let list = try? JSON(parsing: bytes).array
    else {
      return []
    }
    return list.compactMap { json in
      guard let name = json["name"]?.string, let usage = json["provider_usage"],
        let expected = json["litellm_total_usd"]?.double
      else { return nil }
      var reply = Reply(text: "")
      let service = json["provider"]?.string ?? ""
      let provider = ["gemini": "google"][service] ?? service
      reply.usage =
        switch provider {
        case "anthropic": UsageReading.anthropic(usage)
        case "google": UsageReading.gemini(usage)
        default: UsageReading.openAI(usage)
        }
      reply.rawUsage = usage
      reply.serviceTier = json["service_tier"]?.string
      let model = json["model"]?.string ?? ""
      let bare = model.split(separator: "/").last.map(String.init) ?? model
      let at = json["at"]?.string.flatMap { Instant(rfc3339: $0) } ?? Instant(rfc3339: "2026-11-20T12:00:00Z")
      return Vector(
        name: name, provider: provider, model: bare, reply: reply, at: at ?? .now(), expected: expected)
    }
  }()

  @Test("all rows were found")
  func complete() {
    #expect(Self.vectors.count == 15)
    #expect(Self.rows("parseRateLimitHeaders").count == 16)
    #expect(Self.rows("normalizeFinishReason").count == 16)
  }
}
