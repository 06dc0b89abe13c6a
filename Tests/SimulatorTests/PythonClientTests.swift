import Foundation
import Testing

@testable import Simulator

/// The official clients, as users run them. Skipped with a notice where the packages cannot be had.
@Suite(.serialized) struct PythonClientTests {
  private static let script = """
    rules:
      - match: { model: retry-twice }
        sequence:
          - fault: 429-requests;retry-after-ms=20
          - fault: 503;retry-after-ms=20
          - at last
    """

  private static let python: String? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let result = run(root.appending(path: "tools/python-env").path, [])
    return result.status == 0 ? result.output.trimmingCharacters(in: .whitespacesAndNewlines) : nil
  }()

  @Test("the official client works against it unchanged", arguments: ["openai", "anthropic", "litellm"])
  func client(name: String) throws {
    guard let python = Self.python else {
      print("skipped: no Python packages for the \(name) client (see Tests/tools/python-env)")
      return
    }
    let simulator = try Simulator.start(script: Self.script, seed: 3, speed: 100)
    defer { simulator.stop() }
    let fixture = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/\(name)_sdk.py").path
    let result = Self.run(python, [fixture, simulator.address])
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("ok "))
  }

  private static func run(_ command: String, _ arguments: [String]) -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: command)
    process.arguments = arguments
    var environment = ProcessInfo.processInfo.environment
    for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "HTTP_PROXY", "http_proxy"] {
      environment[name] = nil
    }
    environment["NO_PROXY"] = "127.0.0.1"
    process.environment = environment
    process.standardOutput = pipe
    process.standardError = pipe
    do { try process.run() } catch { return (127, "\(error)") }
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
}
