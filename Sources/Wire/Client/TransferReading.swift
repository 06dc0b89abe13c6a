/// How the answer of a transfer is read: known once its headers are.
struct AnswerReading {
  enum Way {
    case undecided
    /// whole, unless the first bytes look like server-sent events
    case sniffing
    case whole, events, lines
  }

  var way = Way.undecided
  /// The one that the way asks for.
  var events: SSEParser?
  var lines: LineParser?
  var headersAreOver = false
  var mediaType = MediaType.none
  /// As promised by the headers; `Int.max` where that is no number that could be.
  var contentLength: Int?
  var bodyBytes = 0
  /// The reading that brought the last event.
  var lastEventIn = -1
  /// Events whose stamps are uncertain by more than a millisecond, and by how much at most, in nanoseconds.
  var lateEvents = 0
  var greatestLag: Int64 = 0

  var eventCount: Int { events?.eventCount ?? lines?.eventCount ?? 0 }

  /// The stream has ended well: what its last event lacks is an empty line.
  mutating func flushTail(to receiver: (any EventReceiver)?, at stamp: Int64) {
    guard let receiver else { return }
    events?.finish(flushesTail: true, to: receiver, at: stamp)
    lines?.finish(to: receiver, at: stamp)
  }

  /// Takes note of the two headers that say how to read.
  mutating func note(_ line: UnsafeRawBufferPointer) {
    // Both begin with a C and hold a hyphen after "content".
    guard line.count > 14, line[0] | 0x20 == 0x63, line[7] == 0x2D else { return }
    if let value = Self.value(of: "content-type:", in: line) {
      mediaType = MediaType(value)
    } else if let value = Self.value(of: "content-length:", in: line) {
      var length = 0
      for byte in value where (0x30...0x39).contains(byte) {
        let (product, overflows) = length.multipliedReportingOverflow(by: 10)
        let (sum, overflowsToo) = product.addingReportingOverflow(Int(byte - 0x30))
        length = overflows || overflowsToo ? .max : sum
        if length == .max { break }
      }
      contentLength = length
    }
  }

  private static func value(of name: StaticString, in line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer?
  {
    let count = name.utf8CodeUnitCount
    guard line.count >= count else { return nil }
    for i in 0..<count where HTTPHeaders.lowercased(line[i]) != name.utf8Start[i] { return nil }
    return UnsafeRawBufferPointer(rebasing: line[count...])
  }
}

/// Bytes of an answer, as curl hands them over on the event-loop thread.
extension Transfer {
  private func stamp(_ clock: LoopClock) -> Int64 {
    clock.read()
    if !clock.isArrivalNoted { note(lag: clock.lag) }
    let arrival = max(clock.arrival, startedAt)
    lastByteAt = arrival
    return (arrival - startedAt) / 1000
  }

  /// Something of it may have happened so many nanoseconds earlier than was stamped, but not before it began.
  func note(lag: Int64) {
    let lag = min(lag, max(0, (clock?.now ?? .max) - startedAt))
    if lag / 1000 > exchange.loopLag { exchange.loopLag = lag / 1000 }
  }

  private func note(lag: Int64, ofEvents count: Int) {
    // The first of all is what TTFT is told by; of the others a few may be.
    guard lag > 1_000_000, answer.eventCount > count + 1 else { return note(lag: lag) }
    answer.lateEvents += count
    answer.greatestLag = max(answer.greatestLag, lag)
  }

  /// One header line; false to stop the transfer.
  func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    guard let clock, let first = line.first else { return false }
    if !answer.headersAreOver, first == 0x48, line.starts(with: "HTTP/".utf8) {
      answer = AnswerReading()
      exchange.headers.block.removeAll(keepingCapacity: true)
      exchange.headers.block.reserveCapacity(1024)
      exchange.status = Self.status(in: line)
      exchange.timings.headers = stamp(clock)
      return true
    }
    if first == 0x0D || first == 0x0A {
      guard !answer.headersAreOver, let status = exchange.status, status >= 200 else { return true }
      answer.headersAreOver = true
      request.watcher?.began(status: status, headers: exchange.headers)
      return decideWay(status)
    }
    guard exchange.headers.block.count + line.count <= 1 << 18 else {
      return stop(.tooLarge, "the headers of the answer are larger than 256 KiB")
    }
    exchange.headers.block.append(contentsOf: line)
    if !answer.headersAreOver { answer.note(line) }
    return true
  }

  private static func status(in line: UnsafeRawBufferPointer) -> Int? {
    guard let space = line.firstIndex(of: 0x20), line.count >= space + 4 else { return nil }
    var status = 0
    for digit in line[(space + 1)..<(space + 4)] {
      guard (0x30...0x39).contains(digit) else { return nil }
      status = status * 10 + Int(digit - 0x30)
    }
    return status
  }

