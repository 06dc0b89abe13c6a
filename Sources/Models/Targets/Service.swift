import Vocabulary

/// Which way of asking an API has, with all that is particular to it in a file of its own.
enum API: String, Sendable {
  case openAIChat = "openai.chat"
  case openAIResponses = "openai.responses"
  case openAICompletion = "openai.completion"
  case openAIEmbedding = "openai.embedding"
  case openAIModeration = "openai.moderation"
  case anthropicMessages = "anthropic.messages"
  case gemini = "google.generate"
  case geminiEmbedding = "google.embedding"
  case ollamaChat = "ollama.chat"
  case ollamaGenerate = "ollama.generate"
  case ollamaEmbedding = "ollama.embedding"
  case http
  case exec
  case script
  case echo

  /// The reply can be had in pieces.
  var streams: Bool {
    switch self {
    case .openAIChat, .openAIResponses, .openAICompletion, .anthropicMessages, .gemini, .ollamaChat,
      .ollamaGenerate:
      true
    case .openAIEmbedding, .openAIModeration, .geminiEmbedding, .ollamaEmbedding, .http, .exec, .script,
      .echo:
      false
    }
  }

  var usesWire: Bool {
    switch self {
    case .exec, .script, .echo: false
    default: true
    }
  }
}

/// A service that speaks one of the APIs: one row of the table below.
struct Service: Sendable {
  /// How ids begin, and what the price list calls it unless `prices` says otherwise.
  let name: String
  /// Other beginnings that mean the same.
  var aliases: [String] = []
  let api: API
  /// Without a slash at its end; with the version.
  let baseURL: String
  /// Where the key is looked for, in order. Empty: needs none.
  let keys: [String]
  /// Where the base URL is looked for, in order.
  var urls: [String] = []
  var quirks: Set<Quirk> = []
  var prices: String?
  var isLocal = false

  enum Quirk: Sendable {
    /// Refuses or ignores `stream_options`, and tells usage in its last chunk anyway.
    case usageWithoutAsking
    /// Calls the seed `random_seed`.
    case randomSeed
    /// Has no `max_completion_tokens`.
    case oldMaxTokens
  }

  /// Names of all variables that hold keys.
  static var keyVariables: [String] { all.flatMap(\.keys) }

  static func named(_ name: String) -> Service? {
    all.first { $0.name == name || $0.aliases.contains(name) }
  }

  /// Nearest names first in messages about unknown ones.
  static var names: [String] { all.map(\.name) }

  static let openAI = Service(
    name: "openai", api: .openAIChat, baseURL: "https://api.openai.com/v1", keys: ["OPENAI_API_KEY"],
    urls: ["OPENAI_BASE_URL", "OPENAI_API_BASE_URL"])

