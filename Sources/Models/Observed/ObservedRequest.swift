import Formats
import Vocabulary
import Wire

/// A request that another program makes, as it came.
public struct ObservedRequest: Sendable {
  public var method: String
  /// Path and query, as written.
  public var target: String
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]

  public init(method: String, target: String, headers: [(name: String, value: String)], body: [UInt8]) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
  }

  /// The target without its query.
  public var path: Substring { target.prefix { $0 != "?" } }

  public func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name }?.value
  }

  /// Those that are for the service: not what concerns the connection to us, or us alone.
  var passedOn: [(String, String)] {
    headers.filter { !Self.own.contains($0.name.lowercased()) }.map { ($0.name, $0.value) }
  }

  /// What a program may say of its call beside it: the label under which it is recorded.
  public static let labelHeader = "x-assay-label"

  private static let own: Set<String> = [
    "host", "connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "content-length", "accept-encoding", "expect", labelHeader,
  ]

  /// Headers of an answer that concern the service's connection, or a form of the body that it no longer has.
  public static func isForUs(answer name: String) -> Bool {
    [
      "connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade",
      "content-length", "content-encoding",
    ].contains(name.lowercased())
  }
}

extension ModelClient {
  /// The call that a request makes, read for what it asks; nil where it asks no model anything, or says so in a way
  /// that can't be read.
  public func observed(_ request: ObservedRequest, at destination: Upstream.Destination) -> PreparedCall? {
    guard request.method == "POST", let api = ObservedPath.api(request.path),
      let body = try? JSON(parsing: request.body), body.object != nil,
      let model = body["model"]?.string ?? ObservedPath.model(request.path), !model.isEmpty
    else { return nil }
    let headers = request.passedOn
    let endpoint = Endpoint(
      observed: api, at: destination, model: model, label: request.header(ObservedRequest.labelHeader),
      headers: headers)
    var prompt = RenderedPrompt(messages: body["messages"]?.array ?? [])
    prompt.text = body["prompt"]?.string ?? body["input"]?.string ?? prompt.text
    var config = JSONObject()
    config["stream"] = .bool(ObservedPath.streams(api, request.path, body))
    config["apiBaseUrl"] = .string(destination.base)
    // What a reply is read by. Nothing else of the body is a setting of ours.
    for name in ["response_format", "text", "output_format", "format"] where body[name]?.object != nil {
      config[name] = body[name]
    }
    var question = Question(
      endpoint: endpoint, prompt: prompt,
      settings: Settings(config: config, environment: [:], folder: "."), variables: JSONObject())
    question.inputEstimate = estimator.estimate(prompt, model: model)
    return PreparedCall(
      question,
      wire: WireRequest(url: destination.url, headers: headers, body: body, bodyBytes: request.body),
      maxOutput: nil)
  }

  /// Sends on a request that asks no model anything.
  public func forward(
    _ request: ObservedRequest, to destination: Upstream.Destination, timeouts: HTTPTimeouts,
    watcher: any AnswerWatcher
  ) async -> HTTPExchange {
    var sent = HTTPRequest(
      method: request.method, url: destination.url, headers: request.passedOn, body: request.body)
    sent.timeouts = timeouts
    sent.watcher = watcher
    return await http.send(sent)
  }
}

/// What the path of a request says of the call.
enum ObservedPath {
  static func api(_ path: Substring) -> API? {
    endings.first { path.hasSuffix($0.0) }?.1
  }

  /// The longer before those that they end with.
  private static let endings: [(String, API)] = [
    ("/chat/completions", .openAIChat), ("/responses", .openAIResponses), ("/completions", .openAICompletion),
    ("/embeddings", .openAIEmbedding), ("/moderations", .openAIModeration),
    ("/v1/messages", .anthropicMessages), (":generateContent", .gemini), (":streamGenerateContent", .gemini),
    (":embedContent", .geminiEmbedding), ("/api/chat", .ollamaChat), ("/api/generate", .ollamaGenerate),
    ("/api/embed", .ollamaEmbedding),
  ]

  /// `.../models/NAME:generateContent`, `.../deployments/NAME/chat/completions`
  static func model(_ path: Substring) -> String? {
    let parts = path.split(separator: "/")
    guard let place = parts.lastIndex(where: { $0 == "models" || $0 == "deployments" }),
      place + 1 < parts.count
    else { return nil }
    return String(parts[place + 1].prefix { $0 != ":" })
  }

  static func streams(_ api: API, _ path: Substring, _ body: JSON) -> Bool {
    switch api {
    case .gemini: path.hasSuffix(":streamGenerateContent")
    case .ollamaChat, .ollamaGenerate: body["stream"]?.bool ?? true
    default: body["stream"]?.bool ?? false
    }
  }

  /// What the id of a target would call it.
  static func kind(_ api: API) -> String? {
    switch api {
    case .openAIChat, .ollamaChat: "chat"
    case .openAIResponses: "responses"
    case .openAICompletion, .ollamaGenerate: "completion"
    case .openAIEmbedding, .geminiEmbedding, .ollamaEmbedding: "embedding"
    case .openAIModeration: "moderation"
    case .anthropicMessages: "messages"
    case .gemini, .http, .exec, .script, .echo: nil
    }
  }
}
