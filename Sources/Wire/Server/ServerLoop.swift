import CPoll
import Formats
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One thread that serves many connections: accepts, reads, plays responses at their deadlines.
///
/// `@unchecked Sendable`: all stored state is touched on the loop's own thread only, but for `inbox`, which
/// is a mutex, and the immutable descriptors.
final class ServerLoop: @unchecked Sendable {
  typealias Handler = @Sendable (ServerRequest) -> ServerAnswer
  typealias HeadHandler = @Sendable (ServerRequest) -> ServerAnswer?

  private struct Inbox {
    /// Pipes to write a byte to once all that came before is done.
    var barriers: [Int32] = []
    /// Connections whose scripts have something to say.
    var woken: [UInt64] = []
    var isStopping = false
  }

  private let poller: Int32
  private let wakeRead: Int32
  private let wakeWrite: Int32
  private let listener: Int32
  private let handler: Handler
  private let headHandler: HeadHandler?
  private let limits: HTTPServerLimits
  private let inbox = Mutex(Inbox())

  private var connections: [ServerConnection?] = []
  private var openCount = 0
  private var generation: UInt64 = 0
  private var timers = DeadlineHeap()
  private var lastSweep: Int64 = 0
  private var wokeAt: Int64 = 0

  private static let listenerKey = UInt64.max
  private static let wakeKey = UInt64.max - 1

  init?(listener: Int32, limits: HTTPServerLimits, handler: @escaping Handler, headHandler: HeadHandler?) {
    var read: Int32 = -1
    var write: Int32 = -1
    let poller = cpoll_create()
    guard poller >= 0, cpoll_make_waker(&read, &write) == 0 else { return nil }
    guard cpoll_add_listener(poller, listener, Self.listenerKey) == 0,
      cpoll_add_listener(poller, read, Self.wakeKey) == 0
    else { return nil }
    self.poller = poller
    wakeRead = read
    wakeWrite = write
    self.listener = listener
    self.handler = handler
    self.headHandler = headHandler
    self.limits = limits
  }

  deinit {
    close(poller)
    close(wakeRead)
    if wakeWrite != wakeRead { close(wakeWrite) }
  }

  // MARK: From other threads

  /// Writes a byte to the descriptor when the loop has finished its present turn.
  func signal(_ descriptor: Int32) {
    inbox.withLock { $0.barriers.append(descriptor) }
    cpoll_wake(wakeWrite)
  }

  /// Has the script of a connection asked again what comes next.
  func wake(_ key: UInt64) {
    inbox.withLock { $0.woken.append(key) }
    cpoll_wake(wakeWrite)
  }

  func stop() {
    inbox.withLock { $0.isStopping = true }
    cpoll_wake(wakeWrite)
  }

  // MARK: The loop

  func run() {
    let capacity = 512
    var events = [cpoll_event](repeating: cpoll_event(), count: capacity)
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    defer { scratch.deallocate() }
    while true {
      let now = MonotonicClock.now()
      var timeout: Int64 = openCount > 0 ? 1_000_000_000 : -1
      if let earliest = timers.earliest {
        timeout = timeout < 0 ? max(0, earliest - now) : min(timeout, max(0, earliest - now))
      }
      let count = cpoll_wait(poller, &events, Int32(capacity), timeout)
      wokeAt = MonotonicClock.now()
      if count < 0 && errno != EINTR { break }
      for event in events.prefix(Int(max(0, count))) {
        switch event.key {
        case Self.listenerKey: acceptAll()
        case Self.wakeKey:
          cpoll_drain(wakeRead)
          if takeInbox() { return closeAll() }
        default:
          guard let connection = connection(event.key) else { continue }
          if event.writable != 0, !connection.isFlushed { advance(connection) }
          if event.readable != 0 { readable(connection, scratch) }
          // A response that is due does not wait for all the requests that came at once.
          fireTimers()
        }
      }
      fireTimers()
      sweepIdle()
    }
    closeAll()
  }

  private func connection(_ key: UInt64) -> ServerConnection? {
    let place = Int(key & 0xFFFF_FFFF)
    guard place < connections.count, let connection = connections[place], connection.key == key else {
      return nil
    }
    return connection
  }

  /// True when the server is to stop.
  private func takeInbox() -> Bool {
    let taken = inbox.withLock { inbox in
      defer {
        inbox.barriers = []
        inbox.woken = []
      }
      return inbox
    }
    for key in taken.woken { if let connection = connection(key) { advance(connection) } }
    for descriptor in taken.barriers { cpoll_wake(descriptor) }
    return taken.isStopping
  }

  private func acceptAll() {
    for _ in 0..<256 {
      let socket = accept(listener, nil, nil)
      guard socket >= 0 else {
        if errno == EINTR || errno == ECONNABORTED { continue }
        return
      }
      Sockets.prepare(socket)
      guard openCount < limits.connections else {
        close(socket)
        continue
      }
      generation = (generation + 1) & 0x7FFF_FFFF
      let key = generation << 32 | UInt64(UInt32(bitPattern: socket))
      let connection = ServerConnection(socket: socket, key: key, now: MonotonicClock.now())
      connection.parser.limits.bodyBytes = limits.bodyBytes
      let place = Int(socket)
      if place >= connections.count {
        connections.append(contentsOf: repeatElement(nil, count: max(64, place + 1 - connections.count)))
      }
      connections[place] = connection
      openCount += 1
      if cpoll_add(poller, socket, key) != 0 { drop(connection, completed: false) }
    }
  }

