import Formats

/// A list of attributes in OTLP's JSON: each a key and a value that says its type. What is nil is left out.
struct SpanAttributes {
  private(set) var list: [JSON] = []

  mutating func add(_ key: String, _ value: String?) {
    if let value { add(key, ["stringValue": .string(value)]) }
  }

  /// Whole numbers are 64 bits, which JSON has as text.
  mutating func add(_ key: String, _ value: Int?) {
    if let value { add(key, ["intValue": .string(String(value))]) }
  }

  mutating func add(_ key: String, _ value: Double?) {
    if let value { add(key, ["doubleValue": JSON(value)]) }
  }

  mutating func add(_ key: String, _ value: Bool?) {
    if let value { add(key, ["boolValue": .bool(value)]) }
  }

  mutating func add(_ key: String, _ values: [String]?) {
    guard let values, !values.isEmpty else { return }
    add(key, ["arrayValue": ["values": .array(values.map { ["stringValue": .string($0)] })]])
  }

  private mutating func add(_ key: String, _ value: JSON) {
    list.append(["key": .string(key), "value": value])
  }
}

/// What the conventions for generative AI call things.
enum SpanNames {
  /// By the API of the request in its canonical form.
  static func operation(api: String?) -> String {
    switch api {
    case "openai.completion", "ollama.generate": "text_completion"
    case "google.generate": "generate_content"
    case "openai.embedding", "google.embedding", "ollama.embedding": "embeddings"
    case "openai.moderation": "moderation"
    default: "chat"
    }
  }

  /// Those that have a name of their own there; custom ones are allowed.
  static func provider(_ provider: String) -> String {
    switch provider {
    case "azure": "azure.ai.openai"
    case "google": "gcp.gemini"
    case "mistral": "mistral_ai"
    case "xai": "x_ai"
    case "togetherai": "together_ai"
    case "moonshot": "moonshot_ai"
    default: provider
    }
  }

  static func finishReason(_ name: String) -> String { name == "tool_calls" ? "tool_call" : name }
}
