import Foundation
import Formats
import Testing

/// `assay simulate` as a person runs it.
struct SimulateCommandTests {
  /// The program lies beside the test bundle.
  private static let program: URL? = {
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return [folder.appending(path: "assay"), root.appending(path: ".build/debug/assay")].first {
      FileManager.default.isExecutableFile(atPath: $0.path)
    }
  }()

  @Test("it tells its address, serves, and ends in good order with its log complete")
  func serves() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "assay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let log = folder.appending(path: "log.jsonl").path
    let process = Process()
    let output = Pipe()
    let program = try #require(Self.program)
    process.executableURL = program
    process.arguments = ["simulate", "--listen", "127.0.0.1:0", "--profile", "instant", "--log", log]
    process.standardOutput = output
    try process.run()
    defer { if process.isRunning { process.terminate() } }

    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let address = try #require(line.split(separator: " ").first { $0.hasPrefix("http://") })
    let curl = Process()
    let reply = Pipe()
    curl.executableURL = URL(filePath: "/usr/bin/env")
    curl.arguments = [
      "curl", "-s", "--noproxy", "*", "\(address)/v1/chat/completions", "-d",
      #"{"model":"sim-echo","messages":[{"role":"user","content":"hello"}]}"#,
    ]
    curl.standardOutput = reply
    try curl.run()
    let body = [UInt8](reply.fileHandleForReading.readDataToEndOfFile())
    curl.waitUntilExit()
    #expect(try JSON(parsing: body)["choices"]?[0]?["message"]?["content"] == "hello")

    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(try File.readText(log).split(separator: "\n").count == 1)
  }

  @Test(
    "a wrong option is told before anything listens",
    arguments: [
      ["--speed", "0"], ["--faults", "explode=1"], ["--limits", "rpm=many"], ["--listen", "0.0.0.0:0"],
      ["--profile", "fast"], ["--script", "/no/such/file.yaml"],
    ])
  func mistakes(options: [String]) throws {
    let process = Process()
    let errors = Pipe()
    let program = try #require(Self.program)
    process.executableURL = program
    process.arguments = ["simulate"] + options
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let message = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 2)
    #expect(!message.isEmpty)
  }
}
