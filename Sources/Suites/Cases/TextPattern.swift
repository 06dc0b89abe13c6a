import Formats

/// A regular expression of a filter.
struct TextPattern {
  private let expression: Regex<AnyRegexOutput>

  init(_ text: String, of what: String) throws(Problem) {
    do { expression = try Regex(text) } catch {
      throw Problem(
        "\(what) is no regular expression: \"\(text)\"",
        mend: "put a backslash before signs that are meant as they are")
    }
  }

  func matches(_ text: String) -> Bool { (try? expression.firstMatch(in: text)) != nil }
}
