import Formats

/// A prompt whose templates are filled in: text, and the same as a list of messages in OpenAI's chat form.
public struct RenderedPrompt: Sendable, Hashable {
  /// As rendered: what `echo`, scripts and completion APIs are given.
  public var text: String
  /// `{"role": ..., "content": ...}` and whatever else OpenAI's chat API lets a message hold.
  public var messages: [JSON]
  /// The text was itself a list of messages.
  public var isChat: Bool

  /// A conversation that is already a list.
  public init(messages: [JSON]) {
    self.messages = messages
    isChat = true
    text = JSON.array(messages).text
  }

  /// Reads a JSON or YAML list of messages; any other text becomes one user message.
  ///
  /// Text that sets out to be such a list and is broken is a mistake rather than a strange user message.
  public init(text: String) throws(Problem) {
    self.text = text
    if let list = try Self.chatList(text) {
      messages = list
      isChat = true
    } else {
      messages = [["role": "user", "content": .string(text)]]
      isChat = false
    }
  }

  private static func chatList(_ text: String) throws(Problem) -> [JSON]? {
    let bytes = text.utf8
    guard let first = bytes.firstIndex(where: { !isBlank($0) }) else { return nil }
    switch bytes[first] {
    case UInt8(ascii: "["): return try jsonList(text)
    case UInt8(ascii: "-") where text[first...].hasPrefix("- role:"): return try yamlList(text)
    default: return nil
    }
  }

  private static func jsonList(_ text: String) throws(Problem) -> [JSON]? {
    do {
      guard let list = try JSON(parsing: text).array, isMessageList(list) else { return nil }
      return list
    } catch {
      guard setsOutToBeMessages(text) else { return nil }
      throw Problem(
        "prompt is not a valid JSON list of messages: \(error)",
        mend: "values put into JSON need the filter: {{ name | dump }}")
    }
  }

  private static func yamlList(_ text: String) throws(Problem) -> [JSON]? {
    let list: [JSON]?
    do {
      list = try Node(parsingYAML: text, file: "prompt").json.array
    } catch {
      throw Problem("chat prompt is not valid YAML: \(error.message)")
    }
    guard let list, isMessageList(list) else {
      throw Problem("chat prompt is not a list of messages with a role and a content")
    }
    return list
  }

  private static func isMessageList(_ list: [JSON]) -> Bool {
    !list.isEmpty && list.allSatisfy { $0["role"]?.string != nil }
  }

  /// `[{"role"` with any white space, which no plain prompt starts with.
  private static func setsOutToBeMessages(_ text: String) -> Bool {
    var rest = text.utf8.drop(while: isBlank).dropFirst().drop(while: isBlank)
    guard rest.first == UInt8(ascii: "{") else { return false }
    rest = rest.dropFirst().drop(while: isBlank)
    return rest.starts(with: "\"role\"".utf8)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }
}
