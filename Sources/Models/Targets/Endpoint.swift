import Formats
import Synchronization
import Vocabulary

/// Where and how a target is asked: worked out once, keys included, before anything is sent.
///
/// Its secrets stay in it: nothing public shows them, and printing it prints its label.
/// An object, because every call hands it on several times.
public final class Endpoint: Sendable, CustomStringConvertible {
  /// Unique in its suite.
  public let label: String
  /// As in the suite; where it is an address, it may hold keys.
  public let id: String
  /// The id without keys, to be shown.
  public var recordedID: String { AddressText.withoutSecrets(id) }
  /// Of the price list and of reports: `openai`, `anthropic`, `groq`, ...
  public let provider: String
  /// Model, deployment, URL without keys, command or path.
  public let model: String
  /// Shared by all targets that share limits: service, address, key (hashed) and model.
  public let limitKey: String
  /// Against the built-in simulator.
  public let isSimulated: Bool
  /// Asks another machine, or at least another process's port.
  public var usesWire: Bool { api.usesWire }
  /// Replies come in pieces, by the endpoint's own settings.
  public var streams: Bool { api.streams && settings.streams }
  /// The address that is asked, without secrets.
  public let baseURL: String

  let api: API
  let service: Service?
  /// The model as it is asked for: of a generic target the whole URL, keys included.
  let address: String
  let headers: [(String, String)]
  /// What it sends that must be recorded nowhere.
  package let secrets: [String]
  let redaction: Redaction
  let settings: Settings
  /// The body of a request without its prompt, once it was made with the endpoint's own settings.
  let form = Mutex<BodyForm?>(nil)

  public var description: String { label }

  /// Reads id, config and environment. Throws what is wrong with them, a missing key by the name of its
  /// variable.
  ///
  /// - Parameters:
  ///   - environment: of the process, of `.env` and of the suite, the strongest already merged in.
  ///   - folder: of the suite, where relative files start.
  ///   - simulatorURL: of the built-in simulator with its `/v1`, for ids that begin with `sim:`.
  public init(
    id: String, label: String, config: JSONObject = JSONObject(), environment: [String: String],
    folder: String = ".", simulatorURL: String? = nil
  ) throws(Problem) {
    let settings = Settings(config: config, environment: environment, folder: folder)
    let target = try TargetID(id)
    if target.api == .http, settings.value("transformRequest") != nil {
      throw Problem(
        "transformRequest is not run", mend: "write the request as config.body, with {{prompt}} in it")
    }
    if target.api == .openAIResponses {
      for members in [config, settings.value("passthrough")?.object, settings.value("extra_body")?.object] {
        try OpenAIResponses.refuseBackground(members ?? JSONObject())
      }
    }
    let service = Service.named(target.service)
    let address = try Address(target, service, settings, simulatorURL: simulatorURL)

    self.id = id
    self.label = label
    api = target.api
    self.service = service
    self.settings = settings
    self.address = try Self.model(target, settings)
    model = target.api == .http ? AddressText.withoutSecrets(self.address) : self.address
    provider = service?.name ?? target.service
    isSimulated = target.service == "sim"
    baseURL = address.url
    headers = address.headers
    secrets = address.secrets
    redaction = Redaction(address.secrets)
    let key = address.secrets.first.map { String(SHA256.hex($0).prefix(8)) } ?? "-"
    limitKey = "\(provider)|\(AddressText.withoutSecrets(baseURL))|\(key)|\(model)"
  }

  /// Of a call that another program makes. Its keys are in its headers and its address.
  init(
    observed api: API, at destination: Upstream.Destination, model: String, label: String?,
    headers: [(String, String)]
  ) {
    let service = destination.service
    id = ([service.name] + [ObservedPath.kind(api)].compactMap { $0 } + [model]).joined(separator: ":")
    self.label = label ?? id
    self.api = api
    self.service = service
    settings = Settings(config: JSONObject(), environment: [:], folder: ".")
    address = model
    self.model = model
    provider = service.name
    isSimulated = service.name == "sim"
    baseURL = AddressText.withoutSecrets(destination.base)
    self.headers = headers
    secrets =
      AddressText.secrets(in: destination.url)
      + headers.flatMap { HeaderRules.isSecret($0.0) ? HeaderRules.secrets(in: $0.1) : [] }
    redaction = Redaction(secrets)
    limitKey = "\(provider)|\(baseURL)|\(model)"
  }

  /// Why nothing of that id can be asked here, wherever and with whatever keys.
  public static func objection(to id: String) -> Problem? {
    do throws(Problem) { _ = try TargetID(id) } catch { return error }
    return nil
  }

