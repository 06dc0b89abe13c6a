import Formats

/// A message in OpenAI's chat form, taken apart so that it can be said in another API's form.
struct Message {
  enum Role { case system, user, assistant, tool }

  enum Part {
    case text(String)
    case image(Media)
    /// Base64 with its format, such as `wav`.
    case audio(data: String, format: String)
    case file(Media, name: String?)
    /// In the form of the API asked, or unknown: handed on as it is.
    case native(JSON)
  }

  /// Something given by address or by value.
  enum Media {
    case url(String)
    case data(mediaType: String, base64: String)

    /// A `data:` URL is by value; any other is an address.
    init(_ url: String) {
      guard url.hasPrefix("data:"), let comma = url.firstIndex(of: ",") else {
        self = .url(url)
        return
      }
      let head = url[url.index(url.startIndex, offsetBy: 5)..<comma]
      let type = head.split(separator: ";", omittingEmptySubsequences: false).first.map(String.init) ?? ""
      self = .data(
        mediaType: type.isEmpty ? "text/plain" : type, base64: String(url[url.index(after: comma)...]))
    }
  }

  var role: Role
  var parts: [Part]
  var toolCalls: [ToolCallPart]
  /// Of a tool's result: which call it answers.
  var toolCallID: String?
  var name: String?
  /// What the service that wrote this message wants back untouched, by the name of its API.
  var providerContent: JSON?

  struct ToolCallPart {
    var id: String
    var name: String
    var arguments: String

    /// The arguments as a value; an empty object when the model wrote no JSON.
    var input: JSON { (try? JSON(parsing: arguments)) ?? [:] }
  }

  init(_ json: JSON) {
    role =
      switch json["role"]?.string {
      case "system", "developer": .system
      case "assistant", "model": .assistant
      case "tool", "function": .tool
      default: .user
      }
    parts = Self.parts(json["content"])
    toolCalls = Self.toolCalls(json)
    toolCallID = json["tool_call_id"]?.string ?? (role == .tool ? json["name"]?.string : nil)
    name = json["name"]?.string
    providerContent = json[Message.providerContentKey]
  }

  /// Where a reply's message keeps what its own service wants back; dropped before any other is asked.
  static let providerContentKey = "provider_content"

  var text: String {
    parts.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(separator: "\n")
  }

  private static func parts(_ content: JSON?) -> [Part] {
    switch content {
    case nil, .null: []
    case .string(let text): [.text(text)]
    case .array(let items): items.map(part)
    case .some(let value): [.text(value.text)]
    }
  }

  private static func part(_ item: JSON) -> Part {
    switch item["type"]?.string {
    case "text" where item.object?.count == 2, "input_text", "output_text":
      return .text(item["text"]?.string ?? "")
    case "image_url", "input_image":
      guard let url = item["image_url"]?["url"]?.string ?? item["image_url"]?.string else {
        return .native(item)
      }
      return .image(Media(url))
    case "input_audio":
      guard let audio = item["input_audio"], let data = audio["data"]?.string else { return .native(item) }
      return .audio(data: data, format: audio["format"]?.string ?? "wav")
    case "file":
      guard let file = item["file"], let data = file["file_data"]?.string else { return .native(item) }
      return .file(Media(data), name: file["filename"]?.string)
    default:
      if let text = item.string { return .text(text) }
      return .native(item)
    }
  }

  private static func toolCalls(_ json: JSON) -> [ToolCallPart] {
    var calls: [ToolCallPart] = []
    for (index, call) in (json["tool_calls"]?.array ?? []).enumerated() {
      guard let function = call["function"], let name = function["name"]?.string else { continue }
      calls.append(
        ToolCallPart(
          id: call["id"]?.string ?? "call_\(index)", name: name,
          arguments: function["arguments"].map { $0.string ?? $0.text } ?? "{}"))
    }
    if let function = json["function_call"], let name = function["name"]?.string {
      calls.append(ToolCallPart(id: name, name: name, arguments: function["arguments"]?.string ?? "{}"))
    }
    return calls
  }
}
