import Formats
import Foundation
import Suites
import Testing
import Vocabulary

@testable import Checks

/// Rows of promptfoo's own verdicts: one assertion on one output.
struct ConformanceRow: CustomTestStringConvertible, Sendable {
  var number: Int
  var row: JSON

  var testDescription: String {
    "\(number) \(row["type"]?.string ?? "?") \(row["value"]?.text.prefix(40) ?? "")"
  }

  static let all: [ConformanceRow] = ["assertions.jsonl", "assertions-edge.jsonl"].flatMap(lines).enumerated()
    .map { ConformanceRow(number: $0.offset, row: $0.element) }

  /// Rows where our verdict differs by design, each with its reason.
  static let deviations: [JSON] = lines("deviations.jsonl")

  private static func lines(_ name: String) -> [JSON] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { try? JSON(parsing: String($0)) }
  }

  /// Marked as a quirk of promptfoo, or listed among our deviations: our verdict may differ.
  var mayDiffer: Bool {
    row["quirk"] != nil || Self.deviations.contains(where: isListed)
  }

  func isListed(in deviation: JSON) -> Bool {
    ["type", "value", "output", "threshold"].allSatisfy { (deviation[$0] ?? .null) == (row[$0] ?? .null) }
  }
}

extension ConformanceRow {
  var spec: CheckSpec { Self.spec(row) }

  static func spec(_ row: JSON) -> CheckSpec {
    let name = row["type"]?.string ?? ""
    var spec = CheckSpec(type: name.hasPrefix("not-") ? String(name.dropFirst(4)) : name)
    spec.isNegated = name.hasPrefix("not-")
    spec.value = row["value"].flatMap { $0.isNull ? nil : $0 }
    spec.threshold = row["threshold"]?.double
    spec.weight = row["weight"]?.double ?? 1
    spec.metric = row["metric"]?.string
    spec.config = row["config"]?.object ?? JSONObject()
    for key in ["alpha", "beta", "gamma"] {
      if let value = row[key] { spec.extra[key] = value }
    }
    spec.transform = row["transform"]?.string
    return spec
  }

  var input: CheckInput {
    var input = CheckInput(output: row["output"] ?? .null, variables: row["vars"]?.object ?? JSONObject())
    var reply = Reply(text: input.text, output: input.output)
    let response = row["response"]
    reply.logProbabilities = response?["logProbs"]?.array?.compactMap(\.double)
    reply.rawFinishReason = response?["finishReason"]?.string
    reply.finishReason = reply.rawFinishReason.map(FinishReason.init(name:))
    let rails = response?["guardrails"]
    reply.flagged = rails?["flagged"]?.bool
    reply.flagReason = rails?["reason"]?.string
    input.reply = reply
    input.cost = response?["cost"]?.double.map { Money(picodollars: Int64(($0 * 1e12).rounded())) }
    input.latency = row["latencyMs"]?.double.map { Int64($0 * 1_000) }
    input.targetConfig = row["providerConfig"]?.object ?? JSONObject()
    input.trace = row["trace"]
    input.metadata = response?["metadata"]
    return input
  }
}

extension FinishReason {
  fileprivate init(name: String) {
    switch name {
    case "stop": self = .stop
    case "length": self = .length
    case "content_filter": self = .contentFilter
    case "tool_calls": self = .toolCalls
    default: self = .other(name)
    }
  }
}

extension ConformanceRow {
  /// A row of an `assert-set` is a whole case: its value is the list of its checks.
  static func specs(_ row: JSON) -> [CheckSpec] {
    guard row["type"]?.string == "assert-set" else { return [spec(row)] }
    return (row["value"]?.array ?? []).map { item in
      guard item["type"]?.string == "assert-set" else { return spec(item) }
      var set = spec(item)
      set.value = nil
      set.components = (item["assert"]?.array ?? []).map(spec)
      return set
    }
  }

  /// A judge that is content, and a moderator that flags nothing.
  static func content(_ question: CheckTools.Question) -> Call {
    var reply = Reply(text: #"{"reason": "it is fine", "score": 1, "pass": true}"#)
    reply.moderation = []
    return Call(
      purpose: question.purpose, source: .local, target: "judge", provider: "", model: "", request: .null,
      result: .success(reply), attempts: [], total: 0, scheduledAt: 0)
  }
}

@Test("checks give promptfoo's verdict", arguments: ConformanceRow.all)
func verdict(row: ConformanceRow) async throws {
  if row.mayDiffer { return }
  let isCase = row.row["type"]?.string == "assert-set"
  let verdict = await Checker(TestTools.make(ask: ConformanceRow.content)).judge(
    row.input, checks: ConformanceRow.specs(row.row), threshold: isCase ? row.row["threshold"]?.double : nil)
  let expected = row.row["expect_pass"]?.bool ?? false
  let outcome = isCase ? verdict.outcome : verdict.checks[0].outcome
  let score = isCase ? verdict.score : verdict.checks[0].score
  let reason = isCase ? verdict.reason : verdict.checks[0].reason
  #expect((outcome == .pass) == expected, "\(outcome): \(reason) — \(row.row["expect_reason"]?.text ?? "")")
  if outcome != .error, let wanted = row.row["expect_score"]?.double {
    #expect(
      abs(score - wanted) <= row.row["score_tolerance"]?.double ?? 1e-9, "score \(score), expected \(wanted)")
  }
  for (name, wanted) in row.row["expect_named_scores"]?.object ?? JSONObject() {
    #expect(verdict.namedScores[name] == wanted.double)
  }
}

@Test("fewer than 5 % of the rows without a quirk are listed as deviations, and each is a row")
func fewDeviations() {
  let plain = ConformanceRow.all.count { $0.row["quirk"] == nil }
  #expect(ConformanceRow.all.count == 375)
  #expect(ConformanceRow.deviations.count * 20 < plain)
  for deviation in ConformanceRow.deviations {
    #expect(deviation["reason"]?.string?.isEmpty == false)
    #expect(ConformanceRow.all.contains { $0.row["quirk"] == nil && $0.isListed(in: deviation) })
  }
}
