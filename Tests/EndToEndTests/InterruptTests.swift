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
    try write(
      """
      tests: [{vars: {word: a}}, {vars: {word: b}}, {vars: {word: c}}, {vars: {word: d}}, {vars: {word: e}}]
      """, asking: simulator, to: shell)
    let arguments = ["run", "suite.yaml", "-q", "--no-ci", "-j", "\(jobs)", "--ledger", "l.sqlite"]
    let run = try shell.start(arguments)
    defer { run.stop() }
    while run.isRunning, simulator.stats["requests"]?.int != jobs {
      try await Task.sleep(for: .milliseconds(10))
    }
    run.process.interrupt()
    try await Task.sleep(for: .milliseconds(300))
    #expect(run.isRunning)
    // Two that come while the program has had no turn are one: said again until it is heard.
    let nagging = Task {
      while run.isRunning {
        run.process.interrupt()
        try await Task.sleep(for: .milliseconds(300))
      }
    }
    let started = Date()
    #expect(await run.ended() == 130)
    #expect(Date().timeIntervalSince(started) < 30)
    nagging.cancel()
    let again = try await shell.run(arguments + ["--resume"])
    #expect(again.code == 0, "\(again.output)\(again.errors)")
    #expect(try Ledger(path: shell.path("l.sqlite")).run().state == .done)
  }

  /// Waits for so many requests, then stops the run politely, `times` times; gives its exit code.
  private func stop(_ run: StartedProgram, _ simulator: Simulator, after requests: Int, times: Int)
    async throws -> Int32
  {
    let patience = ContinuousClock.now + .seconds(60)
    while run.isRunning, simulator.stats["requests"]?.int ?? 0 < requests, ContinuousClock.now < patience {
      try await Task.sleep(for: .milliseconds(10))
    }
    let nagging = Task {
      for _ in 0..<times where run.isRunning {
        try await Task.sleep(for: .milliseconds(400))
        run.process.interrupt()
      }
    }
    defer { nagging.cancel() }
    return await run.ended()
  }

  private func runs(_ shell: CommandLineRunner) throws -> (state: RunState, trials: Int) {
    let ledger = try Ledger(path: shell.path("l.sqlite"))
    let run = try ledger.run()
    return (run.state, try ledger.trials(of: run.id).count)
  }

  /// A suite that asks the simulator, with these cases.
  private func write(_ rest: String, asking simulator: Simulator, to shell: CommandLineRunner) throws {
    try shell.write(
      """
      prompts: ["say {{word}}"]
      targets: [{id: "openai:chat:sim-echo", config: {apiBaseUrl: "\(simulator.address)/v1", apiKey: none}}]

      """ + rest, to: "suite.yaml")
  }

  private let arguments = ["run", "suite.yaml", "-q", "--no-ci", "--ledger", "l.sqlite"]

  @Test("a check that is given up with the run is no verdict: the reply is judged when the run goes on")
  func checkGivenUp() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let simulator = try Simulator.start(profile: "instant")
    defer { simulator.stop() }
    try shell.write(
      """
      const fs = require('fs');
      module.exports = async () => {
        if (!fs.existsSync('\(shell.path("go"))')) await new Promise(done => setTimeout(done, 60000));
        return true;
      };
      """, to: "slow.js")
    try write(
      """
      tests: [{vars: {word: a}, assert: [{type: javascript, value: "file://slow.js"}]}]
      """, asking: simulator, to: shell)
    let run = try shell.start(arguments)
    defer { run.stop() }
    #expect(try await stop(run, simulator, after: 1, times: 100) == 130)
    #expect(try runs(shell) == (.interrupted, 0))
    try shell.write("", to: "go")
    let again = try await shell.run(arguments + ["--resume"])
    #expect(again.code == 0, "\(again.output)\(again.errors)")
    #expect(simulator.stats["requests"]?.int == 1)
  }

  @Test("a judge who is not asked any more leaves no verdict", arguments: ["", "compat: promptfoo"])
  func judgeCutOff(compat: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let service = try Simulator.start(
      script: "rules: [{reply: {delay: 3000, text: soon}}]", profile: "instant")
    defer { service.stop() }
    let judge = try Simulator.start(
      script: "rules: [{reply: {json: {reason: fine, pass: true, score: 1}}}]", profile: "instant")
    defer { judge.stop() }
    try write(
      """
      judge: {id: "openai:gpt-4o-mini", config: {apiBaseUrl: "\(judge.address)/v1", apiKey: any}}
      tests: [{vars: {word: a}, assert: [{type: llm-rubric, value: is polite}]}]
      \(compat)
      """, asking: service, to: shell)
    let run = try shell.start(arguments)
    defer { run.stop() }
    #expect(try await stop(run, service, after: 1, times: 1) == 130)
    #expect(try runs(shell) == (.interrupted, 0))
    #expect(judge.stats["requests"]?.int == 0)
    let again = try await shell.run(arguments + ["--resume"])
    #expect(again.code == 0, "\(again.output)\(again.errors)")
    #expect(service.stats["requests"]?.int == 1)
  }

  @Test(
    "what waits for another try when the run is stopped has not failed",
    arguments: ["429-requests;retry-after=600", "503"])
  func retryCutOff(fault: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    var options = SimulatorOptions()
    // Turned away so often that all of them wait: for the time that they are told, or for their turn to try again.
    options.script =
      "rules: [{count: rule, sequence: [\(Array(repeating: "{fault: \(fault)}", count: 40).joined(separator: ", ")), {text: soon}]}]"
    let simulator = try Simulator.start(options)
    defer { simulator.stop() }
    try write(
      """
      tests: [{vars: {word: [a, b, c, d, e, f, g, h]}}]
      """, asking: simulator, to: shell)
    let run = try shell.start(arguments + ["-j", "8"])
    defer { run.stop() }
    #expect(try await stop(run, simulator, after: 8, times: 1) == 130)
    #expect(try runs(shell) == (.interrupted, 0))
  }

  @Test("a run at a rate that is stopped does not wait for those whose time has not come")
  func rateStopped() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let simulator = try Simulator.start(profile: "instant")
    defer { simulator.stop() }
    try write(
      """
      tests: [{vars: {word: [a, b, c, d]}}]
      """, asking: simulator, to: shell)
    let run = try shell.start(arguments + ["--rate", "1/min"])
    defer { run.stop() }
    let started = Date()
    #expect(try await stop(run, simulator, after: 1, times: 1) == 130)
    #expect(Date().timeIntervalSince(started) < 50)
    #expect(try runs(shell) == (.interrupted, 1))
  }

  @Test(
    "a run that stops at the first failure asks nothing after it, and goes on behind it",
    arguments: [(1, "contains", 1), (4, "contains", 1), (1, "erred", 3)])
  func failFast(jobs: Int, check: String, code: Int32) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let simulator = try Simulator.start(profile: "instant")
    defer { simulator.stop() }
    try write(
      """
      tests: [{vars: {word: [\((0..<40).map { "w\($0)" }.joined(separator: ", "))]}}]
      defaultTest: {assert: [{type: \(check == "erred" ? "javascript" : check), value: "\(check == "erred" ? "nothing.at.all" : "fish")"}]}
      """, asking: simulator, to: shell)
    let first = try await shell.run(arguments + ["-j", "\(jobs)", "--fail-fast"])
    #expect(first.code == code, "\(first.output)\(first.errors)")
    #expect(first.output.contains("stopped at the first trial that did not pass"), "\(first.output)")
    let asked = simulator.stats["requests"]?.int ?? 0
    #expect((1...jobs).contains(asked), "\(asked)")
    #expect(try runs(shell) == (.interrupted, asked))
    let rest = try await shell.run(arguments + ["--resume"])
    #expect(rest.code == code, "\(rest.output)\(rest.errors)")
    #expect(simulator.stats["requests"]?.int == 40)
  }

  @Test("a budget that ends while replies are compared leaves the rest for the next")
  func budgetWhileComparing() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let service = try Simulator.start(profile: "instant")
    defer { service.stop() }
    let judge = try Simulator.start(
      script: """
        rules:
          - match: {any: "/reply 1 \\\\w+ -----\\nshort/"}
            reply: {json: {reason: brief, best: 1}}
          - match: {any: "/reply 2 \\\\w+ -----\\nshort/"}
            reply: {json: {reason: brief, best: 2}}
        """, profile: "instant")
    defer { judge.stop() }
    func suite(_ calls: Int) -> String {
      """
      prompts: ["short on {{topic}}", "a much longer reply on {{topic}}"]
      targets: [{id: "openai:chat:sim-echo", config: {apiBaseUrl: "\(service.address)/v1", apiKey: any}}]
      judge: {id: "openai:gpt-4o-mini", config: {apiBaseUrl: "\(judge.address)/v1", apiKey: any}}
      budget: {calls: \(calls)}
      tests: [{vars: {topic: [rivers, lakes, seas]}, assert: [{type: select-best, value: the shorter}]}]
      """
    }
    try shell.write(suite(7), to: "suite.yaml")
    let ended = try await shell.run(arguments)
    #expect(ended.code == 4, "\(ended.output)\(ended.errors)")
    #expect(try runs(shell) == (.budget, 6))
    try shell.write(suite(100), to: "suite.yaml")
    let again = try await shell.run(arguments + ["--resume"])
    #expect(again.code != 4 && again.code != 2, "\(again.output)\(again.errors)")
    #expect(try runs(shell) == (.done, 6))
    #expect(service.stats["requests"]?.int == 6)
    let ledger = try Ledger(path: shell.path("l.sqlite"))
    #expect(try ledger.trials(of: ledger.run().id).allSatisfy { $0.outcome != .error })
  }
}
