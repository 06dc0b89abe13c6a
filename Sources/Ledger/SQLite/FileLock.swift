import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A lock between processes on a file beside the ledger. The system lets go of it when its process
/// ends, however it ends.
struct FileLock: ~Copyable {
  private let descriptor: Int32

  /// Opens the file, making it where it is missing; holds nothing yet.
  init(_ path: String) throws(LedgerError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    if descriptor < 0 {
      let kind: LedgerError.Kind =
        switch errno {
        case ENOENT, ENOTDIR: .unreachable
        case ENOSPC, EDQUOT: .full
        default: .readOnly
        }
      throw LedgerError(kind, path: path, detail: String(cString: strerror(errno)))
    }
  }

  deinit { close(descriptor) }

  /// Takes the lock if it is free.
  func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

  /// Takes the lock, waiting for another process until that moment of the monotonic clock; false when it was still held.
  func lock(until deadline: Int64) -> Bool {
    while !tryLock() {
      if MonotonicClock.now() >= deadline { return false }
      usleep(1_000)
    }
    return true
  }

  /// Whether the file that was opened is still the one at that path.
  func isOn(_ path: String) -> Bool {
    var own = stat()
    var there = stat()
    return fstat(descriptor, &own) == 0 && stat(path, &there) == 0 && own.st_dev == there.st_dev
      && own.st_ino == there.st_ino
  }

  func unlock() { _ = flock(descriptor, LOCK_UN) }
}
