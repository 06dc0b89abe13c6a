import Formats
import Ledger

/// Votes in a file: a JSON object a line, or CSV with a header. `call` or `trial` says of what, `vote` what; `comment`
/// and `voter` may be there.
struct VoteImport {
  private let ledger: Ledger
  private let file: String
  private var problems: [Problem] = []
  private var votes: [VoteRecord] = []

  private static let columns = ["call", "trial", "vote", "comment", "voter"]
  private static let mostProblems = 20

  private init(_ ledger: Ledger, file: String) {
    self.ledger = ledger
    self.file = file
  }

  /// All of the file's votes, or all of its mistakes.
  static func read(_ path: String, _ ledger: Ledger) throws -> [VoteRecord] {
    var reader = VoteImport(ledger, file: path)
    if path.hasSuffix(".csv") { try reader.readCSV() } else { try reader.readLines() }
    if reader.problems.count > mostProblems {
      let more = reader.problems.count - mostProblems
      reader.problems = Array(reader.problems.prefix(mostProblems))
      reader.problems.append(Problem("\(path): and \(more) more mistakes"))
    }
    if !reader.problems.isEmpty { throw Problems(reader.problems) }
    if reader.votes.isEmpty { throw Problem("\(path) holds no votes") }
    return reader.votes
  }

  private mutating func readLines() throws {
    let reader = try JSONLinesReader(file)
    while let line = try reader.next() {
      switch line.value {
      case .failure(let error): report("not JSON: \(error)", line.number)
      case .success(.object(let row)): try add(row, line.number)
      case .success: report("a vote is an object", line.number, mend: Self.example)
      }
    }
  }

  private mutating func readCSV() throws {
    let reader = try CSVReader(path: file)
    guard let header = try reader.next() else { throw Problem("\(file) is empty") }
    let names = header.fields.map { $0.trimmed }
    for (place, name) in names.enumerated() where !Self.columns.contains(name) {
      report(Self.unknown(name), header.line, column: place + 1)
    }
    guard names.contains("vote"), names.contains("call") || names.contains("trial") else {
      return report(
        "the header needs \"vote\" and one of \"call\" and \"trial\"", header.line,
        mend: "such as: call,vote,comment,voter")
    }
    if !problems.isEmpty { return }
    while let row = try reader.next() {
      guard row.fields.count == names.count else {
        report("the row has \(row.fields.count) fields, the header \(names.count)", row.line)
        continue
      }
      try add(JSONObject(zip(names, row.fields).filter { !$1.isEmpty }.map { ($0, .string($1)) }), row.line)
    }
  }

  private static let example = "such as {\"call\": 17, \"vote\": \"up\", \"comment\": \"kind\"}"

  private static func unknown(_ name: String) -> String {
    "unknown column \"\(name)\"" + (nearest(to: name, in: columns).map { "; did you mean \"\($0)\"?" } ?? "")
  }

  private mutating func report(_ message: String, _ line: Int, column: Int = 1, mend: String? = nil) {
    problems.append(
      Problem(message, at: SourceLocation(file: file, line: line, column: column), mend: mend))
  }

  private mutating func add(_ row: JSONObject, _ line: Int) throws {
    for name in row.keys where !Self.columns.contains(name) { return report(Self.unknown(name), line) }
    guard let given = row["vote"] else { return report("the vote has no \"vote\"", line, mend: Self.example) }
    guard let value = FeedbackCommands.vote(given.string ?? given.text) else {
      return report(
        "a vote is up, down, or a number from -1 to 1, not \"\(given.string ?? given.text)\"", line)
    }
    guard let call = try call(row, line) else { return }
    votes.append(
      VoteRecord(call: call, value: value, comment: row["comment"]?.string, voter: row["voter"]?.string))
  }

  private mutating func call(_ row: JSONObject, _ line: Int) throws -> Int64? {
    func number(_ name: String) -> Int64? {
      row[name].flatMap { $0.int.map(Int64.init) ?? $0.string.flatMap { Int64($0) } }
    }
    if let given = row["call"] {
      guard let call = number("call") else {
        report("\"\(given.string ?? given.text)\" is no number of a call", line)
        return nil
      }
      if try ledger.call(call) != nil { return call }
      report("there is no call \(call) in \(ledger.path)", line)
      return nil
    }
    guard let given = row["trial"] else {
      report("a vote names its \"call\" or its \"trial\"", line, mend: Self.example)
      return nil
    }
    guard let trial = number("trial") else {
      report("\"\(given.string ?? given.text)\" is no number of a trial", line)
      return nil
    }
    if let call = try FeedbackCommands.lastCall(of: trial, ledger) { return call }
    report("there is no trial \(trial) with a reply in \(ledger.path)", line)
    return nil
  }
}
