import Checks
import Formats
import Models
import Scripts
import Suites

/// The suite's own code, run by the pool of interpreters: one for all rooms of a run.
struct SuiteScripts: Sendable {
  var pool: ScriptPool
  private let isAllowed: Bool

  init(allowed: Bool, log: @escaping @Sendable (String) -> Void) {
    var options = ScriptPool.Options()
    options.allowsScripts = allowed
    isAllowed = allowed
    options.log = { language, line in log("\(language.rawValue): \(line)") }
    pool = ScriptPool(options)
  }

  /// For checks and transforms.
  func run(_ code: CheckTools.Code, _ arguments: [JSON], folder: String) async throws -> JSON {
    let language: ScriptLanguage =
      switch code.language {
      case .javascript: .javascript
      case .python: .python
      case .ruby: .ruby
      }
    let script: Script
    switch code.source {
    case .inline(let text): script = .inline(language, text)
    case .file(let path, let function):
      script = .file(
        language, Path.resolve(path, against: folder), function: function, fallback: code.defaultFunction)
    }
    return try await pool.call(script, arguments: arguments)
  }

  /// For generators, prompts and the like.
  var caller: ScriptCaller { pool.suiteScripts }

  /// What a prompt that is code makes of a case.
  func prompt(_ prompt: Prompt, _ variables: JSONObject, _ target: Target, of suite: LoadedSuite)
    async throws -> JSON
  {
    let context: JSON = [
      "vars": .object(variables), "provider": ["id": .string(target.id), "label": .string(target.label)],
      "config": .object(prompt.config),
    ]
    switch prompt.body {
    case .template(let text): return .string(text)
    case .function(let path, let name):
      return try await caller(ScriptRequest(path: path, function: name, arguments: [context]))
    case .program(let path) where ScriptLanguage(file: path) == .python:
      return try await pool.call(
        Script(language: .python, source: .program(path: path)), arguments: [context])
    case .program(let path):
      return try await output(of: [Path.resolve(path, against: File.workingFolder)], context, suite)
    case .command(let command): return try await output(of: CommandWords.split(command), context, suite)
    }
  }

  private func output(of words: [String], _ context: JSON, _ suite: LoadedSuite) async throws -> JSON {
    guard isAllowed else {
      throw Problem("\(words.joined(separator: " ")) is not run: scripts are forbidden")
    }
    let run = try await CommandRun.run(
      words + [context.text], environment: suite.environment, folder: suite.suite.folder,
      milliseconds: Int(ScriptPool.Options().timeLimitSeconds * 1000))
    return .string(try run.text())
  }

  /// `transform`: an expression over (output, context), or a file; `transformVars`: over (vars, context).
  func transform(
    _ source: String, _ value: JSON, _ context: JSONObject, named name: String = "output", folder: String
  ) async throws -> JSON {
    let script: Script
    if source.hasPrefix("file://") {
      guard let file = Script(reference: source, in: folder, fallback: "get_transform") else {
        throw Problem("\(source) is no script that can be run")
      }
      script = file
    } else {
      script = .inline(.javascript, source, parameters: [name, "context"])
    }
    return try await pool.call(script, arguments: [value, .object(context)])
  }
}
