import Formats
import Foundation
import Scripts
import Synchronization

/// A fresh folder with the files that a test writes into it; goes with the test.
final class ScriptFolder {
  let root: String

  init(_ files: [String: String] = [:]) throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent("assay-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    for (name, text) in files { try File.write(text, to: root + "/" + name) }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func path(_ name: String) -> String { root + "/" + name }
}

/// What scripts printed.
final class Printed: Sendable {
  private let kept = Mutex<[String]>([])
  var lines: [String] { kept.withLock { $0 } }
  func add(_ line: String) { kept.withLock { $0.append(line) } }
}

let hasNode = File.findCommand("node") != nil
let hasPython = File.findCommand("python3") != nil
let hasRuby = File.findCommand("ruby") != nil

func pool(_ change: (inout ScriptPool.Options) -> Void = { _ in }) -> ScriptPool {
  var options = ScriptPool.Options()
  options.workers = 2
  options.log = { _, _ in }
  change(&options)
  return ScriptPool(options)
}
