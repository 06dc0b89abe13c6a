import Formats
import Testing

@testable import Simulator

struct SimulatorTests {
  private static let question =
    #"{"model":"sim-large","messages":[{"role":"user","content":"What is the capital of France?"}]}"#

  @Test("a chat request gets a chat completion")
  func chat() throws {
    let simulator = try Simulator.start(profile: "instant")
    defer { simulator.stop() }
    let response = RawClient.exchange(port: simulator.port, "/v1/chat/completions", body: Self.question)
    let body = try JSON(parsing: response.body)
    #expect(response.status == 200)
    #expect(body["object"] == "chat.completion")
    #expect(body["choices"]?[0]?["message"]?["content"]?.string?.isEmpty == false)
    #expect(body["usage"]?["completion_tokens"]?.int ?? 0 > 0)
  }

  @Test("the same seed and request give the same reply, from two servers")
  func deterministic() throws {
    let texts = try (0..<2).map { _ in
      let simulator = try Simulator.start(seed: 9, profile: "instant")
      defer { simulator.stop() }
      let response = RawClient.exchange(port: simulator.port, "/v1/chat/completions", body: Self.question)
      return try JSON(parsing: response.body)["choices"]?[0]?["message"]?["content"]?.string
    }
    #expect(texts[0] != nil)
    #expect(texts[0] == texts[1])
  }
}
