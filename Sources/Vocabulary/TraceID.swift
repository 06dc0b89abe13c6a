import Synchronization

/// What joins a call in the ledger to what other systems recorded of it (W3C Trace Context).
public struct TraceID: Sendable, Hashable {
  let high: UInt64
  let low: UInt64
  let span: UInt64

  /// 32 hexadecimal digits, as the ledger and tracing systems show it.
  public var text: String { Self.hex(high) + Self.hex(low) }

  /// The value of the header `traceparent`.
  public var parent: String { "00-\(text)-\(Self.hex(span))-01" }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Makes trace ids that no other process makes. Ids, unlike every other choice, do not come from the run's seed: two
/// executions must not share them.
public final class TraceIDs: Sendable {
  private let state = Mutex(SystemRandomNumberGenerator())

  public init() {}

  public func next() -> TraceID {
    state.withLock { generator in
      // All zeros is no id.
      TraceID(high: generator.next() | 1, low: generator.next(), span: generator.next() | 1)
    }
  }
}
