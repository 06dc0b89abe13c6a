import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Held by the process that executes a run, so that no other one does the same. Let go of when it is
/// released or its process ends, however it ends.
public final class RunLock: Sendable {
  private let path: String
  private let lock: FileLock

  /// Throws `runBusy` when another process executes the run.
  public init(ledger: String, run: String) throws(LedgerError) {
    let path = "\(ledger)-run-\(run)"
    // Before anything of this object is set: one that was not made must not remove the other's file.
    lock = try Self.taken(path, ledger: ledger, run: run)
    self.path = path
  }

  private static func taken(_ path: String, ledger: String, run: String) throws(LedgerError) -> FileLock {
    while true {
      let lock: FileLock
      do throws(LedgerError) { lock = try FileLock(path) } catch {
        throw LedgerError(error.kind, path: ledger, detail: error.detail)
      }
      guard lock.tryLock() else { throw LedgerError(.runBusy, path: ledger, detail: run) }
      // Who let go of it may have removed the file between our opening and locking it.
      if lock.isOn(path) { return lock }
    }
  }

  /// The file goes while the lock is held: whoever opened it meanwhile finds that it is gone, and opens it anew.
  deinit { unlink(path) }
}
