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
    path = "\(ledger)-run-\(run)"
    do throws(LedgerError) { lock = try FileLock(path) } catch {
      throw LedgerError(error.kind, path: ledger, detail: error.detail)
    }
    guard lock.tryLock() else { throw LedgerError(.runBusy, path: ledger, detail: run) }
  }

  /// The file goes while the lock is held: whoever opened it meanwhile holds a lock on nothing, and finds
  /// the run ended.
  deinit { unlink(path) }
}
