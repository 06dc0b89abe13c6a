import CCurl
import CPoll

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A socket that is ready, and for what, in curl's own bits.
struct ReadySocket {
  var socket: Int32
  var events: Int32
  /// The wait before found it, too.
  var isAgain = false
}

/// Waits for curl's sockets. Touched by one thread; only its `waker` by any.
struct Poller: ~Copyable {
  private let poller: Int32
  private let wakeUp: (reading: Int32, writing: Int32)
  private let buffer: UnsafeMutableBufferPointer<cpoll_event>
  private let timer: Int32
  /// A socket that is never connected: while there is one, the kernel notes arrivals.
  private let stamping: Int32
  /// Key of the timer: no descriptor has this number.
  private static let timerKey = UInt64(UInt32.max)
  /// The timer rang during the last wait.
  private(set) var timerRang = false
  private var waits: UInt32 = 0
  /// What is known of each socket, by its number.
  private var sockets: [Socket] = []

  private struct Socket {
    /// What it is watched for, in curl's bits.
    var watched: UInt8 = 0
    /// curl has no use for it now, but it is still watched: a connection kept alive is soon wanted again.
    var isIdle = false
    /// Opened by us, so we are told when it is closed.
    var isOurs = false
    /// The kernel notes when bytes arrive on it.
    var notesArrivals = false
    /// Number of the wait that found it last.
    var foundBy: UInt32 = 0
  }

  init?() {
    poller = cpoll_create()
    var ends: (reading: Int32, writing: Int32) = (-1, -1)
    guard poller >= 0, cpoll_make_waker(&ends.reading, &ends.writing) == 0,
      cpoll_add(poller, ends.reading, UInt64(ends.reading)) == 0
    else { return nil }
    wakeUp = ends
    buffer = .allocate(capacity: 512)
    timer = cpoll_make_timer(poller, Self.timerKey)
    stamping = cpoll_keep_stamping()
  }

  deinit {
    _ = closeDescriptor(poller)
    if timer >= 0 { _ = closeDescriptor(timer) }
    if stamping >= 0 { _ = closeDescriptor(stamping) }
    _ = closeDescriptor(wakeUp.reading)
    if wakeUp.writing != wakeUp.reading { _ = closeDescriptor(wakeUp.writing) }
    buffer.deallocate()
  }

  /// What another thread needs to end a wait.
  var waker: Waker { Waker(descriptor: wakeUp.writing) }

  /// Lets a wait end at this moment of the monotonic clock, in nanoseconds; false where there is no such timer.
  func ring(at time: Int64) -> Bool {
    if timer >= 0 { cpoll_set_timer(timer, time) }
    return timer >= 0
  }

  /// A socket for curl, not left to programs that we start.
  mutating func open(_ family: Int32, _ type: Int32, _ proto: Int32) -> Int32 {
    #if os(Linux)
      let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), proto)
    #else
      let descriptor = socket(family, type, proto)
      if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    #endif
    if descriptor >= 0 {
      makeRoom(for: descriptor)
      sockets[Int(descriptor)] = Socket(isOurs: true, notesArrivals: cpoll_stamp_arrivals(descriptor) == 0)
    }
    return descriptor
  }

  /// When the last of the bytes that wait on a socket arrived, in nanoseconds of the wall clock; 0 where the
  /// kernel did not note it.
  func arrival(on socket: Int32) -> Int64 {
    sockets.indices.contains(Int(socket)) && sockets[Int(socket)].notesArrivals ? cpoll_arrival(socket) : 0
  }

  mutating func close(_ socket: Int32) {
    if sockets.indices.contains(Int(socket)) {
      if sockets[Int(socket)].watched != 0 { _ = cpoll_remove(poller, socket) }
      sockets[Int(socket)] = Socket()
    }
    _ = closeDescriptor(socket)
  }

  /// Watches a socket for these of curl's poll bits; for none, curl is done with it.
  mutating func watch(_ socket: Int32, for what: Int32) {
    guard socket >= 0 else { return }
    makeRoom(for: socket)
    let slot = Int(socket)
    let mask = UInt8(what & (CCURL_POLL_IN | CCURL_POLL_OUT))
    let before = sockets[slot].watched
    sockets[slot].isIdle = mask == 0 && sockets[slot].isOurs
    guard mask != before, !sockets[slot].isIdle else { return }
    sockets[slot].watched = mask
    guard mask != 0 else {
      _ = cpoll_remove(poller, socket)
      return
    }
    if !set(socket, mask, isWatched: before != 0) {
      // A socket of curl's own was closed unseen and its number given out again: what was known is stale.
      _ = set(socket, mask, isWatched: before == 0)
    }
  }

  private func set(_ socket: Int32, _ mask: UInt8, isWatched: Bool) -> Bool {
    let reading = Int32(mask) & CCURL_POLL_IN, writing = Int32(mask) & CCURL_POLL_OUT
    return cpoll_watch(poller, socket, UInt64(socket), reading, writing, isWatched ? 1 : 0) == 0
  }

  private mutating func makeRoom(for socket: Int32) {
    let missing = Int(socket) + 1 - sockets.count
    if missing > 0 { sockets.append(contentsOf: repeatElement(Socket(), count: missing + 64)) }
  }

  /// Waits for at most so many nanoseconds (negative: for ever); how many are ready.
  func wait(nanoseconds: Int64) -> Int {
    max(0, Int(cpoll_wait(poller, buffer.baseAddress, Int32(buffer.count), nanoseconds)))
  }

  /// Appends what the wait has found ready.
  mutating func take(_ count: Int, into ready: inout [ReadySocket]) {
    timerRang = false
    waits &+= 1
    for event in buffer[..<count] {
      if event.key == Self.timerKey {
        timerRang = true
        continue
      }
      let socket = Int32(truncatingIfNeeded: event.key)
      if socket == wakeUp.reading {
        // Edge-triggered: on Linux its counter may stay; a pipe must not fill up.
        if wakeUp.reading != wakeUp.writing { cpoll_drain(wakeUp.reading) }
        continue
      }
      if sockets.indices.contains(Int(socket)), sockets[Int(socket)].isIdle {
        // The server has closed a connection at rest. curl finds out when it wants it again.
        _ = cpoll_remove(poller, socket)
        sockets[Int(socket)].watched = 0
        continue
      }
      var bits: Int32 = 0
      if event.readable != 0 { bits |= CCURL_CSELECT_IN }
      if event.writable != 0 { bits |= CCURL_CSELECT_OUT }
      if event.hung_up != 0 { bits |= CCURL_CSELECT_ERR }
      var isAgain = false
      if sockets.indices.contains(Int(socket)) {
        isAgain = sockets[Int(socket)].foundBy &+ 1 == waits
        sockets[Int(socket)].foundBy = waits
      }
      ready.append(ReadySocket(socket: socket, events: bits, isAgain: isAgain))
    }
  }
}

/// Ends a wait from any thread.
struct Waker: Sendable {
  fileprivate let descriptor: Int32

  func wake() { cpoll_wake(descriptor) }
}

private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
