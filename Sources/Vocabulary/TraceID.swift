import Formats
import Synchronization

/// What joins a call in the ledger to what other systems recorded of it (W3C Trace Context).
public struct TraceID: Sendable, Hashable {
  let high: UInt64
  let low: UInt64
  let span: UInt64

  /// 32 hexadecimal digits, as the ledger and tracing systems show it.
  public var text: String { Self.text("", [high, low], "") }

  /// The value of the header `traceparent`.
  public var parent: String { Self.text("00-", [high, low], "-") + Self.text("", [span], "-01") }

  private static func text(_ before: StaticString, _ numbers: [UInt64], _ after: StaticString) -> String {
    let count = before.utf8CodeUnitCount + numbers.count * 16 + after.utf8CodeUnitCount
    return String(unsafeUninitializedCapacity: count) { bytes in
      var place = 0
      func add(_ byte: UInt8) {
        bytes[place] = byte
        place += 1
      }
      before.withUTF8Buffer { $0.forEach(add) }
      for number in numbers {
        for shift in stride(from: 60, through: 0, by: -4) {
          let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 15
          add(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a"))
        }
      }
      after.withUTF8Buffer { $0.forEach(add) }
      return place
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
