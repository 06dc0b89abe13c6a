import Formats
import Testing

@testable import Simulator

struct LimitTests {
  private static func limits(_ text: String) throws -> Limits { try Limits(text) }

  @Test(
    "a meter gives out no more than its limit, and says when there is more",
    arguments: [
      ("window=bucket,burst=60", 1.0), ("window=sliding", 60.0), ("window=fixed", 60.0),
    ])
  func meter(window: String, wait: Double) throws {
    var meter = LimitMeter(60, try Self.limits("rpm=60," + window))
    var now = 600.0
    for _ in 0..<60 {
      #expect(meter.wait(for: 1, at: now) == 0)
      meter.take(1, at: now)
    }
    #expect(abs(meter.wait(for: 1, at: now) - wait) < 0.001)
    now += wait
    #expect(meter.wait(for: 1, at: now) == 0)
  }

  @Test("no minute lets more than the limit and the burst through")
  func neverMore() throws {
    for window in ["bucket", "sliding", "fixed"] {
      var generator = SeededGenerator(seed: 11)
      var meter = LimitMeter(100, try Self.limits("rpm=100,burst=10,window=" + window))
      var admitted: [Double] = []
      var now = 0.0
      for _ in 0..<3000 {
        now += generator.nextDouble() * 0.4
        if meter.wait(for: 1, at: now) == 0 {
          meter.take(1, at: now)
          admitted.append(now)
        }
      }
      // Steady windows let a minute's worth and the burst through; a fixed one twice that across its edge.
      let most = window == "sliding" ? 100 : window == "bucket" ? 117 : 200
      for (number, time) in admitted.enumerated() {
        let within = admitted[number...].prefix { $0 < time + 60 }.count
        #expect(within <= most)
      }
      #expect(admitted.count > 900)
    }
  }

  @Test("what is larger than the whole limit is let through alone")
  func oversize() throws {
    var meter = LimitMeter(100, try Self.limits("tpm=100"))
    #expect(meter.wait(for: 1000, at: 0) == 0)
    meter.take(1000, at: 0)
    #expect(meter.wait(for: 1, at: 1) > 0)
  }

  private static func start(_ limits: String, speed: Double = 1) throws -> Simulator {
    var options = SimulatorOptions()
    options.limits = limits
    options.profile = "instant"
    options.speed = speed
    return try Simulator.start(options)
  }

  private static func ask(_ simulator: Simulator, key: String = "k", path: String = "/v1/chat/completions")
    -> RawClient.Response
  {
    RawClient.exchange(
      port: simulator.port, path, headers: ["authorization: Bearer \(key)"],
      body: #"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hello"}]}"#)
  }

  @Test("the third of two requests a minute gets a 429 with the time to wait, each key by itself")
  func enforced() throws {
    let simulator = try Self.start("rpm=2")
    defer { simulator.stop() }
    #expect(Self.ask(simulator).header("x-ratelimit-remaining-requests") == "1")
    #expect(Self.ask(simulator).status == 200)
    let refused = Self.ask(simulator)
    #expect(refused.status == 429)
    #expect(refused.body.contains("requests per min"))
    let wait = Int(refused.header("retry-after-ms") ?? "") ?? 0
    #expect((25_000...30_000).contains(wait))
    #expect(Self.ask(simulator, key: "other").status == 200)
    #expect(simulator.stats["limited"]?["429-requests"] == 1)
  }

  @Test("tokens are limited by what max_tokens could come to, and time is scaled")
  func tokens() throws {
    let simulator = try Self.start("tpm=30", speed: 100)
    defer { simulator.stop() }
    #expect(Self.ask(simulator).status == 200)
    let refused = (0..<3).map { _ in Self.ask(simulator) }.first { $0.status == 429 }
    #expect(refused?.body.contains("tokens per min") == true)
    #expect(Int(refused?.header("retry-after-ms") ?? "") ?? 1000 <= 600)
  }

  @Test("a reply that may be of any length is charged, and the wait that is told is a number")
  func hugeReply() throws {
    let simulator = try Self.start("tpm=1,rpm=1000000000000", speed: 0.001)
    defer { simulator.stop() }
    for (path, name) in [
      ("/v1/chat/completions", "max_tokens"), ("/v1/messages", "max_tokens"),
      ("/v1/responses", "max_output_tokens"),
    ] {
      for count in [Int.max, .min] {
        let response = RawClient.exchange(
          port: simulator.port, path, headers: ["x-sim-expected: yes"],
          body:
            #"{"model":"m","\#(name)":\#(count),"messages":[{"role":"user","content":"hi"}],"input":"hi"}"#)
        #expect([200, 400, 429].contains(response.status), "\(path) \(count) \(response.status)")
      }
    }
  }

  @Test("each family tells its limits in its own dialect")
  func dialects() throws {
    let simulator = try Self.start("rpm=50,tpm=9000,itpm=8000")
    defer { simulator.stop() }
    let openAI = Self.ask(simulator)
    #expect(openAI.header("x-ratelimit-limit-requests") == "50")
    #expect(openAI.header("x-ratelimit-reset-requests")?.hasSuffix("s") == true)
    let anthropic = Self.ask(simulator, key: "b", path: "/v1/messages")
    #expect(anthropic.header("anthropic-ratelimit-requests-remaining") == "49")
    #expect(anthropic.header("anthropic-ratelimit-input-tokens-limit") == "8000")
    #expect(anthropic.header("anthropic-ratelimit-requests-reset")?.hasSuffix("z") == true)
    let azure = Self.ask(simulator, key: "c", path: "/openai/deployments/m/chat/completions")
    #expect(Int(azure.header("x-ratelimit-reset-tokens") ?? "") != nil)
  }

  @Test(
    "durations are printed as Go prints them",
    arguments: [
      (0.006, "6ms"), (0, "0ms"), (1, "1s"), (1.5, "1.5s"), (59.999, "59.999s"), (360, "6m0s"),
      (3725, "1h2m5s"),
    ])
  func durations(seconds: Double, text: String) { #expect(goDuration(seconds) == text) }

  @Test(
    "a limit that makes no sense is told",
    arguments: [
      "rpm=0", "rpm=x", "window=round", "speed=3", "rpm", "rpm=9223372036854775807", "burst=9999999999999",
    ])
  func mistakes(text: String) { #expect(throws: Problem.self) { try Limits(text) } }
}
