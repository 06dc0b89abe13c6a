import Formats
import Wire

/// Everything that `assay simulate` can be told, and a test as well.
public struct SimulatorOptions: Sendable {
  /// `127.0.0.1:0` lets the system choose the port. Wider than loopback needs a `token`.
  public var listen = "127.0.0.1:0"
  /// YAML: what to reply to what. See docs/simulator.md.
  public var script: String?
  /// The file the script came from, for messages.
  public var scriptFile = "script"
  public var seed: UInt64 = 1
  /// How many simulated seconds pass in a real one.
  public var speed = 1.0
  /// Beyond these, times come to nothing, or to more than a clock holds. Not public: the optimiser of Swift 6.3.1 ends
  /// with an exception where another module uses a constant of this one.
  static let speeds = 0.001...1_000_000.0
  /// A latency profile for every model, in place of its own: `instant`, `hosted-large`, ...
  public var profile: String?
  /// `rpm=60,tpm=10000`: see docs/simulator.md.
  public var limits: String?
  /// `500=0.01,reset-mid-stream=0.02`: see docs/simulator.md.
  public var faults: String?
  /// A file that gets one JSON line for each request.
  public var log: String?
  /// The key that callers must present; required when listening wider than loopback.
  public var token: String?
  public var threads = 1

  public init() {}
}
