import Foundation
import Ledger
import Testing
import Vocabulary

@testable import Formats
@testable import Reports

/// Text as a model may send it to whoever shows it.
enum Hostile {
  static let texts = [
    "</script><script>window.pwned=1</script><img src=x onerror=\"window.pwned=1\">",
    "]]> <![CDATA[ &xxe; &#0; &lt;!ENTITY xxe SYSTEM \"file:///etc/passwd\"> -->",
    "nul \u{0} escape \u{1B}[31mred\u{1B}[0m \u{1B}]0;title\u{7} bell \u{7} c1 \u{9B}31m no character \u{FFFE}\u{FFFF}",
    "[click](https://evil.example/a) ![see](http://evil.example/b.png) <https://evil.example> www.evil.example @octocat #1",
    "| a | b |\n| --- | --- |\n| c | d |\n\n# heading\n\n```\nfence\n- item\n===\n~~~",
    "=HYPERLINK(\"http://evil.example\")", "+1+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\t=1+1",
    "::error file=a::told\n::stop-commands::x\n##[error]told ##vso[task.complete]done [[ATTACHMENT|/etc/passwd]]",
    // What JSON's lone surrogates become.
    (try? JSON(parsing: #""half \ud800 and \udc00""#))?.string ?? "unread",
    "\u{202E}turned round\u{2028}\u{2029}\r\nend",
  ]
  static let all = texts.joined(separator: "\n")
}

/// A ledger that tests report on, made through the real recorder.
final class ReportLedger: Sendable {
  let folder: String
  let run: RunRow
  let ledger: Ledger

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  var summary: RunSummary { get throws { try RunSummary(of: run, in: ledger) } }

  func path(_ name: String) -> String { folder + "/" + name }

  func report(_ name: String, format: ReportFormat? = nil) throws -> String {
    var reports = RunReports(of: run, in: ledger)
    try reports.write(to: path(name), format: format)
    return try String(contentsOfFile: path(name), encoding: .utf8)
  }

  /// - Parameter trial: for each case and target; its `caseRecord` is shared by the targets.
  init(
    targets: [String] = ["small", "large"], description: String? = "a suite", cases: Int,
    repetitions: Int = 1,
    gates: [String] = [], trial: @Sendable (TrialPlace) -> TrialRecord
  ) async throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "assay-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let recorder = try Recorder(path: folder + "/ledger.sqlite")
    var record = RunRecord(name: "20260301-0930-test", planKey: "plan", seed: 7)
    record.description = description
    record.suiteFile = "suites/a.yaml"
    record.targets = targets.map {
      TargetRecord(label: $0, provider: "sim:\($0)", settings: ["temperature": 0.5])
    }
    record.prompts = [PromptRecord(key: "p", label: "short", body: "Answer: {{question}}")]
    record.gates = gates.map { GateRecord(expression: $0) }
    let handle = try await recorder.begin(record)
    for no in 0..<cases {
      for target in targets.indices {
        for repetition in 0..<repetitions {
          let place = TrialPlace(run: handle, caseNo: no, target: target, repetition: repetition)
          await recorder.submit(trial(place)) { _ in }
        }
      }
    }
    await recorder.settled()
    try await recorder.record(
      gates.enumerated().map {
        GateVerdict(no: $0.offset, outcome: .fail, observed: 0.5, explanation: "0.5 of \(Hostile.texts[3])")
      }, of: handle.id)
    try await recorder.finish(handle, state: .done, exitCode: 1, plannedTrials: nil)
    await recorder.close()
    ledger = try Ledger(path: folder + "/ledger.sqlite")
    run = try ledger.run("latest")
  }

  /// Every kind of text, wherever a model, a service or a file may put one.
  static func hostile() async throws -> ReportLedger {
    let texts = Hostile.texts
    return try await ReportLedger(
      targets: ["a|b <b>`x` @you", "=cmd [c](http://evil.example)"], description: texts[0] + texts[3],
      cases: texts.count, gates: ["pass_rate >= 0.9 | `x`"]
    ) { place in
      let text = texts[place.caseNo]
      let outcomes: [Outcome] = [.fail, .error, .pass, .skipped]
      var trial = place.trial(
        outcomes[(place.caseNo + place.target) % 4], reply: text, reason: text, name: text)
      trial.reason = text
      return trial
    }
  }
}

struct TrialPlace: Sendable {
  var run: RunHandle
  var caseNo: Int
  var target: Int
  var repetition: Int

