import Formats
import Synchronization
import Wire

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The HTTP client against `bench/wire/server`, whose port is the first argument; `bench/wire/run` calls it.
///
///     assay-bench wire PORT requests COUNT INFLIGHT
///     assay-bench wire PORT streams STREAMS EVENTS GAP-MICROSECONDS
///     assay-bench wire PORT stamps STREAMS EVENTS GAP-MICROSECONDS
///     assay-bench wire - parser
func measureWire(_ arguments: [String]) async throws {
  let numbers = arguments.dropFirst(2).compactMap { Int($0) }
  switch (arguments.dropFirst().first, numbers.count) {
  case ("requests", 2):
    await measureRequests(port: arguments[0], count: numbers[0], inFlight: numbers[1])
  case ("streams", 3):
    await measureStreams(
      port: arguments[0], streams: numbers[0], events: numbers[1], gap: numbers[2], keepsStamps: false)
  case ("stamps", 3):
    await measureStreams(
      port: arguments[0], streams: numbers[0], events: numbers[1], gap: numbers[2], keepsStamps: true)
  case ("parser", 0):
    measureParser()
  default:
    print("usage: assay-bench wire PORT requests COUNT INFLIGHT | streams|stamps STREAMS EVENTS GAP | parser")
  }
}

/// CPU of the whole process, in microseconds.
private func cpuMicroseconds() -> Int64 {
  var usage = rusage()
  #if canImport(Glibc)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  #else
    getrusage(RUSAGE_SELF, &usage)
  #endif
  let seconds = Int64(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
  return seconds * 1_000_000 + Int64(usage.ru_utime.tv_usec) + Int64(usage.ru_stime.tv_usec)
}

private let headers = [
  ("Content-Type", "application/json"),
  ("Authorization", "Bearer sk-0123456789012345678901234567890123456789"),
]
private let body = [UInt8](repeating: 0x70, count: 1000)

private final class Tally: Sendable {
  let left: Atomic<Int>
  let failed = Atomic(0)
  init(_ count: Int) { left = Atomic(count) }
}

/// As a run has it: what asks runs on the client's own threads.
private func startedClient() -> HTTPClient {
  let client = HTTPClient()
  do throws(Problem) { try client.start() } catch { fatalError(error.message) }
  return client
}

private func measureRequests(port: String, count: Int, inFlight: Int) async {
  let client = startedClient()
  let request = HTTPRequest(url: "http://127.0.0.1:\(port)/reply", headers: headers, body: body)
  func run(_ count: Int) async -> Int {
    let tally = Tally(count)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<inFlight {
        group.addTask(executorPreference: client.executor(ofTask: number)) {
          while tally.left.wrappingSubtract(1, ordering: .relaxed).newValue >= 0 {
            if await !client.send(request).isSuccess { tally.failed.wrappingAdd(1, ordering: .relaxed) }
          }
        }
      }
    }
    return tally.failed.load(ordering: .relaxed)
  }
  _ = await run(count / 10 + inFlight)
  let start = MonotonicClock.microseconds(), cpu = cpuMicroseconds()
  let failed = await run(count)
  let wall = MonotonicClock.microseconds() - start, used = cpuMicroseconds() - cpu
  print(
    "assay requests inflight=\(inFlight) req/s=\(count * 1_000_000 / Int(wall))",
    "cpu_us_per_request=\(NumberText.fixed(Double(used) / Double(count), decimals: 2)) failed=\(failed)")
}

/// Counts events and compares each stamp with the moment at which the server sent it.
// @unchecked Sendable: written by the event loop while `send` is awaited, read by the task afterwards.
private final class EventCounter: EventReceiver, @unchecked Sendable {
  var count = 0
  /// Monotonic nanosecond of sending, and our stamp in microseconds from the start.
  var stamps: [(sent: Int64, at: Int64)] = []
  private let keepsStamps: Bool

  init(keepsStamps: Bool) { self.keepsStamps = keepsStamps }

  func receive(event name: RawSpan, data: RawSpan, at microsecondsFromStart: Int64) {
    count += 1
    guard keepsStamps, data.byteCount > 160 else { return }
    // The server writes the moment with 20 digits, always at the same place.
    let sent = data.withUnsafeBytes { bytes -> Int64 in
      guard let mark = (100..<150).first(where: { bytes[$0...].starts(with: "\"sent\":".utf8) }) else {
        return 0
      }
      return bytes[(mark + 7)..<(mark + 27)].reduce(0) { $0 * 10 + Int64($1 & 15) }
    }
    stamps.append((sent, microsecondsFromStart))
  }
}

