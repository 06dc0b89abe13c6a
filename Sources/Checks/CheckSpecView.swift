import Formats
import Suites

/// A check with its value resolved: templates rendered, files loaded. What the families work on.
struct CheckSpecView: Sendable {
  var spec: CheckSpec
  var value: JSON?
  var threshold: Double?

  init(_ spec: CheckSpec, value: JSON? = nil) {
    self.spec = spec
    self.value = value ?? spec.value
    threshold = spec.threshold
  }

  var type: String { spec.type }
  var config: JSONObject { spec.config }

  /// A key of the assertion itself, or of its `config`.
  func option(_ name: String) -> JSON? { spec.extra[name] ?? spec.config[name] }

  /// A string, or a number or bool as JavaScript prints it; nil for anything else.
  var text: String? { value.flatMap(scalarText) }

  /// A list, or a string split at commas (quotes protect commas).
  var list: [String]? {
    switch value {
    case .array(let items): items.compactMap(scalarText)
    case .string(let text): splitList(text)
    case .number, .bool: text.map { [$0] }
    default: nil
    }
  }
}

func scalarText(_ value: JSON) -> String? {
  switch value {
  case .string(let text): text
  case .number(let number): NumberText.javaScript(number.double)
  case .bool(let flag): flag ? "true" : "false"
  case .null, .array, .object: nil
  }
}

/// `a, "b, c", d` into its parts, each trimmed; a backslash protects a quote inside quotes.
func splitList(_ text: String) -> [String] {
  var parts: [String] = []
  var part = ""
  var isQuoted = false
  var wasQuoted = false
  var escapes = false
  func finish() { parts.append(wasQuoted ? part : part.trimmed) }
  for character in text {
    if escapes {
      if character != "\"" { part.append("\\") }
      part.append(character)
      escapes = false
    } else if isQuoted, character == "\\" {
      escapes = true
    } else if character == "\"", isQuoted || part.trimmed.isEmpty {
      if !isQuoted { part = "" }
      isQuoted.toggle()
      wasQuoted = true
    } else if character == ",", !isQuoted {
      finish()
      part = ""
      wasQuoted = false
    } else if !(wasQuoted && !isQuoted && character.isWhitespace) {
      part.append(character)
    }
  }
  if escapes { part.append("\\") }
  finish()
  return parts
}
