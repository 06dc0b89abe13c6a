import Synchronization

/// A response that other threads write: a handler returns it at once, and it is filled later.
///
/// ```swift
/// let later = PushedResponse(to: request)
/// Task { later.respond(.text(await answer())) }
/// return .script(later)
/// ```
public final class PushedResponse: ResponseScript, Sendable {
  private struct State {
    var pending: [UInt8] = []
    var turn = ScriptTurn.goOn
    var isOver = false
    var isGone = false
    var waker: ServerWaker?
    var onGone: (@Sendable () -> Void)?
  }
  private let state = Mutex(State())
  private let keepsConnection: Bool
  private let isHead: Bool

  public init(to request: ServerRequest) {
    keepsConnection = request.keepsConnection
    isHead = request.method == "HEAD"
  }

  /// The whole response at once.
  public func respond(_ response: ServerResponse) {
    push(ending: keepsConnection ? .finish : .close) {
      response.encode(into: &$0, keepsConnection: keepsConnection, withoutBody: isHead)
    }
  }

  /// The head of a response whose body comes in pieces.
  public func begin(status: Int = 200, headers: [(name: String, value: String)]) {
    push { out in
      ResponseHead.begin(status, into: &out)
      for (name, value) in headers { ResponseHead.field(name, value, into: &out) }
      ResponseHead.field("transfer-encoding", "chunked", into: &out)
      if !keepsConnection { ResponseHead.field("connection", "close", into: &out) }
      ResponseHead.end(into: &out)
    }
  }

  public func write(_ bytes: [UInt8]) {
    push { ChunkedCoding.chunk(into: &$0) { $0.append(contentsOf: bytes) } }
  }

  public func finish() {
    push(ending: keepsConnection ? .finish : .close) { ChunkedCoding.end(into: &$0) }
  }

  /// Breaks the connection, so that the peer cannot take what it has for the whole.
  public func abort() { push(ending: .reset) { _ in } }

  /// The peer closed the connection; whatever is written from here on goes nowhere.
  public var isClientGone: Bool { state.withLock(\.isGone) }

  /// Bytes written but not yet taken by the kernel: what a careful writer waits for.
  public var pendingBytes: Int { state.withLock(\.pending.count) }

  /// Called once when the peer goes away before the end, at once if it already has.
  public func onGone(_ action: @escaping @Sendable () -> Void) {
    let gone = state.withLock { state in
      if !state.isGone { state.onGone = action }
      return state.isGone
    }
    if gone { action() }
  }

  private func push(ending: ScriptTurn? = nil, _ write: (inout [UInt8]) -> Void) {
    let waker = state.withLock { state -> ServerWaker? in
      guard !state.isOver, !state.isGone else { return nil }
      write(&state.pending)
      if let ending {
        state.turn = ending
        state.isOver = true
      }
      return state.waker
    }
    waker?.wake()
  }

  public var nextStepAt: Int64 { state.withLock { $0.pending.isEmpty && !$0.isOver ? .max : 0 } }

  public func step(into out: inout [UInt8]) -> ScriptTurn {
    state.withLock { state in
      out.append(contentsOf: state.pending)
      state.pending.removeAll(keepingCapacity: true)
      return state.turn
    }
  }

  public func began(_ waker: ServerWaker) { state.withLock { $0.waker = waker } }

  public func ended(completed: Bool, at time: Int64) {
    let action = state.withLock { state in
      defer { state.onGone = nil }
      state.isGone = !completed
      state.pending = []
      return completed ? nil : state.onGone
    }
    action?()
  }
}
