import Foundation

/// The official clients from the package index, each with a file of checks that it runs against a server.
public enum PythonClient {
  /// What the checks want of a simulated server beside what it does by itself.
  public static let serverScript = """
    rules:
      - match: { model: retry-twice }
        sequence:
          - fault: 429-requests;retry-after-ms=20
          - fault: 503;retry-after-ms=20
          - at last
    """

  /// Exit code and all that was printed; nil, with a notice, where the packages cannot be had.
  ///
  /// - Parameter more: arguments after the address of the server.
  public static func run(_ name: String, at address: String, _ more: [String] = []) async throws
    -> (status: Int32, output: String)?
  {
    guard let python = try await LiteLLMProxy.python() else {
      print("skipped: no Python packages for the \(name) client (see Tests/tools/python-env)")
      return nil
    }
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = FileManager.default.temporaryDirectory.appending(path: "client-\(UUID().uuidString)")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = python
    process.arguments =
      [tests.appending(path: "SimulatorTests/Fixtures/\(name)_sdk.py").path, address] + more
    var environment = ProcessInfo.processInfo.environment
    for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "HTTP_PROXY", "http_proxy"] {
      environment[name] = nil
    }
    environment["NO_PROXY"] = "127.0.0.1"
    process.environment = environment
    process.standardOutput = try FileHandle(forWritingTo: file)
    process.standardError = process.standardOutput
    let status = try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    return (status, try String(contentsOf: file, encoding: .utf8))
  }
}
