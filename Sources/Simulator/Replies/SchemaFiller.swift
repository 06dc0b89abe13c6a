import Formats

/// Makes a value that fits a JSON schema, out of what the user wrote where that fits.
struct SchemaFiller {
  private let root: JSON
  private let answer: String?
  private var numbers: [JSON]
  private var quoted: [String]
  private var words: [String]
  private var sequence: SplitMix64

  init(_ schema: JSON, hints: String, _ draws: Draws, answer: String? = nil) {
    root = schema
    self.answer = answer
    sequence = draws.sequence(.tools)
    (numbers, quoted, words) = Self.material(in: hints)
  }

  func value() -> JSON {
    var copy = self
    return copy.fill(root, name: "", depth: 0)
  }

  /// Numbers, quoted strings and names (capital letters) that stand in a text, in their order.
  private static func material(in text: String) -> (numbers: [JSON], quoted: [String], words: [String]) {
    var numbers: [JSON] = []
    var quoted: [String] = []
    var words: [String] = []
    var mark: Character?
    var inside = ""
    for character in text.prefix(20_000) {
      if let open = mark {
        if character == open {
          if !inside.isEmpty, inside.count <= 200 { quoted.append(inside) }
          mark = nil
          inside = ""
        } else {
          inside.append(character)
        }
      } else if character == "\"" || character == "`" {
        mark = character
      }
    }
    for part in text.prefix(20_000).split(whereSeparator: { " \n\t,;()[]{}\"`".contains($0) }) {
      var word = String(part)
      while let last = word.last, ".?!:'".contains(last) { word.removeLast() }
      if let number = Int(word) {
        numbers.append(JSON(number))
      } else if let number = Double(word), number.isFinite, word.first?.isNumber ?? false {
        numbers.append(JSON(number))
      } else if word.count > 2, word.first?.isUppercase ?? false {
        words.append(word)
      }
    }
    // The first word of a sentence is seldom a name.
    if words.count > 1 { words.append(words.removeFirst()) }
    return (numbers, quoted, words)
  }

  private mutating func fill(_ schema: JSON, name: String, depth: Int) -> JSON {
    guard depth < 24, let object = schema.object else { return .null }
    if let reference = object["$ref"]?.string {
      return fill(resolve(reference), name: name, depth: depth + 1)
    }
    if let value = object["const"] { return value }
    if let values = object["enum"]?.array, !values.isEmpty { return choose(values) }
    for key in ["anyOf", "oneOf"] {
      if let options = object[key]?.array, let option = options.first(where: { $0["type"]?.string != "null" })
      {
        return fill(option, name: name, depth: depth + 1)
      }
    }
    if let parts = object["allOf"]?.array, object["type"] == nil, object["properties"] == nil {
      var merged = JSONObject()
      for part in parts {
        if case .object(let value) = fill(part, name: name, depth: depth + 1) {
          for (key, value) in value { merged[key] = value }
        }
      }
      return .object(merged)
    }
    switch type(of: object) {
    case "object": return fillObject(object, depth: depth)
    case "array": return fillArray(object, name: name, depth: depth)
    case "integer": return JSON(Int(exactly: number(object, whole: true)) ?? 1)
    case "number": return JSON(number(object, whole: false))
    case "boolean": return answer == "false" || answer == "no" ? false : true
    case "null": return .null
    default: return JSON(string(object, name: name))
    }
  }

  private func type(of schema: JSONObject) -> String {
    // Gemini writes its types in capitals.
    if let type = schema["type"]?.string { return type.lowercased() }
    if let types = schema["type"]?.array {
      return types.compactMap(\.string).first { $0 != "null" } ?? "null"
    }
    if schema["properties"] != nil { return "object" }
    return schema["items"] != nil ? "array" : depthlessDefault(schema)
  }

  private func depthlessDefault(_ schema: JSONObject) -> String { schema.isEmpty ? "object" : "string" }

  private func resolve(_ reference: String) -> JSON {
    var place = root
    for part in reference.split(separator: "/").dropFirst() {
      place = place[String(part)] ?? (Int(part).flatMap { place[$0] }) ?? .null
    }
    return place
  }

