import Foundation
import Formats
import Ledger
import Models
import Proxy
import Simulator
import Synchronization
import TestPeers
import Testing
import Vocabulary
import Wire

/// A program, the proxy, and a service that is simulated, in one process.
struct ProxyTests {
  private static let key = "sk-live-0123456789abcdefghij"

  /// Everything between a program and the service, and what is recorded of it.
  private final class House: Sendable {
    let simulator: Simulator
    let proxy: Proxy
    let recorder: Recorder
    let path: String
    let http = HTTPClient()

    init(script: String? = nil, to: String? = nil, speed: Double = 1, profile: String? = "instant") throws {
      let folder = FileManager.default.temporaryDirectory.appending(path: "proxy-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      path = folder.appending(path: "ledger.sqlite").path
      simulator = try Simulator.start(script: script, seed: 3, speed: speed, profile: profile)
      recorder = try Recorder(path: path)
      proxy = try Proxy.start(
        on: ListenAddress(), upstream: Upstream(to: to ?? simulator.address),
        client: ModelClient(http: HTTPClient(), environment: [:]), recorder: recorder,
        told: { _ in })
    }

    func ask(
      _ path: String, _ body: JSON, headers: [(String, String)] = [], watcher: (any AnswerWatcher)? = nil
    ) async -> HTTPExchange {
      var request = HTTPRequest(
        url: proxy.address + path,
        headers: [("Content-Type", "application/json"), ("Authorization", "Bearer \(ProxyTests.key)")]
          + headers,
        body: body.bytes)
      request.watcher = watcher
      return await http.send(request)
    }

    /// The only call, once all that was under way is over.
    func call() async throws -> CallRow {
      await proxy.drain()
      let calls = try ledger.latestCalls(10, of: .live)
      #expect(calls.count == 1)
      return try #require(calls.first)
    }

    var ledger: Ledger { get throws { try Ledger(path: path) } }

    func end() async {
      proxy.stop()
      await proxy.drain()
      await recorder.close()
      simulator.stop()
      try? FileManager.default.removeItem(atPath: Path.folder(of: path))
    }
  }

  private func inHouse(
    script: String? = nil, to: String? = nil, speed: Double = 1, profile: String? = "instant",
    _ body: (House) async throws -> Void
  ) async throws {
    let house = try House(script: script, to: to, speed: speed, profile: profile)
    do { try await body(house) } catch {
      await house.end()
      throw error
    }
    await house.end()
  }

  private static func chat(_ text: String, stream: Bool = false) -> JSON {
    [
      "model": "sim-large", "messages": [["role": "user", "content": .string(text)]], "stream": .bool(stream),
      "stream_options": stream ? ["include_usage": true] : .null,
    ]
  }

  // MARK: What goes through

  @Test("a reply comes through as it was given, and its call is recorded without its key")
  func whole() async throws {
    try await inHouse { house in
      let asked = await house.ask(
        "/v1/chat/completions", Self.chat("Name three rivers"), headers: [("x-assay-label", "the mood page")])
      #expect(asked.status == 200 && asked.headers["x-request-id"] != nil)
      let call = try await house.call()
      let reply = try #require(try house.ledger.reply(of: call))
      #expect(try JSON(parsing: asked.body)["choices"]?[0]?["message"]?["content"]?.string == reply.text)
      #expect(call.target == "the mood page" && call.model == "sim-large" && call.provider == "openai")
      #expect(call.usage?.input ?? 0 > 0 && call.latency ?? 0 > 0 && call.firstOutput == nil)
      #expect(house.simulator.stats["requests"]?.int == 1)
      await house.recorder.settled()
      for file in [house.path, house.path + "-wal"] {
        let bytes = (try? Data(contentsOf: URL(filePath: file))) ?? Data()
        #expect(bytes.range(of: Data(Self.key.utf8)) == nil)
      }
    }
  }

  @Test("what a program asks is the same request as when a suite asks it")
  func canonical() async throws {
    try await inHouse { house in
      let client = ModelClient(http: HTTPClient(), environment: ["OPENAI_API_KEY": Self.key])
      let endpoint = try client.endpoint(
        id: "openai:chat:sim-large",
        config: ["apiBaseUrl": .string("\(house.simulator.address)/v1"), "max_tokens": 40])
      let own = try client.prepare(endpoint, prompt: RenderedPrompt(text: "hello"))
      var body = try #require(own.request.object)
      body["user"] = "somebody"
      _ = await house.ask("/v1/chat/completions", .object(body))
      let call = try await house.call()
      #expect(try house.ledger.request(of: call)?.canonical == own.canonical.canonical)
    }
  }

