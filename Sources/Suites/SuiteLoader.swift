import Formats
import Scripts

/// A function in a script of the suite: what makes cases, prompts or targets.
public struct ScriptRequest: Sendable, Hashable {
  /// As seen from the working directory.
  public var path: String
  public var function: String?
  public var arguments: [JSON]
  /// What the function is called when the suite names none, and the file has no default.
  public var fallback: String?
  /// The file may hold the cases or the suite themselves, in place of a function that makes them.
  public var takesData: Bool

  public init(
    path: String, function: String? = nil, arguments: [JSON] = [], fallback: String? = nil,
    takesData: Bool = false
  ) {
    self.path = path
    self.function = function
    self.arguments = arguments
    self.fallback = fallback
    self.takesData = takesData
  }
}

/// Runs a function of a script and gives what it returns.
public typealias ScriptCaller = @Sendable (ScriptRequest) async throws -> JSON

extension ScriptPool {
  /// For `LoadOptions.scripts`: scripts of suites run in this pool.
  public var suiteScripts: ScriptCaller {
    { request in
      guard let language = ScriptLanguage(file: request.path) else {
        throw Problem("\(request.path) is no script", mend: "use .js, .py or .rb")
      }
      // An own function is called by its name; a file without one gives what it exports.
      var script = Script.file(language, request.path, function: request.function, fallback: request.fallback)
      script.takesData = request.takesData
      return try await self.call(script, arguments: request.arguments)
    }
  }
}

/// What the command line says about a suite; it is stronger than the suite.
public struct LoadOptions: Sendable {
  public var filter = CaseFilter()
  /// `--var name=value`: under the variables of every case.
  public var variables = JSONObject()
  /// Take the place of the suite's own.
  public var prompts: [String] = []
  public var targets: [String] = []
  public var tests: String?
  public var repeats: Int?
  /// Repetitions of a case are kept in memory together.
  public static let mostRepeats = 1_000_000
  public var seed: UInt64?
  public var judge: String?
  /// Why nothing of an id can be asked, as far as that can be told beforehand; nil where it is not to be looked at.
  public var objection: (@Sendable (String) -> Problem?)?
  /// Replies come from elsewhere: neither a prompt nor a target need be named.
  public var isGraded = false
  /// Nil where scripts are not allowed.
  public var scripts: ScriptCaller?

  public init() {}
}

/// Reads suites: the one place that knows promptfoo's words.
public enum SuiteLoader {
  /// Reads one suite, or several laid together, and says everything that is wrong with them at once.
  ///
  /// Data files with rows are opened, but their rows are read by `LoadedSuite.cases()`.
  public static func load(
    _ paths: [String], options: LoadOptions = LoadOptions(), environment: [String: String] = [:]
  ) async throws(Problems) -> LoadedSuite {
    let findings = Findings()
    let files = SuitePaths.files(of: paths, findings)
    var environment = environment
    for (name, value) in EnvironmentFile.beside(files, findings) where environment[name] == nil {
      environment[name] = value
    }
    var roots: [SuiteRoot] = []
    for file in files {
      if let root = await SuiteRoot(file, environment: &environment, scripts: options.scripts, findings) {
        roots.append(root)
      }
    }
    guard let first = roots.first, !findings.hasErrors || !roots.isEmpty else {
      throw Problems(findings.inOrder)
    }
    let root = roots.dropFirst().reduce(first) { $0.merged(with: $1, findings) }
    var assembly = SuiteAssembly(root, options: options, environment: environment, findings: findings)
    var loaded = assembly.assemble()
    await assembly.generate(&loaded)
    assembly.finish(&loaded)
    if findings.hasErrors { throw Problems(findings.mistakes) }
    if let warning = loaded.filter.failed?.missing(from: loaded) { findings.add(warning) }
    loaded.suite.notes = findings.inOrder
    return loaded
  }
}
