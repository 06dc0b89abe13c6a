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
    row["quirk"] != nil
      || Self.deviations.contains { deviation in
        ["type", "value", "output", "threshold"].allSatisfy { (deviation[$0] ?? .null) == (row[$0] ?? .null) }
      }
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

@Test(
  "pure checks give promptfoo's verdict",
  arguments: ConformanceRow.all.filter { PureChecks.all[$0.spec.type] != nil && $0.row["transform"] == nil })
func pureVerdict(row: ConformanceRow) throws {
  let spec = row.spec
  var value = spec.value
  if let text = value?.string, text.contains("{{") {
    // The room's own value resolution is tested apart; here a variable is put in plainly.
    for (name, inner) in row.input.variables {
      value = .string(
        (value?.string ?? text).replacingOccurrences(of: "{{ \(name) }}", with: inner.string ?? inner.text)
          .replacingOccurrences(of: "{{\(name)}}", with: inner.string ?? inner.text))
    }
  }
  let check = try #require(PureChecks.all[spec.type])
  var finding = check(CheckSpecView(spec, value: value), row.input)
  if spec.isNegated { finding = finding.negated }
  let expected = row.row["expect_pass"]?.bool ?? false
  if row.mayDiffer { return }
  switch finding {
  case .decided(let holds, let score, let because):
    #expect(
      holds == expected,
      "\(because) — \(row.row["expect_reason"]?.text ?? "") quirk: \(row.row["quirk"]?.text ?? "")")
    if let wanted = row.row["expect_score"]?.double {
      let slack = row.row["score_tolerance"]?.double ?? 1e-9
      #expect(
        abs(score - wanted) <= slack,
        "score \(score), expected \(wanted) quirk: \(row.row["quirk"]?.text ?? "")")
    }
  case .undecided(let why):
    #expect(!expected, "\(why) quirk: \(row.row["quirk"]?.text ?? "")")
  }
}

@Test("fewer than 5 % of the rows without a quirk are listed as deviations")
func fewDeviations() {
  let plain = ConformanceRow.all.count { $0.row["quirk"] == nil }
  #expect(ConformanceRow.all.count == 375)
  #expect(ConformanceRow.deviations.count * 20 < plain)
}
