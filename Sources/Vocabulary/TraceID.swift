import Formats
import Synchronization

/// What joins a call in the ledger to what other systems recorded of it (W3C Trace Context).
public struct TraceID: Sendable, Hashable {
  let high: UInt64
  let low: UInt64
  let span: UInt64

  /// 32 hexadecimal digits, as the ledger and tracing systems show it.
  public var text: String {
    String(unsafeUninitializedCapacity: 32) { bytes in
      Self.write(high, to: bytes, at: 0)
      Self.write(low, to: bytes, at: 16)
      return 32
    }
  }

  /// The value of the header `traceparent`.
  public var parent: String {
    String(unsafeUninitializedCapacity: 55) { bytes in
      let frame: StaticString = "00-................................-................-01"
      frame.withUTF8Buffer { _ = bytes.update(fromContentsOf: $0) }
      Self.write(high, to: bytes, at: 3)
      Self.write(low, to: bytes, at: 19)
      Self.write(span, to: bytes, at: 36)
      return 55
    }
  }

  /// As sixteen hexadecimal digits.
  private static func write(_ number: UInt64, to bytes: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
    var rest = number
    for place in stride(from: start + 15, through: start, by: -1) {
      let digit = UInt8(truncatingIfNeeded: rest & 15)
      bytes[place] = digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a")
      rest >>= 4
    }
  }
}

/// Makes trace ids that no other process makes. Ids, unlike every other choice, do not come from the run's seed: two
/// executions must not share them. The system is asked for chance once, for the 192 bits that they all start from.
public final class TraceIDs: Sendable {
  private let state: Mutex<(SplitMix64, SplitMix64, SplitMix64)>

  public init() {
    var system = SystemRandomNumberGenerator()
    state = Mutex(
      (SplitMix64(seed: system.next()), SplitMix64(seed: system.next()), SplitMix64(seed: system.next())))
  }

  public func next() -> TraceID {
    // All zeros is no id.
    state.withLock { TraceID(high: $0.0.next() | 1, low: $0.1.next(), span: $0.2.next() | 1) }
  }
}
