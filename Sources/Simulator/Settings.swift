import Formats
import Wire

/// Settings that are shared by reference: a request takes them as they are and goes.
final class Snapshot: Sendable {
  let settings: Settings
  init(_ settings: Settings) { self.settings = settings }
}

/// What can be changed while the server runs (`POST /_sim/config`).
struct Settings: Sendable {
  var seed: UInt64
  var speed: Double
  var profile: LatencyProfile?
  var script: SimulatorScript?
  var faults: [FaultRate] = []
  var limits = Limits()
  var models: [String: SimulatedModel] = [:]
  /// Replies to the same content differ from one time to the next, as they do at a temperature above zero.
  var repeats = true

  init(_ options: SimulatorOptions) throws(Problem) {
    seed = options.seed
    guard SimulatorOptions.speeds.contains(options.speed) else {
      throw Problem(
        "speed must be a number from 0.001 to 1000000", mend: "1 is real time, 100 is a hundred times as fast"
      )
    }
    speed = options.speed
    if let name = options.profile { profile = try Self.profile(name) }
    if let text = options.faults { faults = try FaultRate.list(text) }
    if let text = options.limits { limits = try Limits(text) }
    if let text = options.script {
      let script = try SimulatorScript(text, file: options.scriptFile)
      self.script = script
      for model in script.models { models[model.name] = model }
      if limits.isEmpty { limits = script.limits }
      faults += script.faults
    }
  }

  static func profile(_ name: String) throws(Problem) -> LatencyProfile {
    guard let profile = LatencyProfile.named(name) else {
      throw Problem(
        "unknown latency profile \"\(name)\"",
        mend: "one of: " + LatencyProfile.all.map(\.name).joined(separator: ", "))
    }
    return profile
  }

  func model(_ name: String) -> SimulatedModel {
    // Gateways put the provider before the name: `openai/sim-large`.
    if let own = models[name] { return own }
    guard let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else { return SimulatedModel.named(name) }
    return SimulatedModel.named(String(name[name.utf8.index(after: slash)...]))
  }

  /// The fault that strikes this attempt: rates by path and model first, then the model's own.
  func fault(for ask: Ask, model: SimulatedModel, _ draws: Draws) -> Fault? {
    var sequence = draws.sequence(.fault)
    var left = sequence.uniform()
    for rate in faults where rate.applies(to: ask) {
      if left < rate.rate { return rate.fault }
      left -= rate.rate
    }
    for (fault, rate) in model.faults {
      if left < rate { return fault }
      left -= rate
    }
    return nil
  }
}

/// A fault that strikes a share of the requests.
struct FaultRate: Sendable {
  var fault: Fault
  var rate: Double
  /// Part of the model's name or of the path, where it is not for all.
  var model: String?
  var path: String?

  func applies(to ask: Ask) -> Bool {
    (model.map { ask.model.firstRange(ofText: $0) != nil } ?? true)
      && (path.map { ask.path.firstRange(ofText: $0) != nil } ?? true)
  }

  /// `500=0.01,reset-mid-stream@gpt-4o=0.02,429-requests;retry-after=2=0.1`
  static func list(_ text: String) throws(Problem) -> [FaultRate] {
    var rates: [FaultRate] = []
    for part in text.split(separator: ",").map({ $0.trimmed }) where !part.isEmpty {
      let mend = "write it as FAULT=RATE or FAULT@MODEL=RATE, such as 500=0.01"
      guard let equals = part.lastIndex(of: "="), let rate = Double(part[part.index(after: equals)...]),
        (0...1).contains(rate)
      else { throw Problem("cannot read the fault rate \"\(part)\"", mend: mend) }
      let sides = part[..<equals].split(separator: "@", maxSplits: 1).map(String.init)
      guard let name = sides.first else {
        throw Problem("cannot read the fault rate \"\(part)\"", mend: mend)
      }
      var entry = FaultRate(fault: try Fault(name), rate: rate)
      if sides.count > 1 {
        if sides[1].hasPrefix("/") { entry.path = sides[1] } else { entry.model = sides[1] }
      }
      rates.append(entry)
    }
    return rates
  }
}
