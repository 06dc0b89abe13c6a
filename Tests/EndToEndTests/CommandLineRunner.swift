import Foundation

/// The program as a user runs it: its own process, its own folder, a small environment.
struct CommandLineRunner {
  struct Result {
    var code: Int32
    var output: String
    var errors: String
  }

  let folder: URL

  /// A fresh folder that is removed by `clean()`.
  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "assay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func clean() { try? FileManager.default.removeItem(at: folder) }

  static var binary: URL { checkout.appending(path: ".build/debug/assay") }

  func write(_ text: String, to name: String) throws {
    try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
  }

  func read(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Result {
    try Self.run(Self.binary, arguments, in: folder, environment: environment)
  }

  /// Starts it and does not wait; what it says is thrown away.
  func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Process {
    let process = Process()
    process.executableURL = Self.binary
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }

  static func run(_ binary: URL, _ arguments: [String], in folder: URL, environment: [String: String] = [:])
    throws
    -> Result
  {
    let process = Process()
    process.executableURL = binary
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let own = ProcessInfo.processInfo.environment
    process.environment = ["PATH": own["PATH"] ?? "/usr/bin:/bin", "COLUMNS": "120"].merging(environment) {
      $1
    }
    // Files rather than pipes: nothing can fill up and wait.
    let (out, err) = (folder.appending(path: ".stdout"), folder.appending(path: ".stderr"))
    for file in [out, err] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = try FileHandle(forWritingTo: err)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return Result(
      code: process.terminationStatus, output: (try? String(contentsOf: out, encoding: .utf8)) ?? "",
      errors: (try? String(contentsOf: err, encoding: .utf8)) ?? "")
  }
}
