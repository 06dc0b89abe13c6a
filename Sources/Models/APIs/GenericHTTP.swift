import Formats
import Templates
import Vocabulary

/// Any HTTP service, as the suite describes it: URL, headers and body are templates over the prompt and the
/// case's variables.
enum GenericHTTP {
  static func request(_ question: Question) throws(Problem) -> WireRequest {
    let settings = question.settings
    if question.endpoint.provider == "webhook" { return try webhook(question) }
    if let raw = settings.string("request") { return try RawRequest.parse(raw, question) }

    let renderer = Renderer(question)
    let address =
      question.endpoint.id.contains("://")
      ? settings.string("url") ?? question.endpoint.id : settings.string("url")
    guard let address, !address.isEmpty else {
      throw Problem(
        "http target names no address", mend: "set config.url, or write the address as the target's id")
    }
    let hasBody = settings.value("body") != nil
    let method = (settings.string("method") ?? "POST").uppercased()
    var request = WireRequest(method: method, url: try renderer.text(address), headers: [])
    for (name, value) in settings.value("queryParams")?.object ?? JSONObject() {
      let separator = request.url.contains("?") ? "&" : "?"
      let text = try renderer.text(value.string ?? value.text)
      request.url += "\(separator)\(URLText.encoded(name))=\(URLText.encoded(text))"
      if AddressText.namesSecret(parameter: name), !isOwn(text, question) { request.secrets.append(text) }
    }
    for (name, value) in settings.value("headers")?.object ?? JSONObject() {
      let text = try renderer.text(value.string ?? value.text)
      try HeaderRules.check(name, text)
      request.headers.append((name, text))
    }
    try addAuthorization(to: &request, settings, renderer)

    let type = request.headers.first { $0.0.lowercased() == "content-type" }?.1.lowercased() ?? ""
    if method == "GET" || method == "HEAD" {
      return request
    } else if hasBody, let body = try settings.loaded("body") {
      try setBody(body, of: &request, contentType: type, renderer, question)
    } else {
      request.body = ["prompt": .string(question.prompt.text)]
      if type.isEmpty { request.headers.append(("Content-Type", "application/json")) }
    }
    return request
  }

  private static func setBody(
    _ body: JSON, of request: inout WireRequest, contentType: String, _ renderer: Renderer,
    _ question: Question
  ) throws(Problem) {
    if let text = body.string {
      let isJSON = contentType.isEmpty || contentType.contains("json")
      // What is dumped has its quotes and escapes already.
      let isDumped = text.contains(/\|\s*(dump|tojson)\b/)
      let rendered = try renderer.text(text, insideJSON: isJSON && looksLikeJSON(text) && !isDumped)
      if isJSON, let json = try? JSON(parsing: rendered) {
        request.body = json
      } else {
        request.rawBody = rendered
      }
    } else if contentType.contains("x-www-form-urlencoded") {
      var pairs: [String] = []
      for (name, value) in body.object ?? JSONObject() {
        let json = try renderer.json(value)
        let text = json.string ?? json.text
        pairs.append("\(URLText.encoded(name))=\(URLText.encoded(text))")
        if isSecret(text, named: name, question) { request.secrets += [text, URLText.encoded(text)] }
      }
      request.rawBody = pairs.joined(separator: "&")
    } else {
      request.body = try renderer.json(body)
    }
    if contentType.isEmpty {
      request.headers.append(("Content-Type", request.body == nil ? "text/plain" : "application/json"))
    }
  }

  private static func looksLikeJSON(_ text: String) -> Bool {
    let first = text.trimmed.first
    return first == "{" || first == "["
  }

  private static func addAuthorization(
    to request: inout WireRequest, _ settings: Settings, _ renderer: Renderer
  ) throws(Problem) {
    guard let auth = settings.value("auth") else { return }
    func text(_ name: String) throws(Problem) -> String { try renderer.text(auth[name]?.string ?? "") }
    switch auth["type"]?.string {
    case "bearer": request.headers.append(("Authorization", "Bearer \(try text("token"))"))
    case "basic":
      let password = try text("password")
      let pair = "\(try text("username")):\(password)"
      request.secrets.append(password)
      request.headers.append(("Authorization", "Basic \(Base64.encode(Array(pair.utf8)))"))
    case "api_key":
      let (name, value) = (try text("keyName"), try text("value"))
      request.secrets += [value, URLText.encoded(value)]
      if auth["placement"]?.string == "query" {
        request.url +=
          (request.url.contains("?") ? "&" : "?") + "\(URLText.encoded(name))=\(URLText.encoded(value))"
      } else {
        request.headers.append((name, value))
      }
    case let type:
      throw Problem(
        "http target: auth of type \"\(type ?? "")\" is not known", mend: "types: bearer, basic, api_key")
    }
    for (name, value) in request.headers { try HeaderRules.check(name, value) }
  }

  private static func webhook(_ question: Question) throws(Problem) -> WireRequest {
    var body: JSONObject = ["prompt": .string(question.prompt.text)]
    var config = question.settings.config
    for name in config.keys where HeaderRules.isSecret(name) { config[name] = nil }
    if !config.isEmpty { body["config"] = .object(config) }
    return WireRequest(
      url: question.endpoint.address, headers: [("Content-Type", "application/json")], body: .object(body))
  }

