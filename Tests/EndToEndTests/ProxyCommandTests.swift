import Foundation
import Formats
import Testing

/// `assay proxy` as a person runs it.
@Suite("live traffic")
struct ProxyCommandTests {
  private static func ask(_ address: String, _ model: String, in folder: URL, _ more: [String] = [])
    async throws
    -> CommandLineRunner.Result
  {
    try await CommandLineRunner.run(
      URL(filePath: "/usr/bin/env"),
      [
        "curl", "-sS", "--noproxy", "*", "\(address)/v1/chat/completions", "-H",
        "Authorization: Bearer sk-0123456789",
        "-H", "x-assay-label: the shop", "-d",
        #"{"model":"\#(model)","messages":[{"role":"user","content":"hello"}]}"#,
      ] + more, in: folder)
  }

  @Test(
    "it tells its address, passes on, tells of each call, and its calls are in every report of the history")
  func serves() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let output = Pipe()
    let errors = shell.folder.appending(path: "errors")
    try Data().write(to: errors)
    let proxy = try CommandLineRunner.start(
      CommandLineRunner.binary, ["proxy", "--to", "sim", "--listen", "127.0.0.1:0"], in: shell.folder,
      output: output, errors: FileHandle(forWritingTo: errors))
    defer { proxy.stop() }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let address = try #require(line.split(separator: " ").first { $0.hasPrefix("http://") }).description

    let reply = try await Self.ask(address, "sim-echo", in: shell.folder)
    #expect(try JSON(parsing: reply.output)["choices"]?[0]?["message"]?["content"] == "hello")
    _ = try await Self.ask(address, "sim-echo", in: shell.folder, ["-H", "X-Sim-Fault: 500"])

    let shown = try await shell.run(["show", "--calls", "--purpose", "live", "--json"])
    let calls = try JSON(parsing: shown.output).array ?? []
    #expect(calls.map { $0["error_kind"]?.string } == ["server", nil])
    #expect(calls.last?["target"] == "the shop" && calls.last?["reply"] == "hello")
    let one = try await shell.run(["show", "--call", "1"])
    #expect(one.code == 0 && one.output.contains("user: hello") && one.output.contains("→ hello"))
    let table = try await shell.run(["show", "--calls"])
    #expect(table.output.contains("the shop") && table.output.contains("server"))
    let latency = try await shell.run(["latency", "--by", "target", "--purpose", "live", "--json"])
    #expect(latency.output.contains("the shop"))
    let trials = try await shell.run(["costs", "--purpose", "trial", "--json"])
    #expect(!trials.output.contains("sim-echo"))
    #expect(try await shell.run(["vote", "1", "up"]).code == 0)
    #expect(try await shell.run(["trust"]).output.contains("the shop"))

    proxy.process.interrupt()
    #expect(await proxy.ended() == 0)
    let told = try String(contentsOf: errors, encoding: .utf8).split(separator: "\n")
    #expect(told.count == 2 && told[0].hasPrefix("the shop  ") && told[0].contains("call 1"))
    #expect(told[1].hasPrefix("failed the shop  server: "))
    let ledger = try Data(contentsOf: shell.folder.appending(path: ".assay/ledger.sqlite"))
    #expect(ledger.range(of: Data("sk-0123456789".utf8)) == nil)
  }

  @Test("calls of no suite are judged by the checks of one, conversations as their cases")
  func graded() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    for text in ["good day", "good bye", "hello", "good day"] {
      _ = try await shell.run(["ask", "sim:sim-echo", text])
    }
    let calls = try await shell.run(["show", "--calls", "--purpose", "ask", "--json"])
    try shell.write(calls.output, to: "calls.json")
    try shell.write(
      "defaultTest: { assert: [{ type: icontains, value: good }, { type: latency, threshold: 60000 }] }\n",
      to: "live.yaml")
    let graded = try await shell.run(["grade", "live.yaml", "--outputs", "calls.json", "--json", "--no-ci"])
    #expect(graded.code == 1, "\(graded.errors)")
    let target = try #require(try JSON(parsing: graded.output)["targets"]?[0])
    #expect(target["label"] == "sim:sim-echo" && target["trials"] == 4 && target["passed"] == 3)
  }

  @Test(
    "what is wrong is told before anything listens",
    arguments: [
      (["--to", "opnai"], "did you mean \"openai\""), (["--to", "azure"], "base URL"),
      (["--listen", "nowhere"], "127.0.0.1:8080"),
      (["--to", "http://127.0.0.1:8787/v1"], "leads to the proxy itself"),
      (["--ledger", "/proc/ledger.sqlite"], "/proc/ledger.sqlite"),
    ])
  func mistakes(options: [String], says: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let result = try await shell.run(["proxy"] + options)
    #expect(result.code == 2)
    #expect(result.errors.contains(says) && result.output.isEmpty, "\(result.errors)")
  }

  @Test(
    "calls are asked for one at a time, or all of them",
    arguments: [
      (["show", "--call", "x"], "no number of a call"), (["show", "--call", "99"], "there is no call 99"),
      (["show", "latest", "--calls"], "of the whole ledger"), (["show", "--purpose", "dead"], "live"),
    ])
  func wrongCalls(arguments: [String], says: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    _ = try await shell.run(["ask", "sim:sim-echo", "hello"])
    let result = try await shell.run(arguments)
    #expect(result.code == 2)
    #expect(result.errors.contains(says) && result.output.isEmpty, "\(result.errors)")
  }
}
