import Formats
import Ledger
import Terminal

/// What a run may be called: a word that finds this run and no other.
enum RunNames {
  private static let signs = "._-+@#"
  private static let mostLetters = 100

  /// Before anything is sent.
  static func check(_ name: String, ledger path: String) throws {
    if let wrong = objection(name) {
      throw UsageError(
        "--name \"\(name)\" \(wrong)",
        mend: "a name has letters, digits and \(signs.map { String($0) }.joined(separator: " ")), at most "
          + "\(mostLetters), and begins with a letter or digit; not digits alone, and not \"latest\"")
    }
    // One that can't be opened is told of where it is written.
    guard let ledger = try? Ledger(path: path), let known = try? ledger.run(name, counted: false),
      known.name == name
    else { return }
    throw UsageError("--name \"\(name)\": \(path) has a run of that name", mend: "choose another")
  }

  private static func objection(_ name: String) -> String? {
    if name.isEmpty { return "is empty" }
    if name == "latest" { return "is the name of whichever run is the latest" }
    if name.count > mostLetters { return "is too long" }
    if name.allSatisfy(\.isNumber) { return "is the number of a run" }
    if let odd = name.first(where: { !$0.isLetter && !$0.isNumber && !signs.contains($0) }) {
      return "can't have \"\(printable(String(odd)))\" in it"
    }
    return name.first.map(signs.contains) == true ? "begins with \"\(name.prefix(1))\"" : nil
  }
}
