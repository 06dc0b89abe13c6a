#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A lock that can be tried for in passing. Swift's `Mutex` calls into the system to find out that it is taken, on Linux,
/// which here is the usual case.
// @unchecked Sendable: the mutex is made before anyone sees it and stays where it is until nobody does.
final class Turn: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  @inline(__always)
  func take<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Nil where somebody has it.
  @inline(__always)
  func takeIfFree<Result>(_ body: () -> Result) -> Result? {
    guard pthread_mutex_trylock(mutex) == 0 else { return nil }
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