  /// A trial with one call, or none where it was skipped.
  func trial(
    _ outcome: Outcome, reply text: String, reason: String = "as expected", name: String? = nil,
    latency: Microseconds? = nil, cost: Money? = Money(picodollars: 123_456_789)
  ) -> TrialRecord {
    let at = 1_772_357_400_000_000 + Int64(caseNo * 1_000_000 + target * 250_000)
    let done = latency ?? Int64(100_000 + caseNo * 7_919 + target * 33_331)
    let test = CaseRecord(
      no: caseNo, key: "case-\(caseNo)", description: name ?? "case \(caseNo)",
      variables: ["question": .string(name ?? "question \(caseNo)")],
      location: SourceLocation(file: "suites/a.yaml", line: 10 + caseNo, column: 5))
    var check = CheckResult(outcome == .fail ? .fail : .pass, score: outcome == .fail ? 0 : 1, reason: reason)
    check.type = "contains"
    var record = TrialRecord(
      runID: run.id,
      slot: Slot(
        caseNo: caseNo, promptID: run.promptIDs[0], targetID: run.targetIDs[target], repetition: repetition),
      caseRecord: test, outcome: outcome,
      score: outcome == .pass ? 1 : outcome == .fail ? 1.0 / 3 : 0, startedAt: at, total: done + 1_234,
      checks: outcome == .pass || outcome == .fail ? [check] : [],
      calls: outcome == .skipped ? [] : [CallRecord(call(outcome, text, at, done, cost))])
    record.namedScores = outcome == .pass ? ["tone": 0.1 + Double(caseNo % 3) / 10] : [:]
    if outcome == .error { record.failure = Failure(.server, "HTTP 500: \(text)", status: 500) }
    return record
  }

  private func call(_ outcome: Outcome, _ text: String, _ at: Int64, _ done: Int64, _ cost: Money?) -> Call {
    var timings = Timings(done: done)
    timings.firstByte = done / 4
    timings.firstOutput = done / 3
    timings.lastOutput = done - 100
    var attempt = Attempt(startedAt: at + 20, timings: timings)
    attempt.status = 200
    var reply = Reply(text: text)
    reply.finishReason = .stop
    var usage = Usage(input: 11 + caseNo % 5, output: 17 + caseNo % 7)
    usage.cachedInput = 3
    reply.usage = usage
    let failure = Failure(.server, "HTTP 500: \(text)", status: 500)
    if outcome == .error { attempt.failure = failure }
    var call = Call(
      purpose: .trial, source: .network, target: "t", provider: "sim", model: "m\(target)",
      request: ["messages": [["role": "user", "content": .string("Answer: question \(caseNo)")]]],
      result: outcome == .error ? .failure(failure) : .success(reply), attempts: [attempt], total: done + 40,
      scheduledAt: at)
    call.cost = outcome == .error ? nil : cost
    call.costReason = "listed"
    return call
  }
}

/// A program that is not ours.
enum Tool {
  static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  static let fixtures = tests.appending(path: "ReportsTests/Fixtures")

  static func run(_ command: String, _ arguments: [String], input: String? = nil) throws
    -> (status: Int32, output: String)
  {
    let process = Process()
    process.executableURL = URL(filePath: command)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    if let input {
      let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
      try Data(input.utf8).write(to: file)
      defer { try? FileManager.default.removeItem(at: file) }
      process.standardInput = try FileHandle(forReadingFrom: file)
    }
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }

  /// The interpreter of the environment with packages from PyPI; nil where they can't be had.
  static let python: String? = {
    let made = try? run(tests.appending(path: "tools/python-env").path, ["readers"])
    return made?.status == 0
      ? made?.output.split(separator: "\n").last.map(String.init) : nil
  }()
}
