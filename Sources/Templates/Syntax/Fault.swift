import Formats

/// What went wrong inside a template, before its place in a file is known.
struct Fault: Error {
  var message: String
  var mend: String?
  /// Bytes from the start of the template in which it happened.
  var offset: Int?
  /// Set when the fault leaves the template in which it happened.
  var location: SourceLocation?
  /// A `{{`, `{%` or `{#` that nothing closes: prompts then count as plain text.
  var isUnclosedTag = false

  init(_ message: String, at offset: Int? = nil, mend: String? = nil) {
    self.message = message
    self.offset = offset
    self.mend = mend
  }

  /// The same fault, at this place unless it knows a better one.
  func located(at offset: Int) -> Fault {
    guard self.offset == nil, location == nil else { return self }
    var fault = self
    fault.offset = offset
    return fault
  }

  /// The same fault with the file, line and column of its offset.
  func located(in file: SourceText) -> Fault {
    guard location == nil else { return self }
    var fault = self
    fault.location = file.location(ofByte: offset ?? 0)
    return fault
  }

  func problem(in file: SourceText) -> Problem {
    Problem(message, at: location ?? file.location(ofByte: offset ?? 0), mend: mend)
  }
}

/// The text of a template and where it stands.
struct SourceText: Sendable {
  let file: String
  let firstLine: Int
  var firstColumn = 1
  let text: String

  /// Columns count characters.
  func location(ofByte offset: Int) -> SourceLocation {
    let before = text.utf8.prefix(offset)
    let line = firstLine + before.count { $0 == UInt8(ascii: "\n") }
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { text.utf8.index(after: $0) } ?? text.startIndex
    return SourceLocation(
      file: file, line: line,
      column: text[start..<before.endIndex].count + (line == firstLine ? firstColumn : 1))
  }
}
