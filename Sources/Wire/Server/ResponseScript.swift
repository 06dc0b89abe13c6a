/// A response that the server plays step by step, each at its own absolute time.
///
/// The bytes are raw: a script writes its own head and chunks, so that it can also write them wrongly.
/// All of it happens on the server's thread; each step is one `send`, so two steps are two packets.
public protocol ResponseScript: AnyObject {
  /// When the next step is due, on the monotonic clock in nanoseconds: past for at once, `.max` to wait until
  /// the peer goes away.
  var nextStepAt: Int64 { get }

  /// Appends the bytes of the step and says how to go on.
  func step(into out: inout [UInt8]) -> ScriptTurn

  /// The bytes of the last step are with the kernel.
  func stepSent(at time: Int64)

  /// Called once, whatever the end. `completed` is false when the peer went away before.
  func ended(completed: Bool, at time: Int64)
}

extension ResponseScript {
  public func stepSent(at time: Int64) {}
  public func ended(completed: Bool, at time: Int64) {}
}

/// A script whose steps depend on what comes from elsewhere: it waits (`nextStepAt` is `.max`) until it is woken.
public protocol WaitingScript: ResponseScript {
  /// Called once, before anything else. `wake` may be called from any thread at any time, after the end, too.
  func begun(wake: @escaping @Sendable () -> Void)
}

/// How a script goes on after a step.
public enum ScriptTurn: Sendable {
  case goOn
  /// The response is whole; the connection may carry another request.
  case finish
  /// Send what there is, then close in good order.
  case close
  /// Drop the connection with a reset, the peer loses what it has not read.
  case reset
}

/// What the handler gives for a request.
public enum ServerAnswer {
  case response(ServerResponse)
  case script(any ResponseScript)
  case waiting(any WaitingScript)
}