  private func readable(_ connection: ServerConnection, _ scratch: UnsafeMutableRawBufferPointer) {
    // What is pipelined behind a running response waits here, up to a bound.
    if connection.script != nil, connection.parser.buffered > 1 << 20 {
      return drop(connection, completed: false)
    }
    // When the wait that found it returned, not when its turn has come.
    var arrivedAt = wokeAt
    while true {
      switch connection.read(into: scratch) {
      case .nothing: return
      case .ended:
        // Whoever closed its side is gone, unless all it waited for is in the kernel's hands already.
        return drop(connection, completed: false)
      case .gotBytes:
        connection.lastActivity = arrivedAt
        arrivedAt = MonotonicClock.now()
        if connection.script == nil { serveNext(connection) }
        // Edge-triggered: go on until the kernel has no more, or the connection is closed.
        guard self.connection(connection.key) != nil else { return }
      }
    }
  }

  /// Takes the next request out of what was read and begins its response, until one takes its time.
  private func serveNext(_ connection: ServerConnection) {
    // A response that ends at once comes back here by way of `advance`. The loop that is under way takes what
    // is pipelined behind it: were each request a call deeper, enough of them would overflow the stack.
    guard !connection.isServing else { return }
    connection.isServing = true
    defer { connection.isServing = false }
    while connection.script == nil, !connection.isClosing {
      let isNewHead = connection.parser.pending == nil
      switch connection.parser.next() {
      case .needsMore: return
      case .head:
        guard isNewHead, var head = connection.parser.pending else { return }
        head.receivedAt = MonotonicClock.now()
        head.earlierOnConnection = connection.requestCount
        if let answer = headHandler?(head) {
          connection.isClosing = true
          begin(answer, to: head, on: connection)
        } else if connection.parser.expectsContinue {
          connection.output.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
          // A client that did not wait for it has its body in the buffer already.
          if connection.flush() == .failed { return drop(connection, completed: false) }
        }
      case .request(var request):
        request.receivedAt = connection.lastActivity
        request.earlierOnConnection = connection.requestCount
        connection.requestCount += 1
        begin(handler(request), to: request, on: connection)
      case .refused(let status, let reason):
        var request = ServerRequest(method: "GET", path: "", query: [], headers: [])
        request.keepsConnection = false
        connection.isClosing = true
        begin(.response(.text(reason + "\n", status: status)), to: request, on: connection)
      }
    }
  }

  private func begin(_ answer: ServerAnswer, to request: ServerRequest, on connection: ServerConnection) {
    switch answer {
    case .response(let response): connection.script = WholeResponse(response, to: request)
    case .script(let script): connection.script = script
    case .waiting(let script):
      connection.script = script
      // A wake that comes too late finds another request on the connection, or none, and does nothing.
      script.begun { [weak self, key = connection.key] in self?.wake(key) }
    }
    advance(connection)
  }

  // MARK: Playing responses

  /// Plays every step that is due, until one lies in the future or the kernel takes no more.
  private func advance(_ connection: ServerConnection) {
    var now: Int64 = 0
    for _ in 0..<64 {
      switch connection.flush() {
      case .wouldBlock: return
      case .failed: return drop(connection, completed: false)
      case .done: break
      }
      guard let script = connection.script else { return }
      if let turn = connection.turn {
        connection.turn = nil
        now = MonotonicClock.now()
        script.stepSent(at: now)
        switch turn {
        case .goOn: break
        case .finish:
          connection.script = nil
          connection.lastActivity = now
          script.ended(completed: true, at: now)
          if connection.isClosing { return drop(connection, completed: true) }
          if connection.parser.buffered > 0 { serveNext(connection) }
          return
        case .close: return drop(connection, completed: true)
        case .reset:
          connection.arrangeReset()
          return drop(connection, completed: true)
        }
      }
      let due = script.nextStepAt
      if due > 0 {
        if due == .max { return }
        if due > now {
          now = MonotonicClock.now()
          if due > now { return arm(connection, at: due) }
        }
      }
      connection.turn = script.step(into: &connection.output)
    }
    // Others want their turn, too.
    arm(connection, at: 1)
  }

  private func arm(_ connection: ServerConnection, at time: Int64) {
    guard connection.armedAt != time else { return }
    connection.armedAt = time
    timers.push(time, key: connection.key)
  }

  private func fireTimers() {
    guard let earliest = timers.earliest else { return }
    let now = MonotonicClock.now()
    guard earliest <= now else { return }
    var fired = 0
    while fired < 256, let timer = timers.pop(dueAt: now) {
      guard let connection = connection(timer.key), connection.armedAt == timer.at else { continue }
      connection.armedAt = .max
      fired += 1
      advance(connection)
    }
  }

  // MARK: Ends

  /// Takes the connection out; a response that was not whole by then learns that the peer is gone.
  private func drop(_ connection: ServerConnection, completed: Bool) {
    let place = Int(connection.socket)
    guard connections[place] === connection else { return }
    connections[place] = nil
    openCount -= 1
    let script = connection.script
    connection.script = nil
    // What is pipelined behind the end is not served: its descriptor may be another's by then.
    connection.isClosing = true
    close(connection.socket)
    script?.ended(completed: completed, at: MonotonicClock.now())
  }

  /// Closes, once a second, what has been idle for long or has left its response unread for as long.
  private func sweepIdle() {
    guard openCount > 0 else { return }
    let now = MonotonicClock.now()
    guard now - lastSweep > 1_000_000_000 else { return }
    lastSweep = now
    let limit = now - limits.idleNanoseconds
    for case let connection? in connections {
      // The poller tells of room only when there is much of it; a slow reader has made some by now.
      if connection.isStalled(before: limit) { advance(connection) }
      if connection.isStalled(before: limit) {
        drop(connection, completed: false)
      } else if connection.script == nil, connection.lastActivity < limit {
        drop(connection, completed: true)
      }
    }
  }

  private func closeAll() {
    for case let connection? in connections { drop(connection, completed: false) }
  }
}
