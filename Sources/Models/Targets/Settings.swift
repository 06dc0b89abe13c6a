import Formats
import Vocabulary

/// A target's `config`, with the environment that fills in what it leaves out.
///
/// What every call asks of it is worked out once.
final class Settings: Sendable {
  let config: JSONObject
  let environment: [String: String]
  /// Where `file://` in the config starts from.
  let folder: String
  let prices: PriceSettings
  /// Wants the reply in pieces, where the API has any.
  let streams: Bool

  init(config: JSONObject, environment: [String: String], folder: String) {
    self.config = config
    self.environment = environment
    self.folder = folder
    prices = PriceSettings(config)
    // Spoken output comes whole.
    let speaks = (config.given("modalities")?.array ?? []).contains { $0.string == "audio" }
    streams = !speaks && config.given("stream", "streaming")?.flag ?? true
  }

  /// What the config says, taken from the first name that says anything.
  func value(_ names: String...) -> JSON? { config.given(names) }

  func value(_ names: [String]) -> JSON? { config.given(names) }

  func string(_ names: String...) -> String? {
    switch value(names) {
    case .string(let text)?: text
    case .number(let number)?: number.text
    default: nil
    }
  }

  /// `true`, `"true"` and what the environment may say instead.
  func flag(_ names: String...) -> Bool? { config.given(names)?.flag }

  /// A number as it was written; text that holds one counts, as `.env` and templates give text.
  func number(_ name: String) throws(Problem) -> JSON? {
    switch value(name) {
    case nil: return nil
    case .number(let number)?: return .number(number)
    case .string(let text)?:
      if let json = try? JSON(parsing: text), json.number != nil { return json }
      throw Problem("config.\(name) is not a number: \"\(text)\"")
    case .some(let other): throw Problem("config.\(name) is not a number: \(other.text)")
    }
  }

  /// The first of these that is given, else what the environment variable says.
  func number(_ names: String..., variable: String? = nil) throws(Problem) -> JSON? {
    for name in names {
      if let number = try number(name) { return number }
    }
    if let variable { return try variableNumber(variable) }
    return nil
  }

  func whole(_ names: String...) throws(Problem) -> Int? {
    for name in names {
      guard let number = try number(name) else { continue }
      guard let whole = number.int, whole >= 0 else {
        throw Problem("config.\(name) is not a whole number: \(number.text)")
      }
      return whole
    }
    return nil
  }

  func variable(_ names: [String]) -> String? {
    for name in names {
      if let value = environment[name]?.trimmed, !value.isEmpty { return value }
    }
    return nil
  }

  /// A number that an environment variable gives, where it gives one.
  func variableNumber(_ name: String) throws(Problem) -> JSON? {
    guard let text = variable([name]) else { return nil }
    guard let json = try? JSON(parsing: text), json.number != nil else {
      throw Problem("\(name) is not a number: \"\(text)\"")
    }
    if name.hasSuffix("_TOKENS"), (json.double ?? 0) < 0 {
      throw Problem(
        "\(name) is no number of tokens: \(text)", mend: "unset it, or give the most tokens of a reply")
    }
    return json
  }

  func variableJSON(_ name: String) -> JSON? {
    variable([name]).map { (try? JSON(parsing: $0)) ?? .string($0) }
  }

  /// The value, or what the file says that it names: `tools: file://tools.json`.
  func loaded(_ names: String...) throws(Problem) -> JSON? {
    guard let value = value(names) else { return nil }
    return try load(value)
  }

  private func load(_ value: JSON) throws(Problem) -> JSON {
    switch value {
    case .string(let text) where text.hasPrefix("file://"):
      return try ReferencedFile.read(text, folder: folder)
    case .array(let items):
      // A list may name files beside tools that are written out; a file with a list adds all of its items.
      var result: [JSON] = []
      for item in items {
        guard let text = item.string, text.hasPrefix("file://") else {
          result.append(item)
          continue
        }
        let loaded = try ReferencedFile.read(text, folder: folder)
        if let list = loaded.array { result += list } else { result.append(loaded) }
      }
      return .array(result)
    case .object(var members):
      for (key, member) in members where member.string?.hasPrefix("file://") ?? false {
        members[key] = try load(member)
      }
      return .object(members)
    default: return value
    }
  }

  func merging(_ overrides: JSONObject) -> Settings {
    guard !overrides.isEmpty else { return self }
    var merged = config
    for (key, value) in overrides { merged[key] = value }
    return Settings(config: merged, environment: environment, folder: folder)
  }
}

extension JSONObject {
  /// The first of these members that says anything.
  func given(_ names: String...) -> JSON? { given(names) }

  func given(_ names: [String]) -> JSON? {
    for name in names {
      if let value = self[name], !value.isNull { return value }
    }
    return nil
  }
}

extension JSON {
  fileprivate var flag: Bool? {
    switch self {
    case .bool(let flag): flag
    case .string("true"): true
    case .string("false"): false
    default: nil
    }
  }
}

/// A JSON or YAML file that a setting names.
enum ReferencedFile {
  static func read(_ reference: String, folder: String) throws(Problem) -> JSON {
    let name = String(reference.dropFirst("file://".count))
    let path = Path.resolve(name, against: folder)
    switch Path.fileExtension(of: path) {
    case "yaml", "yml":
      return try Node(parsingYAML: try File.readText(path), file: path).json
    case "json":
      return try Node(parsingJSON: try File.read(path), file: path).json
    default:
      let text = try File.readText(path)
      return (try? JSON(parsing: text)) ?? .string(text)
    }
  }
}
