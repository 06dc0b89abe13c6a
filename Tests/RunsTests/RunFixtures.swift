import Checks
import Formats
import Foundation
import Ledger
import Models
import Simulator
import Suites
import Vocabulary
import Wire

@testable import Runs

/// A folder with a suite and a ledger, and a simulator to ask.
final class RunFixture: Sendable {
  let folder: String
  let simulator: Simulator

  init(_ suite: String, limits: String? = nil, faults: String? = nil, speed: Double = 1_000) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "assay-runs-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    folder = url.path
    try File.write(suite, to: folder + "/suite.yaml")
    var options = SimulatorOptions()
    options.limits = limits
    options.faults = faults
    options.speed = speed
    options.seed = 11
    simulator = try Simulator.start(options)
  }

  deinit {
    simulator.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  var ledgerPath: String { folder + "/ledger.sqlite" }
  var ledger: Ledger { get throws { try Ledger(path: ledgerPath) } }

  /// Requests that the simulator has seen.
  var requestsSeen: Int { simulator.stats["requests"]?.int ?? simulator.log.count }

  func options(_ change: (inout RunOptions) -> Void = { _ in }) -> RunOptions {
    var options = RunOptions()
    options.simulatorURL = simulator.address + "/v1"
    options.seed = 3
    change(&options)
    return options
  }

  func runner(
    recorder: Recorder, options: RunOptions, hooks: RunHooks = RunFixture.hooks,
    shard: (index: Int, count: Int)? = nil
  ) async throws -> Runner {
    var load = LoadOptions()
    load.filter.shard = shard
    let loaded = try await SuiteLoader.load([folder + "/suite.yaml"], options: load)
    let client = ModelClient(http: HTTPClient(), environment: [:])
    return try Runner(loaded, client: client, recorder: recorder, hooks: hooks, options: options)
  }

  /// Runs the suite once, from opening the ledger to closing it.
  @discardableResult
  func run(
    resuming reference: String? = nil, hooks: RunHooks = RunFixture.hooks,
    shard: (index: Int, count: Int)? = nil, _ change: (inout RunOptions) -> Void = { _ in }
  ) async throws -> RunResult {
    let recorder = try Recorder(path: ledgerPath)
    let runner = try await runner(recorder: recorder, options: options(change), hooks: hooks, shard: shard)
    let resumed = try reference.map { try ledger.run($0) }
    let result = try await runner.run(resuming: resumed)
    await recorder.close()
    return result
  }

  /// A checker of one kind: the reply contains the value.
  static var hooks: RunHooks {
    var hooks = RunHooks()
    hooks.check = { judgement in
      aggregate(
        judgement.checks.map { spec in
          let wanted = spec.value?.string ?? ""
          var result: CheckResult =
            judgement.reply.text.contains(wanted) ? .pass("contains \(wanted)") : .fail("lacks \(wanted)")
          result.type = spec.name
          return result
        }, threshold: judgement.test.threshold)
    }
    return hooks
  }
}
