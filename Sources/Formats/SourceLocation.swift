/// A place in a file that a person can go to. Lines and columns count from 1; columns count characters.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
  public var file: String
  public var line: Int
  public var column: Int

  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  public var description: String { "\(file):\(line):\(column)" }
}

/// A mistake, told the way a good compiler does: where it is, what is wrong, how to mend it.
///
/// Printed as `suites/a.yaml:12:7: unknown check "contians"`, the line with a caret under the place,
/// then the mend. All mistakes of a file are gathered and reported together.
public struct Problem: Error, Sendable, Hashable {
  public enum Severity: String, Sendable { case error, warning, note }

  public var severity: Severity
  public var location: SourceLocation?
  /// Lower case, no full stop: `unknown check "contians"; did you mean "contains"?`
  public var message: String
  /// One line how to mend it, where the message does not already say so.
  public var mend: String?

  public init(
    _ message: String, at location: SourceLocation? = nil, mend: String? = nil, severity: Severity = .error
  ) {
    self.severity = severity
    self.location = location
    self.message = message
    self.mend = mend
  }
}

/// Several mistakes at once.
public struct Problems: Error, Sendable {
  public var all: [Problem]
  public init(_ all: [Problem]) { self.all = all }
}
