import Formats
import Foundation
import Simulator
import Suites
import Testing

/// One example of docs/checks.md: the check, and replies that pass and fail it.
private struct Example: Sendable {
  var name: String
  var check: JSON
  var passes: JSON
  var fails: JSON
  var variables = JSONObject()
  var beside: [JSON] = []

  /// The text that a judge sees.
  static func text(_ reply: JSON) -> String { reply.string ?? reply["output"]?.string ?? "" }
}

/// docs/checks.md as the test reads it.
private struct CheckDocs {
  var examples: [Example] = []
  var files: [String: String] = [:]

  init() throws {
    let text = try String(contentsOf: checkout.appending(path: "docs/checks.md"), encoding: .utf8)
    var heading = ""
    var block: (info: String, lines: [String])?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix("### ") { heading = String(line.dropFirst(4)) }
      guard line.hasPrefix("```") else {
        block?.lines.append(line)
        continue
      }
      guard let ended = block else {
        block = (String(line.dropFirst(3)), [])
        continue
      }
      block = nil
      let words = ended.info.split(separator: " ").map(String.init)
      if words.count == 2 { files[words[1]] = ended.lines.joined(separator: "\n") + "\n" }
      if ended.info == "yaml" { examples.append(try Self.example(heading, ended.lines)) }
    }
  }

  private static func example(_ name: String, _ lines: [String]) throws -> Example {
    func yaml(_ text: String) throws -> JSON { try Node(parsingYAML: text, file: "docs/checks.md").json }
    func said(_ key: String) throws -> JSON? {
      let start = "# \(key): "
      return try lines.first { $0.hasPrefix(start) }.map { try yaml(String($0.dropFirst(start.count))) }
    }
    let checks = try yaml(lines.filter { !$0.hasPrefix("# ") }.joined(separator: "\n"))
    var example = Example(
      name: name, check: try #require(checks.array?.first),
      passes: try #require(try said("passes"), "\(name)"),
      fails: try #require(try said("fails"), "\(name)"))
    example.variables = try said("vars")?.object ?? JSONObject()
    example.beside = try said("beside")?.array ?? []
    return example
  }
}

