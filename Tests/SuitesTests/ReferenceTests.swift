import Formats
import Foundation
import Testing

@testable import Suites

/// The tables of the format, its schema and its reference are one thing in three shapes.
///
/// `ASSAY_UPDATE_GOLDENS=1 bin/test --filter Reference` writes the schema and the tables anew.
@Suite("the reference of the format")
struct ReferenceTests {
  struct Example: Sendable, CustomTestStringConvertible {
    var object: FormatObject
    var key: FormatKey
    var testDescription: String { "\(object.name.rawValue).\(key.name)" }
  }

  static let examples = SuiteFormat.objects.flatMap { object in
    object.keys.map { Example(object: object, key: $0) }
  }

  static let schema = Result { try JSONSchema(FormatSchema.json) }

  /// What the examples refer to.
  static let files = [
    "filters/shout.js": "module.exports = (text) => text.toUpperCase()", "hooks.js": "module.exports = {}",
    "more.csv": "word\nmore\n", "settings.env": "A=1\n", "generate.py": "", "score.js": "", "a.yaml": "",
  ]

  /// The example in its frame.
  static func suite(_ example: Example) throws -> JSON {
    let frame = try Node(parsingYAML: example.object.frame, file: "frame").json
    let fragment = try Node(parsingYAML: example.key.example, file: "example").json
    return merged(frame, example.object.place[...], fragment.object ?? JSONObject())
  }

  private static func merged(_ value: JSON, _ place: ArraySlice<String>, _ fragment: JSONObject) -> JSON {
    guard let step = place.first else {
      var object = value.object ?? JSONObject()
      // Two ways to say the same stand for each other.
      for (one, other) in [("providers", "targets"), ("script", "result")] where fragment.contains(one) {
        object[other] = nil
      }
      return .object(object.laid(fragment))
    }
    if let index = Int(step) {
      var items = value.array ?? []
      if items.isEmpty { items = [[:]] }
      items[index] = merged(items[index], place.dropFirst(), fragment)
      return .array(items)
    }
    var object = value.object ?? JSONObject()
    object[step] = merged(
      object[step] ?? (Int(place.dropFirst().first ?? "") == nil ? [:] : []), place.dropFirst(), fragment)
    return .object(object)
  }

  @Test("every key has an example that loads", arguments: examples)
  func loads(_ example: Example) async throws {
    var files = ReferenceTests.files
    files["suite.json"] = try ReferenceTests.suite(example).pretty
    let scratch = try Scratch(files)
    var options = LoadOptions()
    options.scripts = { _ in [["vars": ["word": "made"]]] }
    let loaded = try await scratch.load(["suite.json"], options: options)
    #expect(try !loaded.all().isEmpty)
    #expect(loaded.suite.notes.allSatisfy { $0.severity != .error })
  }

  @Test("every example fits the schema", arguments: examples)
  func fitsSchema(_ example: Example) throws {
    let schema = try ReferenceTests.schema.get()
    #expect(schema.validate(try ReferenceTests.suite(example)).map(\.description) == [])
  }

  @Test("names of keys are unique, and meanings are sentences")
  func keys() {
    for object in SuiteFormat.objects {
      #expect(Set(object.keys.map(\.name)).count == object.keys.count)
      for key in object.keys {
        if case .ignored = key.origin { continue }
        #expect(key.meaning.hasSuffix("."), "\(object.name).\(key.name)")
      }
    }
    #expect(Set(CheckTypes.all.map(\.name)).count == CheckTypes.all.count)
  }

  @Test("the schema in the project is the one made from the tables")
  func schemaFile() throws {
    try ReferenceTests.golden("schema/assay-suite.schema.json") { _ in FormatSchema.json.pretty + "\n" }
  }

  @Test("the tables in docs/suites.md are the ones of the loader")
  func tables() throws {
    try ReferenceTests.golden("docs/suites.md") { text in
      let begin = "<!-- keys: made from the loader's tables -->", end = "<!-- end of keys -->"
      guard let first = text.range(of: begin), let last = text.range(of: end) else { return text }
      return text[..<first.upperBound] + "\n\n" + FormatReference.markdown + "\n" + text[last.lowerBound...]
    }
  }

  private static func golden(_ path: String, _ make: (String) -> String) throws {
    let whole = Here.project + "/" + path
    let text = (try? Here.text(whole)) ?? ""
    let made = make(text)
    if Here.updatesGoldens { try made.write(toFile: whole, atomically: true, encoding: .utf8) }
    #expect(try Here.text(whole) == made)
  }

  /// Broken in shape, so that the schema can see it.
  @Test(
    "the schema refuses what the loader refuses",
    arguments: [
      "unknown-key-in-case", "unknown-key-in-check", "unknown-key-without-a-neighbour", "wrong-kinds",
      "compat-with-others", "bad-limits-and-budget", "unknown-setting", "setting-out-of-range",
      "turn-without-user",
      "check-without-type", "gate-for-unknown-target", "tool-without-result",
    ])
  func refuses(_ name: String) throws {
    let node = try Node(parsingYAML: Here.text(GalleryTests.folder + "/\(name).yaml"), file: name)
    #expect(try !ReferenceTests.schema.get().isValid(node.json))
  }

  @Test("the suites of the project fit the schema", arguments: ProjectSuites.names)
  func projectSuites(_ name: String) throws {
    let node = try Node(parsingYAML: Here.text(Here.project + "/suites/\(name).yaml"), file: name)
    let violations = try ReferenceTests.schema.get().validate(node.json)
    #expect(violations.map(\.description) == [])
  }

  @Test("every suite shown in docs/suites.md loads")
  func docs() async throws {
    let text = try Here.text(Here.project + "/docs/suites.md")
    var shown = 0
    for block in text.components(separatedBy: "```yaml\n").dropFirst() {
      let yaml = block.components(separatedBy: "\n```")[0]
      guard yaml.contains("targets:") || yaml.contains("providers:") else { continue }
      shown += 1
      var files = ReferenceTests.files
      files["suite.yaml"] = yaml
      files["data/cases.csv"] = "question,__expected\nWhat is 2 + 2?,contains:4\n"
      files["prompts/ask.txt"] = "{{question}}\n"
      let scratch = try Scratch(files)
      let loaded = try await scratch.load()
      #expect(try !loaded.all().isEmpty)
      #expect(loaded.suite.notes.isEmpty, "\(loaded.suite.notes.map(\.message))")
    }
    #expect(shown >= 8)
  }
}
