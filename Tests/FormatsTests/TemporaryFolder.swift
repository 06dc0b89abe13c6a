import Foundation

/// A fresh folder that goes with its test.
final class TemporaryFolder {
  let root: String

  init() throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent("assay-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func path(_ name: String) -> String { root + "/" + name }
}
