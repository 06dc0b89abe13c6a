import Foundation
import Ledger
import Simulator
import Testing

/// Killing a run at any moment loses nothing that was recorded and asks nothing twice.
@Suite("kill -9")
struct KillTests {
  private func suite(_ count: Int, at address: String) -> String {
    """
    prompts: ["say {{word}}"]
    targets: [{id: "openai:chat:sim-echo", config: {apiBaseUrl: "\(address)/v1", apiKey: none}}]
    tests:

    """
      + (0..<count).map { "  - vars: {word: w\($0)}\n    assert: [{type: contains, value: w\($0)}]\n" }
      .joined()
  }

  @Test("a run that is killed again and again ends with every trial exactly once")
  func killed() async throws {
    let runner = try CommandLineRunner()
    defer { runner.clean() }
    let simulator = try Simulator.start()
    defer { simulator.stop() }
    let count = 600
    let concurrency = 8
    try runner.write(suite(count, at: simulator.address), to: "suite.yaml")
    let ledgerPath = runner.folder.appending(path: "ledger.sqlite").path
    let arguments = [
      "run", "suite.yaml", "-q", "--no-ci", "-j", "\(concurrency)", "--ledger", "ledger.sqlite",
    ]
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
    var hasRun = false
    for round in 0..<6 {
      let process = try runner.start(arguments + (hasRun ? ["--resume"] : []))
      let pause = 0.1 + Double((seed >> (UInt64(round) * 8)) & 0xFF) / 255 * 0.5
      try await Task.sleep(for: .seconds(pause))
      process.stop()
      _ = await process.ended()
      guard let ledger = try? Ledger(path: ledgerPath) else { continue }
      #expect(try ledger.check() == [], "seed \(seed)")
      hasRun = try !ledger.runs().isEmpty
    }
    let last = try await runner.run(arguments + (hasRun ? ["--resume"] : []))
    #expect(
      last.code == 0 || last.errors.contains("interrupted") || last.errors.contains("no run"),
      "\(last.errors)")
    let ledger = try Ledger(path: ledgerPath)
    let run = try ledger.run()
    #expect(try ledger.trials(of: run.id).map(\.slot.caseNo) == Array(0..<count), "seed \(seed)")
    var recorded: Set<String> = []
    var calls: [CallRow] = []
    try ledger.forEachCall(of: run.id) { if $0.replyID != nil { calls.append($0) } }
    for call in calls {
      let attempt = try #require(try ledger.attempts(of: call).last)
      #expect(recorded.insert(attempt.requestID ?? "").inserted, "seed \(seed)")
    }
    #expect(recorded.count == count, "seed \(seed)")
    // The simulator's own account, request by request.
    struct Seen {
      var id: String
      var receivedAt: Int
      var endedAt: Int
    }
    var byContent: [String: [Seen]] = [:]
    for entry in simulator.log {
      guard let content = entry["content"]?.string, let bits = UInt64(content, radix: 16),
        let no = entry["n"]?.int, let received = entry["received_ns"]?.int, let ended = entry["ended_ns"]?.int
      else { continue }
      let digits = String(bits ^ UInt64(no), radix: 16)
      let id = "req_" + String(repeating: "0", count: 16 - digits.count) + digits
      byContent[content, default: []].append(Seen(id: id, receivedAt: received, endedAt: ended))
    }
    #expect(byContent.count == count)
    for seen in byContent.values {
      let kept = seen.filter { recorded.contains($0.id) }
      #expect(kept.count == 1, "seed \(seed)")
      // What was recorded was never asked for again.
      #expect(seen.allSatisfy { $0.receivedAt <= kept.first?.endedAt ?? 0 }, "seed \(seed)")
    }
  }
}
