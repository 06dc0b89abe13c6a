import Formats

/// One piece of a template. Outside of tags there is only text; comments and the marks of whitespace
/// control are gone already.
struct Token {
  enum Kind: Equatable {
    case text(String)
    /// `{%` and `%}`
    case tagStart, tagEnd
    /// `{{` and `}}`
    case outputStart, outputEnd
    case name(String)
    case string(String)
    case number(Double)
    case regex(source: String, flags: String)
    /// An operator, bracket or separator.
    case symbol(String)
    case end
  }

  var kind: Kind
  /// Bytes from the start of the template.
  var offset: Int

  /// How a message names it.
  var described: String {
    switch kind {
    case .text: "text"
    case .tagStart: "\"{%\""
    case .tagEnd: "\"%}\""
    case .outputStart: "\"{{\""
    case .outputEnd: "\"}}\""
    case .name(let name): "\"\(name)\""
    case .string: "a string"
    case .number(let number): NumberText.javaScript(number)
    case .regex: "a regular expression"
    case .symbol(let symbol): "\"\(symbol)\""
    case .end: "the end"
    }
  }
}