private func measureStreams(port: String, streams: Int, events: Int, gap: Int, keepsStamps: Bool) async {
  let client = startedClient()
  // As the bare loop does: two requests a connection, then a rest, lest it depend on the quickness of the start whether the
  // kernel takes the connections for dialogues, whose ACKs it puts off: half as many, each two microseconds of this process.
  let warmUp = Tally(streams * 2)
  await withTaskGroup(of: Void.self) { group in
    for number in 0..<streams {
      group.addTask(executorPreference: client.executor(ofTask: number)) {
        while warmUp.left.wrappingSubtract(1, ordering: .relaxed).newValue >= 0 {
          _ = await client.send(
            HTTPRequest(url: "http://127.0.0.1:\(port)/reply", headers: headers, body: body))
        }
      }
    }
  }
  try? await Task.sleep(for: .milliseconds(200))
  let path = gap > 0 ? "stream/\(events)/\(gap)" : "burst/\(events)"
  let start = MonotonicClock.microseconds(), cpu = cpuMicroseconds()
  let results = await withTaskGroup(of: (EventCounter, HTTPExchange).self) { group in
    for number in 0..<streams {
      group.addTask(executorPreference: client.executor(ofTask: number)) {
        let counter = EventCounter(keepsStamps: keepsStamps)
        let exchange = await client.send(
          HTTPRequest(
            url: "http://127.0.0.1:\(port)/\(path)", headers: headers, body: body,
            framing: .serverSentEvents(counter)
          ))
        return (counter, exchange)
      }
    }
    return await group.reduce(into: []) { $0.append($1) }
  }
  let wall = MonotonicClock.microseconds() - start, used = cpuMicroseconds() - cpu
  let total = streams * events
  let failed = results.count { !$0.1.isSuccess || $0.0.count != events + 1 }
  print(
    "assay streams=\(streams) gap_us=\(gap) events/s=\(total * 1_000_000 / Int(wall))",
    "cpu_us_per_event=\(NumberText.fixed(Double(used) / Double(total), decimals: 3)) failed=\(failed)")
  guard keepsStamps else { return }
  let errors = results.flatMap { counter, exchange in
    counter.stamps.map { Double(exchange.startedAt + $0.at * 1000 - $0.sent) / 1e6 }
  }.sorted()
  let lags = results.map { Double($0.1.loopLag) / 1000 }.sorted()
  func percentile(_ values: [Double], _ p: Double) -> String {
    values.isEmpty ? "-" : NumberText.fixed(values[Int(Double(values.count - 1) * p)], decimals: 3)
  }
  print(
    "assay stamps against the server's truth, ms: p50=\(percentile(errors, 0.5)) p99=\(percentile(errors, 0.99))",
    "max=\(percentile(errors, 1)); greatest loop lag of a stream, ms: p50=\(percentile(lags, 0.5)) p99=\(percentile(lags, 0.99))"
  )
}

private func measureParser() {
  let event =
    "data: {\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":"
    + "{\"content\":\" word\"},\"logprobs\":null,\"finish_reason\":null}],\"pad\":\"\(String(repeating: "x", count: 140))\"}\n\n"
  let bytes = Array(String(repeating: event, count: 54).utf8)
  for (what, size) in [
    ("16 kB chunks", 16_384), ("one event a chunk", event.utf8.count), ("100-byte chunks", 100),
  ] {
    var best = Int64.max
    for _ in 0..<20 {
      let counter = EventCounter(keepsStamps: false)
      var parser = SSEParser()
      let start = MonotonicClock.now()
      for _ in 0..<200 {
        var position = 0
        while position < bytes.count {
          let end = min(position + size, bytes.count)
          _ = parser.feed(bytes[position..<end].span.bytes, to: counter, at: MonotonicClock.now())
          position = end
        }
      }
      best = min(best, (MonotonicClock.now() - start) * 1000 / Int64(counter.count))
    }
    print(
      "parse and stamp events of \(event.utf8.count) bytes, \(what):",
      "\(NumberText.fixed(Double(best) / 1e6, decimals: 4)) us an event")
  }
}
