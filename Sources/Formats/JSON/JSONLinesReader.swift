/// Reads JSON Lines of any size, one value at a time, in memory for one line. Blank lines are passed over; a line
/// that is no JSON is given as an error, and reading goes on behind it.
///
///     let reader = try JSONLinesReader("cases.jsonl")
///     while let line = try reader.next() { use(try line.value.get(), line.number) }
public final class JSONLinesReader {
  public struct Line: Sendable {
    /// From 1.
    public let number: Int
    /// The errors' lines are those of the file.
    public let value: Result<JSON, JSONError>
  }

  private let lines: LineReader
  private let limits: JSONLimits

  public init(_ path: String, limits: JSONLimits = .standard, maxLineBytes: Int = 1 << 28) throws(Problem) {
    lines = try LineReader(path, maxLineBytes: maxLineBytes)
    self.limits = limits
  }

  /// The next value; nil at the end. Throws when the file can't be read on.
  public func next() throws(Problem) -> Line? {
    while let line = try lines.next() {
      if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      return Line(number: line.number, value: try read(line))
    }
    return nil
  }

  private func read(_ line: LineReader.Line) throws(Problem) -> Result<JSON, JSONError> {
    do throws(JSONError) {
      return .success(try JSON(parsing: line.bytes.span.bytes, limits: limits))
    } catch {
      try lines.requireText(line)
      var error = error
      error.line = line.number
      return .failure(error)
    }
  }
}