  private static func model(_ target: TargetID, _ settings: Settings) throws(Problem) -> String {
    if let model = settings.string("model", "deployment_id"), target.api.usesWire, target.api != .http {
      return model
    }
    if !target.rest.isEmpty { return target.rest }
    switch target.service {
    case "openai": return settings.variable(["OPENAI_MODEL"]) ?? "gpt-4o-mini"
    case "http": return settings.string("url") ?? ""
    default:
      if let model = settings.variable(["\(target.service.uppercased())_MODEL"]) { return model }
      throw Problem(
        "target \"\(target.service)\" names no model", mend: "write it as \(target.service):MODEL")
    }
  }
}

/// The base URL and the headers of an endpoint.
private struct Address {
  var url: String
  var headers: [(String, String)] = []
  var secrets: [String] = []

  init(
    _ target: TargetID, _ service: Service?, _ settings: Settings, simulatorURL: String?
  ) throws(Problem) {
    guard let service else {
      let given = target.api == .http ? [target.rest, settings.string("url") ?? ""] : []
      url = AddressText.withoutSecrets(given.first { !$0.isEmpty } ?? "")
      secrets = given.flatMap(AddressText.secrets)
      return
    }
    url = try Self.baseURL(service, settings, simulatorURL: simulatorURL)
    try addKey(service, target, settings)
    try addOwnHeaders(settings)
    secrets += AddressText.secrets(in: url)
  }

  private static func baseURL(
    _ service: Service, _ settings: Settings, simulatorURL: String?
  ) throws(Problem) -> String {
    var url = settings.string("apiBaseUrl", "baseUrl", "base_url")
    let host = settings.string("apiHost") ?? hostVariable(service, settings)
    if url == nil, let host, !host.isEmpty {
      url = host.contains("://") ? host : "https://\(host)" + (service.name == "openai" ? "/v1" : "")
    }
    url = url ?? settings.variable(service.urls)
    if service.name == "sim" {
      guard let found = url ?? simulatorURL else {
        throw Problem("no simulator is running for this target", mend: "start one with: assay simulate")
      }
      url = found
    }
    let base = url ?? service.baseURL
    guard !base.isEmpty else {
      throw Problem(
        "target needs the address of the service", mend: "set config.apiHost or AZURE_API_HOST")
    }
    guard base.hasPrefix("http://") || base.hasPrefix("https://") else {
      throw Problem("base URL \"\(base)\" does not begin with http:// or https://")
    }
    return String(base.reversed().drop { $0 == "/" }.reversed())
  }

  private static func hostVariable(_ service: Service, _ settings: Settings) -> String? {
    switch service.name {
    case "openai": settings.variable(["OPENAI_API_HOST"])
    case "azure": settings.variable(["AZURE_API_HOST", "AZURE_OPENAI_API_HOST"])
    case "google": settings.variable(["GOOGLE_API_HOST"])
    default: nil
    }
  }

  private mutating func addKey(_ service: Service, _ target: TargetID, _ settings: Settings) throws(Problem) {
    let variables = settings.string("apiKeyEnvar").map { [$0] } ?? service.keys
    let optional = service.name == "sim" ? [] : ["\(service.name.uppercased())_API_KEY"]
    guard let key = settings.string("apiKey")?.trimmed ?? settings.variable(variables + optional),
      !key.isEmpty
    else {
      let isRequired = settings.flag("apiKeyRequired") ?? (!variables.isEmpty && !URLText.isLoopback(url))
      if isRequired, let variable = variables.first, !ownHeadersAuthorize(settings) {
        throw Problem(
          "target \"\(service.name):\(target.rest)\" needs a key and \(variable) is not set",
          mend: "set \(variable) in the environment or in .env")
      }
      return
    }
    guard key.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      throw Problem(
        "the key for \(service.name) holds characters that no key holds",
        mend: "copy it again, without line ends")
    }
    secrets.append(key)
    switch service.name {
    case "anthropic":
      headers.append(
        AnthropicVersion(settings).usesBearer ? ("Authorization", "Bearer \(key)") : ("x-api-key", key))
    case "google": headers.append(("x-goog-api-key", key))
    case "azure": headers.append(("api-key", key))
    default: headers.append(("Authorization", "Bearer \(key)"))
    }
  }

  private func ownHeadersAuthorize(_ settings: Settings) -> Bool {
    (settings.value("headers")?.object ?? JSONObject()).keys.contains { HeaderRules.isSecret($0) }
  }

  private mutating func addOwnHeaders(_ settings: Settings) throws(Problem) {
    if let organization = settings.string("organization") ?? settings.variable(["OPENAI_ORGANIZATION"]),
      headers.contains(where: { $0.0 == "Authorization" })
    {
      headers.append(("OpenAI-Organization", organization))
    }
    for (name, value) in settings.value("headers")?.object ?? JSONObject() {
      let text = value.string ?? value.text
      try HeaderRules.check(name, text)
      if HeaderRules.isSecret(name) { secrets += HeaderRules.secrets(in: text) }
      headers.removeAll { $0.0.lowercased() == name.lowercased() }
      headers.append((name, text))
    }
  }
}
