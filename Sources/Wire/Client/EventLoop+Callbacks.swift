import CCurl
import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How curl and the system come to the loop: functions of C that are given it as a pointer.
extension EventLoop {
  func configureMulti() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = ccurl_multi_set_socket_function(multi, socketChanged, context)
    _ = ccurl_multi_set_timer_function(multi, timerChanged, context)
    _ = ccurl_multi_set_long(multi, CCURLMOPT_MAXCONNECTS, configuration.maxIdleConnections)
    _ = ccurl_multi_set_long(multi, CCURLMOPT_PIPELINING, usesHTTP2 ? Int(CCURLPIPE_MULTIPLEX) : 0)
  }

  func startThread() throws(Problem) {
    // The thread owns one reference to the loop until it ends.
    let context = Unmanaged.passRetained(self).toOpaque()
    #if os(Linux)
      var thread = pthread_t()
      let code = pthread_create(&thread, nil, { runLoop($0) }, context)
    #else
      var thread: pthread_t?
      let code = pthread_create(&thread, nil, { runLoop($0) }, context)
    #endif
    guard code == 0 else {
      Unmanaged<EventLoop>.fromOpaque(context).release()
      throw Problem("the HTTP client could not start a thread")
    }
    #if os(Linux)
      pthread_detach(thread)
    #else
      thread.map { _ = pthread_detach($0) }
    #endif
  }
}

private func runLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  // Signals are for other threads; SIGPIPE of TLS writes must not end the program.
  var all = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_BLOCK, &all, nil)
  Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run()
  return nil
}

private let socketChanged:
  @convention(c) (
    UnsafeMutableRawPointer?, Int32, Int32, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
  ) -> Int32 = { easy, socket, what, context, _ in
    guard let context else { return 0 }
    Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().watch(socket, for: what, easy: easy)
    return 0
  }

private let timerChanged: @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Int32 =
  {
    _, milliseconds, context in
    guard let context else { return 0 }
    let loop = Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue()
    loop.curlTimer = milliseconds < 0 ? .max : MonotonicClock.now() + Int64(milliseconds) * 1_000_000
    return 0
  }
