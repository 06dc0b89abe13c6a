/// Rows as CSV text (RFC 4180): fields are quoted where they must be.
public struct CSVWriter: Sendable {
  public var delimiter: Character = ","
  public var lineEnd = "\n"
  /// Puts an apostrophe before text that a spreadsheet would run as a formula (`=`, `+`, `-`, `@`, tab
  /// or return first), unless it is a plain number. For files with text of models in them.
  public var guardsFormulas: Bool

  public init(guardsFormulas: Bool) { self.guardsFormulas = guardsFormulas }

  /// One row with its end of line.
  public func row(_ fields: [String]) -> String {
    // A lone empty field would be an empty line, which readers skip.
    if fields == [""] { return "\"\"" + lineEnd }
    return fields.map(field).joined(separator: String(delimiter)) + lineEnd
  }

  private func field(_ text: String) -> String {
    let safe = guardsFormulas && CSVWriter.isFormula(text) ? "'" + text : text
    let needsQuotes = safe.unicodeScalars.contains {
      $0 == "\"" || $0 == "\n" || $0 == "\r" || delimiter.unicodeScalars.contains($0)
    }
    if !needsQuotes && safe.utf8.first != UInt8(ascii: " ") && safe.utf8.last != UInt8(ascii: " ") {
      return safe
    }
    var quoted = "\""
    for scalar in safe.unicodeScalars {
      if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }

  private static func isFormula(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) else {
      return false
    }
    return (first != "-" && first != "+") || Double(text) == nil
  }
}
