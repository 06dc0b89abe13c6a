import Formats

/// Gathers what is wrong with a suite, so that all of it is told at once.
final class Findings {
  private(set) var problems: [Problem] = []
  private var seen: Set<Problem> = []

  var hasErrors: Bool { problems.contains { $0.severity == .error } }

  func add(_ problem: Problem) {
    if seen.insert(problem).inserted { problems.append(problem) }
  }

  func clear() {
    if problems.isEmpty { return }
    problems.removeAll()
    seen.removeAll()
  }

  func error(_ message: String, at location: SourceLocation?, mend: String? = nil) {
    add(Problem(message, at: location, mend: mend))
  }

  func warn(_ message: String, at location: SourceLocation?, mend: String? = nil) {
    add(Problem(message, at: location, mend: mend, severity: .warning))
  }

  func note(_ message: String, at location: SourceLocation?, mend: String? = nil) {
    add(Problem(message, at: location, mend: mend, severity: .note))
  }

  /// What may hold of every case of a file is said of the first.
  func noteOnce(_ message: String, at location: SourceLocation, mend: String? = nil) {
    let isKnown = problems.contains {
      $0.severity == .note && $0.message == message && $0.location?.file == location.file
    }
    if !isKnown { note(message, at: location, mend: mend) }
  }

  /// Without the notes, which only distract from what must be mended.
  var mistakes: [Problem] { inOrder.filter { $0.severity != .note } }

  /// In the order of the files' lines.
  var inOrder: [Problem] {
    let order = problems.enumerated().sorted { a, b in
      let (x, y) = (a.element.location, b.element.location)
      guard let x, let y, x.file == y.file else { return a.offset < b.offset }
      return (x.line, x.column, a.offset) < (y.line, y.column, b.offset)
    }
    return order.map(\.element)
  }
}
