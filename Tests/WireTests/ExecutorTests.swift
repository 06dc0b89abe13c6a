import Formats
import Testing

@testable import Wire

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Tasks that run on the threads that send and receive for them.
@Suite("the client as an executor")
struct ExecutorTests {
  private let server = FaultServer.shared

  private func request(_ path: String) -> HTTPRequest { HTTPRequest(method: "GET", url: server.url(path)) }

  private func thread() -> UInt { UInt(pthread_self()) }

  @Test("is there once it was started, one thread for many tasks")
  func threads() throws {
    let client = HTTPClient()
    #expect(client.executor(ofTask: 0) == nil)
    try client.start()
    func loop(_ number: Int) throws -> EventLoop {
      try #require(client.executor(ofTask: number) as? EventLoop)
    }
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let first = try loop(0), sameThread = try loop(319), next = try loop(320)
    let round = try loop(320 * min(4, processors))
    #expect(first === sameThread)
    #expect((first === next) == (processors == 1))
    #expect(first === round)
  }

  @Test("a task asks and is answered on one thread")
  func staysOnThread() async throws {
    let client = HTTPClient()
    try client.start()
    let seen = await withTaskGroup(of: (Int?, Bool).self) { group in
      for number in 0..<400 {
        group.addTask(executorPreference: client.executor(ofTask: number)) {
          let before = thread()
          let exchange = await client.send(request("echo?task=\(number)"))
          return (exchange.status, thread() == before)
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(seen.allSatisfy { $0.0 == 200 })
    // Not all where the machine is busy: what follows on a job of five milliseconds goes to other threads.
    #expect(seen.count { $0.1 } > 100)
  }

  @Test("an answer that came in time is not taken for late because a task was at work")
  func answersInTime() async throws {
    let client = HTTPClient()
    try client.start()
    let server = try HTTPServer.start(on: ListenAddress()) { _ in .script(LateScript(after: 50_000_000)) }
    defer { server.stop() }
    let url = "http://127.0.0.1:\(server.port)/"
    await withTaskGroup(of: Void.self) { group in
      group.addTask(executorPreference: client.executor(ofTask: 0)) {
        var request = HTTPRequest(method: "GET", url: url)
        request.timeouts = HTTPTimeouts(connect: 150, firstByte: 150, betweenBytes: 150, total: 150)
        let exchange = await client.send(request)
        #expect(exchange.error == nil)
        #expect(exchange.body.count == LateScript.size)
        #expect(exchange.timings.done < 150_000)
      }
      group.addTask(executorPreference: client.executor(ofTask: 1)) {
        // Until the other has been sent.
        try? await Task.sleep(for: .milliseconds(20))
        usleep(300_000)
      }
    }
  }

  @Test("where a task works for long, the next ones go to other threads")
  func longWork() async throws {
    let client = HTTPClient()
    try client.start()
    let executor = try #require(client.executor(ofTask: 0) as? EventLoop)
    await withTaskExecutorPreference(executor) {
      #expect(executor.isOnThread)
      usleep(20_000)
      await Task.yield()
      #expect(!executor.isOnThread)
      let exchange = await client.send(request("echo"))
      #expect(exchange.status == 200)
    }
  }

  @Test("a task outlives its client")
  func outlives() async throws {
    var client: HTTPClient? = HTTPClient()
    try client?.start()
    let executor = try #require(client?.executor(ofTask: 0))
    let task = Task(executorPreference: executor) {
      try? await Task.sleep(for: .milliseconds(50))
      await Task.yield()
      return true
    }
    client = nil
    #expect(await task.value)
  }
}

/// Answers some nanoseconds after it was asked.
private final class LateScript: ResponseScript {
  /// More than curl reads at once.
  static let size = 60_000
  let nextStepAt: Int64

  init(after: Int64) { nextStepAt = MonotonicClock.now() + after }

  func step(into out: inout [UInt8]) -> ScriptTurn {
    out += Array("HTTP/1.1 200 OK\r\nContent-Length: \(Self.size)\r\n\r\n".utf8)
    out += [UInt8](repeating: 0x6F, count: Self.size)
    return .finish
  }
}
