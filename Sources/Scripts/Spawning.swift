import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Starts a program in a process group of its own, so that what it starts can be ended with it: with nothing to read,
/// no signal blocked or ignored, and `descriptors` as its 1, 2 and so on. The message of an error is the system's.
public func startProcess(
  _ path: String, _ arguments: [String], environment: [String: String], descriptors: [Int32]
) throws(Problem) -> pid_t {
  #if canImport(Glibc)
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
  #else
    var actions: posix_spawn_file_actions_t?
    var attributes: posix_spawnattr_t?
  #endif
  guard posix_spawn_file_actions_init(&actions) == 0 else { throw systemProblem(ENOMEM) }
  defer { posix_spawn_file_actions_destroy(&actions) }
  guard posix_spawnattr_init(&attributes) == 0 else { throw systemProblem(ENOMEM) }
  defer { posix_spawnattr_destroy(&attributes) }

  // Out of the way of the numbers that they are copied to.
  let high = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
  defer { high.forEach { close($0) } }
  guard !high.contains(-1) else { throw systemProblem(EMFILE) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  for (place, descriptor) in high.enumerated() {
    posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(place + 1))
  }

  var noSignals = sigset_t()
  sigemptyset(&noSignals)
  var allSignals = sigset_t()
  sigfillset(&allSignals)
  posix_spawnattr_setsigmask(&attributes, &noSignals)
  posix_spawnattr_setsigdefault(&attributes, &allSignals)
  posix_spawnattr_setpgroup(&attributes, 0)
  posix_spawnattr_setflags(
    &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

  let words = ([path] + arguments).map { strdup($0) } + [nil]
  let settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { (words + settings).forEach { free($0) } }
  var process: pid_t = 0
  let code = posix_spawn(&process, path, &actions, &attributes, words, settings)
  guard code == 0 else { throw systemProblem(code) }
  return process
}

private func systemProblem(_ code: Int32) -> Problem { Problem(String(cString: strerror(code)).lowercased()) }

/// Sends without a signal when the other end is gone.
func sendQuietly(_ socket: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  #if canImport(Glibc)
    send(socket, bytes, count, Int32(MSG_NOSIGNAL))
  #else
    send(socket, bytes, count, 0)
  #endif
}

/// A pair of connected descriptors that no child gets but by purpose: one left open elsewhere would keep
/// the end of a stream from ever coming. 0, or -1 with `errno`.
public func openPair(_ ends: inout [Int32], isSocket: Bool) -> Int32 {
  #if canImport(Glibc)
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
  #else
    let kind = SOCK_STREAM
  #endif
  let result = isSocket ? socketpair(AF_UNIX, kind, 0, &ends) : pipe(&ends)
  for end in ends where result == 0 { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  return result
}
