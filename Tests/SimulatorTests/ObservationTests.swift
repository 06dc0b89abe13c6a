import Formats
import Foundation
import Testing

@testable import Simulator

struct ObservationTests {
  private static func body(_ text: String, model: String = "sim-perfect", more: String = "") -> String {
    #"{"model":"\#(model)"\#(more),"messages":[{"role":"user","content":"\#(text)"}]}"#
  }

  private static func post(_ simulator: Simulator, _ body: String, headers: [String] = [])
    -> RawClient.Response
  {
    RawClient.exchange(port: simulator.port, "/v1/chat/completions", headers: headers, body: body)
  }

  @Test("stats count what was seen, by status, path, model and key, and duplicates by content")
  func stats() throws {
    let simulator = try Simulator.start()
    defer { simulator.stop() }
    _ = Self.post(
      simulator, Self.body("a", more: #","stream":true"#), headers: ["authorization: Bearer secret"])
    // The order of members and how the reply is delivered don't make another content.
    _ = Self.post(simulator, #"{"messages":[{"content":"a","role":"user"}],"model":"sim-perfect"}"#)
    _ = Self.post(simulator, Self.body("b", model: "sim-wrong"), headers: ["x-sim-fault: 500"])
    let stats = simulator.stats
    #expect(stats["requests"] == 3)
    #expect(stats["by_status"] == ["200": 2, "500": 1])
    #expect(stats["by_model"] == ["sim-perfect": 2, "sim-wrong": 1])
    #expect(stats["faults"] == ["500": 1])
    #expect(stats["duplicates"] == 1)
    #expect(stats["streams"] == 1)
    #expect(stats["in_flight"] == 0)
    #expect(stats["by_key"]?.object?.count == 1)
    #expect(!stats.text.contains("secret"))
  }

  @Test("the bill says what each request would have cost, and only what was answered")
  func bill() throws {
    let simulator = try Simulator.start()
    defer { simulator.stop() }
    let reply = try JSON(parsing: Self.post(simulator, Self.body("a")).body)
    _ = Self.post(simulator, Self.body("b"), headers: ["x-sim-fault: 503"])
    let input = reply["usage"]?["prompt_tokens"]?.int ?? 0
    let output = reply["usage"]?["completion_tokens"]?.int ?? 0
    let bill = simulator.bill
    #expect(bill["total"]?["picodollars"]?.int == input * 1_000_000 + output * 2_000_000)
    #expect(bill["last_requests"]?.array?.count == 1)
  }

  @Test("the log has the true time of every event that a client saw")
  func truth() throws {
    let script = """
      rules:
        - reply: { text: "one two three four five six seven eight nine ten", first: 30, per_token: 10 }
      """
    let simulator = try Simulator.start(script: script)
    defer { simulator.stop() }
    let before = MonotonicClock.now()
    let response = Self.post(simulator, Self.body("x", more: #","stream":true"#))
    let after = MonotonicClock.now()
    let line = try #require(simulator.log.first)
    let emitted = (line["emitted_ns"]?.array ?? []).compactMap(\.int).map(Int64.init)
    #expect(emitted.count == 10)
    #expect(response.body.components(separatedBy: #""delta":{"content":""#).count - 1 == 10)
    #expect(emitted.allSatisfy { $0 > before && $0 < after })
    let received = Int64(line["received_ns"]?.int ?? 0)
    // Deadlines are absolute: no event is early, and being late once does not make the next ones late.
    for (number, time) in emitted.enumerated() {
      #expect(time >= received + 30_000_000 + Int64(number) * 10_000_000)
    }
  }

  @Test("speed scales time and nothing else")
  func speed() throws {
    let script = "rules: [{ reply: { text: one two three, first: 2000, per_token: 1000 } }]"
    let simulator = try Simulator.start(script: script, speed: 100)
    defer { simulator.stop() }
    _ = Self.post(simulator, Self.body("x"))
    let line = try #require(simulator.log.first)
    let took = (line["ended_ns"]?.int ?? 0) - (line["received_ns"]?.int ?? 0)
    #expect(took >= 40_000_000)
    #expect(took < 2_000_000_000)
  }

  @Test("replies do not depend on the order in which requests arrive")
  func order() throws {
    func replies(_ numbers: [Int]) throws -> [Int: String] {
      let simulator = try Simulator.start(seed: 5, profile: "instant")
      defer { simulator.stop() }
      var replies: [Int: String] = [:]
      for number in numbers {
        let response = Self.post(
          simulator, Self.body("q\(number)", model: "sim-tiny"), headers: ["x-sim-expected: 7"])
        replies[number] = try JSON(parsing: response.body)["choices"]?[0]?["message"]?["content"]?.string
      }
      return replies
    }
    #expect(try replies(Array(0..<40)) == replies(Array((0..<40).reversed())))
  }

  @Test("the same content asked again gets another reply, unless told not to")
  func repetitions() throws {
    let simulator = try Simulator.start(profile: "instant")
    defer { simulator.stop() }
    func text(_ headers: [String] = []) throws -> String? {
      try JSON(parsing: Self.post(simulator, Self.body("again", model: "sim-large"), headers: headers).body)[
        "choices"]?[0]?["message"]?["content"]?.string
    }
    let first = try text()
    #expect(try text() != first)
    #expect(try text(["x-sim-sample: 0"]) == first)
  }

  @Test("repetitions that are numbered, and askers that are named, get the same replies in any order")
  func occasions() throws {
    typealias Asked = (sample: Int, lane: String)
    let all = (0..<24).map { Asked($0 % 12, $0 < 12 ? "" : "target 2") }
    func replies(_ order: [Asked]) throws -> [String: String] {
      let simulator = try Simulator.start(seed: 5, profile: "instant")
      defer { simulator.stop() }
      var replies: [String: String] = [:]
      for asked in order {
        let response = Self.post(
          simulator, Self.body("again", model: "sim-large"),
          headers: ["x-sim-sample: \(asked.sample)", "x-sim-attempt: 0", "x-sim-lane: \(asked.lane)"])
        replies["\(asked)"] =
          try JSON(parsing: response.body)["choices"]?[0]?["message"]?["content"]?.string
      }
      return replies
    }
    let inOrder = try replies(all)
    #expect(try replies(all.reversed()) == inOrder)
    #expect(Set(inOrder.values).count == 24)
  }

  @Test("settings change while it runs, and a mistake changes nothing")
  func config() throws {
    let simulator = try Simulator.start()
    defer { simulator.stop() }
    func post(_ body: String) -> RawClient.Response {
      RawClient.exchange(port: simulator.port, "/_sim/config", body: body)
    }
    #expect(post(#"{"faults":"500=1","profile":"instant"}"#).status == 200)
    #expect(Self.post(simulator, Self.body("x")).status == 500)
    let mistake = post(#"{"faults":"","limits":"rpm=none"}"#)
    #expect(mistake.status == 400)
    #expect(Self.post(simulator, Self.body("y")).status == 500)
    #expect(post(#"{"faults":""}"#).status == 200)
    #expect(Self.post(simulator, Self.body("z")).status == 200)
  }

  @Test("the log file has a line for every request")
  func logFile() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "assay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = SimulatorOptions()
    options.log = folder.appending(path: "log.jsonl").path
    options.profile = "instant"
    let simulator = try Simulator.start(options)
    for number in 0..<20 { _ = Self.post(simulator, Self.body("\(number)")) }
    simulator.stop()
    let lines = try File.readText(options.log ?? "").split(separator: "\n")
    #expect(lines.count == 20)
    #expect(try JSON(parsing: String(lines[19]))["n"] == 20)
  }

  @Test("listening wider than loopback needs a token, and then callers need it too")
  func token() throws {
    #expect(throws: Problem.self) { try Simulator.start(listen: "0.0.0.0:0") }
    var options = SimulatorOptions()
    options.token = "let-me-in"
    options.profile = "instant"
    let simulator = try Simulator.start(options)
    defer { simulator.stop() }
    #expect(Self.post(simulator, Self.body("x")).status == 401)
    #expect(Self.post(simulator, Self.body("x"), headers: ["x-api-key: let-me-in"]).status == 200)
  }

  @Test("a queue is served first come first served, and refuses when it is full")
  func queue() {
    var profile = LatencyProfile.local8B
    profile.slots = 2
    profile.queueLength = 2
    var queue = ServiceQueue()
    func come(_ now: Int64) -> ServiceQueue.Turn {
      let turn = queue.turn(at: now, profile)
      if !turn.isRefused { queue.occupy(until: turn.start + 100) }
      return turn
    }
    #expect(come(0).start == 0)
    #expect(come(10).start == 10)
    #expect(come(20).start == 100)
    #expect(come(30).start == 110)
    #expect(come(40).isRefused)
    #expect(come(105).start == 200)
    #expect(come(1000).start == 1000)
  }

  @Test("times to first token follow the profile")
  func latency() {
    let profile = LatencyProfile.hostedSmall
    let times = (0..<4000).map { number in
      profile.first(input: 100, cached: 0, load: 1, Draws(seed: 1, content: UInt64(number), sample: 0))
    }.sorted()
    // The median is the base, the spread that of the log-normal, and a tail of one in a hundred lies beyond.
    #expect(abs(times[2000] - 355) < 25)
    #expect((times[3200] / times[2000] - 1.52).magnitude < 0.15)
    #expect(times[3990] > 3 * 355)
  }

  @Test("the server refuses tokens it does not know on its own pages, too, when it has one")
  func pagesNeedToken() throws {
    var options = SimulatorOptions()
    options.token = "let-me-in"
    let simulator = try Simulator.start(options)
    defer { simulator.stop() }
    #expect(RawClient.exchange(port: simulator.port, "/_sim/stats", method: "GET").status == 401)
    #expect(
      RawClient.exchange(
        port: simulator.port, "/_sim/stats", method: "GET", headers: ["authorization: Bearer let-me-in"]
      ).status == 200)
  }
}
