import Foundation
import Wire

/// A server that is not ours: LiteLLM's proxy from the package index, on loopback, without a model behind it. Its
/// process, started once it answers.
public final class LiteLLMProxy {
  /// Without a path.
  public let url: String
  public static let key = "sk-test-0123456789abcdef"
  private let process: Process
  private let folder: URL

  private init(url: String, process: Process, folder: URL) {
    self.url = url
    self.process = process
    self.folder = folder
  }

  public func stop() {
    // Asked politely it would wait for connections that we keep alive.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

  /// The interpreter of the throw-away environment; nil where the packages cannot be had. To fetch them takes minutes:
  /// a thread of its own waits for that, since there are only as many for all tests as there are cores.
  public static func python() async throws -> URL? {
    try await withCheckedThrowingContinuation { found in
      Thread.detachNewThread { found.resume(with: Result { try preparedPython() }) }
    }
  }

  private static func preparedPython() throws -> URL? {
    let prepare = Process()
    let pipe = Pipe()
    prepare.executableURL = tests.appending(path: "tools/python-env")
    prepare.standardOutput = pipe
    try prepare.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    prepare.waitUntilExit()
    guard prepare.terminationStatus == 0 else { return nil }
    return URL(filePath: output.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// A model of any name, whose replies come from `replies.py` beside this file.
  public static let anyModel = """
    model_list:
      - model_name: "*"
        litellm_params:
          model: test/any
          api_key: none
          allowed_openai_params: [tools, tool_choice, functions, function_call, response_format, seed, temperature, top_p, max_tokens, frequency_penalty, presence_penalty]
    litellm_settings:
      drop_params: true
      custom_provider_map: [{provider: test, custom_handler: replies.replies}]
    general_settings: {master_key: \(key)}
    """

  /// Nil where the packages cannot be had.
  public static func start(_ config: String) async throws -> LiteLLMProxy? {
    guard let program = try await python()?.deletingLastPathComponent().appending(path: "litellm"),
      FileManager.default.isExecutableFile(atPath: program.path)
    else { return nil }
    let folder = FileManager.default.temporaryDirectory.appending(path: "peer-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "config.yaml")
    try config.write(to: file, atomically: true, encoding: .utf8)
    try FileManager.default.copyItem(
      at: tests.appending(path: "TestPeers/replies.py"), to: folder.appending(path: "replies.py"))
    // Until the proxy takes it, which is allowed beside us, since nobody listens.
    let place = try KeptPort()
    defer { place.giveUp() }
    let port = place.number

    let process = Process()
    process.executableURL = program
    process.arguments = [
      "--config", file.path, "--port", "\(port)", "--host", "127.0.0.1", "--num_workers", "1",
    ]
    var environment = ProcessInfo.processInfo.environment
    environment["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    environment["LITELLM_TELEMETRY"] = "False"
    process.environment = environment
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let proxy = LiteLLMProxy(url: "http://127.0.0.1:\(port)", process: process, folder: folder)
    let http = HTTPClient()
    let deadline = Date(timeIntervalSinceNow: 120)
    while process.isRunning, Date() < deadline {
      let exchange = await http.send(HTTPRequest(method: "GET", url: proxy.url + "/health/liveliness"))
      if exchange.isSuccess { return proxy }
      try await Task.sleep(for: .milliseconds(200))
    }
    proxy.stop()
    return nil
  }
}
