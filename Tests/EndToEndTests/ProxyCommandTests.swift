import Foundation
import Formats
import Simulator
import Testing

/// `assay proxy` as a person runs it.
@Suite("live traffic")
struct ProxyCommandTests {
  private static func ask(_ address: String, _ model: String, in folder: URL, _ more: [String] = [])
    async throws
    -> CommandLineRunner.Result
  {
    try await CommandLineRunner.run(URL(filePath: "/usr/bin/env"), curl(address, model) + more, in: folder)
  }

  private static func curl(_ address: String, _ model: String) -> [String] {
    [
      "curl", "-sS", "--noproxy", "*", "\(address)/v1/chat/completions", "-H",
      "Authorization: Bearer sk-0123456789",
      "-H", "x-assay-label: the shop", "-d",
      #"{"model":"\#(model)","messages":[{"role":"user","content":"hello"}]}"#,
    ]
  }

  @Test(
    "it tells its address, passes on, tells of each call, and its calls are in every report of the history")
  func serves() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let (proxy, address) = try Self.started(shell, to: "sim")
    defer { proxy.stop() }

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
    let told = try shell.read("errors").split(separator: "\n")
    #expect(told.count == 2 && told[0].hasPrefix("the shop  ") && told[0].contains("call 1"))
    #expect(told[1].hasPrefix("failed the shop  server: "))
    let ledger = try Data(contentsOf: shell.folder.appending(path: ".assay/ledger.sqlite"))
    #expect(ledger.range(of: Data("sk-0123456789".utf8)) == nil)
  }

  /// Starts the proxy, through a shell that may limit it first, and gives its address.
  private static func started(
    _ shell: CommandLineRunner, to service: String, after limits: String = ""
  ) throws -> (proxy: StartedProgram, address: String) {
    let output = Pipe()
    let errors = shell.folder.appending(path: "errors")
    try Data().write(to: errors)
    let proxy = try CommandLineRunner.start(
      URL(filePath: "/bin/sh"),
      [
        "-c", "\(limits) exec \"$@\"", "sh", CommandLineRunner.binary.path, "proxy", "--to", service,
        "--listen",
        "127.0.0.1:0",
      ], in: shell.folder, output: output, errors: FileHandle(forWritingTo: errors))
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let address = try #require(line.split(separator: " ").first { $0.hasPrefix("http://") })
    return (proxy, String(address))
  }

  @Test("where the ledger can't be written the reply is passed on all the same, and kept beside it")
  func unwritable() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    // Files of at most 8 MB: the log outgrows them, a reply that is as long as its question at a time.
    let (proxy, address) = try Self.started(shell, to: "sim", after: "ulimit -f 16000;")
    defer { proxy.stop() }
    for number in 0..<9 {
      let text = "\(number) " + String(repeating: "abcdefgh", count: 100_000)
      try shell.write(
        #"{"model":"sim-echo","messages":[{"role":"user","content":"\#(text)"}]}"#, to: "body.json")
      let reply = try await CommandLineRunner.run(
        URL(filePath: "/usr/bin/env"),
        [
          "curl", "-sS", "--noproxy", "*", "\(address)/v1/chat/completions", "-H", "Expect:", "-d",
          "@\(shell.path("body.json"))",
        ], in: shell.folder)
      #expect(reply.output.contains("abcdefgh"), "\(reply.errors)")
    }
    proxy.process.interrupt()
    #expect(await proxy.ended() == 3)
    let told = try shell.read("errors")
    #expect(told.contains("not recorded: sim:chat:sim-echo"), "\(told)")
    #expect(told.contains("calls were passed on and not recorded: .assay/ledger.sqlite: "), "\(told)")
    #expect(told.contains("ledger.sqlite.rescue.jsonl"), "\(told)")
    #expect(FileManager.default.fileExists(atPath: shell.path(".assay/ledger.sqlite.rescue.jsonl")))
    #expect(try await shell.run(["ledger", "check"]).code == 0)
  }

  @Test(
    "a second Ctrl-C breaks off what is under way, and that is recorded", .timeLimit(.minutes(5)))
  func breaksOff() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let simulator = try Simulator.start(script: "rules:\n  - reply: { text: late, first: 600000 }\n")
    defer { simulator.stop() }
    let (proxy, address) = try Self.started(shell, to: simulator.address)
    defer { proxy.stop() }
    // Not by `run`, which waits for its turn among all tests.
    let asking = try CommandLineRunner.start(
      URL(filePath: "/usr/bin/env"), Self.curl(address, "sim-large"), in: shell.folder)
    defer { asking.stop() }
    while simulator.stats["requests"]?.int ?? 0 == 0 {
      try await Task.sleep(for: .milliseconds(5))
    }
    proxy.process.interrupt()
    while try !shell.read("errors").contains("waiting for 1 under way") {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(proxy.isRunning)
    proxy.process.interrupt()
    #expect(await proxy.ended() == 0)
    #expect(await asking.ended() != 0)
    let calls = try JSON(parsing: await shell.run(["show", "--calls", "--json"]).output)
    let told = try shell.read("errors")
    #expect(
      calls[0]?["error_kind"] == "cancelled" && calls[0]?["purpose"] == "live",
      "\(calls) \(told)")
  }

  @Test("what a program asked is replayed in a suite, without key or service")
  func replayed() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let simulator = try Simulator.start(profile: "instant")
    let (proxy, address) = try Self.started(shell, to: "\(simulator.address)/v1")
    defer { proxy.stop() }
    let body =
      #"{"model":"gpt-4o-mini","max_tokens":40,"temperature":0,"messages":[{"role":"user","content":"Name a river"}]}"#
    let reply = try await CommandLineRunner.run(
      URL(filePath: "/usr/bin/env"),
      ["curl", "-sS", "--noproxy", "*", "\(address)/v1/chat/completions", "-d", body], in: shell.folder)
    let text = try #require(try JSON(parsing: reply.output)["choices"]?[0]?["message"]?["content"]?.string)
    proxy.process.interrupt()
    #expect(await proxy.ended() == 0)
    simulator.stop()
    try shell.write(
      """
      prompts: [Name a river]
      targets:
        - {id: "openai:gpt-4o-mini", config: {max_tokens: 40, temperature: 0, apiBaseUrl: "\(simulator.address)/v1"}}
      """, to: "suite.yaml")
    let run = try await shell.run(["run", "suite.yaml", "--replay", "-q", "--no-ci", "-o", "rows.jsonl"])
    #expect(run.code == 0, "\(run.errors)\(run.output)")
    #expect(try JSON(parsing: shell.read("rows.jsonl"))["output"]?.string == text)
  }

  @Test("calls of no suite are judged by the checks of one, conversations as their cases")
  func graded() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    for text in ["good day", "good bye", "hello", "good day"] {
      _ = try await shell.run(["ask", "sim:sim-echo", text])
    }
    // Another target that was asked something else: each has the cases that it answered.
    _ = try await shell.run(["ask", "sim:responses:sim-echo", "good night"])
    let calls = try await shell.run(["show", "--calls", "--purpose", "ask", "--json"])
    try shell.write(calls.output, to: "calls.json")
    try shell.write(
      "defaultTest: { assert: [{ type: icontains, value: good }, { type: latency, threshold: 60000 }] }\n",
      to: "live.yaml")
    let graded = try await shell.run(["grade", "live.yaml", "--outputs", "calls.json", "--json", "--no-ci"])
    #expect(graded.code == 1, "\(graded.errors)")
    var found: [String: [Int?]] = [:]
    for target in try JSON(parsing: graded.output)["targets"]?.array ?? [] {
      found[target["label"]?.string ?? ""] = ["trials", "passed", "erred"].map { target[$0]?.int }
    }
    #expect(found == ["sim:sim-echo": [4, 3, 0], "sim:responses:sim-echo": [1, 1, 0]])
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
