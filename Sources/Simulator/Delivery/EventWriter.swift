import Formats

/// Writes the events of a plan in their framing, rightly or as a fault has it.
struct EventWriter {
  let plan: StreamPlan
  var fault: Fault.Kind?
  private var written = 0
  private var number = 0

  init(_ plan: StreamPlan, fault: Fault.Kind?) {
    self.plan = plan
    self.fault = fault
  }

  mutating func write(_ event: StreamPlan.Event, into out: inout [UInt8]) {
    switch event {
    case .fixed(let name, let data): write(name, data, into: &out)
    case .delta(let place, let from, let to, _):
      let template = plan.templates[place]
      open(template.name, into: &out)
      out.append(contentsOf: template.prefix)
      out.addEscaped(plan.text[Int(from)..<Int(to)])
      out.append(contentsOf: template.suffix)
      if template.isNumbered {
        out.add(String(number))
        out.append(UInt8(ascii: "}"))
      }
      close(into: &out)
    }
  }

  /// One event with its data given; where the interface numbers events, the number is put in place of `#`.
  mutating func write(_ name: String?, _ data: [UInt8], into out: inout [UInt8]) {
    open(name, into: &out)
    if fault == .multiLineData, plan.framing == .serverSentEvents, data.first == UInt8(ascii: "{") {
      out.append(UInt8(ascii: "{"))
      out.add("\ndata: ")
      appendNumbered(data.dropFirst(), into: &out)
    } else {
      appendNumbered(data[...], into: &out)
    }
    close(into: &out)
  }

  private static let mark = Array("\"sequence_number\":0".utf8)

  private func appendNumbered(_ data: ArraySlice<UInt8>, into out: inout [UInt8]) {
    guard plan.numbersEvents, number > 0, let place = data.firstPlace(of: Self.mark)
    else { return out.append(contentsOf: data) }
    out.append(contentsOf: data[data.startIndex..<place])
    out.add("\"sequence_number\":\(number)")
    out.append(contentsOf: data[(place + Self.mark.count)...])
  }

  private mutating func open(_ name: String?, into out: inout [UInt8]) {
    switch plan.framing {
    case .serverSentEvents:
      if let name {
        out.add("event: ")
        out.add(name)
        newline(into: &out)
      }
      out.add("data: ")
    case .lines: break
    case .jsonArray: out.add(written == 0 ? "[" : ",\r\n")
    }
    written += 1
  }

  private mutating func close(into out: inout [UInt8]) {
    switch plan.framing {
    case .serverSentEvents:
      newline(into: &out)
      newline(into: &out)
    case .lines: out.append(0x0A)
    case .jsonArray: break
    }
    number += 1
  }

  private func newline(into out: inout [UInt8]) {
    if fault == .crlf { out.append(0x0D) }
    out.append(0x0A)
  }

  /// What follows the last event.
  mutating func writeEnd(into out: inout [UInt8]) {
    if plan.framing == .jsonArray { out.add(written == 0 ? "[]" : "]") }
    guard let mark = plan.endMark, fault != .noDone else { return }
    for _ in 0..<(fault == .duplicateDone ? 2 : 1) {
      out.add("data: ")
      out.append(contentsOf: mark)
      newline(into: &out)
      newline(into: &out)
    }
  }

  /// A comment or an empty event that says nothing but that the stream lives.
  func writePing(_ family: API.Family, into out: inout [UInt8]) {
    guard plan.framing == .serverSentEvents else { return }
    if family == .anthropic {
      out.add("event: ping\ndata: {\"type\": \"ping\"}\n\n")
    } else {
      out.add(": keep-alive\n\n")
    }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func firstPlace(of pattern: [UInt8]) -> Int? {
    guard count >= pattern.count, let first = pattern.first else { return nil }
    var index = startIndex
    while index <= endIndex - pattern.count {
      if self[index] == first, self[index..<(index + pattern.count)].elementsEqual(pattern) { return index }
      index += 1
    }
    return nil
  }
}
