import Formats
import Synchronization
import Wire

/// A model server that is simulated: real HTTP on loopback, known skills, paces and prices, faults on demand.
///
/// ```swift
/// let simulator = try Simulator.start(seed: 7, speed: 100)
/// // ask http://127.0.0.1:\(simulator.port)/v1/chat/completions for sim-large
/// simulator.stop()
/// ```
///
/// The same seed and the same requests give the same replies, whatever the order of arrival.
public final class Simulator: Sendable {
  public var port: Int { server.port }
  /// `http://127.0.0.1:8080`, without a path: OpenAI clients add `/v1`.
  public let address: String
  private let server: HTTPServer
  private let service: Service

  private init(server: HTTPServer, service: Service) {
    self.server = server
    self.service = service
    address = "http://\(server.address)"
  }

  public static func start(_ options: SimulatorOptions) throws(Problem) -> Simulator {
    let address = try ListenAddress(options.listen)
    guard address.isLoopback || options.token != nil else {
      throw Problem(
        "listening on \(address) lets other machines in",
        mend: "give a token that callers must present, or listen on 127.0.0.1")
    }
    let service = try Service(options)
    let server = try HTTPServer.start(
      on: address, threads: options.threads, earlyHandler: { service.early($0) },
      handler: { service.answer($0) })
    return Simulator(server: server, service: service)
  }

  public static func start(
    listen: String = "127.0.0.1:0", script: String? = nil, seed: UInt64 = 1, speed: Double = 1,
    profile: String? = nil
  ) throws(Problem) -> Simulator {
    var options = SimulatorOptions()
    options.listen = listen
    options.script = script
    options.seed = seed
    options.speed = speed
    options.profile = profile
    return try start(options)
  }

  /// Ends every connection and the threads; the log is complete afterwards.
  public func stop() {
    server.stop()
    service.observatory.close()
  }

  /// What `GET /_sim/stats` tells.
  public var stats: JSON {
    server.settle()
    return service.observatory.stats
  }
  /// What `GET /_sim/bill` tells.
  public var bill: JSON {
    server.settle()
    return service.observatory.bill
  }
  /// What `GET /_sim/log` tells: the last exchanges, oldest first.
  public var log: [JSON] {
    server.settle()
    return service.observatory.recentLog(limit: Ring.capacity)
  }
}