  /// The one that the answer or the text names, else a drawn one.
  private mutating func choose(_ values: [JSON]) -> JSON {
    let told = ([answer].compactMap { $0 } + quoted + words).map { $0.lowercased() }
    let named = values.first { value in value.string.map { told.contains($0.lowercased()) } ?? false }
    if let named { return named }
    return sequence.pick(values) ?? values[0]
  }

  private mutating func fillObject(_ schema: JSONObject, depth: Int) -> JSON {
    var object = JSONObject()
    let required = Set(schema["required"]?.array?.compactMap(\.string) ?? [])
    for (key, value) in schema["properties"]?.object ?? JSONObject()
    where required.isEmpty || required.contains(key) {
      object[key] = fill(value, name: key, depth: depth + 1)
    }
    for key in required where object[key] == nil { object[key] = "value" }
    return .object(object)
  }

  private mutating func fillArray(_ schema: JSONObject, name: String, depth: Int) -> JSON {
    let least = schema["minItems"]?.int ?? 1
    let most = schema["maxItems"]?.int ?? max(least, 2)
    let items = schema["items"] ?? ["type": "string"]
    let prefix = schema["prefixItems"]?.array ?? []
    let count = min(max(least, prefix.count, min(most, 2)), 100)
    return .array(
      (0..<count).map { fill($0 < prefix.count ? prefix[$0] : items, name: name, depth: depth + 1) })
  }

  private mutating func number(_ schema: JSONObject, whole: Bool) -> Double {
    var low = schema["minimum"]?.double ?? schema["exclusiveMinimum"]?.double.map { $0 + (whole ? 1 : 0.5) }
    var high = schema["maximum"]?.double ?? schema["exclusiveMaximum"]?.double.map { $0 - (whole ? 1 : 0.5) }
    let step = schema["multipleOf"]?.double
    func fits(_ value: Double) -> Bool {
      value >= low ?? -.infinity && value <= high ?? .infinity && (!whole || value == value.rounded())
        && (step.map { ($0 == 0) || (value / $0).rounded() * $0 == value } ?? true)
    }
    if let text = answer, let value = Double(text), fits(value), abs(value) < 1e15 { return value }
    if let place = numbers.firstIndex(where: { $0.double.map { fits($0) && abs($0) < 1e15 } ?? false }) {
      return numbers.remove(at: place).double ?? 0
    }
    low = low ?? min(0, high ?? 0)
    high = high ?? max(10, (low ?? 0) + 10)
    guard let low, let high, low.isFinite, high.isFinite, high >= low, abs(low) < 1e15 else { return 1 }
    var value = low + (high - low) * sequence.uniform()
    if let step, step > 0 {
      value = max((value / step).rounded(.down) * step, (low / step).rounded(.up) * step)
    }
    if whole { value = value.rounded(.down) }
    if value < low { value += step ?? 1 }
    return whole || abs(value) > 1e12 ? value : (value * 1000).rounded() / 1000
  }

  private mutating func string(_ schema: JSONObject, name: String) -> String {
    switch schema["format"]?.string {
    case "date": return "2026-01-15"
    case "date-time": return "2026-01-15T12:00:00Z"
    case "time": return "12:00:00Z"
    case "email": return "someone@example.com"
    case "uri", "url": return "https://example.com/"
    case "uuid": return "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    case "ipv4": return "192.0.2.1"
    case "ipv6": return "2001:db8::1"
    case "hostname": return "example.com"
    default: break
    }
    var text = answer ?? ""
    if text.isEmpty {
      if !quoted.isEmpty {
        text = quoted.removeFirst()
      } else if !words.isEmpty {
        text = words.removeFirst()
      } else {
        text = Prose.text(tokens: 6, &sequence)
      }
    }
    let least = schema["minLength"]?.int ?? 0
    while text.count < least, text.count < 10_000 { text += text.isEmpty ? "simulated" : " " + text }
    if let most = schema["maxLength"]?.int, text.count > most { text = String(text.prefix(max(0, most))) }
    return text
  }
}