  private func decideWay(_ status: Int) -> Bool {
    let isSuccess = (200..<300).contains(status)
    let length = answer.contentLength
    if length == .max { return stopTooLarge() }
    switch request.framing {
    case .serverSentEvents where isSuccess && (answer.mediaType == .eventStream || answer.mediaType == .none):
      readEvents()
    case .serverSentEvents where isSuccess && answer.mediaType == .other:
      answer.way = .sniffing
    case .lines where isSuccess && answer.mediaType != .document:
      answer.way = .lines
      answer.lines = LineParser(maxEventBytes: request.maxEventBytes)
    default:
      answer.way = .whole
      if let length {
        guard length <= request.maxResponseBytes || request.method == "HEAD" else { return stopTooLarge() }
        exchange.body.reserveCapacity(min(length, 1 << 20))
      }
    }
    return true
  }

  /// Bytes of the body, decompressed; false to stop the transfer.
  func takeBody(_ chunk: UnsafeRawBufferPointer) -> Bool {
    let isFine = read(chunk)
    request.watcher?.came(chunk.bytes, isEnd: finishedAt != nil)
    return isFine
  }

  private func read(_ chunk: UnsafeRawBufferPointer) -> Bool {
    guard let clock else { return false }
    let at = stamp(clock)
    exchange.timings.lastByte = at
    if exchange.timings.firstByte == nil {
      exchange.timings.firstByte = at
      clock.sweep(by: deadline()?.at ?? .max)
    }
    answer.bodyBytes += chunk.count
    guard answer.bodyBytes <= request.maxResponseBytes else { return stopTooLarge() }
    if answer.way == .sniffing { return sniff(chunk, at: at) }
    guard answer.way == .events || answer.way == .lines, let receiver else {
      exchange.body.append(contentsOf: chunk)
      return true
    }
    keepEvidence(chunk)
    return handOn(chunk, to: receiver, at: at)
  }

  private func handOn(_ chunk: UnsafeRawBufferPointer, to receiver: any EventReceiver, at: Int64) -> Bool {
    guard let clock else { return false }
    exchange.isStream = true
    let isFine = feed(chunk, to: receiver, at: at)
    if finishedAt == nil, receiver.isFinished {
      finishedAt = lastByteAt
      clock.sweep(by: deadline()?.at ?? .max)
    }
    return isFine
  }

  private func feed(_ chunk: UnsafeRawBufferPointer, to receiver: any EventReceiver, at: Int64) -> Bool {
    let before = answer.eventCount
    let status: StreamStatus? =
      if answer.way == .events {
        answer.events?.feed(chunk.bytes, to: receiver, at: at)
      } else {
        answer.lines?.feed(chunk.bytes, to: receiver, at: at)
      }
    let count = answer.eventCount
    if exchange.timings.firstEvent == nil, count > 0 { exchange.timings.firstEvent = at }
    if count > before, let clock {
      // Of events that were read at once, all but the last may have been waiting for us.
      let late = count - before - (answer.lastEventIn == clock.handlings ? 0 : 1)
      if late > 0 { note(lag: clock.lag, ofEvents: late) }
      answer.lastEventIn = clock.handlings
    }
    guard status != .eventTooLarge else {
      return stop(.tooLarge, "an event of the stream is larger than \(request.maxEventBytes) bytes")
    }
    return true
  }

  private func readEvents() {
    answer.way = .events
    answer.events = SSEParser(maxEventBytes: request.maxEventBytes)
  }

  private func keepEvidence(_ chunk: UnsafeRawBufferPointer) {
    let room = Self.evidenceBytes - exchange.body.count
    if room > 0 { exchange.body.append(contentsOf: chunk.prefix(room)) }
  }

  /// Servers of little care send server-sent events under another type. The body holds what has come until it
  /// shows which it is; an answer that ends before is whole.
  private func sniff(_ chunk: UnsafeRawBufferPointer, at: Int64) -> Bool {
    exchange.body.append(contentsOf: chunk)
    guard let areEvents = FirstBytes.areEvents(exchange.body) else { return true }
    guard areEvents, let receiver else {
      answer.way = .whole
      return true
    }
    readEvents()
    let held = exchange.body
    exchange.body = Array(held.prefix(Self.evidenceBytes))
    return held.withUnsafeBytes { handOn($0, to: receiver, at: at) }
  }

  private static var evidenceBytes: Int { 2048 }

  private func stopTooLarge() -> Bool {
    stop(.tooLarge, "the answer is larger than \(request.maxResponseBytes) bytes")
  }

  private func stop(_ kind: HTTPError.Kind, _ message: String) -> Bool {
    abort = HTTPError(kind, stage: .receiving, message: message, bodySent: hasSentBody)
    return false
  }
}

/// What the first bytes of an answer say of the rest.
enum FirstBytes {
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
  private static let marks = ["data:", "event:", "id:", "retry:", ":"].map { Array($0.utf8) }
  /// Nobody sends more empty lines than this before the first event.
  private static let most = 2048

  /// Whether they are server-sent events; nil while that cannot be told.
  static func areEvents(_ bytes: [UInt8]) -> Bool? {
    var rest = bytes[...]
    if rest.starts(with: byteOrderMark) {
      rest = rest.dropFirst(byteOrderMark.count)
    } else if byteOrderMark.starts(with: rest) {
      return nil
    }
    rest = rest.drop { $0 == 0x0A || $0 == 0x0D }
    if marks.contains(where: { rest.starts(with: $0) }) { return true }
    let mayBe = bytes.count < most && marks.contains { $0.starts(with: rest) }
    return mayBe ? nil : false
  }
}
