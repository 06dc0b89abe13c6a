import Formats
import TestPeers
import Testing
import Vocabulary
import Wire

@testable import Models

/// A server that is not ours: LiteLLM's proxy with mock replies, from the package index, on loopback.
/// Skipped with a notice where the packages cannot be had.
@Suite("a server that is not ours", .serialized)
struct PeerTests {
  private static let config = """
    model_list:
      - model_name: mock-chat
        litellm_params: {model: openai/gpt-4o-mini, api_key: none, mock_response: "Hello from elsewhere. Grüße 😀"}
      - model_name: mock-tools
        litellm_params:
          model: openai/gpt-4o-mini
          api_key: none
          mock_response: "calling"
          mock_tool_calls: [{id: call_1, type: function, function: {name: look, arguments: '{"x": 1}'}}]
      - model_name: mock-limit
        litellm_params: {model: openai/gpt-4o-mini, api_key: none, mock_response: "litellm.RateLimitError"}
      - model_name: mock-embedding
        litellm_params: {model: openai/text-embedding-3-small, api_key: none, mock_response: [0.1, 0.2, 0.3]}
    general_settings: {master_key: \(LiteLLMProxy.key)}
    """

  @Test("answers our chat, streams, tools and embeddings, and refuses as services do")
  func peer() async throws {
    guard let proxy = try await LiteLLMProxy.start(Self.config) else {
      print("skipped: LiteLLM's proxy cannot be had (see Tests/tools/python-env)")
      return
    }
    defer { proxy.stop() }
    let client = ModelClient(http: HTTPClient(), environment: ["LITELLM_API_KEY": LiteLLMProxy.key])
    func config(_ more: JSONObject = [:]) -> JSONObject {
      var config = more
      config["apiBaseUrl"] = .string(proxy.url)
      return config
    }

    let whole = try await client.ask("litellm:mock-chat", "Hello", config: config(["stream": false]))
    #expect(try whole.result.get().text == "Hello from elsewhere. Grüße 😀")
    #expect(try whole.result.get().usage?.input ?? 0 > 0)
    // The proxy tells what it booked in a header.
    #expect(whole.cost != nil && whole.costReason == "reported by the service")

    let streamed = try await client.ask("litellm:mock-chat", "Hello", config: config())
    #expect(try streamed.result.get().text == "Hello from elsewhere. Grüße 😀")
    #expect(try streamed.result.get().finishReason == .stop)
    #expect(try streamed.result.get().usage?.output ?? 0 > 0)
    #expect(streamed.attempt.timings.firstOutput != nil && streamed.attempt.timings.outputEventCount > 1)

    var tools: JSONObject = [
      "tools": [["type": "function", "function": ["name": "look", "parameters": ["type": "object"]]]]
    ]
    // This server never streams a mocked call.
    tools["stream"] = false
    let called = try await client.ask("litellm:mock-tools", "Hello", config: config(tools))
    #expect(
      try called.result.get().toolCalls == [ToolCall(id: "call_1", name: "look", arguments: "{\"x\": 1}")])

    let embedded = try await client.ask("litellm:embedding:mock-embedding", "Hello", config: config())
    #expect(try embedded.result.get().embedding == [0.1, 0.2, 0.3])

    let limited = try await client.ask("litellm:mock-limit", "Hello", config: config())
    #expect(limited.attempt.failure?.kind == .rateLimited)
    let unknown = try await client.ask("litellm:no-such-model", "Hello", config: config())
    #expect(unknown.attempt.failure?.kind == .badRequest || unknown.attempt.failure?.kind == .notFound)
    let stranger = try await client.ask(
      "litellm:mock-chat", "Hello", config: config(["apiKey": "sk-wrong-key-123456"]))
    // Without its database it answers strangers with 400.
    #expect(stranger.attempt.failure.map { !$0.isRetryable } == true)
    #expect(!"\(stranger)".contains("sk-wrong-key-123456"))

    let endpoint = try client.endpoint(id: "litellm:mock-chat", config: config())
    #expect(try await client.models(at: endpoint).get().map(\.id).contains("mock-chat"))
  }
}