  @Test("a stream is passed on piece by piece, and its end only when it is recorded")
  func stream() async throws {
    try await inHouse(profile: "hosted-small") { house in
      let seen = Seen { [path = house.path] in
        let calls = (try? Ledger(path: path).latestCalls(9, of: .live)) ?? []
        return calls.count == 1 && calls[0].replyID != nil
      }
      let asked = await house.ask(
        "/v1/chat/completions", Self.chat("Tell a story", stream: true), watcher: seen)
      #expect(asked.error == nil && asked.headers["content-type"]?.hasPrefix("text/event-stream") == true)
      #expect(seen.pieces > 5)
      #expect(seen.wasRecordedAtEnd == true)
      let call = try await house.call()
      #expect(call.firstOutput ?? 0 > 0 && call.usage?.output ?? 0 > 0)
      let reply = try #require(try house.ledger.reply(of: call))
      #expect(!reply.text.isEmpty && seen.text.contains(reply.text.prefix(3)))
    }
  }

  /// Sees pieces, and asks at the end mark whether the call is recorded.
  private final class Seen: AnswerWatcher {
    private struct State {
      var bytes: [UInt8] = []
      var pieces = 0
      var wasRecorded: Bool?
    }
    private let state = Mutex(State())
    private let isRecorded: @Sendable () -> Bool

    init(_ isRecorded: @escaping @Sendable () -> Bool) { self.isRecorded = isRecorded }

    func began(status: Int, headers: HTTPHeaders) {}
    func came(_ piece: RawSpan, isEnd: Bool) {
      let bytes = piece.withUnsafeBytes { Array($0) }
      let isLast = String(decoding: bytes, as: UTF8.self).contains("[DONE]")
      let recorded = isLast ? isRecorded() : nil
      state.withLock {
        $0.bytes += bytes
        $0.pieces += 1
        if let recorded { $0.wasRecorded = recorded }
      }
    }
    func ended(_ error: HTTPError?) {}

    var pieces: Int { state.withLock { $0.pieces } }
    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
    var wasRecordedAtEnd: Bool? { state.withLock { $0.wasRecorded } }
  }

  @Test(
    "every API is read for what it is",
    arguments: [
      ("/v1/responses", ["model": "sim-large", "input": "hello"], "openai"),
      ("/v1/completions", ["model": "sim-large", "prompt": "hello"], "openai"),
      ("/v1/embeddings", ["model": "sim-large", "input": "hello"], "openai"),
      (
        "/v1/messages",
        ["model": "sim-large", "max_tokens": 60, "messages": [["role": "user", "content": "hello"]]],
        "anthropic"
      ),
      (
        "/v1/messages",
        [
          "model": "sim-large", "max_tokens": 60, "stream": true,
          "messages": [["role": "user", "content": "hello"]],
        ], "anthropic"
      ),
      (
        "/v1beta/models/sim-large:generateContent", ["contents": [["parts": [["text": "hello"]]]]], "google"
      ),
      (
        "/v1beta/models/sim-large:streamGenerateContent?alt=sse",
        ["contents": [["parts": [["text": "hello"]]]]], "google"
      ),
      ("/api/chat", ["model": "sim-large", "messages": [["role": "user", "content": "hello"]]], "ollama"),
      ("/api/generate", ["model": "sim-large", "prompt": "hello", "stream": false], "ollama"),
    ] as [(String, JSON, String)])
  func dialects(path: String, body: JSON, provider: String) async throws {
    try await inHouse { house in
      let asked = await house.ask(path, body)
      #expect(asked.status == 200)
      let call = try await house.call()
      #expect(call.errorKind == nil, "\(call.errorMessage ?? "")")
      #expect(call.provider == provider && call.model == "sim-large" && call.replyID != nil)
      #expect(call.usage?.input ?? 0 > 0)
    }
  }

  @Test("the official clients work through it unchanged", arguments: ["openai", "anthropic"])
  func clients(name: String) async throws {
    try await inHouse(script: PythonClient.serverScript, speed: 100, profile: nil) { house in
      guard let result = try await PythonClient.run(name, at: house.proxy.address, ["proxied"]) else {
        return
      }
      #expect(result.status == 0, "\(result.output)")
      #expect(result.output.contains("ok "))
    }
  }

  // MARK: What goes wrong

  @Test("an error of the service comes through with its headers, and is recorded as what it is")
  func serviceError() async throws {
    try await inHouse { house in
      let asked = await house.ask(
        "/v1/chat/completions", Self.chat("hello"), headers: [("X-Sim-Fault", "429-requests;retry-after=7")])
      #expect(asked.status == 429 && asked.headers["retry-after"] == "7")
      #expect(try JSON(parsing: asked.body)["error"]?["message"]?.string != nil)
      let call = try await house.call()
      #expect(call.errorKind == .rateLimited)
    }
  }

