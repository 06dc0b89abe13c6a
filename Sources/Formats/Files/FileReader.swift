#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An open file that is read piece by piece, in constant memory. Closed when it goes.
public final class FileReader {
  public let path: String
  /// In bytes, where the file is a plain one.
  public let size: Int?
  private let descriptor: Int32

  public init(_ path: String) throws(Problem) {
    self.path = path
    var info = stat()
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Problem("cannot read \(path): \(lastSystemError())") }
    let known = fstat(descriptor, &info) == 0
    if known && info.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw Problem("cannot read \(path): it is a folder")
    }
    size = known && info.st_mode & S_IFMT == S_IFREG ? Int(info.st_size) : nil
  }

  deinit { close(descriptor) }

  /// Appends the next bytes, at most `count`; false at the end of the file.
  public func readMore(into bytes: inout [UInt8], upTo count: Int = 1 << 18) throws(Problem) -> Bool {
    var code: Int32 = 0
    let piece = [UInt8](unsafeUninitializedCapacity: count) { buffer, got in
      guard let start = buffer.baseAddress else { return }
      var size = 0
      repeat { size = readBytes(descriptor, start, count) } while size < 0 && errno == EINTR
      code = size < 0 ? errno : 0
      got = max(size, 0)
    }
    guard code == 0 else { throw Problem("cannot read \(path): \(lastSystemError(code))") }
    bytes.append(contentsOf: piece)
    return !piece.isEmpty
  }
}

private func readBytes(_ descriptor: Int32, _ start: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, start, count)
}

/// The lines of a file of any size, in memory for one line. Ends of line are `\n` or `\r\n`; a byte
/// order mark at the start is skipped.
public final class LineReader {
  public struct Line {
    /// From 1.
    public let number: Int
    /// Without the end of line.
    public let bytes: ArraySlice<UInt8>
    public var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  private let reader: FileReader
  private let maxLineBytes: Int
  private var buffer: [UInt8] = []
  private var position = 0
  private var number = 0
  private var isAtEnd = false

  public init(_ path: String, maxLineBytes: Int = 1 << 28) throws(Problem) {
    reader = try FileReader(path)
    self.maxLineBytes = maxLineBytes
  }

  public func next() throws(Problem) -> Line? {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        return take(upTo: end, next: end + 1)
      }
      if isAtEnd {
        return position < buffer.count ? take(upTo: buffer.count, next: buffer.count) : nil
      }
      searched = buffer.count - position
      buffer.removeSubrange(..<position)
      position = 0
      if buffer.count > maxLineBytes {
        throw Problem(
          "a line longer than \(maxLineBytes) bytes",
          at: SourceLocation(file: reader.path, line: number + 1, column: 1))
      }
      isAtEnd = try !reader.readMore(into: &buffer)
      if number == 0 && searched == 0 && buffer.starts(with: [0xEF, 0xBB, 0xBF]) { buffer.removeFirst(3) }
    }
  }

  /// A file of other bytes is no file of mistakes: one is told.
  public func requireText(_ line: Line) throws(Problem) {
    if String(validating: line.bytes, as: UTF8.self) != nil { return }
    throw Problem(
      "\(reader.path) is not UTF-8 text",
      at: SourceLocation(file: reader.path, line: line.number, column: 1), mend: "save the file as UTF-8")
  }

  private func take(upTo end: Int, next: Int) -> Line {
    let hasReturn = end > position && buffer[end - 1] == UInt8(ascii: "\r")
    let line = buffer[position..<(hasReturn ? end - 1 : end)]
    position = next
    number += 1
    return Line(number: number, bytes: line)
  }
}
