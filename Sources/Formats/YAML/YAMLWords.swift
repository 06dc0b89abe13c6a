/// libyaml's complaints in the words of people who write suites.
enum YAMLWords {
  static let badEscape = "found invalid Unicode character escape code"

  static func problem(_ failure: YAMLEvents.Failure, file: String) -> Problem {
    var mark = failure.mark
    if failure.isBadEncoding {
      return Problem(
        "not UTF-8 text", at: SourceLocation(file: file, line: mark.line, column: mark.column),
        mend: "save the file as UTF-8")
    }
    guard let words = table.first(where: { failure.problem.hasPrefix($0.libyaml) }) else {
      return Problem(failure.problem, at: SourceLocation(file: file, line: mark.line, column: mark.column))
    }
    var message = words.message
    if words.startsAtContext, let start = failure.contextMark {
      mark = start
    } else if let start = failure.contextMark, start.line != mark.line {
      message += "; it belongs to what begins on line \(start.line)"
    }
    return Problem(
      message, at: SourceLocation(file: file, line: mark.line, column: mark.column), mend: words.mend)
  }

  private struct Words {
    var libyaml: String
    var message: String
    var mend: String?
    /// The place where the thing began says more than where it went wrong.
    var startsAtContext = false
  }

  private static let table = [
    Words(
      libyaml: "mapping values are not allowed", message: "\":\" is not possible here",
      mend: "quote the text if it holds \": \", or check the indentation"),
    Words(
      libyaml: "found character that cannot start any token",
      message: "a value cannot begin with this character",
      mend: "indent with spaces rather than tabs; quote text that begins with @, ` or %"),
    Words(
      libyaml: "found a tab character", message: "a tab is not allowed here", mend: "indent with spaces"),
    Words(
      libyaml: "could not find expected ':'", message: "a key without \":\"",
      mend: "add \":\" and a space, or indent the text as part of the value before it", startsAtContext: true),
    Words(
      libyaml: "did not find expected '-' indicator", message: "no list item where one was expected",
      mend: "begin each item with \"- \" at the same indentation"),
    Words(
      libyaml: "did not find expected key", message: "no key where one was expected",
      mend: "check the indentation, and that nothing follows a closing quote"),
    Words(
      libyaml: "did not find expected ',' or ']'", message: "a list in [ ] lacks \",\" or \"]\""),
    Words(
      libyaml: "did not find expected ',' or '}'", message: "a mapping in { } lacks \",\" or \"}\"",
      mend: "quote the text if it begins with {{"),
    Words(
      libyaml: "did not find expected node content", message: "no value where one was expected"),
    Words(
      libyaml: "did not find expected <document start>", message: "text after the end of the document",
      mend: "check the indentation"),
    Words(
      libyaml: "found unexpected end of stream", message: "a quoted text that is never closed",
      startsAtContext: true),
    Words(
      libyaml: "found unexpected document indicator", message: "a quoted text that is never closed",
      startsAtContext: true),
    Words(
      libyaml: "found unknown escape character", message: "unknown escape in a text in double quotes",
      mend: "write \\\\ for a backslash, or use single quotes"),
    Words(
      libyaml: "block sequence entries are not allowed", message: "a list cannot begin here",
      mend: "put \"- \" on a line of its own under the key"),
    Words(
      libyaml: "block mapping", message: "a mapping cannot begin here", mend: "check the indentation"),
    Words(
      libyaml: "found undefined tag handle", message: "a tag with an unknown handle",
      mend: "quote the text if it begins with \"!\""),
    Words(
      libyaml: "did not find expected alphabetic or numeric character",
      message: "\"*\" and \"&\" must be followed by a name", mend: "quote the text if it begins with * or &"),
    Words(
      libyaml: "control characters are not allowed", message: "a control character",
      mend: "write it as an escape in double quotes, such as \"\\x1b\""),
    Words(
      libyaml: badEscape, message: "half of a surrogate pair stands alone",
      mend: "write the character itself, or both halves"),
    Words(
      libyaml: "found extra document indicators", message: "text after a document mark"),
    Words(
      libyaml: "exceeded maximum depth", message: "nested too deeply"),
  ]
}