  /// Every secret that the request carries, so that none comes back or is kept.
  static func secrets(in request: WireRequest, _ question: Question) -> [String] {
    let headers = request.headers.filter { HeaderRules.isSecret($0.0) }
    let found = headers.flatMap { HeaderRules.secrets(in: $0.1) } + keys(of: request, question)
    return found.filter { !isOwn($0, question) }
  }

  /// Those in the address and in the body.
  static func keys(of request: WireRequest, _ question: Question) -> [String] {
    let body = request.body.map { secrets(in: $0, question) } ?? []
    return AddressText.secrets(in: request.url) + request.secrets + body
  }

  private static func secrets(in body: JSON, _ question: Question) -> [String] {
    switch body {
    case .null, .bool, .number, .string: return []
    case .array(let items): return items.flatMap { secrets(in: $0, question) }
    case .object(let members):
      return members.flatMap { member -> [String] in
        guard let text = member.value.string else { return secrets(in: member.value, question) }
        return isSecret(text, named: member.key, question) ? HeaderRules.secrets(in: text) : []
      }
    }
  }

  private static func isSecret(_ text: String, named name: String, _ question: Question) -> Bool {
    HeaderRules.isSecretMember(name, text) && !isOwn(text, question)
  }

  /// What a case asks with is no key, whatever it is sent as: replies may speak of it, and checks look for it.
  private static func isOwn(_ text: String, _ question: Question) -> Bool {
    func isSame(_ own: String) -> Bool { own == text || URLText.encoded(own) == text }
    return isSame(question.prompt.text)
      || question.variables.contains { $0.value.string.map(isSame) ?? false }
  }
}

/// Fills in `{{prompt}}` and the case's variables.
struct Renderer {
  private let variables: JSONObject
  private let environment: TemplateEnvironment

  init(_ question: Question) {
    var variables = question.variables
    variables["prompt"] = .string(question.prompt.text)
    variables["messages"] = .array(question.prompt.messages)
    self.variables = variables
    environment = TemplateEnvironment(env: question.settings.environment, secrets: .allowed)
  }

  /// `insideJSON`: values are escaped so that quotes around a hole stay the only ones.
  func text(_ template: String, insideJSON: Bool = false) throws(Problem) -> String {
    guard template.contains("{") else { return template }
    var variables = variables
    if insideJSON { variables = JSONObject(variables.map { ($0.key, Self.escaped($0.value)) }) }
    return try Template(template, file: "target").render(variables, environment: environment)
  }

  /// Every string in it, keys left alone. A string that is one hole alone takes the value as it is.
  func json(_ json: JSON) throws(Problem) -> JSON {
    switch json {
    case .null, .bool, .number: return json
    case .string(let text):
      if let value = wholeValue(text) { return value }
      return .string(try self.text(text))
    case .array(let items):
      var result: [JSON] = []
      for item in items { result.append(try self.json(item)) }
      return .array(result)
    case .object(let members):
      var result = JSONObject()
      for (key, value) in members { result[key] = try self.json(value) }
      return .object(result)
    }
  }

  /// `{{messages}}` alone gives the list, not its text.
  private func wholeValue(_ text: String) -> JSON? {
    guard text.hasPrefix("{{"), text.hasSuffix("}}") else { return nil }
    let name = String(text.dropFirst(2).dropLast(2)).trimmed
    guard let value = variables[name], value.array != nil || value.object != nil else { return nil }
    return value
  }

  private static func escaped(_ value: JSON) -> JSON {
    guard case .string(let text) = value else { return value }
    return .string(String(JSON.string(text).text.dropFirst().dropLast()))
  }
}

/// A request written out as HTTP: a line, headers, an empty line, a body; all of it a template.
private enum RawRequest {
  static func parse(_ text: String, _ question: Question) throws(Problem) -> WireRequest {
    var source = text
    if text.hasPrefix("file://") {
      source = try ReferencedFile.read(text, folder: question.settings.folder).string ?? ""
    }
    let filled = try Renderer(question).text(source)
    let lines = filled.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.hasSuffix("\r") ? $0.dropLast() : $0
    }
    let start = lines.firstIndex { !$0.isEmpty } ?? 0
    let first = lines.isEmpty ? [] : lines[start].split(separator: " ")
    guard first.count >= 2 else {
      throw Problem(
        "config.request is not an HTTP request", mend: "it begins with a line such as: POST /chat HTTP/1.1")
    }
    var headers: [(String, String)] = []
    var next = start + 1
    while next < lines.count, !lines[next].isEmpty {
      guard let colon = lines[next].firstIndex(of: ":") else {
        throw Problem("config.request: \"\(lines[next])\" is no header")
      }
      let name = String(lines[next][..<colon]).trimmed
      let value = String(lines[next][lines[next].index(after: colon)...]).trimmed
      try HeaderRules.check(name, value)
      headers.append((name, value))
      next += 1
    }
    var url = String(first[1])
    if !url.contains("://") {
      guard let host = headers.first(where: { $0.0.lowercased() == "host" })?.1 else {
        throw Problem("config.request names no host", mend: "add a line such as: Host: example.com")
      }
      url = (question.settings.flag("useHttps") ?? true ? "https://" : "http://") + host + url
    }
    headers.removeAll { ["host", "content-length"].contains($0.0.lowercased()) }
    var request = WireRequest(method: String(first[0]).uppercased(), url: url, headers: headers)
    let body = next < lines.count ? lines[(next + 1)...].joined(separator: "\n").trimmed : ""
    if let json = try? JSON(parsing: body) {
      request.body = json
    } else if !body.isEmpty {
      request.rawBody = body
    }
    return request
  }
}
