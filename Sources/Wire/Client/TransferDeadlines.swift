/// When a transfer is overdue, and what to say of it then.
extension Transfer {
  struct Deadline {
    enum Reason { case connect, firstByte, betweenBytes, total, finished }
    var reason: Reason
    /// Monotonic nanoseconds.
    var at: Int64
  }

  /// The moment at which it may first be overdue, as things stand now.
  func deadline() -> Deadline? {
    var first: Deadline?
    func consider(_ reason: Deadline.Reason, _ milliseconds: Int?, after start: Int64) {
      guard let milliseconds else { return }
      let (wait, overflows) = Int64(max(0, milliseconds)).multipliedReportingOverflow(by: 1_000_000)
      let (at, overflowsToo) = start.addingReportingOverflow(wait)
      if !overflows, !overflowsToo, at < first?.at ?? .max { first = Deadline(reason: reason, at: at) }
    }
    let timeouts = request.timeouts
    consider(.total, timeouts.total, after: startedAt)
    if exchange.timings.firstByte != nil {
      consider(.betweenBytes, timeouts.betweenBytes, after: lastByteAt)
    } else {
      consider(.firstByte, timeouts.firstByte, after: startedAt)
    }
    if timesSent == 0 { consider(.connect, timeouts.connect, after: hopStartedAt) }
    // What follows an end mark is waited for a moment, so that the connection can be used again.
    if let finishedAt { consider(.finished, 20, after: finishedAt) }
    return first
  }

  /// Nil where the end that did not come is none that was needed.
  func overdue(_ deadline: Deadline) -> HTTPError? {
    let timeouts = request.timeouts
    let (limit, what): (Int?, String) =
      switch deadline.reason {
      case .finished: (nil, "")
      case .connect: (timeouts.connect, "no connection")
      case .firstByte: (timeouts.firstByte, "no answer")
      case .betweenBytes: (timeouts.betweenBytes, "no further bytes")
      case .total: (timeouts.total, "no complete answer")
      }
    guard let limit, finishedAt == nil else { return nil }
    let stage = stage
    return HTTPError(
      .timeout, stage: stage, message: "\(what) within \(limit) ms, \(stage.text)", bodySent: hasSentBody)
  }
}
