import Foundation
import Formats
import Testing

/// `assay simulate` as a person runs it.
struct SimulateCommandTests {
  @Test("it tells its address, serves, and ends in good order with its log complete")
  func serves() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let output = Pipe()
    let simulator = try CommandLineRunner.start(
      CommandLineRunner.binary,
      ["simulate", "--listen", "127.0.0.1:0", "--profile", "instant", "--log", "log.jsonl"],
      in: shell.folder, output: output)
    defer { simulator.stop() }

    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let address = try #require(line.split(separator: " ").first { $0.hasPrefix("http://") })
    let reply = try await CommandLineRunner.run(
      URL(filePath: "/usr/bin/env"),
      [
        "curl", "-s", "--noproxy", "*", "\(address)/v1/chat/completions", "-d",
        #"{"model":"sim-echo","messages":[{"role":"user","content":"hello"}]}"#,
      ], in: shell.folder)
    #expect(try JSON(parsing: reply.output)["choices"]?[0]?["message"]?["content"] == "hello")

    simulator.process.interrupt()
    #expect(await simulator.ended() == 0)
    #expect(try shell.read("log.jsonl").split(separator: "\n").count == 1)
  }

  @Test(
    "a wrong option is told before anything listens",
    arguments: [
      ["--speed", "0"], ["--faults", "explode=1"], ["--limits", "rpm=many"], ["--listen", "0.0.0.0:0"],
      ["--profile", "fast"], ["--script", "/no/such/file.yaml"],
    ])
  func mistakes(options: [String]) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let result = try await shell.run(["simulate"] + options)
    #expect(result.code == 2)
    #expect(!result.errors.isEmpty && result.output.isEmpty)
  }
}
