import Foundation
import Ledger
import Testing
import Vocabulary

@testable import Reports

private let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

/// One browser at a time: two would fight over the cores that the clock measures.
@Suite(.serialized) struct PageTests {
  private func drive(_ what: String, _ page: String) throws -> String {
    try #require(chromium != nil, "bin/prepare installs Chromium")
    let script = Tool.fixtures.appending(path: "page.py").path
    let result = try Tool.run("/usr/bin/env", ["python3", script, what, page])
    #expect(result.status == 0, "\(result.output)")
    return result.output
  }

  @Test("a person finds a failure, opens it, compares it and goes on, by mouse and by keyboard")
  func clickPath() async throws {
    let made = try await ReportLedger(cases: 60, repetitions: 2) { place in
      let isBad = place.caseNo % 7 == 3 && place.target == 0
      let words =
        "The answer of case \(place.caseNo) is \(place.target == 0 ? "forty two" : "forty three") sheep."
      return place.trial(
        isBad ? .fail : .pass, reply: words, reason: isBad ? "no goats in it" : "as expected")
    }
    _ = try made.report("run.html")
    #expect(try drive("path", made.path("run.html")).contains("ok path"))
  }

  @Test("nothing that a model says runs in the page, and nothing leaves it")
  func hostilePage() async throws {
    let made = try await ReportLedger.hostile()
    _ = try made.report("run.html")
    #expect(try drive("hostile", made.path("run.html")).contains("ok hostile"))
  }

  @Test("names, labels, contrast and order are right in light, dark, print and narrow")
  func accessible() async throws {
    let made = try await ReportLedger(cases: 12, gates: ["pass_rate >= 0.9"]) { place in
      place.trial([.pass, .fail, .error][place.caseNo % 3], reply: "a reply")
    }
    _ = try made.report("run.html")
    #expect(try drive("accessible", made.path("run.html")).contains("ok accessible"))
  }

  @Test("50,000 trials open, sort, filter and search in about the time the browser takes to read their data")
  func large() async throws {
    let made = try await ReportLedger(cases: 1) { place in
      place.trial(place.target == 0 ? .fail : .pass, reply: "sheep and goats")
    }
    try multiply(made, to: 25_000)
    var reports = RunReports(of: made.run, in: made.ledger)
    try reports.write(to: made.path("run.html"))
    #expect(try reports.summary().whole.trials == 50_000)
    let said = try drive("large", made.path("run.html"))
    #expect(said.contains("ok large"))
    print(said)
  }

  /// Copies of the first case and all that belongs to it.
  private func multiply(_ made: ReportLedger, to cases: Int) throws {
    let sql = """
      PRAGMA synchronous = OFF;
      BEGIN;
      CREATE TEMP TABLE copies(n INTEGER PRIMARY KEY);
      WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < \(cases - 1)) INSERT INTO copies SELECT n FROM c;
      INSERT INTO contents(id, body) SELECT 100 + n, json_object('description', 'question ' || n, 'variables', json_object('question', 'What is ' || n || '?')) FROM copies;
      INSERT INTO contents(id, body) SELECT 1000000 + n, json_object('text', 'The answer to question ' || n || ' is ' || (n * 7919 % 1000) || ', as multiplication shows; the rest of the reply makes it about as long as short answers are.') FROM copies;
      INSERT INTO cases SELECT run_id, n, n, 100 + n, file_id, 10 + n, column FROM cases, copies WHERE no = 0;
      INSERT INTO trials SELECT trials.id + 1000 * n, run_id, n, prompt_id, target_id, repetition, outcome, score, reason, error_kind, error_message, started_at + n * 1000, total_us + n % 977, output_id, named_scores, metadata FROM trials, copies WHERE trials.id < 10;
      INSERT INTO calls(id, run_id, trial_id, purpose, source, target_id, model_id, reply_id, finish_reason, scheduled_at, total_us, input_tokens, output_tokens, cost_picodollars, attempts, start_us, done_us, first_byte_us, first_output_us, last_output_us, loop_lag_us, status) SELECT calls.id + 1000 * n, run_id, trial_id + 1000 * n, purpose, source, target_id, model_id, 1000000 + n, finish_reason, scheduled_at + n * 1000, total_us, input_tokens, output_tokens, cost_picodollars, attempts, start_us, done_us + n % 977, first_byte_us, first_output_us, last_output_us, 0, status FROM calls, copies WHERE calls.id < 10;
      INSERT INTO checks SELECT trial_id + 1000 * n, no, parent, spec_id, outcome, score, reason, details FROM checks, copies WHERE trial_id < 10;
      COMMIT;
      """
    let result = try Tool.run("/usr/bin/sqlite3", [made.path("ledger.sqlite")], input: sql)
    try #require(result.status == 0, "\(result.output)")
  }
}
