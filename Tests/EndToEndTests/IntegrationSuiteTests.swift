import Formats
import Foundation
import Simulator
import TestPeers
import Testing

/// The five programs of docs/integrations.md, replayed as a user replays them.
private let five = ["mood-summaries", "agent-platform", "feedback", "coaching-chat", "plain-client"]

private func path(_ suite: String) -> String { checkout.appending(path: "suites/\(suite).yaml").path }

@Suite("the five integrations")
struct IntegrationSuiteTests {
  @Test("each passes in rehearsal", arguments: five)
  func rehearsal(suite: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let run = try await shell.run(["run", path(suite), "--simulate", "--speed", "20", "-q", "-o", "r.json"])
    #expect(run.code == 0, "\(run.output)\(run.errors)")
    let report = try JSON(parsing: try shell.read("r.json"))
    #expect(report["run"]?["verdict"] == "passed")
    #expect(report["total"]?["erred"] == 0)
    switch suite {
    case "agent-platform":
      for target in report["targets"]?.array ?? [] {
        #expect(target["function_calls"]?["success"]?["value"] == 1)
        #expect(target["function_calls"]?["right_arguments"]?["held"]?.int ?? 0 > 0)
      }
    case "plain-client": #expect(run.output.contains("holds  same_reply >= 1: 1.0000"))
    case "coaching-chat": #expect(report["total"]?["fallbacks"] == 0)
    default: break
    }
  }

  @Test(
    "with faults each ends in the right state",
    arguments: [
      ("mood-summaries", ["--faults", "500=0.15,429-requests=0.1"], 0, "passed"),
      ("mood-summaries", ["--faults", "401=1"], 3, "erred (20 auth)"),
      ("mood-summaries", ["--budget", "0.0002"], 4, "stopped by the budget"),
      ("agent-platform", ["--faults", "503=0.1,reset-before-body=0.1"], 0, "passed"),
      ("agent-platform", ["--faults", "malformed-event=1"], 3, "malformed"),
      ("feedback", ["--faults", "close-mid-stream=1"], 3, "truncated"),
      ("coaching-chat", ["--faults", "500@gpt-4o-mini=1"], 0, "3 answered by a fallback"),
      ("coaching-chat", ["--faults", "500=1"], 3, "server"),
      ("plain-client", ["--faults", "502=0.3"], 0, "passed"),
      ("plain-client", ["--faults", "429-quota=1"], 3, "quota"),
    ])
  func faults(suite: String, flags: [String], code: Int32, says: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let run = try await shell.run(["run", path(suite), "--simulate", "--speed", "20", "-q"] + flags)
    #expect(run.code == code, "\(run.output)\(run.errors)")
    #expect(run.output.contains(says), "\(run.output)")
  }

  @Test("each passes against a server that is not ours, and so does a batch")
  func peer() async throws {
    guard let proxy = try await LiteLLMProxy.start(LiteLLMProxy.anyModel) else {
      print("skipped: LiteLLM's proxy cannot be had (see Tests/tools/python-env)")
      return
    }
    defer { proxy.stop() }
    let environment = ["OPENAI_BASE_URL": proxy.url + "/v1", "OPENAI_API_KEY": LiteLLMProxy.key]
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    for suite in five {
      let run = try await shell.run(
        ["run", path(suite), "-q", "--name", suite, "-o", "\(suite).json"], environment: environment)
      #expect(run.code == 0, "\(suite): \(run.output)\(run.errors)")
      let report = try JSON(parsing: try shell.read("\(suite).json"))
      #expect(report["total"]?["failed"] == 0 && report["total"]?["erred"] == 0, "\(suite)")
      #expect(!(try shell.read("\(suite).json")).contains(LiteLLMProxy.key))
    }
    let agent = try JSON(parsing: try shell.read("agent-platform.json"))
    #expect(agent["total"]?["function_calls"]?["success"]?["value"] == 1)
    try await batch(shell, environment)
  }

  /// The official client plays the service: it sends each line as it stands, and writes the output file as documented.
  private func batch(_ shell: CommandLineRunner, _ environment: [String: String]) async throws {
    let python = try #require(try await LiteLLMProxy.python())
    let written = try await shell.run(
      ["batch", "write", path("plain-client"), "-o", "batch.jsonl"], environment: environment)
    #expect(written.code == 0, "\(written.errors)")
    let service = checkout.appending(path: "Tests/EndToEndTests/Fixtures/batch_service.py").path
    let served = try await CommandLineRunner.run(
      python, [service, "batch.jsonl", "output.jsonl"], in: shell.folder, environment: environment)
    #expect(served.code == 0, "\(served.output)\(served.errors)")
    let read = try await shell.run(["batch", "read", "output.jsonl", "--json"], environment: environment)
    #expect(read.code == 0, "\(read.output)\(read.errors)")
    let report = try JSON(parsing: read.output)
    #expect(report["total"]?["passed"] == 8)
  }
}

@Suite("the plain client")
struct PlainClientTests {
  @Test("key, address and model come from .env, and a reply is the same streamed and whole")
  func ask() async throws {
    let simulator = try Simulator.start(speed: 50)
    defer { simulator.stop() }
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(
      "OPENAI_API_KEY=sk-from-the-file-123456\nOPENAI_BASE_URL=\(simulator.address)/v1\nOPENAI_MODEL=sim-large\n",
      to: ".env")
    let question = ["ask", "openai", "Name three rivers", "--json", "-o", "seed=1"]
    let streamed = try await shell.run(question)
    #expect(streamed.code == 0, "\(streamed.errors)")
    let first = try JSON(parsing: streamed.output)
    #expect(first["model"] == "sim-large" && first["ttft_us"]?.int ?? 0 > 0)
    // Asked anew, a simulated model says something else: as another simulator would, it begins again.
    let fresh = try Simulator.start(speed: 50)
    defer { fresh.stop() }
    let whole = try JSON(
      parsing: try await shell.run(
        question + ["--no-stream"], environment: ["OPENAI_BASE_URL": fresh.address + "/v1"]
      ).output)
    #expect(whole["text"] == first["text"] && whole["ttft_us"] == .null)
    #expect(whole["usage"]?["completion_tokens"] == first["usage"]?["completion_tokens"])
    let ledger = try String(
      decoding: Data(contentsOf: shell.folder.appending(path: ".assay/ledger.sqlite")), as: UTF8.self)
    #expect(!ledger.contains("sk-from-the-file"))
  }

  @Test(
    "a missing key is told by its name, and nothing is sent",
    arguments: [["ask", "openai", "hi"], ["run", path("plain-client")]])
  func missingKey(arguments: [String]) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let result = try await shell.run(arguments)
    #expect(result.code == 2)
    #expect(result.errors.contains("OPENAI_API_KEY is not set"), "\(result.errors)")
    #expect(result.errors.contains(".env"))
  }
}
