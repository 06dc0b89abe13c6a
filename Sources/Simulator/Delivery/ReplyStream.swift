import Formats
import Wire

/// Plays a streamed reply: each event at its own deadline, faults where they are due.
final class ReplyStream: ResponseScript {
  private let head: [UInt8]
  private let keepsConnection: Bool
  private let family: API.Family
  private let fault: Fault?
  private let exchange: Exchange
  private var writer: EventWriter
  private var timing: Timing
  private var place = -1
  private var due: Int64
  private var sawOutput = false
  private var faultAt = Int.max
  private var isHung = false
  private var hasStalled = false
  /// Left over from an event that goes out byte by byte.
  private var fragments: [UInt8] = []
  private var fragment = 0
  private var afterFragments = ScriptTurn.goOn
  private var outputInStep = 0
  /// Tenths of the head that were sent already, when it comes slowly.
  private var headParts = 0

  init(
    plan: StreamPlan, head: [UInt8], timing: Timing, fault: Fault?, keepsConnection: Bool, exchange: Exchange,
    family: API.Family
  ) {
    self.head = head
    self.timing = timing
    self.fault = fault
    self.keepsConnection = keepsConnection
    self.exchange = exchange
    self.family = family
    writer = EventWriter(plan, fault: fault?.kind)
    due = timing.open
    if let fault, fault.strikesInStream {
      let outputs = plan.items.indices.filter { plan.items[$0].gaps > 0 }
      if let at = fault.at, at >= 0 {
        faultAt = at < outputs.count ? outputs[at] : plan.items.count
      } else {
        faultAt = outputs.isEmpty ? plan.items.count : outputs[outputs.count / 2]
      }
    }
  }

  var nextStepAt: Int64 { isHung ? .max : due }

  func step(into out: inout [UInt8]) -> ScriptTurn {
    if fragment < fragments.count {
      out.append(fragments[fragment])
      fragment += 1
      return fragment == fragments.count ? afterFragments : .goOn
    }
    outputInStep = 0
    let turn = play(into: &out)
    guard fault?.kind == .oneByte, out.count > 1 else { return turn }
    fragments = Array(out.dropFirst())
    fragment = 0
    afterFragments = turn
    out.removeLast(out.count - 1)
    return .goOn
  }

  /// Everything that is due at the same time, in one packet.
  private func play(into out: inout [UInt8]) -> ScriptTurn {
    let items = writer.plan.items
    if place < 0 {
      if fault?.kind == .slowHeaders, headParts < 9 {
        out.append(contentsOf: head[(head.count * headParts / 10)..<(head.count * (headParts + 1) / 10)])
        headParts += 1
        due += Int64(Double(fault?.pause ?? 300) * timing.scale)
        return .goOn
      }
      out.append(contentsOf: head[(head.count * headParts / 10)...])
      place = 0
      if fault?.kind == .resetInHeaders {
        out.removeLast(out.count / 2)
        return .reset
      }
    }
    let present = due
    while place < items.count {
      if place == faultAt, let turn = strike(into: &out) { return turn }
      let item = items[place]
      if item.gaps > 0 {
        let next: Int64
        if !sawOutput {
          next = max(timing.first, present)
        } else if dueFor == place {
          next = due
        } else {
          next = due + timing.gaps(Int(item.gaps))
        }
        if next > present {
          due = next
          dueFor = place
          sawOutput = true
          return .goOn
        }
        sawOutput = true
        due = next
        outputInStep += 1
      }
      write(item.event, into: &out)
      place += 1
      if out.count > 16_384 { return .goOn }
    }
    if place == faultAt, let turn = strike(into: &out) { return turn }
    ChunkedCoding.chunk(into: &out) { writer.writeEnd(into: &$0) }
    ChunkedCoding.end(into: &out)
    return keepsConnection ? .finish : .close
  }

  /// The item for which `due` was already drawn.
  private var dueFor = -1

  private func write(_ event: StreamPlan.Event, into out: inout [UInt8]) {
    exchange.events += 1
    if fault?.kind == .pings, exchange.events % 3 == 0 {
      ChunkedCoding.chunk(into: &out) { writer.writePing(family, into: &$0) }
    }
    ChunkedCoding.chunk(into: &out) { writer.write(event, into: &$0) }
  }

  /// What the fault does at its place; nil to go on as if nothing had been.
  private func strike(into out: inout [UInt8]) -> ScriptTurn? {
    switch fault?.kind {
    case .resetMidStream: return .reset
    case .closeMidStream: return .close
    case .neverAnswer:
      isHung = true
      return .goOn
    case .stall:
      if hasStalled { return nil }
      hasStalled = true
      due += Int64(Double(fault?.pause ?? 5000) * timing.scale)
      return .goOn
    case .halfChunk:
      var chunk: [UInt8] = []
      ChunkedCoding.chunk(into: &chunk) { out in
        if let item = writer.plan.items[checked: place] {
          writer.write(item.event, into: &out)
        } else {
          out.add("data: {\"half\": tr")
        }
      }
      out.append(contentsOf: chunk.prefix(chunk.count / 2))
      return .close
    case .malformedChunk:
      out.add("zz\r\nthis is no chunk\r\n")
      return .close
    case .malformedEvent:
      faultAt = .max
      ChunkedCoding.chunk(into: &out) {
        writer.write(nil, Array("{\"id\": \"broken\", \"choices\": [{".utf8), into: &$0)
      }
      return nil
    case .bigEvent:
      faultAt = .max
      ChunkedCoding.chunk(into: &out) { out in
        out.add(writer.plan.framing == .lines ? "" : ": ")
        if writer.plan.framing == .serverSentEvents {
          out.append(contentsOf: repeatElement(UInt8(ascii: "x"), count: 1 << 20))
          out.add("\n\n")
        }
      }
      return nil
    case .errorEvent:
      ChunkedCoding.chunk(into: &out) {
        writer.write(writer.plan.errorName, writer.plan.errorData, into: &$0)
      }
      ChunkedCoding.end(into: &out)
      return keepsConnection ? .finish : .close
    default: return nil
    }
  }

  func stepSent(at time: Int64) {
    if exchange.firstByteAt == 0 { exchange.firstByteAt = time }
    for _ in 0..<outputInStep { exchange.emitted.append(time) }
    outputInStep = 0
  }

  func ended(completed: Bool, at time: Int64) {
    exchange.finish(at: time, clientLeft: !completed)
  }
}

extension Array {
  subscript(checked index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

extension Fault {
  /// It happens at an event of a stream rather than before or around it.
  var strikesInStream: Bool {
    switch kind {
    case .resetMidStream, .closeMidStream, .halfChunk, .stall, .malformedChunk, .malformedEvent, .errorEvent,
      .bigEvent:
      true
    default: false
    }
  }
}
