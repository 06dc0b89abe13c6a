/// What to ask, of whom, and how the answer is to be read.
public struct HTTPRequest: Sendable {
  /// How the body of an answer is read. A stream that turns out to be no stream (a status other than
  /// 2xx, or another content type) is collected whole, so that its error can be read.
  public enum Framing: Sendable {
    case whole
    case serverSentEvents(any EventReceiver)
    /// One event a line, empty lines left out: NDJSON.
    case lines(any EventReceiver)
  }

  public enum Redirects: Sendable {
    /// A redirect is an answer like any other.
    case report
    /// Followed, at most five times, while scheme, host and port stay the same: headers carry keys.
    case sameOrigin
  }

  public var method: String
  /// Absolute, `http` or `https`. Its query is never shown in an error.
  public var url: String
  /// Sent as they are. Values are secret: they appear in no error.
  public var headers: [(String, String)]
  public var body: [UInt8]
  public var framing: Framing
  public var timeouts = HTTPTimeouts()
  /// Most bytes of a body, after decompression.
  public var maxResponseBytes = 256 << 20
  /// Most bytes of one event of a stream.
  public var maxEventBytes = 16 << 20
  public var redirects = Redirects.report
  /// Sees the answer as it comes, beside whoever reads it.
  public var watcher: (any AnswerWatcher)?

  public init(
    method: String = "POST", url: String, headers: [(String, String)] = [], body: [UInt8] = [],
    framing: Framing = .whole
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.framing = framing
  }
}

/// How long to wait, in milliseconds. Nil waits for ever.
public struct HTTPTimeouts: Sendable, Hashable {
  /// From the start until the connection is ready: name lookup, TCP, proxy and TLS.
  public var connect: Int? = 30_000
  /// From the start until the first byte of the body.
  public var firstByte: Int? = 300_000
  /// Longest silence after the first byte.
  public var betweenBytes: Int? = 120_000
  /// From the start until the end.
  public var total: Int? = 600_000

  public init() {}

  public init(connect: Int?, firstByte: Int?, betweenBytes: Int?, total: Int?) {
    self.connect = connect
    self.firstByte = firstByte
    self.betweenBytes = betweenBytes
    self.total = total
  }
}

/// Sees an answer as it comes, on the client's event-loop thread, while `send` is awaited: must be quick and not block.
public protocol AnswerWatcher: AnyObject, Sendable {
  /// The final status and all headers are there.
  func began(status: Int, headers: HTTPHeaders)
  /// A piece of the body, decompressed; `isEnd` where the end mark of the stream has been seen by now.
  func came(_ piece: RawSpan, isEnd: Bool)
  /// Nothing more comes; told before `send` returns, also of a request that could not be sent.
  func ended(_ error: HTTPError?)
}

/// Takes the events of one stream, on the client's event-loop thread, while `send` is awaited.
///
/// `receive` must be quick (every other stream waits for it) and must not block. It is never called after `send`
/// has returned, so a receiver needs no lock of its own.
public protocol EventReceiver: AnyObject, Sendable {
  /// - Parameters:
  ///   - name: the event's name, empty where it has none.
  ///   - data: the event's data, without its line end; valid for this call only.
  ///   - at: microseconds from the start of the attempt until its last byte arrived.
  func receive(event name: RawSpan, data: RawSpan, at microsecondsFromStart: Int64)

  /// True once the end mark of the stream was seen: the exchange then ends at once, or a moment later
  /// where that lets the connection be used again.
  var isFinished: Bool { get }
}

extension EventReceiver {
  public var isFinished: Bool { false }
}
