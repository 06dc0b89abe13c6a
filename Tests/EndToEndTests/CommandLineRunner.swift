import Foundation
import Synchronization

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

  func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
    try await Self.run(Self.binary, arguments, in: folder, environment: environment)
  }

  /// Starts it and does not wait; what it says is thrown away.
  func start(_ arguments: [String], environment: [String: String] = [:]) throws -> StartedProgram {
    try Self.start(Self.binary, arguments, in: folder, environment: environment)
  }

  static func start(
    _ binary: URL, _ arguments: [String], in folder: URL, environment: [String: String] = [:],
    output: Any = FileHandle.nullDevice, errors: Any = FileHandle.nullDevice
  ) throws -> StartedProgram {
    let process = Process()
    process.executableURL = binary
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let own = ProcessInfo.processInfo.environment
    process.environment = ["PATH": own["PATH"] ?? "/usr/bin:/bin", "COLUMNS": "120"].merging(environment) {
      $1
    }
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    return try StartedProgram(process)
  }

  static func run(_ binary: URL, _ arguments: [String], in folder: URL, environment: [String: String] = [:])
    async throws -> Result
  {
    // Files rather than pipes: nothing can fill up and wait.
    let (out, err) = (folder.appending(path: ".stdout"), folder.appending(path: ".stderr"))
    for file in [out, err] { try Data().write(to: file) }
    let code = try await Places.shared.with {
      try await start(
        binary, arguments, in: folder, environment: environment,
        output: FileHandle(forWritingTo: out), errors: FileHandle(forWritingTo: err)
      ).ended()
    }
    return Result(
      code: code, output: (try? String(contentsOf: out, encoding: .utf8)) ?? "",
      errors: (try? String(contentsOf: err, encoding: .utf8)) ?? "")
  }
}

/// A process that a test waits for without holding a thread: there are only as many as cores, for all tests.
struct StartedProgram {
  let process: Process
  private let ends: AsyncStream<Int32>

  fileprivate init(_ process: Process) throws {
    self.process = process
    let (ends, end) = AsyncStream.makeStream(of: Int32.self)
    self.ends = ends
    process.terminationHandler = {
      end.yield($0.terminationStatus)
      end.finish()
    }
    // One at a time: a child that is made in the middle of another's making may hold open what tells of the other's end.
    try Self.spawning.withLock { _ in try process.run() }
  }

  private static let spawning = Mutex(())

  /// Its exit code, or the number of the signal that ended it. To be asked once.
  func ended() async -> Int32 {
    for await code in ends { return code }
    return process.terminationStatus
  }

  var isRunning: Bool { process.isRunning }

  func stop() { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}

/// How many programs run at the same time: enough to use the machine while some of them wait, too few to overload it.
private actor Places {
  static let shared = Places(2 * ProcessInfo.processInfo.activeProcessorCount)

  private var free: Int
  private var queue: [CheckedContinuation<Void, Never>] = []

  private init(_ free: Int) { self.free = free }

  func with<T: Sendable>(_ work: @Sendable () async throws -> T) async rethrows -> T {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { queue.append($0) } }
    defer { if queue.isEmpty { free += 1 } else { queue.removeFirst().resume() } }
    return try await work()
  }
}
