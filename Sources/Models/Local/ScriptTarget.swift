import Formats
import Scripts
import Vocabulary

/// Targets that are functions of the user's: which function, and what it is given.
enum ScriptTarget {
  /// Python: `call_api(prompt, options, context)`. JavaScript: the `callApi` of a class or an object, or a
  /// function, with `(prompt, context)`. Ruby: as Python.
  static func script(_ call: PreparedCall) -> Result<(Script, [JSON]), Failure> {
    let settings = call.question.settings
    let language: ScriptLanguage? =
      switch call.provider {
      case "python": .python
      case "ruby": .ruby
      case "javascript": .javascript
      default: nil
      }
    let isEmbedding = settings.string("kind") == "embedding"
    let usual = isEmbedding ? "call_embedding_api" : "call_api"
    let found = Script(
      reference: call.model, in: settings.folder, fallback: language == .javascript ? nil : usual)
    guard var script = found else {
      return .failure(
        Failure(
          .config,
          "target \"\(call.endpoint.id)\" is no script that can be run: .py, .js, .mjs, .cjs, .ts and .rb are"
        ))
    }
    if let language { script.language = language }
    let prompt = JSON.string(call.prompt.text)
    let (options, context) = (LocalTargets.options(call.question), LocalTargets.context(call))
    if script.language == .javascript {
      if case .file(let path, nil, _) = script.source {
        script.source = .method(
          path: path, name: isEmbedding ? "callEmbeddingApi" : "callApi", options: options)
      }
      return .success((script, [prompt, context, options]))
    }
    return .success((script, [prompt, options, context]))
  }

  static func failure(_ error: ScriptError) -> Failure {
    let kind: ErrorKind =
      switch error.kind {
      case .forbidden, .missingInterpreter: .config
      case .timeout: .timeout
      case .cancelled: .cancelled
      case .threw, .crashed, .badResult: .script
      }
    return Failure(kind, error.description, code: error.kind.rawValue, evidence: error.trace)
  }
}

extension ModelClient {
  func runScript(_ call: PreparedCall) async -> Result<Reply, Failure> {
    switch ScriptTarget.script(call) {
    case .failure(let failure): return .failure(failure)
    case .success(let (script, arguments)):
      let milliseconds = (try? call.question.settings.whole("timeout")) ?? nil
      return await run(script, arguments, call, seconds: milliseconds.map { Double($0) / 1000 })
    }
  }

  /// A JavaScript expression, a function, or `file://x.js[:name]`, over what a service answered.
  func transform(_ source: String, _ arguments: [JSON], _ call: PreparedCall) async -> Result<Reply, Failure>
  {
    let script =
      source.hasPrefix("file://")
      ? Script(reference: source, in: call.question.settings.folder)
      : .inline(.javascript, Self.expression(source), parameters: ["json", "text", "context"])
    guard let script else {
      return .failure(Failure(.config, "transformResponse \"\(source)\" is no script that can be run"))
    }
    return await run(script, arguments, call, seconds: nil)
  }

  /// A function that is written out is called; anything else is an expression already.
  private static func expression(_ source: String) -> String {
    let isFunction = source.hasPrefix("function") || source.hasPrefix("async ") || isArrow(source)
    return isFunction ? "return (\(source))(json, text, context)" : source
  }

  private static func isArrow(_ source: String) -> Bool {
    guard let arrow = source.range(ofText: "=>") else { return false }
    let head = source[..<arrow.lowerBound].trimmed
    return head.hasPrefix("(") && head.hasSuffix(")")
      || head.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
  }

  private func run(
    _ script: Script, _ arguments: [JSON], _ call: PreparedCall, seconds: Double?
  ) async -> Result<Reply, Failure> {
    guard let scripts else {
      return .failure(Failure(.config, "\(script.name) is not run: there are no scripts here"))
    }
    do throws(ScriptError) {
      return ProvidedReply.read(
        try await scripts.call(script, arguments: arguments, timeLimitSeconds: seconds))
    } catch {
      return .failure(ScriptTarget.failure(error))
    }
  }
}
