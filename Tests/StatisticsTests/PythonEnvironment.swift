import Foundation

/// A throw-away Python with the libraries that we are held against.
enum PythonEnvironment {
  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()

  /// Nil where there is no Python or its packages can't be had.
  static func interpreter(_ group: String) -> String? {
    let process = Process()
    let output = Pipe()
    process.executableURL = tests.deletingLastPathComponent().appending(path: "tools/python-env")
    process.arguments = [group]
    process.standardOutput = output
    guard (try? process.run()) != nil else { return nil }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? text.trimmingCharacters(in: .whitespacesAndNewlines) : nil
  }

  /// One JSON line in, one JSON line out.
  static func answers(_ python: String, script: String, _ questions: [Data]) throws -> [Any] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "agreement-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (asked, answered) = (folder.appending(path: "asked"), folder.appending(path: "answered"))
    try Data(questions.joined(separator: [UInt8(ascii: "\n")])).write(to: asked)
    try Data().write(to: answered)
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = [tests.appending(path: "Fixtures/\(script)").path]
    process.standardInput = try FileHandle(forReadingFrom: asked)
    process.standardOutput = try FileHandle(forWritingTo: answered)
    try process.run()
    process.waitUntilExit()
    return try Data(contentsOf: answered).split(separator: UInt8(ascii: "\n")).map {
      try JSONSerialization.jsonObject(with: Data($0), options: .fragmentsAllowed)
    }
  }
}
