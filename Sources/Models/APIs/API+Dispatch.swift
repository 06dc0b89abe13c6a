import Formats
import Vocabulary

/// The one place where an API's name meets its file.
extension API {
  func request(_ question: Question) throws(Problem) -> WireRequest {
    switch self {
    case .openAIChat: try OpenAIChat.request(question)
    case .openAIResponses: try OpenAIResponses.request(question)
    case .openAICompletion: try OpenAICompletion.request(question)
    case .openAIEmbedding: try Embeddings.openAIRequest(question)
    case .openAIModeration: try Moderation.request(question)
    case .anthropicMessages: try AnthropicMessages.request(question)
    case .gemini: try Gemini.request(question)
    case .geminiEmbedding: try Embeddings.geminiRequest(question)
    case .ollamaChat: try Ollama.chatRequest(question)
    case .ollamaGenerate: try Ollama.generateRequest(question)
    case .ollamaEmbedding: try Ollama.embedRequest(question)
    case .http: try GenericHTTP.request(question)
    case .exec, .script, .echo: LocalRequest.request(question)
    }
  }

  /// The reply in a body that came whole, or that a stream was put together to.
  func read(_ json: JSON, _ question: Question) -> Result<Reply, Failure> {
    switch self {
    case .openAIChat: OpenAIChat.read(json, question)
    case .openAIResponses: OpenAIResponses.read(json, question)
    case .openAICompletion: OpenAICompletion.read(json, question)
    case .openAIEmbedding: Embeddings.readOpenAI(json, question)
    case .openAIModeration: Moderation.read(json, question)
    case .anthropicMessages: AnthropicMessages.read(json, question)
    case .gemini: Gemini.read(json, question)
    case .geminiEmbedding: Embeddings.readGemini(json, question)
    case .ollamaChat, .ollamaGenerate: Ollama.read(json, question)
    case .ollamaEmbedding: Ollama.readEmbedding(json, question)
    case .http, .exec, .script, .echo: .failure(Failure(.config, "this target has no JSON reply of its own"))
    }
  }

  func streamReader(_ question: Question) -> any StreamOutcome {
    switch self {
    case .openAIResponses: StreamReader<OpenAIResponsesStream>(question)
    case .openAICompletion: StreamReader<OpenAICompletionStream>(question)
    case .anthropicMessages: StreamReader<AnthropicStream>(question)
    case .gemini: StreamReader<GeminiStream>(question)
    case .ollamaChat, .ollamaGenerate: StreamReader<OllamaStream>(question)
    default: StreamReader<OpenAIChatStream>(question)
    }
  }

  /// Lines of JSON rather than server-sent events.
  var streamsLines: Bool { self == .ollamaChat || self == .ollamaGenerate }
}
