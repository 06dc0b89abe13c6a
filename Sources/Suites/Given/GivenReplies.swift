import Formats
import Vocabulary

/// Replies that came from elsewhere, to be judged in place of asking. Rows find their cases by `case_no` (or
/// promptfoo's `testIdx`), else by their variables, else by their order. In a suite without cases each row is one.
public final class GivenReplies: Sendable {
  public let path: String
  /// Labels, in the order they come.
  public let targets: [String]

  /// One row's place among all, sorted by case.
  private struct Entry {
    var caseNo: Int
    var target: Int
    var prompt: Int
    var repetition: Int
    var place: GivenRows.Place
  }

  private let rows: GivenRows
  private let entries: [Entry]
  /// Whether the rows are the cases.
  public let makesCases: Bool
  /// How many cases the rows speak of.
  let caseCount: Int

  public struct Found: Sendable {
    public var target: String
    /// Its place in the suite.
    public var prompt: Int
    public var reply: GivenReply
  }

  init(_ path: String, prompts: [Prompt], knownCases: KnownCases?) throws(Problem) {
    self.path = path
    var labels: [String] = []
    var numbers: [String: Int] = [:]
    var found: [Entry] = []
    var finder = CaseFinder(known: knownCases)
    var repetitions: [[Int]: Int] = [:]
    rows = try GivenRows(path) { (row, place) throws(Problem) in
      let at = SourceLocation(file: path, line: place.line, column: 1)
      do throws(Problem) {
        // A mistake is told before anything is judged.
        _ = try GivenReply(row)
        let said = GivenPlace(row)
        let target: Int
        if let known = numbers[said.target] {
          target = known
        } else {
          target = labels.count
          numbers[said.target] = target
          labels.append(said.target)
        }
        let prompt = try Self.prompt(said.prompt, prompts)
        let caseNo = try finder.number(said, target: target, prompt: prompt)
        let next = repetitions[[caseNo, target, prompt]] ?? 0
        repetitions[[caseNo, target, prompt]] = next + 1
        found.append(
          Entry(caseNo: caseNo, target: target, prompt: prompt, repetition: next, place: place))
      } catch { throw Problem(error.message, at: error.location ?? at, mend: error.mend) }
    }
    if found.isEmpty { throw Problem("\(path) has no replies") }
    targets = labels
    makesCases = knownCases == nil
    caseCount = finder.count
    entries = found.sorted {
      ($0.caseNo, $0.target, $0.prompt, $0.repetition) < ($1.caseNo, $1.target, $1.prompt, $1.repetition)
    }
  }

  private static func prompt(_ name: String?, _ prompts: [Prompt]) throws(Problem) -> Int {
    if prompts.count <= 1 { return 0 }
    guard let name else {
      throw Problem(
        "the suite has several prompts, and the row does not name one", mend: "add \"prompt\": its label")
    }
    guard let place = prompts.firstIndex(where: { Selector.matches(name, $0) }) else {
      let near = nearest(to: name, in: prompts.map(\.label))
      throw Problem("the suite has no prompt \"\(name)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""))
    }
    return place
  }

  /// The replies to one case, by target, prompt and repetition.
  public func replies(to caseNo: Int) throws(Problem) -> [Found] {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].caseNo < caseNo { low = middle + 1 } else { high = middle }
    }
    var found: [Found] = []
    while low < entries.count, entries[low].caseNo == caseNo {
      let entry = entries[low]
      var reply = try GivenReply(try rows.row(at: entry.place))
      reply.repetition = entry.repetition
      found.append(Found(target: targets[entry.target], prompt: entry.prompt, reply: reply))
      low += 1
    }
    return found
  }

  /// Where the rows are the cases: the variables of the first row of a case, and its line.
  func variables(of caseNo: Int) throws(Problem) -> (JSONObject, SourceLocation)? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].caseNo < caseNo { low = middle + 1 } else { high = middle }
    }
    guard low < entries.count, entries[low].caseNo == caseNo else { return nil }
    let entry = entries[low]
    let row = try rows.row(at: entry.place)
    return (
      GivenPlace(row).variables ?? JSONObject(), SourceLocation(file: path, line: entry.place.line, column: 1)
    )
  }
}

/// The cases of a suite, as far as rows need them to be found.
struct KnownCases {
  var count = 0
  /// By their variables, each in order.
  var byVariables: [UInt64: [Int]] = [:]

  static func key(_ variables: JSONObject) -> UInt64 { stableHash(JSON.object(variables).canonical) }
}

/// Finds the case of each row as the rows come.
private struct CaseFinder {
  let known: KnownCases?
  private(set) var count = 0
  private var own: [UInt64: Int] = [:]
  private var taken: [[Int]: Int] = [:]

  init(known: KnownCases?) { self.known = known }

  mutating func number(_ place: GivenPlace, target: Int, prompt: Int) throws(Problem) -> Int {
    if let no = place.caseNo {
      if let known, !(0..<known.count).contains(no) {
        throw Problem("there is no case \(no): the suite has \(known.count), counted from 0")
      }
      guard no >= 0 else { throw Problem("there is no case \(no)") }
      count = max(count, no + 1)
      return no
    }
    if let variables = place.variables {
      let key = KnownCases.key(variables)
      guard let known else {
        if let no = own[key] { return no }
        own[key] = count
        count += 1
        return count - 1
      }
      guard let numbers = known.byVariables[key] else {
        throw Problem(
          "no case of the suite has these variables", mend: "give the row the number of its case: case_no")
      }
      // Cases that are alike take their rows in turn.
      let turn = [-1, numbers[0], target, prompt]
      let index = taken[turn] ?? 0
      taken[turn] = index + 1
      return numbers[index % numbers.count]
    }
    let turn = [target, prompt]
    let index = taken[turn] ?? 0
    taken[turn] = index + 1
    if let known, index >= known.count {
      throw Problem("there are more replies than cases: the suite has \(known.count)")
    }
    count = max(count, index + 1)
    return index
  }
}
