import Formats

/// Which of a suite's cases, targets and prompts take part.
public struct CaseFilter: Sendable {
  /// Only the first so many of what the others leave.
  public var first: Int?
  /// A sample of so many, by the seed and by content: the same cases wherever they stand.
  public var sample: Int?
  /// By place in the suite, from 0.
  public var range: Range<Int>?
  /// A regular expression over descriptions.
  public var description: String?
  /// All of these must be in the metadata; of a list, one entry.
  public var metadata: [(key: String, value: String)] = []
  /// Only those that failed in an earlier run.
  public var failed: FailedCases?
  /// Number `index` (from 1) of `count` parts, of what all others leave: every `count`-th case, so that no
  /// part has more than one case more than another.
  public var shard: (index: Int, count: Int)?
  /// Regular expressions over labels and ids.
  public var targets: String?
  public var prompts: String?

  public init() {}

  /// Whether it can leave out cases.
  var chooses: Bool {
    first != nil || sample != nil || range != nil || description != nil || !metadata.isEmpty || failed != nil
  }

  /// What it leaves cases out by, as it is recorded with a run; empty where it leaves out none. Parts of a whole are told
  /// apart elsewhere.
  public var choice: JSONObject {
    var choice = JSONObject()
    if let first { choice["first"] = JSON(first) }
    if let sample { choice["sample"] = JSON(sample) }
    if let range {
      choice["range"] = .string(
        "\(range.lowerBound):" + (range.upperBound == .max ? "" : "\(range.upperBound)"))
    }
    if let description { choice["description"] = .string(description) }
    if !metadata.isEmpty { choice["metadata"] = .array(metadata.map { .string("\($0.key)=\($0.value)") }) }
    if let failed { choice["failed_in"] = .string(failed.run) }
    return choice
  }

  /// As a person would say it, for the message that nothing is left.
  var phrase: String {
    var parts: [String] = []
    if let description { parts.append("a description that matches \"\(description)\"") }
    parts += metadata.map { "the metadata \($0.key)=\($0.value)" }
    if let failed { parts.append("a place among those that failed in run \(failed.run)") }
    if let range {
      parts.append(
        "a place from \(range.lowerBound)"
          + (range.upperBound == .max ? " on" : " to \(range.upperBound - 1)"))
    }
    return parts.joined(separator: " and ")
  }

  /// `2/8`
  public static func shard(_ text: String) throws(Problem) -> (index: Int, count: Int) {
    let parts = text.split(separator: "/").map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], count >= 1,
      (1...count).contains(index)
    else {
      throw Problem(
        "\"\(text)\" is no part of a whole", mend: "for example: 2/8 is the second of eight parts")
    }
    return (index, count)
  }

  /// `10:20`, `:20` or `10:`; the last is left out.
  public static func range(_ text: String) throws(Problem) -> Range<Int> {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let from = parts.count == 2 ? (parts[0].isEmpty ? 0 : Int(parts[0])) : nil
    let to = parts.count == 2 ? (parts[1].isEmpty ? .max : Int(parts[1])) : nil
    guard let from, let to, from >= 0, from < to else {
      throw Problem(
        "\"\(text)\" is no range", mend: "for example: 10:20 is from case 10 to case 19, counted from 0")
    }
    return from..<to
  }

  /// `topic=greetings`
  public static func metadata(_ text: String) throws(Problem) -> (key: String, value: String) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw Problem("\"\(text)\" is no metadata to filter by", mend: "for example: topic=greetings")
    }
    return (String(text[..<equals]), String(text[text.index(after: equals)...]))
  }
}

/// The cases that failed or erred in an earlier run.
public struct FailedCases: Sendable {
  /// The name of the run.
  public var run: String
  /// The numbers under which the ledger keeps the keys of cases.
  public var keys: Set<Int64>

  public init(run: String, keys: Set<Int64>) {
    self.run = run
    self.keys = keys
  }

  /// As `CaseRecord` of the ledger has it.
  static func key(of test: Case) -> Int64 { stableNumber(test.key) }

  /// What is to be said of those that the suite has no more: a case that was edited is another one. Nil where
  /// none is missing, and where mistakes in the suite's rows, which are told elsewhere, keep it from being read.
  func missing(from loaded: LoadedSuite) -> Problem? {
    let cases = CaseStream(loaded, collectsProblems: true, isUnfiltered: true)
    var missing = keys
    do throws(Problems) {
      while let test = try cases.next() { missing.remove(FailedCases.key(of: test)) }
    } catch { return nil }
    if missing.isEmpty || cases.problems.contains(where: { $0.severity == .error }) { return nil }
    return Problem(
      "\(missing.count) of the \(keys.count) failed cases of \(run) \(missing.count == 1 ? "is" : "are") not in "
        + "the suite any more (edited or removed)",
      severity: .warning)
  }
}

/// A filter made ready: its expression compiled.
final class CaseSelection {
  let filter: CaseFilter
  let seed: UInt64
  private let description: TextPattern?
  /// Greatest rank that belongs to the sample, once it is known.
  var sampleCutoff: UInt64?

  init(_ filter: CaseFilter, seed: UInt64) throws(Problem) {
    self.filter = filter
    self.seed = seed
    description = try filter.description.map { text throws(Problem) in
      try TextPattern(text, of: "the filter by description")
    }
  }

  /// All but sample, first and shard.
  func admits(_ test: Case) -> Bool {
    if !filter.chooses { return true }
    if let failed = filter.failed, !failed.keys.contains(FailedCases.key(of: test)) { return false }
    if let range = filter.range, !range.contains(test.index) { return false }
    for (key, value) in filter.metadata where !CaseSelection.holds(test.metadata[key], value) { return false }
    if let description { return description.matches(test.description ?? "") }
    return true
  }

  private static func holds(_ value: JSON?, _ wanted: String) -> Bool {
    if let items = value?.array { return items.contains { $0.scalarText == wanted } }
    return value?.scalarText == wanted
  }

  /// Where a case stands in the drawing of samples.
  func rank(_ bits: UInt64) -> UInt64 {
    var generator = SplitMix64(seed: bits ^ (seed &* 0x9E37_79B9_7F4A_7C15))
    return generator.next()
  }
}

/// The least of many values, in memory for so many.
struct Least {
  private var heap: [UInt64] = []
  private let count: Int

  init(_ count: Int) { self.count = count }

  /// The greatest of the least.
  var cutoff: UInt64? { heap.first }

  mutating func add(_ value: UInt64) {
    if heap.count < count {
      heap.append(value)
      var child = heap.count - 1
      while child > 0, heap[(child - 1) / 2] < heap[child] {
        heap.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
    } else if let greatest = heap.first, value < greatest {
      heap[0] = value
      var parent = 0
      while true {
        var greater = parent
        for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] > heap[greater]
        { greater = child }
        if greater == parent { break }
        heap.swapAt(parent, greater)
        parent = greater
      }
    }
  }
}
