import Formats

/// `r/source/flags` in a template.
struct RegularExpression: Sendable {
  private let pattern: Pattern

  init(source: String, flags: String, at offset: Int) throws(Fault) {
    do throws(PatternError) {
      pattern = try Pattern(source, flags: flags)
    } catch {
      throw Fault("/\(source)/ is no regular expression: \(error)", at: offset)
    }
  }

  var source: String { pattern.source }
  var flags: String { pattern.flags }
  var isGlobal: Bool { flags.contains("g") }

  /// All matches, or the first alone.
  func matches(in text: String, onlyFirst: Bool, _ renderer: Renderer) throws(Fault) -> [Pattern.Match] {
    // Each search may take long.
    try renderer.step(1000 + text.utf8.count / 8)
    do throws(PatternError) {
      return try pattern.allMatches(in: text, limit: onlyFirst ? 1 : .max)
    } catch {
      throw failed(error)
    }
  }

  /// The first match, or all with the flag `g`, replaced as JavaScript's `replace` does it.
  func replacing(in text: String, with new: String, _ renderer: Renderer) throws(Fault) -> String {
    let count = Double(try matches(in: text, onlyFirst: !isGlobal, renderer).count)
    // Each reference may bring in the text of the match; "$`" and "$'" all that stands around it.
    let references = Double(new.utf8.count { $0 == UInt8(ascii: "$") })
    let isAround = new.contains(text: "$`") || new.contains(text: "$'")
    let length =
      Double(text.utf8.count) * (1 + references * (isAround ? count : 1)) + count * Double(new.utf8.count)
    try renderer.expect(bytes: length < 1e15 ? Int(length) : .max)
    let replaced: String
    do throws(PatternError) {
      replaced = try pattern.replacing(in: text, with: new)
    } catch {
      throw failed(error)
    }
    return try renderer.made(replaced)
  }

  /// The pieces between matches, with the groups of each match among them.
  func pieces(of text: String, _ renderer: Renderer) throws(Fault) -> [String] {
    try renderer.step(1000 + text.utf8.count / 8)
    do throws(PatternError) {
      return try pattern.split(text)
    } catch {
      throw failed(error)
    }
  }

  private func failed(_ error: PatternError) -> Fault { Fault("/\(source)/: \(error)") }
}

extension Pattern.Match {
  /// As an array of the whole match and its groups.
  var value: Value { .array(ArrayBox(groups.map { $0.map { .string($0) } ?? .undefined })) }
}
