/// Rows of a CSV text (RFC 4180) of any size, in memory for one row.
///
/// Fields may hold delimiters, quotes (doubled) and ends of line when they are quoted. Rows end with
/// `\n`, `\r\n` or `\r`; a byte order mark is skipped, and so are empty lines.
///
///     let reader = try CSVReader(path: "cases.csv")
///     while let row = try reader.next() { print(row.line, row.fields) }
public final class CSVReader {
  public struct Options: Sendable {
    public var delimiter: UInt8 = UInt8(ascii: ",")
    /// Takes a quote that stands where none may stand as part of the text, rather than as a mistake.
    /// Text without such mistakes reads the same either way.
    public var relaxedQuotes = false
    /// Blanks around a field, outside of its quotes, are no part of it.
    public var trimsFields = false
    public var maxRowBytes = 1 << 28
    public init() {}
  }

  public struct Row: Sendable, Equatable {
    /// Where the row begins, from 1.
    public var line: Int
    public var fields: [String]
  }

  public let file: String
  private let options: Options
  private let source: FileReader?
  private var buffer: [UInt8]
  /// Where the next row begins in the buffer.
  private var position = 0
  private var line = 1
  private var isAtEnd: Bool
  private var hasBegun = false
  /// Where a quote was first taken as text. Nil so far.
  public private(set) var relaxedAt: SourceLocation?

  public init(path: String, options: Options = Options()) throws(Problem) {
    file = path
    self.options = options
    source = try FileReader(path)
    buffer = []
    isAtEnd = false
  }

  public init(bytes: [UInt8], file: String, options: Options = Options()) {
    self.file = file
    self.options = options
    source = nil
    buffer = bytes
    isAtEnd = true
  }

  public convenience init(text: String, file: String, options: Options = Options()) {
    self.init(bytes: Array(text.utf8), file: file, options: options)
  }

  /// The next row, or nil at the end.
  public func next() throws(Problem) -> Row? {
    if !hasBegun { try begin() }
    while true {
      let scan = buffer.withUnsafeBufferPointer { bytes -> CSVRowScanner in
        var scanner = CSVRowScanner(bytes, from: position, line: line, isAtEnd: isAtEnd, options: options)
        scanner.scan()
        return scanner
      }
      switch scan.ending {
      case .row:
        if relaxedAt == nil, let place = scan.relaxedAt {
          relaxedAt = SourceLocation(file: file, line: place.line, column: place.column)
        }
        let row = Row(line: line, fields: scan.fields)
        position = scan.position
        line = scan.line
        if row.fields == [""] && !scan.sawQuote { continue }
        return row
      case .needsMore: try readMore()
      case .end: return nil
      case .mistake(let message, let mend):
        throw Problem(
          message, at: SourceLocation(file: file, line: scan.line, column: scan.column), mend: mend)
      }
    }
  }

  private func begin() throws(Problem) {
    hasBegun = true
    while buffer.count < 3 && !isAtEnd { try readMore() }
    if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    if buffer.starts(with: [0xFF, 0xFE]) || buffer.starts(with: [0xFE, 0xFF]) {
      throw Problem(
        "UTF-16 text", at: SourceLocation(file: file, line: 1, column: 1), mend: "save the file as UTF-8")
    }
  }

  /// Reads at least as much again as the unfinished row has, so that a long row is not scanned often.
  private func readMore() throws(Problem) {
    guard let source else {
      isAtEnd = true
      return
    }
    buffer.removeSubrange(..<position)
    position = 0
    if buffer.count > options.maxRowBytes {
      throw Problem(
        "a row longer than \(options.maxRowBytes) bytes",
        at: SourceLocation(file: file, line: line, column: 1),
        mend: "close the quote that begins a field in this row")
    }
    isAtEnd = try !source.readMore(into: &buffer, upTo: max(1 << 18, buffer.count))
  }
}
