import Formats

/// Decides which tools a simulated model calls, and with what.
///
/// A tool is called when the request forces one, when the expected answer names one, or when the last word
/// of the user names one or shares a word with its name. Once results are there, the model answers instead.
enum ToolCalling {
  typealias Call = (name: String, arguments: JSON)

  static func calls(for ask: Ask, _ draws: Draws) -> [Call] {
    guard !ask.tools.isEmpty, ask.toolWish != .none, ask.toolResults.isEmpty else { return [] }
    let expected = ask.expected.compactMap { expectedCall($0, ask, draws) }
    if !expected.isEmpty { return ask.callsSeveralTools ? expected : [expected[0]] }
    switch ask.toolWish {
    case .none: return []
    case .named(let name):
      let schema = ask.tools.first { $0.name == name }?.schema ?? [:]
      return [(name, arguments(schema, ask, draws))]
    case .required:
      let tool = mentioned(ask) ?? ask.tools[0]
      return [(tool.name, arguments(tool.schema, ask, draws))]
    case .auto:
      // An expected text means that the reply itself is wanted.
      guard ask.expected.isEmpty, let tool = mentioned(ask) else { return [] }
      return [(tool.name, arguments(tool.schema, ask, draws))]
    }
  }

  /// `get_weather` or `get_weather({"city": "Oslo"})`
  private static func expectedCall(_ text: String, _ ask: Ask, _ draws: Draws) -> Call? {
    guard let tool = ask.tools.first(where: { text == $0.name || text.hasPrefix($0.name + "(") }) else {
      return nil
    }
    let rest = text.dropFirst(tool.name.count)
    if rest.hasPrefix("("), rest.hasSuffix(")"),
      let given = try? JSON(parsing: String(rest.dropFirst().dropLast())), given.object != nil
    {
      return (tool.name, given)
    }
    return (tool.name, arguments(tool.schema, ask, draws))
  }

  private static func arguments(_ schema: JSON, _ ask: Ask, _ draws: Draws) -> JSON {
    let value = SchemaFiller(schema, hints: ask.lastUserText, draws).value()
    return value.object == nil ? [:] : value
  }

  private static let idle: Set<String> = [
    "get", "set", "the", "and", "for", "from", "with", "current", "call", "tool",
  ]

  private static func mentioned(_ ask: Ask) -> Ask.Tool? {
    let text = ask.lastUserText.lowercased()
    if let named = ask.tools.first(where: { text.firstRange(ofText: $0.name.lowercased()) != nil }) {
      return named
    }
    let spoken = Set(words(text))
    return ask.tools.first { tool in
      words(tool.name).contains { word in word.count > 3 && !idle.contains(word) && spoken.contains(word) }
    }
  }

  /// `getWeather`, `get_weather` and `get weather` give the same words.
  private static func words(_ name: String) -> [String] {
    var words: [String] = []
    var word = ""
    var wasLower = false
    for character in name {
      let isUpper = character.isUppercase
      if !character.isLetter || (isUpper && wasLower) {
        if !word.isEmpty { words.append(word.lowercased()) }
        word = ""
      }
      if character.isLetter { word.append(character) }
      wasLower = character.isLowercase
    }
    if !word.isEmpty { words.append(word.lowercased()) }
    return words
  }
}
