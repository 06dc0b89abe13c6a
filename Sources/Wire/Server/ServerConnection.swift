import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One connection: its socket, what was read and not yet parsed, what was written and not yet sent.
final class ServerConnection {
  let socket: Int32
  /// Tells this connection from an earlier one on the same descriptor.
  let key: UInt64
  var parser = RequestParser()
  /// What plays the present response; nil between requests.
  var script: (any ResponseScript)?
  /// Bytes that the kernel has not taken yet, from `sent` on.
  var output: [UInt8] = []
  var sent = 0
  /// When the kernel last took bytes of an output of which it does not take the rest; nil where none is left.
  private var stalledSince: Int64?
  /// The step whose bytes are in `output`, to be told when they are with the kernel.
  var turn: ScriptTurn?
  var requestCount = 0
  var lastActivity: Int64
  /// The deadline in the heap that counts; others of this connection are stale.
  var armedAt = Int64.max
  /// Nothing more is served after the present response, or after the connection was dropped.
  var isClosing = false
  /// Its requests are being taken one by one, further up on the stack.
  var isServing = false

  init(socket: Int32, key: UInt64, now: Int64) {
    self.socket = socket
    self.key = key
    lastActivity = now
  }

  var isFlushed: Bool { sent == output.count }

  /// The peer has left what we have for it unread since before that time.
  func isStalled(before time: Int64) -> Bool { stalledSince.map { $0 < time } ?? false }

  enum Transfer { case done, wouldBlock, failed }

  /// Gives the kernel as much as it takes.
  func flush() -> Transfer {
    let sentBefore = sent
    while sent < output.count {
      let count = output.withUnsafeBytes { bytes -> Int in
        guard let base = bytes.baseAddress else { return 0 }
        #if canImport(Glibc)
          return Glibc.send(socket, base + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
        #else
          return Darwin.send(socket, base + sent, bytes.count - sent, 0)
        #endif
      }
      if count < 0 {
        if errno == EINTR { continue }
        guard errno == EAGAIN else { return .failed }
        if sent > sentBefore || stalledSince == nil { stalledSince = MonotonicClock.now() }
        return .wouldBlock
      }
      sent += count
    }
    output.removeAll(keepingCapacity: output.capacity <= 64 * 1024)
    sent = 0
    stalledSince = nil
    return .done
  }

  enum Reading { case gotBytes, nothing, ended }

  /// Reads what there is into the parser, up to a bound.
  func read(into scratch: UnsafeMutableRawBufferPointer) -> Reading {
    var got = false
    var rounds = 0
    while rounds < 64 {
      rounds += 1
      let count = recv(socket, scratch.baseAddress, scratch.count, 0)
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN { return got ? .gotBytes : .nothing }
        return .ended
      }
      if count == 0 { return .ended }
      parser.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<count]))
      got = true
      if count < scratch.count { return .gotBytes }
    }
    return .gotBytes
  }

  /// Makes the close a reset: the peer loses what it has not read.
  func arrangeReset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
  }
}

/// Plays a whole response: one step.
final class WholeResponse: ResponseScript {
  private var bytes: [UInt8]
  private let turn: ScriptTurn

  init(_ response: ServerResponse, to request: ServerRequest) {
    bytes = []
    response.encode(
      into: &bytes, keepsConnection: request.keepsConnection, withoutBody: request.method == "HEAD")
    turn = request.keepsConnection ? .finish : .close
  }

  var nextStepAt: Int64 { 0 }
  func step(into out: inout [UInt8]) -> ScriptTurn {
    if out.isEmpty { swap(&out, &bytes) } else { out.append(contentsOf: bytes) }
    return turn
  }
}
