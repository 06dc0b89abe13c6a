import Formats

/// The `.env` file beside a suite: names and values, read as the usual tools read it.
///
/// `NAME=value`, `export NAME=value`, `#` comments, single quotes (as they are), double quotes
/// (`\n`, `\t`, `\"`, `\\`, over several lines), `$NAME` and `${NAME:-default}` outside single quotes.
public enum DotEnv {
  /// `environment` answers `$NAME` where the file itself has not set it.
  public static func parse(
    _ text: String, file: String = ".env", environment: [String: String] = [:]
  ) throws(Problem) -> [String: String] {
    var reader = Reader(text: Array(text.unicodeScalars), file: file, environment: environment)
    return try reader.read()
  }

  private struct Reader {
    let text: [Unicode.Scalar]
    let file: String
    let environment: [String: String]
    var place = 0
    var line = 1
    var values: [String: String] = [:]

    mutating func read() throws(Problem) -> [String: String] {
      if text.first == "\u{FEFF}" { place = 1 }
      while place < text.count {
        skip { $0.properties.isWhitespace }
        guard place < text.count else { break }
        if text[place] == "#" {
          skipLine()
        } else {
          try assignment()
        }
      }
      return values
    }

    private mutating func assignment() throws(Problem) {
      var name = word()
      if name == "export" {
        skip { $0 == " " || $0 == "\t" }
        name = word()
      }
      skip { $0 == " " || $0 == "\t" }
      guard !name.isEmpty, place < text.count, text[place] == "=" || text[place] == ":" else {
        throw Problem(
          "expected NAME=value", at: SourceLocation(file: file, line: line, column: 1),
          mend: "lines are NAME=value, comments begin with #")
      }
      place += 1
      skip { $0 == " " || $0 == "\t" }
      values[name] = try value()
    }

    private mutating func value() throws(Problem) -> String {
      guard place < text.count else { return "" }
      let quote = text[place]
      guard quote == "\"" || quote == "'" || quote == "`" else { return bareValue() }
      let opened = line
      place += 1
      var result = String.UnicodeScalarView()
      while place < text.count, text[place] != quote {
        if text[place] == "\\", quote == "\"", place + 1 < text.count {
          place += 1
          switch text[place] {
          case "n": result.append("\n")
          case "r": result.append("\r")
          case "t": result.append("\t")
          case "\"", "\\", "$": result.append(text[place])
          default: result.append(contentsOf: ["\\", text[place]])
          }
          place += 1
        } else if text[place] == "$", quote == "\"", let value = expansion() {
          result.append(contentsOf: value.unicodeScalars)
        } else {
          if text[place] == "\n" { line += 1 }
          result.append(text[place])
          place += 1
        }
      }
      guard place < text.count else {
        throw Problem("quoted value does not end", at: SourceLocation(file: file, line: opened, column: 1))
      }
      skipLine()
      return String(result)
    }

    private mutating func bareValue() -> String {
      var result = String.UnicodeScalarView()
      while place < text.count, text[place] != "\n" {
        if text[place] == "#", place == 0 || text[place - 1].properties.isWhitespace { break }
        if text[place] == "$", let value = expansion() {
          result.append(contentsOf: value.unicodeScalars)
        } else {
          result.append(text[place])
          place += 1
        }
      }
      skipLine()
      return String(result).trimmed
    }

    /// At a `$`: the value it stands for, or nil (and nothing read) when it stands for itself.
    private mutating func expansion() -> String? {
      var next = place + 1
      guard next < text.count else { return nil }
      let isBraced = text[next] == "{"
      if isBraced { next += 1 }
      let start = next
      while next < text.count, Self.isNamePart(text[next]) { next += 1 }
      guard next > start else { return nil }
      let name = Self.string(text[start..<next])
      var fallback = ""
      if isBraced {
        if next + 1 < text.count, text[next] == ":", text[next + 1] == "-" {
          let from = next + 2
          while next < text.count, text[next] != "}", text[next] != "\n" { next += 1 }
          fallback = Self.string(text[from..<max(from, next)])
        }
        guard next < text.count, text[next] == "}" else { return nil }
        next += 1
      }
      place = next
      return values[name] ?? environment[name] ?? fallback
    }

    private mutating func word() -> String {
      let start = place
      while place < text.count, Self.isNamePart(text[place]) || text[place] == "." || text[place] == "-" {
        place += 1
      }
      return Self.string(text[start..<place])
    }

    private mutating func skip(_ matching: (Unicode.Scalar) -> Bool) {
      while place < text.count, matching(text[place]) {
        if text[place] == "\n" { line += 1 }
        place += 1
      }
    }

    private mutating func skipLine() {
      while place < text.count, text[place] != "\n" { place += 1 }
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
      scalar == "_"
        || (scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil))
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars)
      return String(view)
    }
  }
}