@Suite("the examples of docs/checks.md")
struct CheckExamplesTests {
  @Test("every type has one, and each reply passes or fails as it says")
  func examples() async throws {
    let docs = try CheckDocs()
    let names = docs.examples.map(\.name)
    #expect(Set(CheckTypes.all.map(\.name)).subtracting(names).isEmpty)
    #expect(docs.examples.allSatisfy { $0.check["type"]?.string == $0.name })
    let examples = docs.examples.filter { $0.name != "ruby" || Self.hasRuby }

    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let simulator = try Simulator.start(script: Self.script(examples), profile: "instant")
    defer { simulator.stop() }
    let service = try WebService(in: shell.folder)
    defer { service.stop() }
    for (name, text) in docs.files {
      let place = shell.folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: place, atomically: true, encoding: .utf8)
    }
    let suite = Self.suite(examples, simulator.address).text
    try shell.write(suite.replacing("http://127.0.0.1:8099", with: service.address), to: "suite.yaml")
    try shell.write(Self.replies(examples), to: "replies.jsonl")
    let result = try await shell.run(
      ["grade", "suite.yaml", "--outputs", "replies.jsonl", "-o", "r.jsonl"],
      environment: ["WITHPI_API_KEY": "any"])
    #expect(result.code == 1, "\(result.errors)")
    let lines = try shell.read("r.jsonl").split(separator: "\n").map { try JSON(parsing: String($0)) }
    #expect(lines.count == examples.count * 2)
    for line in lines {
      let example = examples[try #require(line["case_no"]?.int)]
      let check = try #require(line["checks"]?.array?.first, "\(example.name): \(line["reason"]?.text ?? "")")
      let wanted = line["target"] == "a" ? "pass" : "fail"
      #expect(
        check["outcome"]?.string == wanted, "\(example.name), \(wanted): \(check["reason"]?.string ?? "")")
    }
    #expect(result.errors.contains("promptfoo 0.120 lets these pass"))
  }

  private static let hasRuby = ["/usr/bin/ruby", "/usr/local/bin/ruby", "/opt/homebrew/bin/ruby"].contains {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private static func suite(_ examples: [Example], _ address: String) -> JSON {
    let config: JSON = ["apiBaseUrl": .string(address + "/v1"), "apiKey": "any"]
    let weather: JSON = [
      "name": "weather",
      "parameters": ["type": "object", "required": ["city"], "properties": ["city": ["type": "string"]]],
    ]
    let targets = ["a", "b"].map { label -> JSON in
      [
        "id": "openai:gpt-4o", "label": .string(label),
        "config": ["tools": [["type": "function", "function": weather]], "functions": [weather]],
      ]
    }
    return [
      "prompts": ["{{example}}"], "providers": .array(targets),
      "judge": [
        "text": ["id": "openai:gpt-4o-mini", "config": config],
        "embedding": ["id": "openai:embedding:text-embedding-3-small", "config": config],
        "moderation": ["id": "openai:moderation:omni-moderation-latest", "config": config],
      ],
      "tests": .array(
        examples.map { example in
          var variables = example.variables
          variables["example"] = .string(example.name)
          return ["vars": .object(variables), "assert": .array([example.check] + example.beside)]
        }),
    ]
  }

  private static func replies(_ examples: [Example]) -> String {
    examples.enumerated().flatMap { number, example in
      [("a", example.passes), ("b", example.fails)].map { target, reply in
        var row = reply["output"] == nil ? JSONObject([("output", reply)]) : reply.object ?? JSONObject()
        row["case_no"] = JSON(number)
        row["target"] = .string(target)
        return JSON.object(row).text + "\n"
      }
    }.joined()
  }

  /// A judge that knows the replies and answers in every form at once.
  private static func script(_ examples: [Example]) -> String {
    func answer(_ holds: Bool, scale: Double, _ more: JSONObject = JSONObject()) -> String {
      var object: JSONObject = [
        "reason": holds ? "it does" : "it does not", "score": JSON((holds ? 0.9 : 0.1) * scale),
        "pass": JSON(holds),
        "category": holds ? "C" : "D", "evasive": JSON(!holds),
        "questions": ["What is the capital of France?"],
        "statements": [["text": "a", "supported": JSON(holds)]],
        "sentences": [["text": "a", "supported": JSON(holds)]],
        "passages": [["text": "a", "relevant": JSON(holds)]],
      ]
      for (key, value) in more { object[key] = value }
      return JSON.object(object).text
    }
    var rules: [JSON] = [["match": ["any": "write the steps"], "reply": ["text": #"{"steps": ["read"]}"#]]]
    func add(_ pattern: String, _ text: String) {
      rules.append([
        "match": ["any": .string("/\(pattern)/")], "reply": ["text": .string("{% raw %}\(text){% endraw %}")],
      ])
    }
    for example in examples where [.judge, .run].contains(CheckTypes.named(example.name)?.family) {
      let (good, bad) = (escaped(Example.text(example.passes)), escaped(Example.text(example.fails)))
      switch example.name {
      case "pairwise":
        for (place, other) in [("first", "second"), ("second", "first")] {
          add("\(place) reply \\w+ -----\\n\(good)\\n", answer(true, scale: 1, ["winner": .string(place)]))
          add("\(place) reply \\w+ -----\\n\(bad)\\n", answer(true, scale: 1, ["winner": .string(other)]))
        }
      case "select-best":
        for number in [1, 2] {
          add("reply \(number) \\w+ -----\\n\(good)\\n", answer(true, scale: 1, ["best": JSON(number)]))
        }
      default:
        let scale: Double = example.name == "g-eval" ? 10 : 1
        add("\(bad)\\n-----", answer(false, scale: scale))
        add("\(good)\\n-----", answer(true, scale: scale))
      }
    }
    return JSON.object(["rules": .array(rules)]).text
  }

  private static func escaped(_ text: String) -> String {
    text.map { "\\^$.|?*+()[]{}/".contains($0) ? "\\\($0)" : String($0) }.joined()
  }
}

/// A web service that is not ours, for `webhook` and `pi`.
private struct WebService {
  let address: String
  private let process: Process

  init(in folder: URL) throws {
    let source = """
      import http.server, json, sys
      class Handler(http.server.BaseHTTPRequestHandler):
          def do_POST(self):
              asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
              kind = "kind" in asked.get("output", asked.get("llm_output", ""))
              body = json.dumps({"pass": kind, "score": 0.9 if kind else 0.1, "reason": "looked for a word",
                                 "total_score": 0.9 if kind else 0.1}).encode()
              self.send_response(200)
              self.send_header("content-length", str(len(body)))
              self.end_headers()
              self.wfile.write(body)
          def log_message(self, *_): pass
      server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
      print(server.server_port, flush=True)
      server.serve_forever()
      """
    process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", source]
    let pipe = Pipe()
    process.standardOutput = pipe
    // What outlives a test that crashed must not keep its output open.
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
    address = "http://127.0.0.1:\(line.filter(\.isNumber))"
  }

  /// Not SIGTERM: the thread that starts it blocks that, and a child inherits what is blocked.
  func stop() { kill(process.processIdentifier, SIGKILL) }
}
