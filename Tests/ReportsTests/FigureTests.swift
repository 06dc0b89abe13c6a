import Formats
import Foundation
import Ledger
import Statistics
import Testing
import Vocabulary

@testable import Reports

private func numbers(_ json: JSON?) -> String? {
  guard let json, case .number(let number) = json else { return nil }
  return number.text
}

@Test("figures of one run are the same in every format, to the last digit")
func sameFigures() async throws {
  let made = try await ReportLedger(targets: ["small", "large"], cases: 37, repetitions: 3) { place in
    let outcomes: [Outcome] = [.pass, .fail, .pass, .pass, .error]
    return place.trial(
      outcomes[(place.caseNo * 3 + place.repetition + place.target) % 5], reply: "a reply",
      latency: Int64(100_003 + place.caseNo * 7_919 + place.target * 33_331 + place.repetition * 101),
      cost: place.target == 1 && place.caseNo == 5
        ? nil : Money(picodollars: 1_234_567 * Int64(1 + place.caseNo)))
  }
  let json = try JSON(parsing: try made.report("r.json"))
  let lines = try made.report("r.jsonl").split(separator: "\n").map { try JSON(parsing: String($0)) }
  let csv = try made.report("r.csv").split(separator: "\n").map {
    $0.split(separator: ",", omittingEmptySubsequences: false)
  }
  let promptfoo = try JSON(parsing: try made.report("r.promptfoo.json"))["results"]
  let metrics = try made.report("r.metrics.txt")
  let junit = try made.report("r.junit.xml")
  let markdown = try made.report("r.md")
  let html = try made.report("r.html")
  let trials = try #require(json["trials"]?.array)
  let results = try #require(promptfoo?["results"]?.array)
  #expect(trials.count == 222 && lines.count == 222 && csv.count == 223 && results.count == 222)

  // Trial by trial.
  let columns = csv[0].map(String.init)
  for (place, trial) in trials.enumerated() {
    for (column, name) in columns.enumerated() {
      let inCSV = String(csv[place + 1][column])
      #expect(lines[place][name] == trial[name])
      switch trial[name] ?? .null {
      case .null: #expect(inCSV == "", "\(name)")
      case .number(let number): #expect(inCSV == number.text, "\(name)")
      case .string(let text): #expect(inCSV == text, "\(name)")
      default: #expect(inCSV == trial[name]?.text, "\(name)")
      }
    }
    #expect(numbers(results[place]["score"]) == numbers(trial["score"]))
    #expect(numbers(results[place]["cost"]) == numbers(trial["cost_usd"]))
    #expect(results[place]["tokenUsage"]?["prompt"] == trial["input_tokens"])
    if let latency = trial["latency_us"]?.int {
      #expect(numbers(results[place]["latencyMs"]) == NumberText.javaScript(Double(latency) / 1_000))
    }
  }
  func properties(_ name: String) -> [String] {
    junit.components(separatedBy: "<property name=\"\(name)\" value=\"").dropFirst().map {
      String($0.prefix { $0 != "\"" })
    }
  }
  func inSuites(_ key: String) -> [String] {
    // JUnit has target after target.
    ["small", "large"].flatMap { label in
      trials.filter { $0["target"]?.string == label }.map { numbers($0[key]) ?? "unknown" }
    }
  }
  #expect(properties("score") == inSuites("score"))
  #expect(properties("cost_usd") == inSuites("cost_usd"))
  #expect(properties("latency_us") == inSuites("latency_us").filter { $0 != "unknown" })
  #expect(properties("ttft_us") == inSuites("ttft_us").filter { $0 != "unknown" })

  // Target by target.
  let targets = try #require(json["targets"]?.array)
  for (place, target) in targets.enumerated() {
    let label = try #require(target["label"]?.string)
    let own = trials.filter { $0["target"]?.string == label }
    let summary = try made.summary.targets[place]
    let rate = try #require(numbers(target["pass_rate"]?["value"]))
    let interval = try #require(target["pass_rate"]?["interval"]?.array).compactMap { numbers($0) }
    #expect(metrics.contains("assay_pass_rate{target=\"\(label)\"} \(rate)\n"))
    for (bound, end) in zip(interval, ["low", "high"]) {
      #expect(metrics.contains("assay_pass_rate_\(end){target=\"\(label)\"} \(bound)\n"))
    }
    #expect(properties("pass_rate")[place] == rate)
    #expect(properties("pass_rate.ci95")[place] == interval.joined(separator: ".."))
    let p50 = try #require(target["latency_us"]?["p50"]?["value"]?.double)
    #expect(properties("latency_us.p50")[place] == NumberText.javaScript(p50))
    #expect(
      metrics.contains("assay_latency_p50_seconds{target=\"\(label)\"} \(NumberText.javaScript(p50 / 1e6))\n")
    )
    let cost = own.reduce(Money.zero) { sum, trial in
      sum + (numbers(trial["cost_usd"]).flatMap { Money(dollars: $0) } ?? .zero)
    }
    let isKnown = target["calls_of_unknown_cost"]?.int == 0
    #expect(isKnown == (place == 0))
    #expect(numbers(target["cost_usd"]) == cost.description)
    #expect(properties("cost_usd.total")[place] == (isKnown ? cost.description : "unknown"))
    #expect(metrics.contains("assay_cost_usd{target=\"\(label)\"}") == isKnown, "what is unknown is absent")
    let column = promptfoo?["prompts"]?.array?.first { $0["provider"]?.string == label }?["metrics"]
    #expect(numbers(column?["cost"]) == (isKnown ? cost.description : nil))
    #expect(column?["testPassCount"] == target["passed"])
    #expect(column?["testFailCount"] == target["failed"])
    #expect(column?["testErrorCount"] == target["erred"])
    #expect(column?["tokenUsage"]?["total"]?.int == summary.tokens)
    // What people read is the same text in both.
    for text in [
      MarkdownReport.percent(summary.passRate?.value), MarkdownReport.interval(summary.passRate),
      MarkdownReport.timeAndInterval(summary.latency?[0.5]), String(summary.tokens),
    ] {
      #expect(markdown.contains("| \(text) |"), "\(text)")
      #expect(html.contains(">\(text)</td>"), "\(text)")
    }
  }
  #expect(promptfoo?["stats"]?["successes"] == json["total"]?["passed"])
  #expect(junit.contains("tests=\"222\" failures=\"\(json["total"]?["failed"]?.int ?? -1)\""))
}