  @Test("a stream that breaks off breaks off for the program, too")
  func broken() async throws {
    try await inHouse { house in
      let asked = await house.ask(
        "/v1/chat/completions", Self.chat("Tell a long story", stream: true),
        headers: [("X-Sim-Fault", "reset-mid-stream")])
      #expect(asked.status == 200)
      #expect(asked.error?.kind == .truncated || asked.error?.kind == .reset)
      let call = try await house.call()
      #expect(call.errorKind == .truncated)
    }
  }

  @Test("a service that can't be reached is told in the form of its errors, and recorded")
  func unreachable() async throws {
    try await inHouse(to: "http://127.0.0.1:9/v1") { house in
      let asked = await house.ask("/v1/chat/completions", Self.chat("hello"))
      #expect(asked.status == 502)
      let told = try JSON(parsing: asked.body)
      #expect(told["error"]?["message"]?.string?.contains("127.0.0.1") == true)
      let call = try await house.call()
      #expect(call.errorKind == .connection)
    }
  }

  @Test("a program that goes away ends the request to the service, and that is recorded")
  func gone() async throws {
    try await inHouse(profile: "hosted-large") { house in
      let asking = Task { await house.ask("/v1/chat/completions", Self.chat("Tell a story", stream: true)) }
      while house.proxy.underWay == 0 { try await Task.sleep(for: .milliseconds(5)) }
      try await Task.sleep(for: .milliseconds(50))
      asking.cancel()
      _ = await asking.value
      let call = try await house.call()
      #expect(call.errorKind == .cancelled)
    }
  }

  @Test("a ledger that another has for long is not waited for longer than a program would")
  func lockedLedger() async throws {
    try await inHouse { house in
      _ = await house.ask("/v1/chat/completions", Self.chat("first"))
      let descriptor = open(house.path + "-lock", O_RDWR)
      #expect(descriptor >= 0 && flock(descriptor, LOCK_EX) == 0)
      let began = MonotonicClock.now()
      let asked = await house.ask("/v1/chat/completions", Self.chat("second", stream: true))
      let waited = Double(MonotonicClock.now() - began) / 1e9
      close(descriptor)
      #expect(asked.error == nil && String(decoding: asked.body, as: UTF8.self).contains("data:"))
      #expect(waited > 4)
      await house.proxy.drain()
      let calls = try house.ledger.latestCalls(10, of: .live)
      #expect(calls.count == 2)
    }
  }

  @Test("what asks no model anything is passed on, and not recorded")
  func passed() async throws {
    try await inHouse { house in
      var request = HTTPRequest(method: "GET", url: "\(house.proxy.address)/v1/models")
      request.headers = [("Authorization", "Bearer \(Self.key)")]
      let listed = await house.http.send(request)
      #expect(listed.status == 200)
      let models = try JSON(parsing: listed.body)["data"]?.array ?? []
      #expect(!models.isEmpty)
      let odd = await house.ask("/v1/chat/completions", ["messages": []])
      #expect(odd.status ?? 0 >= 400)
      await house.proxy.drain()
      let calls = try house.ledger.latestCalls(10, of: nil)
      #expect(calls.isEmpty)
    }
  }

  @Test("it waits for what is under way, and takes nothing new meanwhile")
  func drains() async throws {
    try await inHouse(script: "rules:\n  - reply: { text: late, first: 400 }\n") { house in
      let asking = Task { await house.ask("/v1/chat/completions", Self.chat("hello")) }
      while house.proxy.underWay == 0 { try await Task.sleep(for: .milliseconds(5)) }
      let draining = Task { await house.proxy.drain() }
      try await Task.sleep(for: .milliseconds(20))
      #expect(await house.ask("/v1/chat/completions", Self.chat("hello")).status == 503)
      await draining.value
      #expect(await asking.value.status == 200)
      #expect(try house.ledger.latestCalls(10, of: .live).count == 1)
    }
  }

  @Test("many at once, each its own reply, each recorded once")
  func many() async throws {
    let script = "rules:\n  - match: { last: \"/n(\\\\d+)/\" }\n    reply: \"code-{{ match[1] }}\"\n"
    try await inHouse(script: script) { house in
      await withTaskGroup(of: Bool.self) { group in
        for number in 0..<400 {
          group.addTask {
            let asked = await house.ask(
              "/v1/chat/completions", Self.chat("n\(number)", stream: number % 2 == 0))
            return String(decoding: asked.body, as: UTF8.self).contains("code") && asked.error == nil
          }
        }
        for await isFine in group { #expect(isFine) }
      }
      await house.proxy.drain()
      let calls = try house.ledger.latestCalls(1_000, of: .live)
      #expect(calls.count == 400)
      var texts: Set<String> = []
      for call in calls { if let reply = try house.ledger.reply(of: call) { texts.insert(reply.text) } }
      #expect(texts == Set((0..<400).map { "code-\($0)" }))
    }
  }
}
