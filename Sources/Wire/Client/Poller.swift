// Waits for sockets: epoll on Linux, poll(2) elsewhere.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import CCurl

/// A socket that is ready, and for what, in curl's own bits.
struct ReadySocket {
  var socket: Int32
  var events: Int32
}

#if os(Linux)
  /// Owned by the event-loop thread, but for `wake`.
  struct Poller: ~Copyable {
    private let epoll: Int32
    private let wakeUp: Int32
    private let buffer: UnsafeMutableBufferPointer<epoll_event>
    /// What each socket is watched for, by its number.
    private var watched: [UInt8] = []

    init?() {
      let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
      let wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
      var event = epoll_event()
      event.events = EPOLLIN.rawValue
      event.data.fd = wakeUp
      guard epoll >= 0, wakeUp >= 0, epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event) == 0 else {
        if epoll >= 0 { close(epoll) }
        if wakeUp >= 0 { close(wakeUp) }
        return nil
      }
      self.epoll = epoll
      self.wakeUp = wakeUp
      buffer = .allocate(capacity: 1024)
    }

    deinit {
      close(epoll)
      close(wakeUp)
      buffer.deallocate()
    }

    /// What another thread needs to end a wait.
    var waker: Waker { Waker(descriptor: wakeUp) }

    /// Watches a socket for these of curl's `CURL_POLL_IN` and `CURL_POLL_OUT`; for none, forgets it.
    mutating func watch(_ socket: Int32, for what: Int32) {
      guard socket >= 0 else { return }
      let slot = Int(socket)
      while watched.count <= slot { watched.append(0) }
      let mask = UInt8(what & (CURL_POLL_IN | CURL_POLL_OUT))
      let before = watched[slot]
      guard mask != before else { return }
      watched[slot] = mask
      var event = epoll_event()
      event.data.fd = socket
      if mask & UInt8(CURL_POLL_IN) != 0 { event.events |= EPOLLIN.rawValue }
      if mask & UInt8(CURL_POLL_OUT) != 0 { event.events |= EPOLLOUT.rawValue }
      if mask == 0 {
        epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &event)
      } else if epoll_ctl(epoll, before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event) != 0 {
        // The number was given to another socket in between: what was known is stale.
        epoll_ctl(epoll, before == 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event)
      }
    }

    /// Waits for at most so many milliseconds (negative: for ever) and appends what is ready.
    func wait(milliseconds: Int32, into ready: inout [ReadySocket]) {
      let count = epoll_wait(epoll, buffer.baseAddress, Int32(buffer.count), milliseconds)
      guard count > 0 else { return }
      for i in 0..<Int(count) {
        let socket = buffer[i].data.fd
        let events = buffer[i].events
        if socket == wakeUp {
          var counter: UInt64 = 0
          _ = read(wakeUp, &counter, 8)
          continue
        }
        var bits: Int32 = 0
        if events & (EPOLLIN.rawValue | EPOLLHUP.rawValue) != 0 { bits |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { bits |= CURL_CSELECT_OUT }
        if events & EPOLLERR.rawValue != 0 { bits |= CURL_CSELECT_ERR }
        ready.append(ReadySocket(socket: socket, events: bits))
      }
    }
  }

  /// Ends a wait from any thread.
  struct Waker: Sendable {
    fileprivate let descriptor: Int32

    func wake() {
      var one: UInt64 = 1
      _ = write(descriptor, &one, 8)
    }
  }
#else
  /// Owned by the event-loop thread, but for `wake`.
  struct Poller: ~Copyable {
    private let pipeEnds: (reading: Int32, writing: Int32)
    private var entries: [pollfd]

    init?() {
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { return nil }
      for end in ends {
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      }
      pipeEnds = (ends[0], ends[1])
      entries = [pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)]
    }

    deinit {
      close(pipeEnds.reading)
      close(pipeEnds.writing)
    }

    var waker: Waker { Waker(descriptor: pipeEnds.writing) }

    mutating func watch(_ socket: Int32, for what: Int32) {
      entries.removeAll { $0.fd == socket }
      let isReading = what & CURL_POLL_IN != 0, isWriting = what & CURL_POLL_OUT != 0
      guard isReading || isWriting else { return }
      let events = (isReading ? POLLIN : 0) | (isWriting ? POLLOUT : 0)
      entries.append(pollfd(fd: socket, events: Int16(events), revents: 0))
    }

    mutating func wait(milliseconds: Int32, into ready: inout [ReadySocket]) {
      guard poll(&entries, nfds_t(entries.count), milliseconds) > 0 else { return }
      for entry in entries where entry.revents != 0 {
        if entry.fd == pipeEnds.reading {
          var bytes = [UInt8](repeating: 0, count: 64)
          while read(pipeEnds.reading, &bytes, bytes.count) > 0 {}
          continue
        }
        let events = Int32(entry.revents)
        var bits: Int32 = 0
        if events & (Int32(POLLIN) | Int32(POLLHUP)) != 0 { bits |= CURL_CSELECT_IN }
        if events & Int32(POLLOUT) != 0 { bits |= CURL_CSELECT_OUT }
        if events & (Int32(POLLERR) | Int32(POLLNVAL)) != 0 { bits |= CURL_CSELECT_ERR }
        ready.append(ReadySocket(socket: entry.fd, events: bits))
      }
    }
  }

  /// Ends a wait from any thread.
  struct Waker: Sendable {
    fileprivate let descriptor: Int32

    func wake() {
      var one: UInt8 = 1
      _ = write(descriptor, &one, 1)
    }
  }
#endif
