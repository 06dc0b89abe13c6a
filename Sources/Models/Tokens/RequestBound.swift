import Formats

/// The most tokens that a request can count, whatever the tokenizer: what a budget reserves.
///
/// Byte-level BPE, and SentencePiece with byte fallback, never make more tokens of a text than it has bytes.
/// What a service puts around the texts (roles, separators, the form in which tools are shown) is in the
/// allowances, which are several times what the services document. An image counts as the dearest one that
/// any service in the price list charges.
struct RequestBound {
  /// By the length of the request.
  private(set) var input = 64
  /// How many replies are asked for at once.
  private(set) var replies = 1
  /// Tokens that are charged as output beside the reply: a prediction's rejected part.
  private(set) var predicted = 0
  /// Asks for its prompt to be kept, which costs more than reading it.
  private(set) var writesCache = false
  private(set) var isFast = false
  /// The request's length bounds nothing, since it holds documents or names what the service keeps; the
  /// model's context window does.
  private(set) var isOpenEnded = false
  /// Why nothing bounds it.
  private(set) var unbounded: String?

  static let perText = 4
  static let perMessage = 16
  static let perToolbox = 1_024
  static let perTool = 64
  /// GPT-4o mini charges 2,833 tokens and 5,667 for each of eight tiles: the most of all in the list.
  static let perImage = 48_169

  init(_ wire: WireRequest, prompt: String) {
    guard let body = wire.body else {
      add((wire.rawBody ?? prompt).utf8.count)
      return
    }
    walk(body)
    let members = body.object ?? JSONObject()
    for name in ["n", "best_of"] { if let count = members[name]?.int { replies = max(replies, count) } }
    if let count = members["generationConfig"]?["candidateCount"]?.int { replies = max(replies, count) }
    predicted = members["prediction"]?.bytes.count ?? 0
    isFast = members["speed"]?.string == "fast"
    for name in ["messages", "input", "contents"] {
      add(Self.perMessage * (members[name]?.array?.count ?? 1))
    }
    add(members["tools"]?.array ?? [])
    // What the service has kept is read again, and nobody here knows how long it is.
    let kept = ["previous_response_id", "conversation", "cachedContent", "cached_content", "container"]
    if kept.contains(where: { members[$0] != nil }) || members["prompt"]?.object != nil { isOpenEnded = true }
    for name in ["web_search_options", "mcp_servers", "context_management", "plugins", "search_parameters"]
    where members[name] != nil { unbounded = "\"\(name)\" lets the service do more than was asked" }
  }

  private mutating func add(_ tokens: Int) { input += tokens }

  private mutating func add(_ tools: [JSON]) {
    if tools.isEmpty { return }
    add(Self.perToolbox)
    for tool in tools {
      let functions = (tool["functionDeclarations"] ?? tool["function_declarations"])?.array
      add(Self.perTool * max(1, functions?.count ?? 1))
      guard let name = Self.serverTool(tool) else { continue }
      unbounded = "the service's own tool \(name) reads what nobody here has counted"
    }
  }

  /// The name of a tool that runs at the service: what it reads becomes input, and it may cost a fee.
  private static func serverTool(_ tool: JSON) -> String? {
    if let type = tool["type"]?.string {
      let known = [
        "function", "custom", "bash", "text_editor", "computer", "memory", "apply_patch", "local_shell",
      ]
      return known.contains { type.hasPrefix($0) } ? nil : type
    }
    // Anthropic's and Ollama's own form, and Gemini's lists of functions.
    if tool["name"] != nil || tool["function"] != nil { return nil }
    let names = (tool.object ?? JSONObject()).map(\.key)
    return names.first { $0 != "functionDeclarations" && $0 != "function_declarations" }
  }

  // MARK: Texts

  private mutating func walk(_ json: JSON) {
    switch json {
    case .null, .bool: add(1)
    case .number(let number): add(number.text.utf8.count)
    case .string(let text): add(text.utf8.count + Self.perText)
    case .array(let items): for item in items { walk(item) }
    case .object(let object):
      look(at: object)
      for (key, value) in object {
        add(key.utf8.count + Self.perText)
        if key == "cache_control" { writesCache = true }
        if key == "images", let images = value.array { add(Self.perImage * images.count) }
        walk(value)
      }
    }
  }

  /// Images and documents, in the words of each API.
  private mutating func look(at object: JSONObject) {
    let type = object["type"]?.string ?? ""
    let mime = (object["mimeType"] ?? object["mime_type"])?.string ?? ""
    // A search takes long, and most objects have no type.
    if !type.isEmpty && type.contains("image") || mime.hasPrefix("image/") { add(Self.perImage) }
    let isDocument =
      !type.isEmpty && ["file", "input_file", "document", "video", "input_video"].contains(type)
    let isOther =
      !mime.isEmpty && !mime.hasPrefix("image/") && !mime.hasPrefix("text/") && !mime.hasPrefix("audio/")
    if isDocument || (isOther && mime != "application/json") || object["fileUri"] != nil
      || object["file_uri"] != nil
      || object["file_id"] != nil
    {
      isOpenEnded = true
    }
  }
}
