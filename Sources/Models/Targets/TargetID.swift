import Formats
import Scripts
import Vocabulary

/// A target's id taken apart: `openai:chat:gpt-4o-mini`, `ollama:llama3`, `https://...`, `exec:./ask.sh`.
struct TargetID: Sendable, Hashable {
  var service: String
  var api: API
  /// The model, deployment, URL, command or path.
  var rest: String

  init(_ id: String) throws(Problem) {
    let parts = id.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    let head = parts[0].lowercased()
    let tail = parts.dropFirst().joined(separator: ":")

    switch head {
    case "http", "https":
      self.init(service: "http", api: .http, rest: id.hasPrefix("\(head)://") ? id : "")
    case "webhook":
      self.init(service: "webhook", api: .http, rest: tail)
    case "exec":
      self.init(service: "exec", api: .exec, rest: tail.trimmed)
    case "python", "ruby", "javascript":
      self.init(service: head, api: .script, rest: tail)
    case "file":
      self.init(service: "file", api: .script, rest: String(id.dropFirst("file://".count)))
    case "echo":
      self.init(service: "echo", api: .echo, rest: "echo")
    default:
      guard let service = Service.named(head) else { throw Self.unknown(id, head) }
      self = try Self.model(of: service, Array(parts.dropFirst()), id: id)
    }
    if rest.isEmpty, api == .exec || api == .script {
      throw Problem("target \"\(id)\" names no \(api == .exec ? "command" : "file")")
    }
    if api == .script, Script(reference: rest, in: ".") == nil {
      throw Problem(
        "target \"\(id)\" is no script that can be run",
        mend: "scripts end in .py, .js, .mjs, .cjs, .ts or .rb")
    }
  }

  private init(service: String, api: API, rest: String) {
    self.service = service
    self.api = api
    self.rest = rest
  }

  private static func model(of service: Service, _ parts: [String], id: String) throws(Problem) -> TargetID {
    let kind = parts.first?.lowercased() ?? ""
    let named = apis(of: service)[kind]
    let model =
      named != nil && parts.count > 1 || parts.count == 1 && named != nil
      ? parts.dropFirst().joined(separator: ":") : parts.joined(separator: ":")
    if named == nil, parts.count > 1, unsupportedKinds.contains(kind) {
      throw Problem(
        "target \"\(id)\": \(service.name) has no \"\(kind)\" here",
        mend: "kinds: \(apis(of: service).keys.sorted().joined(separator: ", "))")
    }
    return TargetID(service: service.name, api: named ?? defaultAPI(service, model), rest: model)
  }

  /// Kinds that promptfoo knows and that have no counterpart here.
  private static let unsupportedKinds: Set<String> = [
    "realtime", "assistant", "image", "video", "transcription", "agents", "chatkit", "codex-sdk", "live",
    "claude-agent-sdk", "foundry-agent",
  ]

  private static func apis(of service: Service) -> [String: API] {
    switch service.api {
    case .anthropicMessages: ["messages": .anthropicMessages]
    case .gemini: ["chat": .gemini, "embedding": .geminiEmbedding, "embeddings": .geminiEmbedding]
    case .ollamaGenerate:
      [
        "chat": .ollamaChat, "completion": .ollamaGenerate, "embedding": .ollamaEmbedding,
        "embeddings": .ollamaEmbedding,
      ]
    default:
      [
        "chat": .openAIChat, "responses": .openAIResponses, "completion": .openAICompletion,
        "embedding": .openAIEmbedding, "embeddings": .openAIEmbedding, "moderation": .openAIModeration,
      ]
    }
  }

  /// Where the id names no kind, the model's name may.
  private static func defaultAPI(_ service: Service, _ model: String) -> API {
    guard service.api == .openAIChat else {
      return service.api == .gemini && model.contains("embedding") ? .geminiEmbedding : service.api
    }
    let name = model.lowercased()
    if name.hasPrefix("text-embedding-") || name.hasPrefix("mistral-embed") { return .openAIEmbedding }
    if name.contains("moderation-") { return .openAIModeration }
    if ["gpt-3.5-turbo-instruct", "davinci-002", "babbage-002"].contains(where: name.hasPrefix) {
      return .openAICompletion
    }
    let responsesOnly = ["o1-pro", "o3-pro", "o3-deep-research", "o4-mini-deep-research", "computer-use"]
    if service.name == "openai", responsesOnly.contains(where: name.hasPrefix) || name.contains("-codex") {
      return .openAIResponses
    }
    return .openAIChat
  }

  private static func unknown(_ id: String, _ head: String) -> Problem {
    let known =
      Service.names + ["http", "https", "webhook", "exec", "python", "ruby", "javascript", "file", "echo"]
    let near = nearest(to: head, in: known)
    return Problem(
      "unknown target \"\(id)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""),
      mend: near == nil ? "targets begin with one of: \(known.sorted().joined(separator: ", "))" : nil)
  }
}
