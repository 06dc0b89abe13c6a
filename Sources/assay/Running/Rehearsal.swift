import Models
import Simulator
import Suites
import Terminal

/// `--simulate`: the same suite, asked of simulated models.
enum Rehearsal {
  /// How the simulated models are to behave.
  static func simulator(_ arguments: Arguments) throws -> SimulatorOptions {
    var options = SimulatorOptions()
    options.faults = arguments.value("faults")
    if let speed = try arguments.number("speed") {
      guard (0.001...1_000_000).contains(speed) else {
        throw UsageError(
          "--speed takes a number from 0.001 to 1000000, not \"\(arguments.value("speed") ?? "")\"")
      }
      options.speed = speed
    }
    return options
  }

  /// What has no wire (echo, scripts, commands) stays as it is, where it can be run; labels stay too.
  static func redirected(_ target: Target) -> Target {
    let name = ModelName(target.id)
    let hasNoWire =
      ["echo", "exec", "python", "sim", "golang", "ruby"].contains(name.provider)
      || target.id.hasPrefix("file://")
    if hasNoWire, Endpoint.objection(to: target.id) == nil { return target }
    var target = target
    let model = target.id.contains("://") ? "sim-large" : name.name
    let kind = name.kind.map { ["embedding", "embeddings", "moderation"].contains($0) ? "\($0):" : "" } ?? ""
    target.id = "sim:\(kind)\(model.isEmpty ? "sim-large" : model)"
    for key in ["apiHost", "apiBaseUrl", "apiKey", "apiKeyEnvar", "url", "deployment_id"] {
      target.config[key] = nil
    }
    return target
  }
}
