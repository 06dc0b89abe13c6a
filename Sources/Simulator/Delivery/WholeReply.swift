import Formats
import Wire

/// Plays a reply that comes in one piece, or in the pieces that a fault makes of it.
final class WholeReply: ResponseScript {
  private struct Part {
    var at: Int64
    var end: Int
    var turn: ScriptTurn
  }

  private let bytes: [UInt8]
  private let exchange: Exchange
  private var parts: [Part] = []
  private var part = 0
  private var place = 0
  /// One byte a packet, from first to last.
  private var byteByByte: (at: Int64, turn: ScriptTurn)?

  /// - Parameters:
  ///   - bytes: the response as it goes over the wire.
  ///   - headEnd: where its body begins.
  ///   - at: when it is due.
  init(
    _ bytes: [UInt8], headEnd: Int, at: Int64, fault: Fault?, keepsConnection: Bool, scale: Double,
    exchange: Exchange
  ) {
    self.bytes = bytes
    self.exchange = exchange
    let turn: ScriptTurn = keepsConnection ? .finish : .close
    let whole = Part(at: at, end: bytes.count, turn: turn)
    let middle = headEnd + (bytes.count - headEnd) / 2
    switch fault?.kind {
    case .neverAnswer: parts = [Part(at: .max, end: bytes.count, turn: .close)]
    case .resetAfterBody, .resetBeforeBody, .keepAliveClosed: parts = [Part(at: at, end: 0, turn: .reset)]
    case .resetInHeaders: parts = [Part(at: at, end: headEnd / 2, turn: .reset)]
    case .resetMidStream: parts = [Part(at: at, end: middle, turn: .reset)]
    case .closeMidStream, .halfChunk, .shortBody: parts = [Part(at: at, end: middle, turn: .close)]
    case .stall:
      let pause = Int64(Double(fault?.pause ?? 5000) * scale)
      parts = [Part(at: at, end: middle, turn: .goOn), Part(at: at + pause, end: bytes.count, turn: turn)]
    case .slowHeaders:
      let pause = Int64(Double(fault?.pause ?? 300) * scale)
      for number in 0..<10 {
        parts.append(Part(at: at + Int64(number) * pause, end: headEnd * (number + 1) / 10, turn: .goOn))
      }
      parts.append(Part(at: at + 10 * pause, end: bytes.count, turn: turn))
    case .oneByte: byteByByte = (at, turn)
    default: parts = [whole]
    }
  }

  var nextStepAt: Int64 {
    if let byteByByte { return byteByByte.at }
    return part < parts.count ? parts[part].at : .max
  }

  func step(into out: inout [UInt8]) -> ScriptTurn {
    if let byteByByte {
      if place < bytes.count { out.append(bytes[place]) }
      place += 1
      return place >= bytes.count ? byteByByte.turn : .goOn
    }
    guard part < parts.count else { return .close }
    let present = parts[part]
    out.append(contentsOf: bytes[place..<max(place, present.end)])
    place = max(place, present.end)
    part += 1
    return present.turn
  }

  func stepSent(at time: Int64) {
    if exchange.firstByteAt == 0, place > 0 { exchange.firstByteAt = time }
  }

  func ended(completed: Bool, at time: Int64) {
    exchange.finish(at: time, clientLeft: !completed)
  }
}
