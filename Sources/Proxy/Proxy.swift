import Formats
import Ledger
import Models
import Synchronization
import Vocabulary
import Wire

/// Records what other programs ask of models: they ask it in place of the service, and it passes on both ways what comes,
/// as it comes.
///
///     let proxy = try Proxy.start(
///       on: ListenAddress("127.0.0.1:8787"), upstream: Upstream(), client: client, recorder: recorder,
///       told: { event in ... })
///     await proxy.drain()     // takes nothing more, and waits for what is under way
///     proxy.stop()
///
/// Keys are those of the programs: they go to the service with the request, and nowhere else.
public final class Proxy: Sendable {
  public enum Event: Sendable {
    /// A call is in the ledger, under this number.
    case recorded(Call, Int64)
    /// It was passed on, and could not be recorded.
    case lost(Call, LedgerError)
    /// Asked no model anything, or not in a way that is understood here.
    case passed(method: String, path: String, status: Int?, error: String?)
  }

  /// `http://127.0.0.1:8787`, without a path.
  public var address: String { "http://\(server.address)" }
  private let server: HTTPServer
  private let desk: Desk

  private init(server: HTTPServer, desk: Desk) {
    self.server = server
    self.desk = desk
  }

  /// - Parameter told: of every request that has ended, on whatever thread.
  public static func start(
    on address: ListenAddress, upstream: Upstream, client: ModelClient, recorder: Recorder,
    told: @escaping @Sendable (Event) -> Void
  ) throws(Problem) -> Proxy {
    let desk = Desk(upstream: upstream, client: client, recorder: recorder, told: told)
    return Proxy(server: try HTTPServer.start(on: address, handler: { desk.answer($0) }), desk: desk)
  }

  /// Requests under way.
  public var underWay: Int { desk.underWay }

  /// Refuses what comes from now on, and returns once all that is under way has ended, is recorded and has been read.
  public func drain() async { await desk.drain() }

  /// Breaks off what is under way; `drain` waits until that is recorded.
  public func stop() { server.stop() }
}

/// Takes requests, has them asked, and sees to it that each is recorded before its end is let go.
private final class Desk: Sendable {
  private struct Work {
    var underWay = 0
    var isClosed = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let upstream: Upstream
  private let client: ModelClient
  private let recorder: Recorder
  private let told: @Sendable (Proxy.Event) -> Void
  private let work = Mutex(Work())

  init(
    upstream: Upstream, client: ModelClient, recorder: Recorder,
    told: @escaping @Sendable (Proxy.Event) -> Void
  ) {
    self.upstream = upstream
    self.client = client
    self.recorder = recorder
    self.told = told
  }

  var underWay: Int { work.withLock { $0.underWay } }

  func drain() async {
    await withCheckedContinuation { continuation in
      let isIdle = work.withLock { work in
        work.isClosed = true
        if work.underWay > 0 { work.waiting.append(continuation) }
        return work.underWay == 0
      }
      if isIdle { continuation.resume() }
    }
  }

  /// On a server thread.
  func answer(_ request: ServerRequest) -> ServerAnswer {
    let observed = ObservedRequest(
      method: request.method, target: request.target, headers: request.headers, body: request.body)
    guard let destination = upstream.destination(of: observed) else {
      return .response(.refusal(404, "no service is known by this path"))
    }
    let isTaken = work.withLock { work in
      if !work.isClosed { work.underWay += 1 }
      return !work.isClosed
    }
    guard isTaken else { return .response(.refusal(503, "the proxy is about to end")) }
    let relay = Relay(request)
    let task = Task {
      await serve(observed, destination, relay)
      relay.release()
      await relay.delivered()
      leave()
    }
    relay.whenGone { task.cancel() }
    return .waiting(relay)
  }

  private func leave() {
    let waiting = work.withLock { work in
      work.underWay -= 1
      guard work.underWay == 0 else { return [CheckedContinuation<Void, Never>]() }
      defer { work.waiting = [] }
      return work.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  private func serve(
    _ request: ObservedRequest, _ destination: Upstream.Destination, _ relay: Relay
  ) async {
    guard let prepared = client.observed(request, at: destination) else {
      let exchange = await client.forward(
        request, to: destination, timeouts: Self.timeouts, watcher: relay)
      return told(
        .passed(
          method: request.method, path: String(request.path), status: exchange.status,
          error: exchange.error?.message))
    }
    let scheduledAt = Instant.now().microseconds
    let outcome = await client.attempt(prepared, timeouts: Self.timeouts, watcher: relay)
    var call = Call(
      purpose: .live, source: .network, target: prepared.endpoint.label, provider: prepared.provider,
      model: prepared.model, request: prepared.canonical, result: outcome.result,
      attempts: [outcome.attempt], total: Instant.now().microseconds - scheduledAt, scheduledAt: scheduledAt)
    call.cost = outcome.cost
    call.costReason = outcome.costReason
    call.isSimulated = prepared.isSimulated
    call.traceID = request.header("traceparent").flatMap(Self.trace)
    // A merge or a prune may have the ledger for minutes; a program is not to wait for those.
    let patience = Task {
      try? await Task.sleep(for: Self.longestHold)
      relay.release()
    }
    do throws(LedgerError) {
      told(.recorded(call, try await recorder.record(CallRecord(call))))
    } catch {
      told(.lost(call, error))
    }
    patience.cancel()
  }

  /// How long the end of a reply waits for its call to be recorded.
  private static let longestHold = Duration.seconds(5)

  /// How long a program waits is its own business: when it goes away, so do we.
  private static let timeouts = HTTPTimeouts(connect: 30_000, firstByte: nil, betweenBytes: nil, total: nil)

  /// The number of the trace in W3C's header: `00-TRACE-SPAN-FLAGS`.
  private static func trace(_ header: String) -> String? {
    let parts = header.split(separator: "-")
    guard parts.count >= 4, parts[1].utf8.count == 32, let bytes = Hex.bytes(String(parts[1])),
      bytes.contains(where: { $0 != 0 })
    else { return nil }
    return String(parts[1])
  }
}