@Test("named scores, the history and the percentiles of a run come with their intervals")
func uncertainty() async throws {
  let made = try await ReportLedger(cases: 40, repetitions: 2) { place in
    var trial = place.trial(place.caseNo % 3 == 0 ? .fail : .pass, reply: "said")
    trial.namedScores = ["tone": Double(place.caseNo % 5) / 4]
    return trial
  }
  let target = try #require(made.summary.targets.first)
  let tone = try #require(target.namedScores.first)
  // The unit is the case: two repetitions that agree are one value.
  let values = (0..<40).map { [Double($0 % 5) / 4] }
  #expect(tone.mean.value == 0.5 && tone.mean.cases == 40 && tone.trials == 80)
  #expect(tone.mean.interval == scoreInterval(values))
  #expect(target.scoreTexts.first?.hasPrefix("tone 0.500 (95 % CI 0.3") == true, "\(target.scoreTexts)")
  let percentile = Percentile(p: 0.5, value: 850_000, interval: Interval(790_000, 1_020_000))
  #expect(MarkdownReport.timeAndInterval(percentile) == "850 ms (790 ms to 1.02 s)")
  let history = try History(made.ledger, by: .model, since: nil)
  let csv = HistoryTable(history, .errors).csv
  #expect(csv.hasPrefix("model,calls,errors,error_rate,error_rate_low,error_rate_high,kinds"), "\(csv)")
  let latency = HistoryTable(history, .latency).csv
  #expect(
    latency.contains("latency_p50_us,latency_p50_low_us,latency_p50_high_us,latency_p95_us"), "\(latency)")
}

@Test("promptfoo's file has the keys of its version 3, with repetitions as tests of their own")
func promptfooShape() async throws {
  let made = try await ReportLedger(cases: 3, repetitions: 2) { place in
    place.trial([.pass, .fail, .error][place.caseNo], reply: "said", reason: "because")
  }
  let file = try JSON(parsing: try made.report("r.promptfoo.json"))
  #expect(file["evalId"]?.string?.hasPrefix("eval-") == true)
  #expect(file["shareableUrl"] == .null)
  #expect(file["results"]?["version"]?.int == 3)
  let results = try #require(file["results"]?["results"]?.array)
  #expect(Set(results.compactMap { $0["testIdx"]?.int }) == Set(0..<6))
  #expect(Set(results.compactMap { $0["promptIdx"]?.int }) == [0, 1])
  #expect(Set(results.compactMap { $0["id"]?.string }).count == 12)
  for result in results {
    let success = result["success"]?.bool
    let reason = result["failureReason"]?.int
    switch result["testIdx"]?.int ?? 0 {
    case 0, 1:
      #expect(success == true && reason == 0 && result["error"] == nil)
      #expect(
        result["gradingResult"]?["componentResults"]?.array?.first?["assertion"]?["type"]?.string
          == "contains")
      #expect(result["prompt"]?["raw"]?.string == "Answer: question 0")
    case 2, 3: #expect(success == false && reason == 1 && result["error"]?.string == "because")
    default:
      #expect(success == false && reason == 2 && result["response"] == nil && result["gradingResult"] == nil)
    }
  }
  let prompts = try #require(file["results"]?["prompts"]?.array)
  #expect(prompts.map { $0["provider"]?.string } == ["small", "large"])
}

@Test(
  "latencies are said to be the client's own where they are for more than one in a hundred, not for a few of a few",
  arguments: [
    (trials: 60, late: 1, limited: false), (60, 3, false), (60, 4, true), (1_000, 10, false),
    (1_000, 25, true),
    (5, 1, false), (5, 5, true),
  ])
func clientLimited(_ trials: Int, _ late: Int, _ limited: Bool) async throws {
  let made = try await ReportLedger(targets: ["one"], cases: trials) { place in
    var record = place.trial(.pass, reply: "a reply", latency: 100_000)
    record.calls[0].call.attempts[0].timings.loopLag = place.caseNo < late ? 1_500 : 40
    return record
  }
  let summary = try made.summary
  #expect(summary.whole.isClientLimited == limited)
  let said = "The latencies are limited by this client, not by the service: it was 1.5 ms late at p99."
  #expect(try made.report("r.md").contains(said) == limited)
  #expect(try made.report("r.html").contains(said) == limited)
}
