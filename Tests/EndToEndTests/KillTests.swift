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
  func killed() throws {
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
    var kills = 0
    var hasRun = false
    for round in 0..<6 {
      let process = try runner.start(arguments + (hasRun ? ["--resume"] : []))
      let pause = 0.1 + Double((seed >> (UInt64(round) * 8)) & 0xFF) / 255 * 0.5
      Thread.sleep(forTimeInterval: pause)
      if process.isRunning {
        kill(process.processIdentifier, SIGKILL)
        kills += 1
      }
      process.waitUntilExit()
      guard let ledger = try? Ledger(path: ledgerPath) else { continue }
      #expect(try ledger.check() == [], "seed \(seed)")
      hasRun = try !ledger.runs().isEmpty
    }
    let last = try runner.run(arguments + (hasRun ? ["--resume"] : []))
    #expect(
      last.code == 0 || last.errors.contains("interrupted") || last.errors.contains("no run"),
      "\(last.errors)")
    let ledger = try Ledger(path: ledgerPath)
    let run = try ledger.run()
    #expect(try ledger.trials(of: run.id).map(\.slot.caseNo) == Array(0..<count), "seed \(seed)")
    var replies: [Int64] = []
    try ledger.forEachCall(of: run.id) { call in
      if call.replyID != nil, let request = call.requestID { replies.append(request) }
    }
    // No request whose reply was recorded was sent again, so none has two replies.
    #expect(replies.count == count, "seed \(seed)")
    #expect(Set(replies).count == count, "seed \(seed)")
    let seen = simulator.stats["requests"]?.int ?? 0
    #expect(seen >= count)
    // What was sent twice was on the wire, or uncommitted, when the process was killed.
    #expect(seen - count <= kills * 300, "seed \(seed)")
  }
}
