import Formats

/// A regular expression of a filter.
struct TextPattern {
  private let pattern: Pattern

  init(_ text: String, of what: String) throws(Problem) {
    do throws(PatternError) { pattern = try Pattern(text) } catch {
      throw Problem(
        "\(what) is no regular expression: \(error.message)",
        mend: "put a backslash before signs that are meant as they are")
    }
  }

  /// A text on which the expression would search too long does not match.
  func matches(_ text: String) -> Bool { (try? pattern.matches(in: text)) ?? false }
}
