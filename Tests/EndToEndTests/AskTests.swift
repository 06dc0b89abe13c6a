import Foundation
import Formats
import Ledger
import Simulator
import Testing

/// One call from the shell, and the list of models.
@Suite("asking from the shell")
struct AskTests {
  private static let key = "sk-test-0123456789abcdef"

  private func withShell(_ body: (CommandLineRunner, Simulator) async throws -> Void) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    var options = SimulatorOptions()
    options.profile = "instant"
    let simulator = try Simulator.start(options)
    defer { simulator.stop() }
    try await body(shell, simulator)
  }

  @Test("a reply is printed as it comes, its facts beside it, and it is recorded without the key")
  func ask() async throws {
    try await withShell { shell, simulator in
      let asked = try await shell.run(
        [
          "ask", "openai:chat:sim-large", "Name three rivers", "-s", "Be brief", "-o", "max_tokens=40", "-o",
          "apiBaseUrl=\(simulator.address)/v1",
        ], environment: ["OPENAI_API_KEY": Self.key])
      #expect(asked.code == 0, "\(asked.errors)")
      #expect(asked.output.count > 2 && asked.output.hasSuffix("\n"))
      #expect(asked.errors.contains("tokens in, ") && asked.errors.contains("TTFT "))
      let ledger = try Data(contentsOf: shell.folder.appending(path: ".assay/ledger.sqlite"))
      #expect(ledger.range(of: Data("Name three rivers".utf8)) != nil)
      #expect(ledger.range(of: Data(Self.key.utf8)) == nil)
      let whole = try await shell.run([
        "ask", "openai:chat:sim-large", "Name three rivers", "-o", "apiBaseUrl=\(simulator.address)/v1",
        "--no-stream", "--json",
      ])
      let reply = try JSON(parsing: whole.output)
      #expect(reply["text"]?.string?.isEmpty == false && reply["ttft_us"]?.isNull == true)
      #expect(reply["latency_us"]?.int ?? 0 > 0)
    }
  }

  @Test(
    "what is wrong is told before anything is sent",
    arguments: [
      (["ask", "openai:gpt-4o-mini", "hi"], "OPENAI_API_KEY"),
      (["ask", "opnai:gpt-4o-mini", "hi"], "did you mean \"openai\""),
      (["ask", "sim:sim-small"], "nothing to ask"),
      (["ask", "sim:sim-small", "hi", "-o", "temperature"], "KEY=VALUE"),
      (["ask", "sim:sim-small", "hi", "-o", "temperature=warm"], "temperature is not a number"),
      (["models"], "no service is configured"),
      (["models", "anthropic"], "ANTHROPIC_API_KEY"),
      (["models", "anthropc"], "did you mean"),
      (["prices", "no-such-model"], "never 0"),
    ])
  func mistakes(_ arguments: [String], _ says: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let ran = try await shell.run(arguments)
    #expect(ran.code == 2)
    #expect(ran.errors.contains(says), "\(ran.errors)")
    #expect(ran.output.isEmpty)
  }

  @Test("prices are told to the last digit, with their tiers and hours")
  func prices() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let text = try await shell.run(["prices", "claude-sonnet-4-5-20250929"])
    #expect(text.output.contains("cache write $1.875") && text.output.contains("listed as claude-sonnet-4-5"))
    #expect(try await shell.run(["prices", "deepseek:deepseek-v4-pro"]).output.contains("in UTC at "))
    let rows = try await JSON(parsing: shell.run(["prices", "gpt-4o-mini", "--json"]).output).array ?? []
    #expect(rows.first?["cached"]?.double == 0.075)
    #expect(rows.map { $0["service"]?.string } == ["standard", "batch", "priority"])
  }

  @Test("each configured endpoint's models are listed; one that cannot be asked is named")
  func models() async throws {
    try await withShell { shell, simulator in
      let found = try await shell.run(
        ["models"],
        environment: [
          "OPENAI_API_KEY": Self.key, "OPENAI_BASE_URL": "\(simulator.address)/v1",
          "OLLAMA_BASE_URL": "http://127.0.0.1:9",
        ])
      #expect(found.code == 3)
      #expect(found.output.contains("openai") && found.output.contains("sim-large"))
      #expect(found.errors.contains("ollama: connection"))
      let one = try await shell.run(
        ["models", "openai", "--json"],
        environment: ["OPENAI_API_KEY": Self.key, "OPENAI_BASE_URL": "\(simulator.address)/v1"])
      #expect(one.code == 0)
      let ids = try JSON(parsing: one.output).array?.compactMap { $0["model"]?.string } ?? []
      #expect(ids.contains("sim-large"))
      #expect(!(found.errors + found.output + one.output).contains(Self.key))
    }
  }
}
