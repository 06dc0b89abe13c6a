import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One interpreter that is up: its process, the socket that calls go over, and what it prints.
/// Belongs to the pool's thread.
final class WorkerProcess {
  let language: ScriptLanguage
  private let process: pid_t
  let channel: Int32
  let output: Int32
  /// The call that it works on.
  var job: ScriptJob?
  var deadline: Int64 = 0
  private(set) var unsent: [UInt8] = []
  private var received: [UInt8] = []
  /// So many of the received bytes hold no end of a line.
  private var searched = 0
  private var printed: [UInt8] = []
  /// The last lines that it printed, for the message when it dies.
  private(set) var lastLines: [String] = []
  private(set) var outputIsOpen = true
  private var isReaped = false
  /// Gone: to be taken out of the pool.
  var isRetired = false

  private static let maxReplyBytes = 64 << 20
  private static let maxLineBytes = 1 << 16
  /// Of one stream in one go: one that never ends must leave time to look at the clock. More than a pipe holds.
  private static let maxReads = 32

  init(_ language: ScriptLanguage, _ interpreter: Interpreter, environment: [String: String])
    throws(ScriptError)
  {
    self.language = language
    var ends: [Int32] = [-1, -1]
    var printing: [Int32] = [-1, -1]
    guard openPair(&ends, isSocket: true) == 0 else { throw WorkerProcess.systemFailure() }
    guard openPair(&printing, isSocket: false) == 0 else {
      close(ends[0])
      close(ends[1])
      throw WorkerProcess.systemFailure()
    }
    defer {
      close(ends[1])
      close(printing[1])
    }
    var variables = environment
    // Leaves no compiled files beside the user's own.
    variables["PYTHONDONTWRITEBYTECODE"] = "1"
    variables["PYTHONIOENCODING"] = "utf-8"
    do throws(Problem) {
      // What it prints goes to one pipe; the channel is its descriptor 3.
      process = try startProcess(
        interpreter.path, interpreter.arguments, environment: variables,
        descriptors: [printing[1], printing[1], ends[1]])
    } catch {
      close(ends[0])
      close(printing[0])
      throw ScriptError(.crashed, "\(interpreter.path) could not be started: \(error.message)")
    }
    channel = ends[0]
    output = printing[0]
    for descriptor in [channel, output] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
    #if !canImport(Glibc)
      var on: Int32 = 1
      setsockopt(channel, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
    #endif
  }

  deinit {
    _ = stop()
    close(channel)
    close(output)
  }

  /// Kills the interpreter and what it started. How it ended, for a message.
  func stop() -> String {
    if isReaped { return "" }
    isReaped = true
    // One that has ended by itself is still there to be asked how.
    var status: Int32 = 0
    if waitpid(process, &status, WNOHANG) != process {
      kill(-process, SIGKILL)
      kill(process, SIGKILL)
      while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    }
    kill(-process, SIGKILL)
    let signal = status & 0x7F
    return signal == 0 ? "exit code \((status >> 8) & 0xFF)" : "signal \(signal)"
  }

  /// Takes bytes to send; what the socket does not take now goes with `flush`.
  func send(_ bytes: [UInt8]) {
    unsent = bytes
    flush()
  }

  func flush() {
    while !unsent.isEmpty {
      let sent = unsent.withUnsafeBytes { sendQuietly(channel, $0.baseAddress, $0.count) }
      if sent < 0 {
        if errno == EINTR { continue }
        if errno != EAGAIN { unsent = [] }
        return
      }
      unsent.removeFirst(sent)
    }
  }

  enum Reading {
    case nothing
    case reply([UInt8])
    case tooLarge
    case ended
  }

  /// The answer to the call at hand. Others are passed over: they come from calls that are answered already.
  func readReply() -> Reading {
    for _ in 0..<WorkerProcess.maxReads {
      switch readSome(channel, into: &received) {
      case .some(0): return .ended
      case .none: return .nothing
      case .some: break
      }
      while let line = takeLine() {
        if let reply = reply(in: line) { return .reply(reply) }
      }
      if received.count > WorkerProcess.maxReplyBytes { return .tooLarge }
    }
    return .nothing
  }

  private func takeLine() -> [UInt8]? {
    guard let end = received[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = received.count
      return nil
    }
    let line = Array(received[..<end])
    received.removeSubrange(...end)
    searched = 0
    return line
  }

  /// What follows the number of the call at hand; nil when the line begins with another.
  private func reply(in line: [UInt8]) -> [UInt8]? {
    guard let job, let space = line.firstIndex(of: UInt8(ascii: " ")),
      line[..<space].elementsEqual("\(job.id)".utf8)
    else { return nil }
    return Array(line[(space + 1)...])
  }

  /// Whole lines of what scripts printed since the last time; of very much, the first part.
  func readPrinted() -> [String] {
    for _ in 0..<WorkerProcess.maxReads {
      guard outputIsOpen, let count = readSome(output, into: &printed) else { break }
      if count == 0 { outputIsOpen = false }
    }
    var lines: [String] = []
    var start = 0
    while let end = printed[start...].firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(String(decoding: printed[start..<end], as: UTF8.self))
      start = end + 1
    }
    printed.removeSubrange(..<start)
    if printed.count > WorkerProcess.maxLineBytes || !outputIsOpen && !printed.isEmpty {
      lines.append(String(decoding: printed, as: UTF8.self))
      printed = []
    }
    lastLines = (lastLines + lines.filter { !$0.isEmpty }).suffix(5)
    return lines
  }

  /// How many bytes came: 0 at the end, nil when none are there now.
  private func readSome(_ descriptor: Int32, into bytes: inout [UInt8]) -> Int? {
    var (count, code): (Int, Int32) = (0, 0)
    bytes += [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, got in
      count = read(descriptor, buffer.baseAddress, buffer.count)
      code = errno
      got = max(0, count)
    }
    if count < 0 { return code == EAGAIN || code == EINTR ? nil : 0 }
    return count
  }

  private static func systemFailure() -> ScriptError {
    ScriptError(.crashed, "no worker could be started: \(String(cString: strerror(errno)))")
  }
}
