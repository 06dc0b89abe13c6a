import Formats
import Testing
import Vocabulary
import Wire

@testable import Models

/// A question for tests, with a key that no reply may repeat.
func question(
  _ id: String, _ prompt: RenderedPrompt = RenderedPrompt(messages: [["role": "user", "content": "Hello"]]),
  config: JSONObject = JSONObject(), environment: [String: String] = [:], variables: JSONObject = JSONObject()
) throws -> Question {
  var environment = environment
  for name in ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "AZURE_API_KEY", "GROQ_API_KEY"] {
    environment[name] = environment[name] ?? "sk-test-0123456789abcdef"
  }
  let endpoint = try Endpoint(id: id, label: id, config: config, environment: environment)
  return Question(endpoint: endpoint, prompt: prompt, settings: endpoint.settings, variables: variables)
}

@Test("a chat question becomes OpenAI's request")
func chatRequest() throws {
  let request = try OpenAIChat.request(question("openai:gpt-4o-mini", config: ["max_tokens": 7, "seed": 3]))
  #expect(request.url == "https://api.openai.com/v1/chat/completions")
  #expect(
    request.body == [
      "model": "gpt-4o-mini", "messages": [["role": "user", "content": "Hello"]], "max_tokens": 7,
      "temperature": 0, "seed": 3, "stream": true, "stream_options": ["include_usage": true],
    ])
}
