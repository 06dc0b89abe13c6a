import Formats
import Wire

/// `/_sim/...`: what the server saw, what it would have charged, and its settings, while it runs.
enum Administration {
  static func answer(_ request: ServerRequest, _ service: Service) -> ServerResponse {
    switch (request.method, request.path) {
    case ("GET", "/_sim/stats"): return json(service.observatory.stats)
    case ("GET", "/_sim/bill"): return json(service.observatory.bill)
    case ("GET", "/_sim/log"):
      let limit = request.query("limit").flatMap { Int($0) } ?? 1000
      var body: [UInt8] = []
      for line in service.observatory.recentLog(limit: max(0, limit)) {
        line.write(to: &body)
        body.append(0x0A)
      }
      return ServerResponse(headers: [("content-type", "application/x-ndjson")], body: body)
    case ("GET", "/_sim/models"):
      return json(.array(SimulatedModel.all.map(\.json)))
    case ("GET", "/_sim/config"): return json(service.settings.withLock { $0 }.settings.json)
    case ("POST", "/_sim/config"):
      do {
        let change = try JSON(parsing: request.body)
        var settings = service.settings.withLock { $0 }.settings
        try settings.change(change)
        let snapshot = Snapshot(settings)
        service.settings.withLock { $0 = snapshot }
        return json(settings.json)
      } catch let error as JSONError {
        return json(["error": JSON(error.message)], status: 400)
      } catch let problem as Problem {
        return json(["error": JSON(problem.message), "mend": JSON(problem.mend ?? "")], status: 400)
      } catch {
        return json(["error": "cannot change the settings"], status: 400)
      }
    case ("POST", "/_sim/reset"):
      service.observatory.reset()
      return json(["reset": true])
    default:
      return json(
        [
          "error": "no such page",
          "pages": ["/_sim/stats", "/_sim/log", "/_sim/bill", "/_sim/models", "/_sim/config", "/_sim/reset"],
        ], status: 404)
    }
  }

  private static func json(_ value: JSON, status: Int = 200) -> ServerResponse {
    ServerResponse(
      status: status, headers: [("content-type", "application/json")], body: Array((value.pretty + "\n").utf8)
    )
  }
}

extension Settings {
  var json: JSON {
    .object([
      "seed": JSON(String(seed)), "speed": JSON(speed), "profile": profile.map { JSON($0.name) } ?? .null,
      "repeats": JSON(repeats),
      "faults": .array(
        faults.map { rate in
          .object([
            "fault": JSON(rate.fault.kind.rawValue), "rate": JSON(rate.rate),
            "model": rate.model.map { JSON($0) },
            "path": rate.path.map { JSON($0) },
          ])
        }),
      "limits": .object([
        "rpm": limits.requests.map { JSON($0) }, "tpm": limits.tokens.map { JSON($0) },
        "itpm": limits.inputTokens.map { JSON($0) }, "otpm": limits.outputTokens.map { JSON($0) },
        "concurrency": limits.concurrency.map { JSON($0) }, "window": JSON(limits.window.rawValue),
        "burst": JSON(limits.burst), "charge": limits.chargesMaximum ? "max" : "actual",
        "count-failed": limits.countsFailed ? "yes" : "no",
      ]),
      "script": script.map { JSON($0.file) } ?? .null,
    ])
  }

  /// Takes the members that are given, in the words of the command line.
  mutating func change(_ change: JSON) throws(Problem) {
    guard let members = change.object else { throw Problem("the settings are a JSON object") }
    for (name, value) in members {
      switch (name, value) {
      case ("seed", _):
        seed = value.string.flatMap { UInt64($0) } ?? value.int.map { UInt64($0.magnitude) } ?? seed
      case ("speed", .number(let number)) where SimulatorOptions.speeds.contains(number.double):
        speed = number.double
      case ("profile", .null): profile = nil
      case ("profile", .string(let text)): profile = try Self.profile(text)
      case ("repeats", .bool(let value)): repeats = value
      case ("faults", .string(let text)): faults = try FaultRate.list(text)
      case ("limits", .null): limits = Limits()
      case ("limits", .string(let text)): limits = try Limits(text)
      case ("script", .null): script = nil
      case ("script", .string(let text)): script = try SimulatorScript(text, file: "script")
      default:
        throw Problem(
          "cannot set \"\(name)\" to \(value.text)",
          mend: "seed, speed, profile, repeats, faults, limits, script, written as on the command line")
      }
    }
  }
}

extension SimulatedModel {
  var json: JSON {
    .object([
      "name": JSON(name), "skill": JSON(skill), "median_tokens": JSON(medianTokens),
      "token_spread": JSON(tokenSpread), "profile": JSON(latency.name),
      "input_per_million": JSON(Double(inputPrice) / 1e6),
      "output_per_million": JSON(Double(outputPrice) / 1e6),
      "faults": .array(faults.map { ["fault": JSON($0.fault.kind.rawValue), "rate": JSON($0.rate)] }),
    ])
  }
}
