#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A thread of the system, for work that must not share the pool of the tasks.
enum Thread {
  fileprivate final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  static func start(_ run: @escaping @Sendable () -> Void) throws(LedgerError) {
    let body = Unmanaged.passRetained(Body(run))
    let code = create(body.toOpaque())
    if code != 0 {
      body.release()
      throw LedgerError(.failed, path: "", detail: "the system gives no further thread: error \(code)")
    }
  }

  private static func create(_ context: UnsafeMutableRawPointer) -> Int32 {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    #if canImport(Glibc)
      var thread: pthread_t = 0
    #else
      var thread: pthread_t?
    #endif
    return pthread_create(&thread, &attributes, enterThread, context)
  }
}

#if canImport(Glibc)
  private func enterThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<Thread.Body>.fromOpaque(context).takeRetainedValue().run() }
    return nil
  }
#else
  private func enterThread(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Thread.Body>.fromOpaque(context).takeRetainedValue().run()
    return nil
  }
#endif

/// Wakes one thread: a flag that is waited for.
final class Signal: Sendable {
  // Safe: the three pointers are set in `init` and freed in `deinit`, when nobody else has the signal any more.
  /// Touched by calls of pthread alone, which are made for use from many threads at once.
  private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  /// The same.
  private nonisolated(unsafe) let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Read and written only under `mutex`.
  private nonisolated(unsafe) let isRaised = UnsafeMutablePointer<Bool>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    #if canImport(Glibc)
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      pthread_cond_init(condition, &attributes)
      pthread_condattr_destroy(&attributes)
    #else
      pthread_cond_init(condition, nil)
    #endif
    isRaised.initialize(to: false)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
    isRaised.deallocate()
  }

  func raise() {
    pthread_mutex_lock(mutex)
    let wasRaised = isRaised.pointee
    isRaised.pointee = true
    pthread_mutex_unlock(mutex)
    if !wasRaised { pthread_cond_signal(condition) }
  }

  func wait() {
    pthread_mutex_lock(mutex)
    while !isRaised.pointee { pthread_cond_wait(condition, mutex) }
    isRaised.pointee = false
    pthread_mutex_unlock(mutex)
  }

  /// Waits no longer than this.
  func wait(nanoseconds: Int64) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    #if canImport(Glibc)
      var end = timespec()
      clock_gettime(CLOCK_MONOTONIC, &end)
      let sum = Int64(end.tv_nsec) + nanoseconds
      end.tv_sec += Int(sum / 1_000_000_000)
      end.tv_nsec = Int(sum % 1_000_000_000)
      while !isRaised.pointee {
        if pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT { break }
      }
    #else
      if !isRaised.pointee {
        var left = timespec(
          tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        pthread_cond_timedwait_relative_np(condition, mutex, &left)
      }
    #endif
    isRaised.pointee = false
  }
}
