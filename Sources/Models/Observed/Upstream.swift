import Formats
import Vocabulary
import Wire

/// Where the requests of other programs are sent on to, told by their path:
///
///     /v1/messages, /v1beta/..., /api/...   Anthropic, Google, Ollama
///     /groq/v1/chat/completions             the service of that name
///     /v1/chat/completions                  OpenAI
///
/// Where a service or an address was named, everything goes there.
/// Nothing of the environment counts: `OPENAI_BASE_URL` may well lead to us.
public struct Upstream: Sendable {
  /// A place in the world, and what is charged there.
  public struct Destination: Sendable {
    public let url: String
    let service: Service
    let base: String
  }

  private let named: (service: Service?, base: String)?
  private let simulatorURL: String?

  /// - Parameters:
  ///   - name: a service, or the base URL of one; nil where the paths tell.
  ///   - simulatorURL: of the built-in simulator, without a path, where it is to be asked as `sim`.
  public init(to name: String? = nil, simulatorURL: String? = nil) throws(Problem) {
    self.simulatorURL = simulatorURL
    guard let name else {
      named = nil
      return
    }
    if name.hasPrefix("http://") || name.hasPrefix("https://") {
      let base = String(name.reversed().drop { $0 == "/" }.reversed())
      named = (Self.service(of: base), base)
      return
    }
    guard let service = Service.named(name.lowercased()) else {
      let near = nearest(to: name.lowercased(), in: Service.names)
      throw Problem(
        "no service is called \"\(name)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""),
        mend: "name one of \(Service.names.sorted().joined(separator: ", ")), or give its base URL")
    }
    let base = service.name == "sim" ? simulatorURL ?? "" : service.baseURL
    guard !base.isEmpty else {
      throw Problem("\(service.name) has no address of its own", mend: "give the base URL: https://...")
    }
    named = (service, base)
  }

  /// Whether all that goes where it was told to go comes back to that address.
  public func leads(to address: ListenAddress) -> Bool {
    guard let named, let origin = URLOrigin(named.base), origin.port == "\(address.port)" else {
      return false
    }
    return origin.host == address.host || (address.isLoopback && URLText.isLoopback(named.base))
  }

  /// Nil where the path names a service that has no address, or is none: what follows a host could make another of it.
  public func destination(of request: ObservedRequest) -> Destination? {
    let target = request.target
    guard target.hasPrefix("/") else { return nil }
    let usual = Self.usual(request)
    if let named {
      return Self.destination(
        target[...], named.service ?? usual, named.base,
        isListed: named.service.map { base(of: $0) == named.base } ?? false)
    }
    let first = target.dropFirst().prefix { $0 != "/" && $0 != "?" }
    if let service = Service.named(first.lowercased()) {
      let rest = target.dropFirst(1 + first.utf8.count)
      return Self.destination(rest.isEmpty ? "/" : rest, service, base(of: service), isListed: true)
    }
    return Self.destination(target[...], usual, base(of: usual), isListed: true)
  }

  private func base(of service: Service) -> String {
    service.name == "sim" ? simulatorURL ?? "" : service.baseURL
  }

  private static func destination(
    _ target: Substring, _ service: Service, _ base: String, isListed: Bool
  ) -> Destination? {
    guard !base.isEmpty else { return nil }
    let afterHost = base.range(ofText: "://").map { base[$0.upperBound...] } ?? base[...]
    var rest = target
    // Clients of OpenAI put the version into their base URL; so does ours where it has a path.
    let hasPath = afterHost.contains("/")
    let addsVersion = service.api != .openAIChat || service.name == "sim" || !(isListed || hasPath)
    if !addsVersion || base.hasSuffix("/v1"), rest.hasPrefix("/v1/") { rest = rest.dropFirst(3) }
    return Destination(url: base + rest, service: service, base: base)
  }

  /// The service whose way of writing paths this is.
  private static func usual(_ request: ObservedRequest) -> Service {
    let path = request.path
    let name =
      if path.hasPrefix("/v1/messages") || request.header("anthropic-version") != nil {
        "anthropic"
      } else if path.hasPrefix("/v1beta") || path.hasPrefix("/v1alpha")
        || [":generateContent", ":streamGenerateContent", ":embedContent"].contains(where: path.hasSuffix)
      {
        "google"
      } else if path.hasPrefix("/api/") {
        "ollama"
      } else {
        "openai"
      }
    return Service.named(name) ?? .openAI
  }

  /// Whose address that is, where it is known.
  private static func service(of base: String) -> Service? {
    guard let asked = URLOrigin(base)?.host else { return nil }
    if asked.hasSuffix(".openai.azure.com") || asked.hasSuffix(".cognitiveservices.azure.com") {
      return Service.named("azure")
    }
    return Service.all.first { !$0.isLocal && URLOrigin($0.baseURL)?.host == asked }
  }
}
