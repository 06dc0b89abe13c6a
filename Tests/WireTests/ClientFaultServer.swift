import Foundation
import Synchronization

@testable import Wire

/// The misbehaving server of Fixtures/faults.py: one for all tests, ended with them.
final class FaultServer: Sendable {
  static let shared = FaultServer()

  let port: Int
  /// TLS with a certificate that only `Fixtures/test-only.pem` vouches for, made out to `localhost`.
  let tlsPort: Int
  /// Resets every TLS handshake.
  let resetPort: Int
  /// Takes connections and never says a word.
  let silentPort: Int
  /// A forward proxy that tunnels to `localhost` and to nowhere else.
  let proxyPort: Int

  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures").path
  static let caFile = fixtures + "/test-only.pem"
  /// Held open while the tests run: its end ends the server.
  private static let input = Mutex<Pipe?>(nil)

  private init() {
    let process = Process()
    let output = Pipe()
    let input = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", Self.fixtures + "/faults.py"]
    process.standardOutput = output
    process.standardInput = input
    do { try process.run() } catch { fatalError("python3 is needed for the tests of the client: \(error)") }
    Self.input.withLock { $0 = input }
    var line = Data()
    while !line.contains(0x0A) {
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { break }
      line += more
    }
    let ports = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap {
      Int($0)
    }
    precondition(ports.count == 5, "the fault server did not start")
    port = ports[0]
    tlsPort = ports[1]
    resetPort = ports[2]
    silentPort = ports[3]
    proxyPort = ports[4]
  }

  func url(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

  /// How many requests with this token came.
  func seen(_ token: String) async -> Int? {
    let exchange = await HTTPClient().send(HTTPRequest(method: "GET", url: url("seen?token=\(token)")))
    return Int(String(decoding: exchange.body, as: UTF8.self))
  }
}

/// Keeps what it receives. Its lock is for the test's own reading.
final class Collector: EventReceiver {
  struct Event: Equatable {
    var name: String
    var data: String
    var at: Int64
  }

  private let state = Mutex<[Event]>([])
  private let endMark: String?

  init(endMark: String? = nil) { self.endMark = endMark }

  var events: [Event] { state.withLock { $0 } }
  var data: [String] { events.map(\.data) }
  var names: [String] { events.map(\.name) }

  func receive(event name: RawSpan, data: RawSpan, at microsecondsFromStart: Int64) {
    let event = Event(
      name: name.withUnsafeBytes { String(decoding: $0, as: UTF8.self) },
      data: data.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }, at: microsecondsFromStart)
    state.withLock { $0.append(event) }
  }

  var isFinished: Bool { endMark.map { mark in state.withLock { $0.last?.data == mark } } ?? false }
}

extension HTTPExchange {
  var text: String { String(decoding: body, as: UTF8.self) }
}
