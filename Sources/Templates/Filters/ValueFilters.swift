import Formats

extension BuiltInFilter {
  /// Filters of values of any type.
  static let valueFilters = [
    BuiltInFilter("default", ["value", "boolean"]) { (_, value, arguments) throws(Fault) in
      if arguments[1].isTrue { return value.isTrue ? value : arguments[0] }
      return value.isUndefined ? arguments[0] : value
    },
    BuiltInFilter("dump", ["spaces"], dump),
    BuiltInFilter("load") { (renderer, value, _) throws(Fault) in
      let text = try value.string()
      try renderer.step(text.utf8.count / 64)
      do throws(JSONError) {
        return Value(try JSON(parsing: text))
      } catch {
        throw Fault("filter \"load\": the text is no JSON: \(error.message)")
      }
    },
    BuiltInFilter("safe") { (_, value, _) throws(Fault) in
      if case .safe = value { return value }
      return .safe(try value.printed())
    },
  ]

  /// `JSON.stringify(value, null, spaces)`
  @Sendable private static func dump(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    guard let json = try value.json() else { return .undefined }
    let margin: String
    switch arguments[0] {
    case .number: margin = String(repeating: " ", count: min(max(try arguments[0].integer() ?? 0, 0), 10))
    case .string(let text), .safe(let text): margin = text.units(0, 10)
    default: margin = ""
    }
    var dumper = Dumper(margin: margin)
    dumper.write(json, depth: 0)
    return .string(try renderer.made(String(decoding: dumper.bytes, as: UTF8.self)))
  }
}

/// JSON with any margin.
private struct Dumper {
  let margin: String
  var bytes: [UInt8] = []

  init(margin: String) { self.margin = margin }

  mutating func write(_ value: JSON, depth: Int) {
    guard !margin.isEmpty else { return value.write(to: &bytes) }
    switch value {
    case .array(let items) where !items.isEmpty:
      writeAll("[", items, "]", depth) { (dumper, item) in dumper.write(item, depth: depth + 1) }
    case .object(let object) where !object.isEmpty:
      writeAll("{", object, "}", depth) { (dumper, member) in
        JSON.string(member.key).write(to: &dumper.bytes)
        dumper.bytes += ": ".utf8
        dumper.write(member.value, depth: depth + 1)
      }
    default: value.write(to: &bytes)
    }
  }

  private mutating func writeAll<Items: Sequence>(
    _ opening: String, _ items: Items, _ closing: String, _ depth: Int,
    _ write: (inout Dumper, Items.Element) -> Void
  ) {
    bytes += opening.utf8
    var isFirst = true
    for item in items {
      if !isFirst { bytes += ",".utf8 }
      isFirst = false
      startLine(depth + 1)
      write(&self, item)
    }
    startLine(depth)
    bytes += closing.utf8
  }

  private mutating func startLine(_ depth: Int) {
    bytes += "\n".utf8
    for _ in 0..<depth { bytes += margin.utf8 }
  }
}
