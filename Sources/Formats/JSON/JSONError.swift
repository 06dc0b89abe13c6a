/// Why a text is not JSON, and where. Lines and columns count from 1, columns in code points.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  public var line: Int
  public var column: Int
  /// Bytes before the place.
  public var offset: Int
  /// Lower case, no full stop.
  public var message: String

  public init(line: Int, column: Int, offset: Int, message: String) {
    self.line = line
    self.column = column
    self.offset = offset
    self.message = message
  }

  public var description: String { "\(line):\(column): \(message)" }

  public func problem(in file: String) -> Problem {
    Problem(message, at: SourceLocation(file: file, line: line, column: column))
  }
}

/// What a text may ask of the reader.
public struct JSONLimits: Sendable {
  /// How deep arrays and objects may nest.
  public var depth: Int
  public var bytes: Int

  public init(depth: Int = 512, bytes: Int = 1 << 30) {
    self.depth = depth
    self.bytes = bytes
  }

  public static let standard = JSONLimits()
}
