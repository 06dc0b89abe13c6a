import Formats

extension BuiltInFilter {
  /// Filters from text to text.
  static let textFilters = [
    BuiltInFilter("capitalize") { (_, value, _) throws(Fault) in
      value.sameSafety(capitalized(try value.textOrEmpty("capitalize")))
    },
    BuiltInFilter("center", ["width"], center),
    BuiltInFilter("indent", ["width", "indentfirst"], indent),
    BuiltInFilter("lower") { (_, value, _) throws(Fault) in
      .string(try value.textOrEmpty("lower").lowercased())
    },
    BuiltInFilter("upper") { (_, value, _) throws(Fault) in
      .string(try value.textOrEmpty("upper").uppercased())
    },
    BuiltInFilter("replace", ["old", "new", "count"], replace),
    BuiltInFilter("string") { (_, value, _) throws(Fault) in
      guard !value.isNullish else { throw Fault("filter \"string\" cannot take \(value.kindName)") }
      return value.sameSafety(try value.string())
    },
    BuiltInFilter("title") { (renderer, value, _) throws(Fault) in
      let words = try value.textOrEmpty("title").pieces(by: " ")
      return value.sameSafety(try renderer.made(words.map(capitalized).joined(separator: " ")))
    },
    BuiltInFilter("trim") { (_, value, _) throws(Fault) in
      value.sameSafety(try value.text(for: "trim").withoutJavaScriptSpace)
    },
    BuiltInFilter("truncate", ["length", "killwords", "end"], truncate),
    BuiltInFilter("wordcount") { (_, value, _) throws(Fault) in
      guard value.isTrue else { return .null }
      let count = wordCount(try value.textOrEmpty("wordcount"))
      return count == 0 ? .null : .number(Double(count))
    },
  ]

  /// The first letter large, all others small.
  private static func capitalized(_ text: String) -> String {
    let lower = text.lowercased()
    guard let first = lower.unicodeScalars.first else { return "" }
    return String(first).uppercased() + String(lower.unicodeScalars.dropFirst())
  }

  @Sendable private static func center(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    let length: Double
    switch value {
    case .undefined, .null, .bool(false): return try center(renderer, .string(""), arguments)
    case .string(let text), .safe(let text): length = Double(text.javaScriptLength)
    case .array(let box): length = Double(box.count)
    default: length = .nan
    }
    let width = arguments[0].isTrue ? try arguments[0].number() : 80
    guard width - length > 0 else { return length >= width ? value : value.sameSafety(try value.string()) }
    let spaces = width - length
    try renderer.expect(bytes: spaces < 1e15 ? Int(spaces) : .max)
    let odd = spaces.truncatingRemainder(dividingBy: 2)
    func blank(_ count: Double) -> String { String(repeating: " ", count: max(0, Int(count.rounded(.up)))) }
    return value.sameSafety(try renderer.made(blank(spaces / 2 - odd) + value.string() + blank(spaces / 2)))
  }

  @Sendable private static func indent(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    let text = try value.textOrEmpty("indent")
    if text.isEmpty { return .string("") }
    let width = arguments[0].isTrue ? try arguments[0].integer() ?? 0 : 4
    let lines = text.pieces(by: "\n")
    try renderer.expect(
      bytes: width.multipliedReportingOverflow(by: lines.count).overflow ? .max : width * lines.count)
    let margin = String(repeating: " ", count: max(0, width))
    let indentsFirst = arguments[1].isTrue
    let indented = lines.enumerated().map {
      $0.offset == 0 && !indentsFirst ? $0.element : margin + $0.element
    }
    return value.sameSafety(try renderer.made(indented.joined(separator: "\n")))
  }

  @Sendable private static func replace(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    if case .regex(let regex) = arguments[0] {
      let text = try value.text(for: "replace")
      return .string(try regex.replacing(in: text, with: try arguments[1].string(), renderer))
    }
    let old: String
    switch arguments[0] {
    case .number: old = try arguments[0].string()
    case .string(let text): old = text
    default: return value
    }
    let text: String
    switch value {
    case .number: text = try value.string()
    case .string(let value), .safe(let value): text = value
    default: return value
    }
    let new = try arguments[1].string()
    if old.isEmpty {
      let characters = try renderer.characters(of: text)
      try renderer.expect(bytes: text.utf8.count + (characters.count + 1) * new.utf8.count)
      return value.sameSafety(try renderer.made(new + characters.joined(separator: new) + new))
    }
    let limit = arguments[2].isUndefined ? -1 : try arguments[2].number()
    var result = ""
    var start = text.startIndex
    var count = 0.0
    while limit == -1 || count < limit, let range = text.byteRange(of: old, from: start) {
      result += text[start..<range.lowerBound]
      result += new
      start = range.upperBound
      count += 1
      try renderer.step()
      try renderer.expect(bytes: result.utf8.count)
    }
    if case .safe = value, count == 0 { return value }
    return value.sameSafety(try renderer.made(result + text[start...]))
  }

  @Sendable private static func truncate(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    let length = arguments[0].isTrue ? try arguments[0].number() : 255
    if case .array(let box) = value, Double(box.count) <= length { return value }
    let text = try value.textOrEmpty("truncate")
    guard Double(text.javaScriptLength) > length || length.isNaN else {
      return value.text == nil ? .string(text) : value
    }
    // Only a length that is no number gets here without being below the length of the text.
    let limit = length.isNaN ? nil : Int(max(length, 0))
    var end = limit ?? 0
    if !arguments[1].isTrue { end = text.lastUnitIndex(of: " ", upTo: limit ?? .max) ?? end }
    var kept = text.units(0, end)
    // Never half a character.
    if kept.unicodeScalars.last == "\u{FFFD}", text.character(atUnit: max(end - 1, 0)) != "\u{FFFD}" {
      kept = text.units(0, end - 1)
    }
    let mark = arguments[2].isNullish ? "..." : try arguments[2].string()
    return value.sameSafety(try renderer.made(kept + mark))
  }

  /// Runs of ASCII letters, digits and underscores.
  private static func wordCount(_ text: String) -> Int {
    var count = 0
    var isInWord = false
    for byte in text.utf8 {
      let isWord = byte.isWordByte
      if isWord, !isInWord { count += 1 }
      isInWord = isWord
    }
    return count
  }
}

extension UInt8 {
  /// What `\w` matches in JavaScript.
  var isWordByte: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
    default: false
    }
  }
}
