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
    var bytes: [UInt8] = []
    write(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends one field in UTF-8, without a string in between.
  public func write(_ text: String, to bytes: inout [UInt8]) {
    var text = text
    let isFormula = guardsFormulas && CSVWriter.isFormula(text)
    let quote = UInt8(ascii: "\"")
    text.withUTF8 { source in
      let mustQuote =
        source.contains { $0 == quote || $0 == 0x0A || $0 == 0x0D }
        || source.first == UInt8(ascii: " ") || source.last == UInt8(ascii: " ")
        || (delimiter.asciiValue.map(source.contains) ?? true)
      if mustQuote { bytes.append(quote) }
      if isFormula { bytes.append(UInt8(ascii: "'")) }
      if mustQuote, source.contains(quote) {
        for byte in source {
          if byte == quote { bytes.append(quote) }
          bytes.append(byte)
        }
      } else {
        bytes.append(contentsOf: source)
      }
      if mustQuote { bytes.append(quote) }
    }
  }

  private static func isFormula(_ text: String) -> Bool {
    switch text.utf8.first {
    case UInt8(ascii: "="), UInt8(ascii: "@"), 0x09, 0x0D: return true
    case UInt8(ascii: "-"), UInt8(ascii: "+"): return Double(text) == nil
    // Their full-width forms, which East Asian editions take too.
    case 0xEF: return "＝＋－＠".unicodeScalars.contains { $0 == text.unicodeScalars.first }
    default: return false
    }
  }
}
