import Foundation
import Ledger
import Simulator
import Testing

/// Ctrl-C lets what is in flight finish; the second one does not wait for it.
@Suite("interrupts")
struct InterruptTests {
  @Test(
    "the second interrupt gives up what is in flight, and the run can be taken up again", arguments: [1, 4])
  func second(jobs: Int) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    var options = SimulatorOptions()
    let late = Array(repeating: "{profile: instant, first: 60000, text: late}", count: jobs)
    options.script =
      "rules: [{count: rule, sequence: [\((late + ["{profile: instant, text: soon}"]).joined(separator: ", "))]}]"
    let simulator = try Simulator.start(options)
    defer { simulator.stop() }
    try shell.write(
      """
      prompts: ["say {{word}}"]
      targets: [{id: "openai:chat:sim-echo", config: {apiBaseUrl: "\(simulator.address)/v1", apiKey: none}}]
      tests: [{vars: {word: a}}, {vars: {word: b}}, {vars: {word: c}}, {vars: {word: d}}, {vars: {word: e}}]

      """, to: "suite.yaml")
    let arguments = ["run", "suite.yaml", "-q", "--no-ci", "-j", "\(jobs)", "--ledger", "l.sqlite"]
    let run = try shell.start(arguments)
    defer { run.stop() }
    while simulator.stats["requests"]?.int != jobs { try await Task.sleep(for: .milliseconds(10)) }
    run.process.interrupt()
    try await Task.sleep(for: .milliseconds(300))
    #expect(run.process.isRunning)
    let started = Date()
    run.process.interrupt()
    #expect(await run.ended() == 130)
    #expect(Date().timeIntervalSince(started) < 30)
    let again = try await shell.run(arguments + ["--resume"])
    #expect(again.code == 0, "\(again.output)\(again.errors)")
    #expect(try Ledger(path: shell.path("l.sqlite")).run().state == .done)
  }
}
