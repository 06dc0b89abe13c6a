/// Server-sent events, incrementally, by the WHATWG standard (HTML, section 9.2.6), over bytes.
///
/// Chunks may be cut anywhere: inside a UTF-8 sequence, between CR and LF, inside the byte order mark.
/// An event with one data line that lies in one chunk is handed over without a copy. Comments, `id:`,
/// `retry:` and unknown fields are passed over. Bytes are not checked for UTF-8: the reader of the data is.
public struct SSEParser {
  private var splitter: LineSplitter
  private var sink = Sink()

  public init(maxEventBytes: Int = 16 << 20) { splitter = LineSplitter(maxBytes: maxEventBytes) }

  /// How many events were handed over.
  public var eventCount: Int { sink.eventCount }

  /// Feeds a chunk and hands every event that it completes to the receiver before it returns.
  public mutating func feed(_ chunk: RawSpan, to receiver: any EventReceiver, at stamp: Int64) -> StreamStatus
  {
    chunk.withUnsafeBytes { splitter.feed($0, into: &sink, to: receiver, at: stamp) }
  }

  /// The stream ended. The standard drops an event that no empty line has closed; `flushesTail` hands it
  /// over, because many servers leave the last empty line out. Don't, where the connection broke.
  public mutating func finish(flushesTail: Bool, to receiver: any EventReceiver, at stamp: Int64) {
    guard flushesTail else { return }
    splitter.finish(into: &sink, to: receiver, at: stamp)
    sink.dispatch(to: receiver, at: stamp)
  }

  /// Puts lines together into events.
  private struct Sink: LineSink {
    var eventCount = 0
    private var hasData = false
    /// Data and name of the event so far: in the chunk at hand where it is whole there, else copied.
    private var dataInChunk: UnsafeRawBufferPointer?
    private var data: [UInt8] = []
    private var nameInChunk: UnsafeRawBufferPointer?
    private var name: [UInt8] = []

    var keptBytes: Int { data.count + name.count }

    mutating func line(
      _ line: UnsafeRawBufferPointer, isInChunk: Bool, to receiver: any EventReceiver, at stamp: Int64
    ) {
      guard !line.isEmpty else { return dispatch(to: receiver, at: stamp) }
      if let value = Self.value(of: "data", in: line) {
        addData(value, isInChunk: isInChunk)
      } else if let value = Self.value(of: "event", in: line) {
        nameInChunk = isInChunk ? value : nil
        name.removeAll(keepingCapacity: true)
        if !isInChunk { name.append(contentsOf: value) }
      }
    }

    private mutating func addData(_ value: UnsafeRawBufferPointer, isInChunk: Bool) {
      if hasData {
        if let first = dataInChunk { data.append(contentsOf: first) }
        dataInChunk = nil
        data.append(0x0A)
        data.append(contentsOf: value)
      } else if isInChunk {
        dataInChunk = value
      } else {
        data.append(contentsOf: value)
      }
      hasData = true
    }

    mutating func chunkEnds() {
      if let value = dataInChunk { data.append(contentsOf: value) }
      if let value = nameInChunk { name.append(contentsOf: value) }
      dataInChunk = nil
      nameInChunk = nil
    }

    mutating func dispatch(to receiver: any EventReceiver, at stamp: Int64) {
      if hasData {
        eventCount += 1
        data.withUnsafeBytes { data in
          name.withUnsafeBytes { name in
            receiver.receive(
              event: (nameInChunk ?? name).bytes, data: (dataInChunk ?? data).bytes, at: stamp)
          }
        }
        hasData = false
        dataInChunk = nil
        if !data.isEmpty { data.removeAll(keepingCapacity: data.capacity <= 1 << 16) }
      }
      nameInChunk = nil
      if !name.isEmpty { name.removeAll(keepingCapacity: true) }
    }

    /// The value of a line that is this field, one space after the colon left out; nil for other fields.
    @inline(__always)
    private static func value(of field: StaticString, in line: UnsafeRawBufferPointer)
      -> UnsafeRawBufferPointer?
    {
      let length = field.utf8CodeUnitCount
      guard line.count >= length else { return nil }
      for i in 0..<length where line[i] != field.utf8Start[i] { return nil }
      guard line.count > length else { return UnsafeRawBufferPointer(rebasing: line[length...]) }
      guard line[length] == 0x3A else { return nil }
      let start = line.count > length + 1 && line[length + 1] == 0x20 ? length + 2 : length + 1
      return UnsafeRawBufferPointer(rebasing: line[start...])
    }
  }
}
