import Foundation
import Formats
import Ledger
import Simulator
import Testing

/// The simulator's own bill, for whatever it wrote and whatever became of it, never passes the cap.
@Suite("budgets, end to end")
struct BudgetTests {
  private func suite(_ count: Int, at address: String, more: String = "", target: String = "sim:sim-small")
    -> String
  {
    """
    prompts: ["tell me about {{word}}"]
    targets: [{id: "\(target)", config: {apiBaseUrl: "\(address)/v1", max_tokens: 200}}]
    \(more)
    tests:

    """
      + (0..<count).map { "  - vars: {word: w\($0)}\n" }.joined()
  }

  @Test(
    "faults, kills and resumptions included, the bill stays under the cap",
    arguments: [
      "",
      "500=0.02,reset-mid-stream=0.02,reset-before-body=0.02,truncated-json=0.02,close-mid-stream=0.02,usage-missing=0.05",
    ])
  func capHolds(faults: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    var options = SimulatorOptions()
    options.profile = "instant"
    options.faults = faults
    let simulator = try Simulator.start(options)
    defer { simulator.stop() }
    try shell.write(suite(2_000, at: simulator.address), to: "suite.yaml")
    let arguments = ["run", "suite.yaml", "-q", "--no-ci", "-j", "32"]
    func billed() -> Int { simulator.bill["total"]?["picodollars"]?.int ?? .max }

    // A first run that is killed on its way, then one that uses its budget up, then one with more.
    let first = try shell.start(arguments + ["--budget", "0.02"])
    let deadline = Date(timeIntervalSinceNow: 20)
    while simulator.stats["requests"]?.int ?? 0 < 60, first.isRunning, Date() < deadline {
      try await Task.sleep(for: .milliseconds(5))
    }
    first.stop()
    _ = await first.ended()
    #expect(billed() <= 20_000_000_000)
    let second = try await shell.run(arguments + ["--resume", "--budget", "0.02"])
    #expect(second.code == 4, "\(second.errors)")
    #expect(billed() <= 20_000_000_000)
    let third = try await shell.run(arguments + ["--resume", "--budget", "0.05"])
    #expect(third.code == 4, "\(third.errors)")
    #expect(billed() <= 50_000_000_000)
    // Without faults it is used for what it is worth, too.
    if faults.isEmpty { #expect(billed() >= 40_000_000_000) }
    let ledger = try Ledger(path: shell.folder.path + "/.assay/ledger.sqlite")
    #expect(Int(try ledger.used(by: ledger.run().id).cost.picodollars) >= billed())
  }

  @Test("a price that nobody knows is refused before anything is sent, a cap in calls is not")
  func unknownPrice() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let simulator = try Simulator.start(profile: "instant")
    defer { simulator.stop() }
    try shell.write(suite(5, at: simulator.address, target: "vllm:mine"), to: "suite.yaml")
    let refused = try await shell.run(["run", "suite.yaml", "--budget", "1"])
    #expect(refused.code == 2)
    #expect(refused.errors.contains("no price is known for mine"), "\(refused.errors)")
    #expect(refused.errors.contains("suite.yaml:2:"), "\(refused.errors)")
    #expect(simulator.stats["requests"]?.int == 0)
    try shell.write(
      suite(5, at: simulator.address, more: "budget: {calls: 3}", target: "vllm:mine"), to: "suite.yaml")
    #expect(try await shell.run(["run", "suite.yaml", "-q"]).code == 4)
    #expect(simulator.stats["requests"]?.int == 3)
  }

  @Test("a judge without a price, and a missing max_tokens, are told of")
  func judgesAndLimits() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: ["hello"]
      targets: [{id: "openai:gpt-5", config: {apiKey: none, apiBaseUrl: "http://127.0.0.1:9/v1"}}]
      tests: [{assert: [{type: is-json}]}]
      """, to: "unlimited.yaml")
    let told = try await shell.run(["run", "unlimited.yaml", "--budget", "0.01"])
    #expect(told.errors.contains("setting it lets more run at once"), "\(told.errors)")
    #expect(told.code == 4)
    try shell.write(
      """
      prompts: ["hello"]
      targets: [{id: "sim:sim-small", config: {max_tokens: 50}}]
      defaultTest: {options: {provider: "vllm:judge"}}
      tests: [{assert: [{type: llm-rubric, value: polite}]}]
      """, to: "judged.yaml")
    let judged = try await shell.run(
      ["run", "judged.yaml", "--budget", "0.01"], environment: ["VLLM_BASE_URL": "http://127.0.0.1:9/v1"])
    #expect(judged.code == 3, "\(judged.output)\(judged.errors)")
    let shown = try await shell.run(["show", "latest", "--failed"])
    #expect(shown.output.contains("cannot be held"), "\(shown.output)")
  }
}
