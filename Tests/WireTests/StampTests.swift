import Formats
import Synchronization
import Testing

@testable import Wire

/// When events arrived is told rightly, or said to be uncertain.
@Suite("stamps of arrival")
struct StampTests {
  #if os(Linux)
    @Test("an event is stamped when it arrived, though the loop was busy with another stream")
    func busyLoop() async throws {
      let exchange = try await whileBusy(events: 1)
      #expect(exchange.stampedAt < exchange.letGoAt - 1_000_000)
      #expect(exchange.stampedAt > exchange.startedAt)
    }

    @Test("events that waited together are said to be uncertain, by what lies between them at the most")
    func waitedTogether() async throws {
      let exchange = try await whileBusy(events: 2)
      #expect(exchange.stampedAt < exchange.letGoAt - 1_000_000)
      // The first came three milliseconds before the second, whose time both were given.
      #expect(exchange.lag >= 3_000)
      #expect(exchange.lag <= (exchange.letGoAt - exchange.startedAt) / 1000)
    }
  #endif

  @Test("a wall clock that is slewed is followed, one that is set is not believed")
  func wallClock() {
    let clock = LoopClock()
    let start: Int64 = 1_000_000_000
    clock.compare(wallClock: 5_000_000_000, with: start)
    _ = clock.handle(again: false)
    clock.arrived(noted: MonotonicClock.now() + 4_000_000_000)
    #expect(clock.isArrivalNoted)
    clock.compare(wallClock: 5_100_100_000, with: start + 100_000_000)
    _ = clock.handle(again: false)
    clock.arrived(noted: MonotonicClock.now() + 4_000_100_000)
    #expect(clock.isArrivalNoted)
    clock.compare(wallClock: 9_200_000_000, with: start + 200_000_000)
    _ = clock.handle(again: false)
    clock.arrived(noted: MonotonicClock.now() + 8_000_000_000)
    #expect(!clock.isArrivalNoted)
    clock.compare(wallClock: 9_300_000_000, with: start + 300_000_000)
    _ = clock.handle(again: false)
    clock.arrived(noted: MonotonicClock.now() + 8_000_000_000)
    #expect(clock.isArrivalNoted)
    _ = clock.handle(again: false)
    clock.arrived(noted: 0)
    #expect(!clock.isArrivalNoted)
  }

  @Test("no answer is stamped before its request has reached the server")
  func afterItsRequest() async throws {
    let received = Mutex<[Int64]>([])
    let server = try HTTPServer.start(on: ListenAddress()) { request in
      received.withLock { $0.append(request.receivedAt) }
      return .response(.text("hello"))
    }
    defer { server.stop() }
    let client = HTTPClient()
    var ends: [Int64] = []
    for _ in 0..<400 {
      let exchange = await client.send(HTTPRequest(url: "http://127.0.0.1:\(server.port)/", body: [0x20]))
      #expect(exchange.error == nil)
      ends.append(exchange.startedAt + exchange.timings.done * 1_000 + 1_000)
    }
    let early = zip(ends, received.withLock { $0 }).filter { $0 < $1 }
    #expect(early.isEmpty, "\(early.count) of 400, by up to \(early.map { $1 - $0 }.max() ?? 0) ns")
  }

  private struct Seen {
    var startedAt: Int64
    var stampedAt: Int64
    var letGoAt: Int64
    var lag: Int64
  }

  /// One stream's events arrive while the receiver of another holds the loop up, each in a packet of its own.
  private func whileBusy(events: Int) async throws -> Seen {
    let quiet = PacedScript()
    let server = try HTTPServer.start(on: ListenAddress()) { request in
      .script(request.path == "/quiet" ? quiet : PacedScript())
    }
    defer { server.stop() }
    let client = HTTPClient()
    let base = "http://127.0.0.1:\(server.port)"
    let collector = Collector(endMark: "2")
    let listening = Task {
      await client.send(HTTPRequest(url: base + "/quiet", framing: .serverSentEvents(collector)))
    }
    while collector.events.isEmpty { await Task.yield() }

    let holdUp = HoldUp {
      for _ in 0..<events {
        quiet.sendNext()
        let sent = MonotonicClock.now()
        while MonotonicClock.now() < sent + 3_000_000 {}
      }
    }
    _ = await client.send(HTTPRequest(url: base + "/busy", framing: .serverSentEvents(holdUp)))
    if events == 1 { quiet.sendNext() }
    let exchange = await listening.value
    let stamp = try #require(collector.events.dropFirst().first).at
    return Seen(
      startedAt: exchange.startedAt, stampedAt: exchange.startedAt + stamp * 1000,
      letGoAt: holdUp.letGoAt.load(ordering: .acquiring), lag: exchange.loopLag)
  }
}

/// Sends an event at once, and two more when it is told to.
private final class PacedScript: ResponseScript, Sendable {
  private struct State {
    var allowed = 1
    var sent = 0
  }
  private let state = Mutex(State())

  /// Returns when the next event is with the kernel.
  func sendNext() {
    let wanted = state.withLock { state in
      state.allowed += 1
      return state.allowed
    }
    while state.withLock({ $0.sent < wanted }) {}
  }

  /// Looks again in a tenth of a millisecond where it was told nothing.
  var nextStepAt: Int64 {
    state.withLock { $0.sent < $0.allowed } ? 0 : MonotonicClock.now() + 100_000
  }

  func step(into out: inout [UInt8]) -> ScriptTurn {
    let sent = state.withLock { $0.sent }
    if sent == 0 { out += "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n".utf8 }
    out += "data: \(sent)\n\n".utf8
    return .goOn
  }

  func stepSent(at time: Int64) { state.withLock { $0.sent += 1 } }
}

/// Keeps the loop's thread to itself for a while when its stream begins.
private final class HoldUp: EventReceiver {
  let letGoAt = Atomic<Int64>(0)
  private let work: @Sendable () -> Void

  init(_ work: @escaping @Sendable () -> Void) { self.work = work }

  func receive(event name: RawSpan, data: RawSpan, at microsecondsFromStart: Int64) {
    work()
    letGoAt.store(MonotonicClock.now(), ordering: .releasing)
  }

  var isFinished: Bool { letGoAt.load(ordering: .acquiring) > 0 }
}
