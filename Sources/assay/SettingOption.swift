import Formats
import Terminal

/// `-o temperature=0`: keys of a target's config, from the shell.
enum SettingOption {
  static let option = Option("option", "o", .list("KEY=VALUE"), "a setting, such as temperature=0")

  static func settings(_ arguments: Arguments) throws -> JSONObject {
    var settings = JSONObject()
    for text in arguments.values("option") {
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
        throw UsageError("--option takes KEY=VALUE, not \"\(text)\"")
      }
      let value = String(text[text.index(after: equals)...])
      settings[String(text[..<equals])] = (try? JSON(parsing: value)) ?? .string(value)
    }
    return settings
  }
}
