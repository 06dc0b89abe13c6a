import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where the interpreter of a language stands and how its worker is started.
struct Interpreter {
  var path: String
  var arguments: [String]

  /// Looked up in `PATH`; the environment's own choice first.
  static func find(_ language: ScriptLanguage, chosen: String?, environment: [String: String])
    throws(ScriptError) -> Interpreter
  {
    let names = chosen.map { [$0] } ?? choice(language, environment).map { [$0] } ?? commands(language)
    for name in names {
      if let path = File.findCommand(name, path: environment["PATH"]) {
        return Interpreter(path: path, arguments: arguments(language))
      }
    }
    throw ScriptError(
      .missingInterpreter, "\(names[0]) is not installed, and \(shown(language)) scripts need it",
      mend: "\(howToInstall(language)), or forbid scripts with --no-scripts")
  }

  /// Named by the suite's environment or by the user's own.
  private static func choice(_ language: ScriptLanguage, _ environment: [String: String]) -> String? {
    let names =
      switch language {
      case .javascript: ["ASSAY_NODE"]
      case .python: ["ASSAY_PYTHON", "PROMPTFOO_PYTHON"]
      case .ruby: ["ASSAY_RUBY", "PROMPTFOO_RUBY"]
      }
    for name in names {
      if let command = environment[name] ?? getenv(name).map({ String(cString: $0) }), !command.isEmpty {
        return command
      }
    }
    return nil
  }

  private static func commands(_ language: ScriptLanguage) -> [String] {
    switch language {
    case .javascript: ["node", "nodejs"]
    case .python: ["python3", "python"]
    case .ruby: ["ruby"]
    }
  }

  private static func arguments(_ language: ScriptLanguage) -> [String] {
    switch language {
    case .javascript: ["--no-warnings", "-e", nodeWorkerSource]
    case .python: ["-u", "-c", pythonWorkerSource]
    case .ruby: ["-e", rubyWorkerSource]
    }
  }

  private static func shown(_ language: ScriptLanguage) -> String {
    switch language {
    case .javascript: "JavaScript"
    case .python: "Python"
    case .ruby: "Ruby"
    }
  }

  private static func howToInstall(_ language: ScriptLanguage) -> String {
    switch language {
    case .javascript: "install Node.js (apt-get install nodejs) or name it in ASSAY_NODE"
    case .python: "install Python (apt-get install python3) or name it in ASSAY_PYTHON"
    case .ruby: "install Ruby (apt-get install ruby) or name it in ASSAY_RUBY"
    }
  }
}
