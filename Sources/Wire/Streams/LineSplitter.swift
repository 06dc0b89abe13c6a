#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Takes lines one by one. A line in the chunk at hand may be pointed into until `chunkEnds`.
protocol LineSink {
  mutating func line(
    _ line: UnsafeRawBufferPointer, isInChunk: Bool, to receiver: any EventReceiver, at stamp: Int64)
  mutating func chunkEnds()
  /// Bytes kept for an event that is not whole yet.
  var keptBytes: Int { get }
}

/// What a parser says of the bytes it was fed.
public enum StreamStatus: Sendable, Equatable {
  case fine
  /// One event is larger than the limit; the parser takes no more.
  case eventTooLarge
}

/// Cuts bytes into lines that end in LF, CR or CRLF, wherever the chunks were cut. Lines that lie in one
/// chunk are not copied.
struct LineSplitter {
  /// The beginning of a line whose end has not come yet.
  private var carry: [UInt8] = []
  /// The last byte was CR: an LF that follows belongs to it.
  private var skipsLineFeed = false
  private var isAtStart = true
  private var isOverfull = false
  private let maxBytes: Int

  init(maxBytes: Int) { self.maxBytes = maxBytes }

  mutating func feed<Sink: LineSink>(
    _ chunk: UnsafeRawBufferPointer, into sink: inout Sink, to receiver: any EventReceiver, at stamp: Int64
  ) -> StreamStatus {
    guard !isOverfull else { return .eventTooLarge }
    guard let base = chunk.baseAddress, !chunk.isEmpty else { return .fine }
    let end = base + chunk.count
    var position = base
    if skipsLineFeed {
      skipsLineFeed = false
      if position.load(as: UInt8.self) == 0x0A { position += 1 }
    }
    while position < end {
      guard let lineEnd = Self.lineEnd(from: position, to: end) else {
        carry.append(contentsOf: UnsafeRawBufferPointer(start: position, count: end - position))
        break
      }
      let found = UnsafeRawBufferPointer(start: position, count: lineEnd - position)
      if carry.isEmpty {
        sink.line(withoutMark(found), isInChunk: true, to: receiver, at: stamp)
      } else {
        carry.append(contentsOf: found)
        carry.withUnsafeBytes { line in
          sink.line(withoutMark(line), isInChunk: false, to: receiver, at: stamp)
        }
        carry.removeAll(keepingCapacity: carry.capacity <= 1 << 16)
      }
      isAtStart = false
      position = lineEnd + 1
      if lineEnd.load(as: UInt8.self) == 0x0D {
        if position == end {
          skipsLineFeed = true
        } else if position.load(as: UInt8.self) == 0x0A {
          position += 1
        }
      }
      if sink.keptBytes > maxBytes { return overflow() }
    }
    sink.chunkEnds()
    return carry.count + sink.keptBytes > maxBytes ? overflow() : .fine
  }

  /// Hands over a last line that has no end.
  mutating func finish<Sink: LineSink>(into sink: inout Sink, to receiver: any EventReceiver, at stamp: Int64)
  {
    guard !carry.isEmpty, !isOverfull else { return }
    carry.withUnsafeBytes { line in
      sink.line(withoutMark(line), isInChunk: false, to: receiver, at: stamp)
    }
    carry = []
  }

  private mutating func overflow() -> StreamStatus {
    isOverfull = true
    carry = []
    return .eventTooLarge
  }

  /// A byte order mark before the first line is no part of it.
  private func withoutMark(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard isAtStart, line.count >= 3, line[0] == 0xEF, line[1] == 0xBB, line[2] == 0xBF else { return line }
    return UnsafeRawBufferPointer(rebasing: line[3...])
  }

  @inline(__always)
  private static func lineEnd(from start: UnsafeRawPointer, to end: UnsafeRawPointer) -> UnsafeRawPointer? {
    let lineFeed = memchr(start, 0x0A, end - start).map { UnsafeRawPointer($0) }
    // CR alone ends a line too, but is rare: look for it only in the line just found.
    let carriageReturn = memchr(start, 0x0D, (lineFeed ?? end) - start).map { UnsafeRawPointer($0) }
    return carriageReturn ?? lineFeed
  }
}
