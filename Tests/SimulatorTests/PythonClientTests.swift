import TestPeers
import Testing

@testable import Simulator

/// The official clients, as users run them. Skipped with a notice where the packages cannot be had.
@Suite(.serialized) struct PythonClientTests {
  @Test("the official client works against it unchanged", arguments: ["openai", "anthropic", "litellm"])
  func client(name: String) async throws {
    let simulator = try Simulator.start(script: PythonClient.serverScript, seed: 3, speed: 100)
    defer { simulator.stop() }
    guard let result = try await PythonClient.run(name, at: simulator.address) else { return }
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("ok "))
  }
}
