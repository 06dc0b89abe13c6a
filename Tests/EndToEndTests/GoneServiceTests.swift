import Foundation
import Ledger
import Simulator
import TestPeers
import Testing

@Suite("a service that is not there, end to end")
struct GoneServiceTests {
  @Test("a run soon stops asking a service that does not answer, and goes on once it is there")
  func neverThere() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let place = try KeptPort()
    let address = "http://127.0.0.1:\(place.number)"
    let count = 200
    try shell.write(
      """
      prompts: ["say {{word}}"]
      targets: [{id: "openai:chat:sim-echo", label: here, config: {apiBaseUrl: "\(address)/v1", apiKey: none}}]
      tests:

      """
        + (0..<count).map { "  - vars: {word: w\($0)}\n    assert: [{type: contains, value: w\($0)}]\n" }
        .joined(), to: "suite.yaml")
    let arguments = ["run", "suite.yaml", "--no-ci", "--ledger", "l.sqlite"]
    let first = try await shell.run(arguments)
    #expect(first.code == 3, "\(first.output)\(first.errors)")
    #expect(first.errors.contains("target \"here\" is asked no more: no answer to "), "\(first.errors)")
    #expect(first.errors.contains("assay run suite.yaml --resume --run "), "\(first.errors)")
    let ledger = try Ledger(path: shell.path("l.sqlite"))
    let trials = try ledger.trials(of: ledger.run().id)
    #expect(trials.count == count && trials.allSatisfy { $0.errorKind == .connection })

    var options = SimulatorOptions()
    options.listen = String(address.dropFirst("http://".count))
    let back = try Simulator.start(options)
    defer { back.stop() }
    // Kept until then, which is allowed, since nobody listened.
    place.giveUp()
    let second = try await shell.run(arguments + ["--resume", "--retry-errors"])
    #expect(second.code == 0, "\(second.output)\(second.errors)")
    #expect(back.stats["requests"]?.int == count)
  }
}
