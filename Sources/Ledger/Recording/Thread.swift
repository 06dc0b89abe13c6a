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

  static func start(_ run: @escaping @Sendable () -> Void) {
    let body = Unmanaged.passRetained(Body(run))
    // Without a thread of its own the work is done here: slower, but nothing is lost.
    if create(body.toOpaque()) != 0 { body.takeRetainedValue().run() }
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
  /// Allocated once and freed with the signal; only the calls of pthread touch them, which are made for
  /// use from many threads at once.
  private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private nonisolated(unsafe) let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Read and written only under `mutex`.
  private nonisolated(unsafe) let isRaised = UnsafeMutablePointer<Bool>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
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
}
