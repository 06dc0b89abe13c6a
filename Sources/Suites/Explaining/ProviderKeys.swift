import Formats

/// Which environment variable holds the key of a provider, as data; the first is the one to name.
public enum ProviderKeys {
  public static let variables: [String: [String]] = [
    "openai": ["OPENAI_API_KEY"], "anthropic": ["ANTHROPIC_API_KEY"],
    "google": ["GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "PALM_API_KEY"],
    "palm": ["GOOGLE_API_KEY", "GEMINI_API_KEY", "PALM_API_KEY"],
    "vertex": ["VERTEX_API_KEY", "GOOGLE_API_KEY"],
    "azure": ["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"],
    "azureopenai": ["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"],
    "openrouter": ["OPENROUTER_API_KEY"], "groq": ["GROQ_API_KEY"], "mistral": ["MISTRAL_API_KEY"],
    "deepseek": ["DEEPSEEK_API_KEY"], "xai": ["XAI_API_KEY"], "perplexity": ["PERPLEXITY_API_KEY"],
    "togetherai": ["TOGETHER_API_KEY"], "together": ["TOGETHER_API_KEY"], "fireworks": ["FIREWORKS_API_KEY"],
    "cerebras": ["CEREBRAS_API_KEY"], "cohere": ["COHERE_API_KEY"],
    "replicate": ["REPLICATE_API_TOKEN", "REPLICATE_API_KEY"],
    "huggingface": ["HF_TOKEN", "HF_API_TOKEN"], "github": ["GITHUB_TOKEN"], "voyage": ["VOYAGE_API_KEY"],
    "ai21": ["AI21_API_KEY"], "databricks": ["DATABRICKS_TOKEN"],
    "nscale": ["NSCALE_SERVICE_TOKEN", "NSCALE_API_KEY"],
    "hyperbolic": ["HYPERBOLIC_API_KEY"], "aimlapi": ["AIML_API_KEY"], "cometapi": ["COMETAPI_KEY"],
  ]

  /// The variables of which one must be set for a target; empty where it needs none, or brings its own.
  public static func needed(by target: Target) -> [String] {
    if let own = target.config["apiKeyEnvar"]?.string { return [own] }
    if let key = target.config["apiKey"]?.string, !key.isEmpty { return [] }
    if target.config["apiKeyRequired"]?.bool == false { return [] }
    return variables[ModelName(target.id).provider] ?? []
  }
}
