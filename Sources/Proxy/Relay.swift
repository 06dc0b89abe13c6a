import Formats
import Models
import Synchronization
import Wire

/// One answer on its way: bytes come on the thread that reads from the service and go on the thread that serves the
/// program, as they come. Its end is held back until it is released: who has read a reply to its end may rely on its
/// being recorded.
final class Relay: WaitingScript, AnswerWatcher {
  private struct State {
    /// What the program's connection has not taken yet.
    var waiting: [UInt8] = []
    /// The piece with the end of the reply, and what came after it.
    var held: [UInt8] = []
    var hasBegun = false
    var hasBody = true
    var error: HTTPError?
    /// How it ends, once it may.
    var end: ScriptTurn?
    var wake: (@Sendable () -> Void)?
    var onGone: (@Sendable () -> Void)?
    /// The program has all of it, or has gone.
    var isOver = false
    var waitsForEnd: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let isChunked: Bool
  private let wantsBody: Bool

  init(_ request: ServerRequest) {
    isChunked = request.keepsConnection && !request.isHTTP10
    wantsBody = request.method != "HEAD"
  }

  /// What is done when the program goes away before the end; to be set before the server has the relay.
  func whenGone(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onGone = body } }

  // MARK: From the service

  func began(status: Int, headers: HTTPHeaders) {
    change { state in
      state.hasBegun = true
      state.hasBody = wantsBody && status != 204 && status != 304
      ResponseHead.begin(status, into: &state.waiting)
      for (name, value) in headers where !ObservedRequest.isForUs(answer: name) {
        ResponseHead.field(name, value, into: &state.waiting)
      }
      if !isChunked {
        ResponseHead.field("connection", "close", into: &state.waiting)
      } else if state.hasBody {
        ResponseHead.field("transfer-encoding", "chunked", into: &state.waiting)
      }
      ResponseHead.end(into: &state.waiting)
    }
  }

  func came(_ piece: RawSpan, isEnd: Bool) {
    change { state in
      guard state.hasBody else { return }
      if isEnd || !state.held.isEmpty {
        append(piece, to: &state.held)
      } else {
        append(piece, to: &state.waiting)
      }
    }
  }

  func ended(_ error: HTTPError?) { state.withLock { $0.error = error } }

  private func append(_ piece: RawSpan, to out: inout [UInt8]) {
    func write(_ out: inout [UInt8]) { piece.withUnsafeBytes { out.append(contentsOf: $0) } }
    if isChunked { ChunkedCoding.chunk(into: &out, write) } else { write(&out) }
  }

  // MARK: The end

  /// Lets go what was held back; further calls do nothing. An answer that broke off is broken off here, too; where none had begun, an error in the
  /// form that clients of the services read tells why.
  func release() {
    change { state in
      guard state.end == nil else { return }
      state.onGone = nil
      if let error = state.error, !state.hasBegun {
        ServerResponse.refusal(error.kind == .timeout ? 504 : 502, error.message)
          .encode(into: &state.waiting, keepsConnection: isChunked, withoutBody: !wantsBody)
        state.end = isChunked ? .finish : .close
        return
      }
      state.waiting += state.held
      state.held = []
      if state.error != nil {
        // Without the last chunk everybody sees that something is missing; without chunks only a reset tells.
        state.end = isChunked ? .close : .reset
        return
      }
      if isChunked, state.hasBody { ChunkedCoding.end(into: &state.waiting) }
      state.end = isChunked ? .finish : .close
    }
  }

  private func change(_ body: (inout State) -> Void) {
    let wake = state.withLock { state in
      body(&state)
      return state.wake
    }
    wake?()
  }

  // MARK: To the program

  func begun(wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

  var nextStepAt: Int64 { state.withLock { $0.waiting.isEmpty && $0.end == nil ? .max : 0 } }

  func step(into out: inout [UInt8]) -> ScriptTurn {
    state.withLock { state in
      if out.isEmpty { swap(&out, &state.waiting) } else { out += state.waiting }
      state.waiting.removeAll(keepingCapacity: true)
      return state.end ?? .goOn
    }
  }

  func ended(completed: Bool, at time: Int64) {
    let (onGone, waiting) = state.withLock { state in
      defer {
        state.isOver = true
        state.wake = nil
        state.onGone = nil
        state.waitsForEnd = nil
      }
      return (completed ? nil : state.onGone, state.waitsForEnd)
    }
    onGone?()
    waiting?.resume()
  }

  /// Returns once the program's connection has taken all of it, or has gone.
  func delivered() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.isOver { state.waitsForEnd = continuation }
        return state.isOver
      }
      if isOver { continuation.resume() }
    }
  }
}

extension ServerResponse {
  /// What the proxy itself has to say, in the form of errors that clients of OpenAI and of Anthropic read.
  static func refusal(_ status: Int, _ message: String) -> ServerResponse {
    let told: JSON = ["type": "error", "error": ["type": "proxy_error", "message": .string(message)]]
    return ServerResponse(
      status: status, headers: [("content-type", "application/json")], body: Array(told.text.utf8))
  }
}
