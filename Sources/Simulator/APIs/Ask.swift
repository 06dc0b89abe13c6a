import Formats

/// What a request asks for, whatever interface it came by. Filled while it is read, then left as it is: a class,
/// since it is handed on often and is large.
final class Ask {
  enum Role { case system, user, assistant, tool }

  struct Message {
    var role: Role
    var text: String
    /// The assistant called tools in it.
    var callsTools = false
  }

  struct Tool {
    var name: String
    var schema: JSON
  }

  enum ToolWish: Equatable {
    case none
    case auto
    case required
    case named(String)
  }

  enum Format {
    case text
    case anyJSON
    case schema(JSON)
  }

  var api: API
  var family: API.Family
  var model: String
  var messages: [Message] = []
  var tools: [Tool] = []
  var toolWish = ToolWish.auto
  var callsSeveralTools = true
  /// `functions` and `function_call` of old, in place of `tools`.
  var usesLegacyFunctions = false
  var format = Format.text
  /// Clients may say any number: it is counted with.
  var maxTokens: Int? {
    didSet { maxTokens = maxTokens.map { min(max($0, 0), 1_000_000_000) } }
  }
  var stops: [String] = []
  var choices = 1
  var streams = false
  var includesUsage = false
  /// The caller asked that the model reason.
  var reasons = false
  /// Gemini without `alt=sse`: the stream is one JSON array.
  var framesAsArray = false
  /// Of embeddings and moderations.
  var inputs: [String] = []
  var dimensions: Int?
  /// The request as it came, and what it came with.
  var body: JSON
  var path = ""
  var expected: [String] = []
  var hash: UInt64 = 0

  init(api: API, family: API.Family, model: String, body: JSON) {
    self.api = api
    self.family = family
    self.model = model
    self.body = body
  }

  var lastUserText: String { messages.last { $0.role == .user }?.text ?? messages.last?.text ?? "" }
  /// Results of tools that stand after the last word of the user, newest last.
  var toolResults: [String] {
    var results: [String] = []
    for message in messages.reversed() {
      if message.role == .tool { results.insert(message.text, at: 0) } else if message.role == .user { break }
    }
    return results
  }

  /// Tokens of everything that was sent; counted once, when the request is read.
  var inputTokens = 0

  /// Messages, tools, schema.
  func countedInput() -> Int {
    var count = 3
    for message in messages { count += Tokens.count(message.text) + 4 }
    for tool in tools { count += Tokens.count(tool.name) + Tokens.count(tool.schema.text) + 8 }
    for input in inputs { count += Tokens.count(input) }
    if case .schema(let schema) = format { count += Tokens.count(schema.text) }
    return count
  }
}

/// A request that the service would refuse, told in its own manner.
struct Refusal: Error {
  var status: Int
  var message: String
  var parameter: String?
  var code: String?

  init(_ message: String, status: Int = 400, parameter: String? = nil, code: String? = nil) {
    self.status = status
    self.message = message
    self.parameter = parameter
    self.code = code
  }
}
