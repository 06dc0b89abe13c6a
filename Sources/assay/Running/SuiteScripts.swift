import Checks
import Formats
import Scripts
import Suites

/// The suite's own code, run by the pool of interpreters: one for all rooms of a run.
struct SuiteScripts: Sendable {
  var pool: ScriptPool

  init(allowed: Bool, log: @escaping @Sendable (String) -> Void) {
    var options = ScriptPool.Options()
    options.allowsScripts = allowed
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
