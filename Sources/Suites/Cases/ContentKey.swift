import Formats

/// Names things by what they are: the first 75 bits of a SHA-256 over their content, in 15 letters
/// and digits. The order of an object's members makes no difference, nor does how a number is written.
struct ContentKey {
  private var bytes: [UInt8] = []

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  // Every value begins with a letter for its kind, and every text with its length, so that no two
  // different contents give the same bytes.
  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      addCount(utf8.count)
      bytes.append(contentsOf: utf8)
    }
  }

  private mutating func addCount(_ count: Int) {
    var rest = UInt64(count)
    repeat {
      bytes.append(UInt8(truncatingIfNeeded: rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
  }

  mutating func add(_ value: JSON) {
    switch value {
    case .null: bytes.append(UInt8(ascii: "z"))
    case .bool(let value): bytes.append(UInt8(ascii: value ? "t" : "f"))
    case .number(let number):
      bytes.append(UInt8(ascii: "n"))
      add(number.javaScriptText)
    case .string(let text):
      bytes.append(UInt8(ascii: "s"))
      add(text)
    case .array(let items):
      bytes.append(UInt8(ascii: "a"))
      addCount(items.count)
      for item in items { add(item) }
    case .object(let object): add(object)
    }
  }

  mutating func add(_ object: JSONObject) {
    bytes.append(UInt8(ascii: "o"))
    addCount(object.count)
    if object.count == 1 {
      add(object[0].key)
      add(object[0].value)
      return
    }
    for place in object.indices.sorted(by: { object[$0].key < object[$1].key }) {
      add(object[place].key)
      add(object[place].value)
    }
  }

  mutating func add(field name: StaticString, _ value: JSON?) {
    guard let value else { return }
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(0)
    add(value)
  }

  // MARK: the key

  private static let letters = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  /// The first 64 bits too, for looking up.
  func finish() -> (key: String, bits: UInt64) {
    let (bits, second) = SHA256.leadingNumbers(of: bytes)
    let tail = second >> 48
    let key = String(unsafeUninitializedCapacity: 15) { buffer in
      for place in 0..<15 {
        let shift = 75 - 5 * place
        // 80 bits in two pieces; the last five are not used.
        let value =
          shift >= 16 ? bits >> (UInt64(shift) - 16) : (bits << (16 - UInt64(shift)) | tail >> UInt64(shift))
        buffer[place] = ContentKey.letters[Int(value & 31)]
      }
      return 15
    }
    return (key, bits)
  }

  static func of(_ prompt: Prompt, label: String?) -> String {
    var content = ContentKey()
    switch prompt.body {
    case .template(let text): content.add(field: "template", .string(text))
    case .function(let path, let name):
      content.add(field: "function", .string(Path.name(of: path)))
      content.add(field: "name", name.map(JSON.string))
    case .command(let command): content.add(field: "command", .string(command))
    case .program(let path): content.add(field: "program", .string(Path.name(of: path)))
    }
    content.add(prompt.config)
    content.add(field: "label", label.map(JSON.string))
    return content.finish().key
  }

  /// What is asked and what the case itself demands of it. Not in it: the description, the defaults'
  /// checks and where the case stands, so that adding a check for all cases leaves their keys as they are.
  mutating func of(_ test: Case) -> (key: String, bits: UInt64) {
    removeAll()
    add(test.variables)
    for check in test.checks.dropFirst(test.defaultCheckCount) { add(check) }
    for turn in test.turns {
      add(field: "user", .string(turn.user))
      add(field: "clear", turn.clearsHistory ? true : nil)
      for check in turn.checks { add(check) }
    }
    add(field: "threshold", test.threshold.map { JSON($0) })
    add(field: "scoring", test.scoring.map(JSON.string))
    add(field: "output", test.givenOutput)
    add(field: "conversation", test.metadata["conversationId"])
    if let target = test.ownTarget {
      add(field: "target", .string(target.id))
      add(target.config)
    }
    addOptions(test.options)
    for result in test.tools?.results ?? [] {
      add(field: "tool", .string(result.name))
      add(field: "when", result.when)
      add(field: "result", result.result)
      add(field: "script", result.script.map(JSON.string))
    }
    if let context = test.context {
      add(field: "context", context.maxTokens.map { JSON($0) } ?? .null)
      for part in context.keep { add(part) }
    }
    return finish()
  }

  private mutating func addOptions(_ options: CaseOptions) {
    add(field: "prefix", options.prefix.map(JSON.string))
    add(field: "suffix", options.suffix.map(JSON.string))
    add(field: "transform", options.transform.map(JSON.string))
    add(field: "variables", options.transformVariables.map(JSON.string))
    if !options.config.isEmpty { add(options.config) }
  }

  private mutating func add(_ check: CheckSpec) {
    bytes.append(UInt8(ascii: "c"))
    add(check.type)
    bytes.append(check.isNegated ? 1 : 0)
    add(field: "value", check.value)
    add(field: "limit", check.threshold.map { JSON($0) })
    if check.weight != 1 { add(field: "weight", JSON(check.weight)) }
    add(field: "metric", check.metric.map(JSON.string))
    add(field: "transform", check.transform.map(JSON.string))
    if !check.config.isEmpty { add(check.config) }
    if !check.extra.isEmpty { add(check.extra) }
    for component in check.components { add(component) }
  }
}