  static let all: [Service] = [
    openAI,
    Service(
      name: "anthropic", api: .anthropicMessages, baseURL: "https://api.anthropic.com",
      keys: ["ANTHROPIC_API_KEY"],
      urls: ["ANTHROPIC_BASE_URL"]),
    Service(
      name: "google", aliases: ["palm", "gemini"], api: .gemini,
      baseURL: "https://generativelanguage.googleapis.com",
      keys: ["GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "PALM_API_KEY"],
      urls: ["GOOGLE_API_BASE_URL"]),
    Service(
      name: "azure", aliases: ["azureopenai"], api: .openAIChat, baseURL: "",
      keys: ["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"],
      urls: ["AZURE_API_BASE_URL", "AZURE_OPENAI_API_BASE_URL", "AZURE_OPENAI_BASE_URL"], prices: "openai"),
    Service(
      name: "ollama", api: .ollamaGenerate, baseURL: "http://localhost:11434", keys: [],
      urls: ["OLLAMA_BASE_URL"],
      isLocal: true),
    Service(
      name: "openrouter", api: .openAIChat, baseURL: "https://openrouter.ai/api/v1",
      keys: ["OPENROUTER_API_KEY"]),
    Service(
      name: "groq", api: .openAIChat, baseURL: "https://api.groq.com/openai/v1", keys: ["GROQ_API_KEY"]),
    Service(
      name: "mistral", api: .openAIChat, baseURL: "https://api.mistral.ai/v1", keys: ["MISTRAL_API_KEY"],
      urls: ["MISTRAL_API_BASE_URL"], quirks: [.usageWithoutAsking, .randomSeed, .oldMaxTokens]),
    Service(
      name: "deepseek", api: .openAIChat, baseURL: "https://api.deepseek.com/v1", keys: ["DEEPSEEK_API_KEY"],
      urls: ["DEEPSEEK_API_BASE_URL"], quirks: [.oldMaxTokens]),
    Service(
      name: "xai", api: .openAIChat, baseURL: "https://api.x.ai/v1", keys: ["XAI_API_KEY"],
      urls: ["XAI_API_BASE_URL"]),
    Service(
      name: "togetherai", aliases: ["together"], api: .openAIChat, baseURL: "https://api.together.xyz/v1",
      keys: ["TOGETHER_API_KEY"], quirks: [.oldMaxTokens], prices: "together_ai"),
    Service(
      name: "fireworks", api: .openAIChat, baseURL: "https://api.fireworks.ai/inference/v1",
      keys: ["FIREWORKS_API_KEY"], quirks: [.oldMaxTokens]),
    Service(
      name: "perplexity", api: .openAIChat, baseURL: "https://api.perplexity.ai",
      keys: ["PERPLEXITY_API_KEY"],
      quirks: [.usageWithoutAsking, .oldMaxTokens]),
    Service(
      name: "cerebras", api: .openAIChat, baseURL: "https://api.cerebras.ai/v1", keys: ["CEREBRAS_API_KEY"]),
    Service(
      name: "moonshot", aliases: ["kimi"], api: .openAIChat, baseURL: "https://api.moonshot.ai/v1",
      keys: ["MOONSHOT_API_KEY"], quirks: [.oldMaxTokens]),
    Service(
      name: "alibaba", aliases: ["alicloud", "aliyun", "dashscope"], api: .openAIChat,
      baseURL: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", keys: ["DASHSCOPE_API_KEY"],
      quirks: [.oldMaxTokens]),
    Service(
      name: "github", api: .openAIChat, baseURL: "https://models.github.ai/inference", keys: ["GITHUB_TOKEN"]),
    Service(
      name: "huggingface", api: .openAIChat, baseURL: "https://router.huggingface.co/v1",
      keys: ["HF_TOKEN", "HF_API_TOKEN"], quirks: [.oldMaxTokens]),
    Service(
      name: "hyperbolic", api: .openAIChat, baseURL: "https://api.hyperbolic.xyz/v1",
      keys: ["HYPERBOLIC_API_KEY"],
      quirks: [.oldMaxTokens]),
    Service(
      name: "vllm", api: .openAIChat, baseURL: "http://localhost:8000/v1", keys: [], urls: ["VLLM_BASE_URL"],
      isLocal: true),
    Service(
      name: "llama", aliases: ["llamacpp", "llama.cpp"], api: .openAIChat,
      baseURL: "http://localhost:8080/v1",
      keys: [], urls: ["LLAMA_BASE_URL"], quirks: [.oldMaxTokens], isLocal: true),
    Service(
      name: "lmstudio", api: .openAIChat, baseURL: "http://localhost:1234/v1", keys: [],
      urls: ["LMSTUDIO_BASE_URL"],
      quirks: [.oldMaxTokens], isLocal: true),
    Service(
      name: "localai", api: .openAIChat, baseURL: "http://localhost:8080/v1", keys: [],
      urls: ["LOCALAI_BASE_URL"],
      quirks: [.oldMaxTokens], isLocal: true),
    Service(
      name: "litellm", api: .openAIChat, baseURL: "http://localhost:4000", keys: [],
      urls: ["LITELLM_API_BASE"],
      isLocal: true),
    Service(name: "sim", api: .openAIChat, baseURL: "", keys: [], isLocal: true),
  ]
}
