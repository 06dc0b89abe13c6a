/// Newline-delimited JSON and the like: every line that is not empty is an event without a name.
public struct LineParser {
  private var splitter: LineSplitter
  private var sink = Sink()

  public init(maxEventBytes: Int = 16 << 20) { splitter = LineSplitter(maxBytes: maxEventBytes) }

  /// How many lines were handed over.
  public var eventCount: Int { sink.eventCount }

  /// Feeds a chunk, cut anywhere, and hands every whole line to the receiver before it returns.
  public mutating func feed(_ chunk: RawSpan, to receiver: any EventReceiver, at stamp: Int64) -> StreamStatus
  {
    chunk.withUnsafeBytes { splitter.feed($0, into: &sink, to: receiver, at: stamp) }
  }

  /// The stream ended as it should: a last line needs no line end.
  public mutating func finish(to receiver: any EventReceiver, at stamp: Int64) {
    splitter.finish(into: &sink, to: receiver, at: stamp)
  }

  private struct Sink: LineSink {
    var eventCount = 0
    var keptBytes: Int { 0 }
    mutating func chunkEnds() {}

    mutating func line(
      _ line: UnsafeRawBufferPointer, isInChunk: Bool, to receiver: any EventReceiver, at stamp: Int64
    ) {
      guard !line.isEmpty else { return }
      eventCount += 1
      receiver.receive(event: UnsafeRawBufferPointer(start: nil, count: 0).bytes, data: line.bytes, at: stamp)
    }
  }
}
