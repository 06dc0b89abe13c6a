import Formats
import Scripts
import Synchronization
import Vocabulary

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One run of a program: its arguments in, what it wrote and how it ended out.
public struct CommandRun: Sendable {
  var output: [UInt8] = []
  var errors: [UInt8] = []
  /// Exit code, or 128 + the signal that ended it.
  var status: Int32 = 0
  var timedOut = false

  /// What it wrote, without blanks at its ends.
  public func text() throws(Failure) -> String {
    let errors = String(decoding: errors.suffix(2048), as: UTF8.self).trimmed
    if Task.isCancelled { throw Failure(.cancelled, "cancelled") }
    if timedOut { throw Failure(.timeout, "the command took too long", evidence: errors) }
    guard status == 0 else {
      let first = errors.split(separator: "\n").last.map { ": \($0)" } ?? ""
      throw Failure(
        .script, "the command ended with \(status)\(first)", code: String(status), evidence: errors)
    }
    guard let text = String(validating: output, as: UTF8.self)?.trimmed else {
      throw Failure(.malformed, "what the command wrote is not UTF-8 text")
    }
    if text.isEmpty, !errors.isEmpty {
      throw Failure(.script, "the command wrote nothing but errors", evidence: errors)
    }
    return text
  }

  /// Runs it on a thread of its own, so that waiting for it holds up nothing else. Cancelling ends it.
  public static func run(
    _ arguments: [String], environment: [String: String], folder: String, milliseconds: Int?,
    maxBytes: Int = 64 << 20
  ) async throws(Problem) -> CommandRun {
    let process = try Process(arguments, environment: environment, folder: folder)
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let work = Work {
          continuation.resume(returning: process.finish(milliseconds: milliseconds, maxBytes: maxBytes))
        }
        work.start()
      }
    } onCancel: {
      process.stop()
    }
  }

  /// A closure on a thread of its own.
  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func start() {
      let me = Unmanaged.passRetained(self).toOpaque()
      #if canImport(Glibc)
        var thread = pthread_t()
      #else
        var thread: pthread_t?
      #endif
      let failed = pthread_create(
        &thread, nil,
        { argument in
          #if canImport(Glibc)
            guard let argument else { return nil }
          #endif
          Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
          return nil
        }, me)
      guard failed == 0 else {
        // No thread to be had: better slow than never.
        Unmanaged<Work>.fromOpaque(me).takeRetainedValue().body()
        return
      }
      #if canImport(Glibc)
        pthread_detach(thread)
      #else
        if let thread { pthread_detach(thread) }
      #endif
    }
  }

  /// A child and the pipes from it, read by one thread; only `stop` may come from another.
  private final class Process: Sendable {
    private let pid: pid_t
    /// Its number may belong to another process from then on.
    private let isReaped = Mutex(false)
    private let output: Int32
    private let errors: Int32

    init(_ arguments: [String], environment: [String: String], folder: String) throws(Problem) {
      let name = arguments.first ?? ""
      // From the root, so that a path to the working folder's own file stays a path.
      let whole = Path.resolve(Path.resolve(name, against: folder), against: File.workingFolder)
      guard
        let path = File.findCommand(name.contains("/") ? whole : name, path: environment["PATH"])
      else {
        throw Problem("cannot run \"\(name)\": no such command", mend: "give its path, relative to the suite")
      }
      // No portable way leads to another folder but through a shell, which is gone once the command runs.
      let words =
        ["-c", "cd \"$1\" && shift && exec \"$@\"", "sh", folder, File.realPath(path) ?? path]
        + arguments.dropFirst()
      var (fromOutput, fromErrors): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
      guard openPair(&fromOutput, isSocket: false) == 0, openPair(&fromErrors, isSocket: false) == 0 else {
        throw Problem("cannot run \(name): no more pipes")
      }
      defer {
        close(fromOutput[1])
        close(fromErrors[1])
      }
      do throws(Problem) {
        pid = try startProcess(
          "/bin/sh", words, environment: environment, descriptors: [fromOutput[1], fromErrors[1]])
      } catch {
        close(fromOutput[0])
        close(fromErrors[0])
        throw Problem("cannot run \(name): \(error.message)")
      }
      output = fromOutput[0]
      errors = fromErrors[0]
    }

    func stop() {
      isReaped.withLock { isReaped in
        if !isReaped { kill(-pid, SIGKILL) }
      }
    }

    /// Waits without reaping, so that `stop` stays safe, then reaps.
    private func wait(until deadline: Int64?) -> Int32 {
      var info = siginfo_t()
      while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT | WNOHANG) == 0, info.si_signo == 0 {
        if let deadline, MonotonicClock.now() >= deadline { stop() }
        poll(nil, 0, 5)
      }
      return isReaped.withLock { isReaped in
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        isReaped = true
        return status
      }
    }

    func finish(milliseconds: Int?, maxBytes: Int) -> CommandRun {
      var run = CommandRun()
      let deadline = milliseconds.map { MonotonicClock.now() + Int64(min($0, 1 << 40)) * 1_000_000 }
      var open = [
        pollfd(fd: output, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
      ]
      while open.contains(where: { $0.fd >= 0 }) {
        let left = deadline.map { max(0, ($0 - MonotonicClock.now()) / 1_000_000) } ?? -1
        if left == 0 || run.output.count + run.errors.count > maxBytes {
          run.timedOut = left == 0
          stop()
          break
        }
        guard poll(&open, nfds_t(open.count), Int32(clamping: left)) > 0 else { continue }
        for index in open.indices where open[index].revents != 0 {
          var buffer = [UInt8](repeating: 0, count: 1 << 16)
          let count = read(open[index].fd, &buffer, buffer.count)
          if count > 0 {
            if index == 0 { run.output += buffer[..<count] } else { run.errors += buffer[..<count] }
          } else if count == 0 || errno != EINTR {
            open[index].fd = -1
          }
        }
      }
      close(output)
      close(errors)
      let status = wait(until: deadline)
      run.status = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
      return run
    }
  }
}

/// Words of a command line, as a shell splits them: blanks apart, quotes together.
public enum CommandWords {
  public static func split(_ text: String) throws(Problem) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var isEscaped = false
    for character in text {
      if isEscaped {
        word = (word ?? "") + String(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if quote != nil { throw Problem("command \"\(text)\" has a quote that does not end") }
    if let word { words.append(word) }
    return words
  }
}
