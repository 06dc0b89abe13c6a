import Formats
import Vocabulary
import Wire

/// A model that an endpoint offers.
public struct ListedModel: Sendable, Hashable {
  public var id: String
  public var owner: String?
  /// Seconds since 1970 UTC.
  public var created: Int64?
  public var contextWindow: Int?
  public var maxOutput: Int?
  /// The day on which it is withdrawn, where the service or the price list tells.
  public var retires: String?
}

extension ModelClient {
  /// Services of which the environment has a key or an address.
  public var configuredServices: [String] {
    let settings = Settings(config: [:], environment: environment, folder: ".")
    return Service.all.filter { settings.variable($0.keys + $0.urls) != nil }.map(\.name)
  }

  /// Where the list of a service is asked for: a service's name, or a target's id.
  public func listingEndpoint(
    _ name: String, config: JSONObject = JSONObject(), simulatorURL: String? = nil
  ) throws(Problem) -> Endpoint {
    // The list needs no model, an endpoint does.
    let id = Service.named(name.lowercased()) == nil ? name : "\(name.lowercased()):-"
    return try endpoint(id: id, label: name, config: config, simulatorURL: simulatorURL)
  }

  /// What the service of an endpoint offers, by name.
  public func models(at endpoint: Endpoint, timeouts: HTTPTimeouts = HTTPTimeouts()) async -> Result<
    [ListedModel], Failure
  > {
    guard let address = ModelListing.address(endpoint) else {
      return .failure(Failure(.config, "\(endpoint.provider) has no list of models"))
    }
    var found: [ListedModel] = []
    var page = address
    // Lists come in pages at some; none has more than a few.
    for _ in 0..<50 {
      var request = HTTPRequest(method: "GET", url: page, headers: ModelListing.headers(endpoint))
      request.timeouts = timeouts
      let exchange = await http.send(request)
      switch ModelListing.read(exchange, endpoint) {
      case .failure(let failure): return .failure(failure)
      case .success(let one):
        found += one.models
        guard let next = one.next else { return .success(withFacts(found, endpoint)) }
        page = address + (address.contains("?") ? "&" : "?") + next
      }
    }
    return .success(withFacts(found, endpoint))
  }

  private func withFacts(_ models: [ListedModel], _ endpoint: Endpoint) -> [ListedModel] {
    models.map { model in
      var model = model
      if let facts = prices.facts(provider: endpoint.service?.prices ?? endpoint.provider, model: model.id) {
        model.contextWindow = model.contextWindow ?? facts.contextWindow
        model.maxOutput = model.maxOutput ?? facts.maxOutput
        model.retires = model.retires ?? facts.retires
      }
      return model
    }.sorted { $0.id < $1.id }
  }
}

enum ModelListing {
  struct Page: Sendable {
    var models: [ListedModel]
    /// The query that leads to the next.
    var next: String?
  }

  static func address(_ endpoint: Endpoint) -> String? {
    let base = endpoint.baseURL
    switch endpoint.api {
    case .openAIChat, .openAIResponses, .openAICompletion, .openAIEmbedding, .openAIModeration:
      return endpoint.service?.name == "azure"
        ? "\(base)/openai/models?api-version=\(endpoint.settings.string("apiVersion") ?? "2024-10-21")"
        : "\(base)/models"
    case .anthropicMessages: return "\(base)/v1/models?limit=1000"
    case .gemini, .geminiEmbedding: return "\(base)/v1beta/models?pageSize=1000"
    case .ollamaChat, .ollamaGenerate, .ollamaEmbedding: return "\(base)/api/tags"
    case .http, .exec, .script, .echo: return nil
    }
  }

  static func headers(_ endpoint: Endpoint) -> [(String, String)] {
    guard endpoint.api == .anthropicMessages else { return endpoint.headers }
    return endpoint.headers.filter { $0.0.lowercased() != "anthropic-version" }
      + [("anthropic-version", AnthropicVersion(endpoint.settings).date)]
  }

  static func read(_ exchange: HTTPExchange, _ endpoint: Endpoint) -> Result<Page, Failure> {
    if let error = exchange.error { return .failure(TransportFailure.failure(error, exchange)) }
    let status = exchange.status ?? 0
    guard (200..<300).contains(status) else {
      var failure =
        TransportFailure.redirect(exchange) ?? ErrorReading.failure(status: status, body: exchange.body)
      endpoint.redaction.clean(&failure)
      return .failure(failure)
    }
    guard let json = try? JSON(parsing: exchange.body),
      let list = json["data"]?.array ?? json["models"]?.array ?? json.array
    else {
      return .failure(
        Failure(
          .malformed, "the list of models is not what was promised", status: status,
          evidence: endpoint.redaction.cut(ErrorReading.evidence(exchange.body))))
    }
    var next: String?
    if let token = json["nextPageToken"]?.string, !token.isEmpty {
      next = "pageToken=\(URLText.encoded(token))"
    }
    if json["has_more"]?.bool == true, let last = json["last_id"]?.string {
      next = "after_id=\(URLText.encoded(last))"
    }
    return .success(Page(models: list.compactMap(model), next: next))
  }

  private static func model(_ json: JSON) -> ListedModel? {
    guard let name = json["id"]?.string ?? json["name"]?.string ?? json["model"]?.string else { return nil }
    var model = ListedModel(id: name.hasPrefix("models/") ? String(name.dropFirst(7)) : name)
    model.owner = json["owned_by"]?.string
    model.created =
      json["created"]?.int.map(Int64.init)
      ?? (json["created_at"] ?? json["modified_at"])?.string.flatMap { Instant(rfc3339: $0)?.seconds }
    model.contextWindow =
      (json["context_window"] ?? json["context_length"] ?? json["inputTokenLimit"] ?? json["max_model_len"]
      ?? json["max_input_tokens"])?.int
    model.maxOutput =
      (json["outputTokenLimit"] ?? json["max_completion_tokens"] ?? json["max_tokens"]
      ?? json["top_provider"]?["max_completion_tokens"])?.int
    for name in ["shutdown_date", "deprecation_date", "retirement_date", "deprecation"] {
      guard let value = json[name] else { continue }
      model.retires =
        value.string.map { String($0.prefix(10)) } ?? value.int.map { Instant(seconds: Int64($0)).date }
      if model.retires != nil { break }
    }
    return model
  }
}
