import Formats
import Wire

/// Which file reads the requests of each interface.
enum Reader {
  static func read(_ body: JSON, _ route: Route, _ request: ServerRequest) throws(Refusal) -> Ask {
    switch route.api {
    case .chat: try ChatAPI.read(body, route: route)
    case .responses: try ResponsesAPI.read(body, route: route)
    case .completions: try CompletionsAPI.read(body, route: route)
    case .anthropic, .anthropicCount:
      try AnthropicAPI.read(body, route: route, version: request.header("anthropic-version"))
    case .gemini, .geminiCount:
      try GeminiAPI.read(body, route: route, asEvents: request.query("alt") == "sse")
    case .ollama, .ollamaGenerate: try OllamaAPI.read(body, route: route)
    case .embeddings, .moderations, .geminiEmbed, .ollamaEmbed, .models, .ollamaTags:
      try Plain.read(body, route: route)
    }
  }
}

/// Which file writes their replies.
enum Planner {
  static func plan(
    _ answers: [Answer], _ ask: Ask, _ profile: LatencyProfile, fault: Fault.Kind?, _ draws: Draws
  ) -> StreamPlan {
    switch ask.api {
    case .responses: ResponsesAPI.plan(answers[0], ask, profile, fault: fault, draws)
    case .anthropic: AnthropicAPI.plan(answers[0], ask, profile, fault: fault, draws)
    case .gemini: GeminiAPI.plan(answers[0], ask, profile, fault: fault, draws)
    case .ollama, .ollamaGenerate: OllamaAPI.plan(answers[0], ask, profile, fault: fault, draws)
    case .completions: CompletionsAPI.plan(answers, ask, profile, fault: fault, draws)
    default: ChatAPI.plan(answers, ask, profile, fault: fault, draws)
    }
  }

  static func whole(_ answers: [Answer], _ ask: Ask, _ profile: LatencyProfile) -> [UInt8] {
    switch ask.api {
    case .responses: ResponsesAPI.whole(answers[0], ask).bytes
    case .anthropic: AnthropicAPI.whole(answers[0], ask).bytes
    case .gemini: GeminiAPI.whole(answers[0], ask).bytes
    case .ollama, .ollamaGenerate: OllamaAPI.whole(answers[0], ask, profile).bytes
    case .completions: CompletionsAPI.whole(answers, ask).bytes
    default: ChatAPI.whole(answers, ask)
    }
  }
}

extension Ask {
  /// Reasoning passes unseen before the first event, as some services have it.
  var hidesReasoning: Bool {
    switch api {
    case .chat, .completions: !showsReasoning
    case .responses: body["reasoning"]?["summary"]?.string == nil
    case .anthropic: false
    case .gemini, .ollama, .ollamaGenerate: !reasons
    default: true
    }
  }
}
