extension Problem {
  /// The problem as people read it: place and message, the line with a caret under the place, the mend.
  ///
  /// `source` is the text of the file, where it is at hand; long lines are cut around the place.
  public func rendered(source: String? = nil) -> String {
    var text = location.map { "\($0): " } ?? ""
    if severity != .error { text += "\(severity.rawValue): " }
    text += message + "\n"
    if let location, let source, let line = Problem.line(location.line, of: source) {
      text += Problem.excerpt(line, column: location.column, number: location.line)
    }
    if let mend { text += "  \(mend)\n" }
    return text
  }

  /// Counts the line ends that YAML and JSON readers count: LF, CRLF and CR.
  private static func line(_ number: Int, of source: String) -> Substring? {
    guard number >= 1 else { return nil }
    var current = 1
    var start = source.startIndex
    var index = start
    while index < source.endIndex {
      let character = source[index]
      if character == "\n" || character == "\r\n" || character == "\r" {
        if current == number { return source[start..<index] }
        current += 1
        start = source.index(after: index)
      }
      index = source.index(after: index)
    }
    return current == number ? source[start...] : nil
  }

  private static let widest = 100

  private static func excerpt(_ line: Substring, column: Int, number: Int) -> String {
    // One cell for each character, so that the caret stands beneath its place.
    var characters = line.unicodeScalars.map { scalar -> Character in
      scalar == "\t" || scalar.value < 0x20 || scalar.value == 0x7F ? " " : Character(scalar)
    }
    var caret = max(0, min(column - 1, characters.count))
    if characters.count > widest {
      let from = max(0, min(caret - widest / 2, characters.count - widest))
      let isCutBehind = from + widest < characters.count
      characters = Array(characters[from..<min(characters.count, from + widest)])
      caret -= from
      if from > 0 { characters.replaceSubrange(0..<1, with: ["…"]) }
      if isCutBehind { characters.append("…") }
    }
    guard characters.contains(where: { $0 != " " }) else { return "" }
    let gutter = "\(number)"
    let blank = String(repeating: " ", count: gutter.count)
    return " \(gutter) | \(String(characters))\n \(blank) | \(String(repeating: " ", count: caret))^\n"
  }
}

extension Problems {
  /// All of them, in the order of their files' lines, each with its line where its file can be read.
  public func rendered() -> String {
    var sources: [String: String?] = [:]
    return all.map { problem in
      guard let file = problem.location?.file else { return problem.rendered() }
      let source: String?
      if let known = sources[file] {
        source = known
      } else {
        // A data file may be of any size, and the place says enough.
        source = (File.size(file) ?? .max) < 4 << 20 ? try? File.readText(file) : nil
        sources[file] = source
      }
      return problem.rendered(source: source)
    }.joined()
  }
}
