import Formats
import Wire

/// The interfaces that are spoken here. What differs between them is in one file each; everything else
/// works on `Ask` and `Answer`.
enum API: String, Sendable, CaseIterable {
  case chat
  case completions
  case responses
  case embeddings
  case moderations
  case models
  case anthropic
  case anthropicCount = "anthropic-count-tokens"
  case gemini
  case geminiCount = "gemini-count-tokens"
  case geminiEmbed = "gemini-embed"
  case ollama
  case ollamaGenerate = "ollama-generate"
  case ollamaEmbed = "ollama-embed"
  case ollamaTags = "ollama-tags"

  /// How errors, limits and keys look.
  enum Family: String, Sendable { case openAI = "openai", anthropic, gemini, ollama, azure }

  var family: Family {
    switch self {
    case .chat, .completions, .responses, .embeddings, .moderations, .models: .openAI
    case .anthropic, .anthropicCount: .anthropic
    case .gemini, .geminiCount, .geminiEmbed: .gemini
    case .ollama, .ollamaGenerate, .ollamaEmbed, .ollamaTags: .ollama
    }
  }

  /// Text is generated, so that skill, length, pace and stream faults mean something.
  var generates: Bool {
    switch self {
    case .chat, .completions, .responses, .anthropic, .gemini, .ollama, .ollamaGenerate: true
    case .embeddings, .moderations, .models, .anthropicCount, .geminiCount, .geminiEmbed, .ollamaEmbed,
      .ollamaTags:
      false
    }
  }
}

/// Where a request goes: the interface, and the model where the path names it.
struct Route: Equatable {
  var api: API
  var family: API.Family
  var model: String?
  var streams = false

  /// Nil for a path that nobody serves. Prefixes before `/v1` are allowed, as gateways have them.
  static func find(_ path: String, method: String) -> Route? {
    if path == "/v1/chat/completions", method == "POST" { return Route(api: .chat, family: .openAI) }
    var parts = path.split(separator: "/").map(String.init)
    if method == "GET" || method == "HEAD" { return listing(parts) }
    guard method == "POST" else { return nil }
    // Azure: /openai/deployments/NAME/chat/completions
    if let place = parts.firstIndex(of: "deployments"), parts.count > place + 2 {
      let deployment = parts[place + 1]
      parts.removeFirst(place + 2)
      guard let route = openAI(parts) else { return nil }
      return Route(api: route.api, family: .azure, model: deployment)
    }
    if let place = parts.lastIndex(of: "models"), parts.count == place + 2 {
      return gemini(parts[place + 1])
    }
    if parts.suffix(2) == ["messages", "count_tokens"] {
      return Route(api: .anthropicCount, family: .anthropic)
    }
    switch parts.last {
    case "messages": return Route(api: .anthropic, family: .anthropic)
    case "chat" where parts.dropLast().last == "api": return Route(api: .ollama, family: .ollama)
    case "generate" where parts.dropLast().last == "api": return Route(api: .ollamaGenerate, family: .ollama)
    case "embed" where parts.dropLast().last == "api": return Route(api: .ollamaEmbed, family: .ollama)
    default: return openAI(parts)
    }
  }

  private static func openAI(_ parts: [String]) -> Route? {
    switch parts.last {
    case "completions" where parts.dropLast().last == "chat": Route(api: .chat, family: .openAI)
    case "completions": Route(api: .completions, family: .openAI)
    case "responses": Route(api: .responses, family: .openAI)
    case "embeddings": Route(api: .embeddings, family: .openAI)
    case "moderations": Route(api: .moderations, family: .openAI)
    default: nil
    }
  }

  private static func gemini(_ name: String) -> Route? {
    guard let colon = name.firstIndex(of: ":") else { return nil }
    let model = String(name[..<colon])
    switch name[name.index(after: colon)...] {
    case "generateContent": return Route(api: .gemini, family: .gemini, model: model)
    case "streamGenerateContent": return Route(api: .gemini, family: .gemini, model: model, streams: true)
    case "countTokens": return Route(api: .geminiCount, family: .gemini, model: model)
    case "embedContent", "batchEmbedContents": return Route(api: .geminiEmbed, family: .gemini, model: model)
    default: return nil
    }
  }

  private static func listing(_ parts: [String]) -> Route? {
    if parts.suffix(2) == ["api", "tags"] { return Route(api: .ollamaTags, family: .ollama) }
    if parts.last == "models" { return Route(api: .models, family: .openAI) }
    if parts.dropLast().last == "models" { return Route(api: .models, family: .openAI, model: parts.last) }
    return nil
  }
}
