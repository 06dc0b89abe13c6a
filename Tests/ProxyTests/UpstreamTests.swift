import Formats
import Models
import Testing
import Wire

/// Where a request goes, told by its path.
struct UpstreamTests {
  @Test(
    "a path leads to its service",
    arguments: [
      (nil, "/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
      (nil, "/v1/models?limit=2", "https://api.openai.com/v1/models?limit=2"),
      (nil, "/v1/messages", "https://api.anthropic.com/v1/messages"),
      (
        nil, "/v1/messages/count_tokens?beta=true",
        "https://api.anthropic.com/v1/messages/count_tokens?beta=true"
      ),
      (
        nil, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
      ),
      (nil, "/api/chat", "http://localhost:11434/api/chat"),
      (nil, "/groq/v1/chat/completions", "https://api.groq.com/openai/v1/chat/completions"),
      (nil, "/groq/chat/completions", "https://api.groq.com/openai/v1/chat/completions"),
      (nil, "/Mistral/v1/models", "https://api.mistral.ai/v1/models"),
      (nil, "/anthropic/v1/messages", "https://api.anthropic.com/v1/messages"),
      (nil, "/openai/v1/responses/resp%5F1", "https://api.openai.com/v1/responses/resp%5F1"),
      ("groq", "/v1/chat/completions", "https://api.groq.com/openai/v1/chat/completions"),
      ("perplexity", "/v1/chat/completions", "https://api.perplexity.ai/chat/completions"),
      ("anthropic", "/v1/chat/completions", "https://api.anthropic.com/v1/chat/completions"),
      (
        "https://models.example.com", "/v1/chat/completions", "https://models.example.com/v1/chat/completions"
      ),
      (
        "https://models.example.com/v1/", "/v1/chat/completions",
        "https://models.example.com/v1/chat/completions"
      ),
      ("http://10.0.0.7:8000/llm/v1", "/v1/embeddings", "http://10.0.0.7:8000/llm/v1/embeddings"),
      (
        "https://gateway.example.com/anthropic", "/v1/messages",
        "https://gateway.example.com/anthropic/v1/messages"
      ),
      (
        "https://x.openai.azure.com", "/openai/deployments/mini/chat/completions?api-version=2024-10-21",
        "https://x.openai.azure.com/openai/deployments/mini/chat/completions?api-version=2024-10-21"
      ),
    ] as [(String?, String, String)])
  func paths(to: String?, target: String, url: String) throws {
    let request = ObservedRequest(method: "POST", target: target, headers: [], body: [])
    #expect(try Upstream(to: to).destination(of: request)?.url == url)
  }

  @Test("what is no path is sent nowhere", arguments: ["@example.com/v1/messages", "*", ".example.com/", ""])
  func noPath(target: String) throws {
    let request = ObservedRequest(
      method: "POST", target: target, headers: [("anthropic-version", "2023-06-01")], body: [])
    #expect(try Upstream().destination(of: request) == nil)
    #expect(try Upstream(to: "https://models.example.com").destination(of: request) == nil)
  }

  @Test("what leads nowhere is told", arguments: ["opnai", "azure", "sim", "ftp://x"])
  func mistakes(_ name: String) {
    #expect(throws: Problem.self) { try Upstream(to: name) }
  }

  @Test("an address of our own is known")
  func loops() throws {
    let own = try ListenAddress("127.0.0.1:8787")
    #expect(try Upstream(to: "http://localhost:8787/v1").leads(to: own))
    #expect(try Upstream(to: "http://127.0.0.1:8787").leads(to: own))
    #expect(try Upstream(to: "http://[::1]:8787").leads(to: own))
    #expect(try !Upstream(to: "http://127.0.0.1:8788").leads(to: own))
    #expect(try !Upstream(to: "http://10.0.0.7:8787").leads(to: own))
    #expect(try !Upstream().leads(to: own))
  }
}
