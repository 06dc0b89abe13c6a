import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Ctrl-C and a polite kill, heard on a thread of its own: the first asks to stop, the second to stop now.
struct Signals: Sendable {
  /// Written by the handler; set once, before the handlers are, and never changed afterwards.
  nonisolated(unsafe) private static var writeEnd: Int32 = -1

  /// Calls `heard` with 1, 2, ... for each signal, on the listening thread, for the rest of the process.
  static func listen(_ heard: @escaping @Sendable (Int) -> Void) throws(Problem) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Problem("can't make a pipe: \(String(cString: strerror(errno)))") }
    writeEnd = ends[1]
    let readEnd = ends[0]
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        var byte: UInt8 = 1
        _ = write(Signals.writeEnd, &byte, 1)
      }
    }
    signal(SIGPIPE, SIG_IGN)
    // A file that grows beyond its limit is an error of writing, with a message.
    signal(SIGXFSZ, SIG_IGN)
    let listener = Listener(readEnd: readEnd, heard: heard)
    var thread = pthread_t()
    let started = pthread_create(
      &thread, nil,
      { raw in
        guard let raw else { return nil }
        Unmanaged<Listener>.fromOpaque(raw).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(listener).toOpaque())
    guard started == 0 else { throw Problem("can't start a thread for signals") }
    pthread_detach(thread)
  }

  private final class Listener: Sendable {
    let readEnd: Int32
    let heard: @Sendable (Int) -> Void

    init(readEnd: Int32, heard: @escaping @Sendable (Int) -> Void) {
      self.readEnd = readEnd
      self.heard = heard
    }

    func run() {
      var count = 0
      var byte: UInt8 = 0
      while true {
        let size = read(readEnd, &byte, 1)
        if size == 1 {
          count += 1
          heard(count)
        } else if size == 0 || errno != EINTR {
          return
        }
      }
    }
  }
}
