import Formats
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Runs scripts in interpreters that stay up: one for the whole run.
///
///     let pool = ScriptPool(allowsScripts: true)
///     let value = try await pool.call(.inline(.javascript, "output.length > 3"), arguments: ["hello", [:]])
///
/// Workers start when they are first needed and take one call at a time. One that dies, or takes longer
/// than its limit and is killed, costs that call alone. What scripts print goes to `log`, line by line.
public final class ScriptPool: Sendable {
  public struct Options: Sendable {
    public var allowsScripts = true
    /// Most workers of each language.
    public var workers = 4
    /// From when a worker takes the call.
    public var timeLimitSeconds = 60.0
    /// Variables that scripts see, beside those in `ScriptPool.baseVariables`. Nothing else of the
    /// environment reaches them.
    public var environment: [String: String] = [:]
    /// Commands in place of `node`, `python3` and `ruby`.
    public var interpreters: [ScriptLanguage: String] = [:]
    /// Gets what scripts print. Called on the pool's thread.
    public var log: @Sendable (ScriptLanguage, String) -> Void = { language, line in
      let bytes = Array("\(language.rawValue): \(line)\n".utf8)
      _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    public init() {}
  }

  /// What an interpreter needs of the environment to work as it does in the user's shell.
  public static let baseVariables = [
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "NODE_PATH", "NODE_OPTIONS",
    "NODE_EXTRA_CA_CERTS", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "GEM_HOME", "GEM_PATH", "RUBYLIB", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
    "no_proxy", "LD_LIBRARY_PATH",
  ]

  private let options: Options
  private let loop: ScriptLoop

  public init(_ options: Options) {
    self.options = options
    var environment: [String: String] = [:]
    for name in ScriptPool.baseVariables {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    environment.merge(options.environment) { $1 }
    loop = ScriptLoop(
      workers: max(1, options.workers), environment: environment, log: options.log,
      interpreters: options.interpreters)
  }

  public convenience init(allowsScripts: Bool = true) {
    var options = Options()
    options.allowsScripts = allowsScripts
    self.init(options)
  }

  deinit { loop.close() }

  /// Calls the script and waits for what it returns; null for nothing. Async functions are awaited.
  public func call(_ script: Script, arguments: [JSON], timeLimitSeconds: Double? = nil)
    async throws(ScriptError) -> JSON
  {
    guard options.allowsScripts else {
      throw ScriptError(
        .forbidden, "\(script.name) is not run: scripts are forbidden",
        mend: "leave out --no-scripts to run it")
    }
    let request = script.request(arguments).bytes
    let limit = timeLimitSeconds ?? options.timeLimitSeconds
    let reply = try await loop.run(request, in: script.language, name: script.name, limitSeconds: limit).get()
    return try ScriptPool.value(of: reply, script)
  }

  private static func value(of reply: [UInt8], _ script: Script) throws(ScriptError) -> JSON {
    guard let json = try? JSON(parsing: reply) else {
      throw ScriptError(.badResult, "\(script.name) sent back what is no JSON")
    }
    if json["ok"] == true { return json["value"] ?? .null }
    throw ScriptError(
      json["kind"] == "badResult" ? .badResult : .threw, json["message"]?.string ?? "no message",
      thrownType: json["type"]?.string, trace: json["trace"]?.string, mend: json["mend"]?.string)
  }
}
