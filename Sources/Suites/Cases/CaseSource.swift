import Formats

/// Where cases come from. Files of rows are read as the cases are needed; all else is small and read once.
enum CaseSource: Sendable {
  case drafts([CaseDraft])
  /// A CSV file with a header.
  case table(path: String)
  /// A file with one JSON object a line.
  case lines(path: String)
  /// The rows of a file of replies.
  case given(GivenReplies)
}

/// Gives drafts one after the other.
protocol DraftReader: AnyObject {
  /// Nil at the end. Mistakes in a row go to the findings; those that end the file are thrown.
  func next(_ findings: Findings) throws(Problem) -> CaseDraft?
}

final class ListedDrafts: DraftReader {
  private let drafts: [CaseDraft]
  private var place = 0

  init(_ drafts: [CaseDraft]) { self.drafts = drafts }

  func next(_ findings: Findings) -> CaseDraft? {
    guard place < drafts.count else { return nil }
    place += 1
    return drafts[place - 1]
  }
}

final class GivenDrafts: DraftReader {
  private let replies: GivenReplies
  private var place = 0

  init(_ replies: GivenReplies) { self.replies = replies }

  func next(_ findings: Findings) throws(Problem) -> CaseDraft? {
    guard place < replies.caseCount else { return nil }
    defer { place += 1 }
    let found = try replies.variables(of: place)
    var draft = CaseDraft(at: found?.1)
    draft.isFromDataFile = true
    draft.own.variables = found?.0 ?? JSONObject()
    draft.options["disableVarExpansion"] = true
    return draft
  }
}

final class TableDrafts: DraftReader {
  private let reader: CSVReader
  private let keepsAssumedThresholds: Bool
  private var rows: CSVRowReader?
  private var number = 0
  private var hasNotedQuotes = false

  init(_ path: String, delimiter: UInt8?, keepsAssumedThresholds: Bool) throws(Problem) {
    var options = CSVReader.Options()
    options.delimiter = delimiter ?? (path.hasSuffix(".tsv") ? UInt8(ascii: "\t") : UInt8(ascii: ","))
    options.relaxedQuotes = true
    reader = try CSVReader(path: path, options: options)
    self.keepsAssumedThresholds = keepsAssumedThresholds
  }

  func next(_ findings: Findings) throws(Problem) -> CaseDraft? {
    if rows == nil {
      guard let header = try reader.next() else {
        throw Problem(
          "the table is empty", at: SourceLocation(file: reader.file, line: 1, column: 1),
          mend: "its first line names the columns")
      }
      let location = SourceLocation(file: reader.file, line: header.line, column: 1)
      let columns = CSVColumns(header.fields, at: location, findings: findings)
      if findings.hasErrors { return nil }
      rows = CSVRowReader(columns: columns, keepsAssumedThresholds: keepsAssumedThresholds)
    }
    guard let rows else { return nil }
    guard let row = try reader.next() else {
      if number > 0 { return nil }
      throw Problem(
        "the table has no rows", at: SourceLocation(file: reader.file, line: 1, column: 1),
        mend: "each line after the first is a case; leave the file out if none is wanted")
    }
    number += 1
    if !hasNotedQuotes, reader.relaxedAt != nil {
      hasNotedQuotes = true
      findings.noteQuotes(of: reader)
    }
    return rows.read(
      row.fields, at: SourceLocation(file: reader.file, line: row.line, column: 1), number: number, findings)
  }
}

final class LineDrafts: DraftReader {
  private let reader: LineReader
  private let path: String
  private let cases: (Findings) -> CaseReader
  private var number = 0
  /// Notes hold of many rows and are told of the first.
  private var told: Set<String> = []

  init(_ path: String, cases: @escaping (Findings) -> CaseReader) throws(Problem) {
    reader = try LineReader(path)
    self.path = path
    self.cases = cases
  }

  func next(_ findings: Findings) throws(Problem) -> CaseDraft? {
    while let line = try reader.next() {
      if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      number += 1
      let location = SourceLocation(file: path, line: line.number, column: 1)
      do throws(JSONError) {
        return read(try JSON(parsing: line.bytes.span.bytes), at: location, line, findings)
      } catch {
        findings.error(
          "the line is no JSON: \(error.message)",
          at: SourceLocation(file: path, line: line.number, column: error.column))
        return CaseDraft(at: location)
      }
    }
    if number > 0 { return nil }
    throw Problem(
      "the file has no lines", at: SourceLocation(file: path, line: 1, column: 1),
      mend: "each line is a case; leave the file out if none is wanted")
  }

  private func read(_ json: JSON, at location: SourceLocation, _ line: LineReader.Line, _ findings: Findings)
    -> CaseDraft
  {
    guard let object = json.object else {
      findings.error("the line holds \(json.kindPhrase), where a case is a map", at: location)
      return CaseDraft(at: location)
    }
    if let draft = quick(object, at: location) { return draft }
    let scratch = Findings()
    let draft = cases(scratch).readRow(Node(json, at: location), number: number)
    guard scratch.problems.contains(where: { $0.severity != .note || !told.contains($0.message) }) else {
      return draft
    }
    // Read again with the place of every value, so that the messages can point at them.
    if let located = try? Node(parsingJSON: Array(line.bytes), file: path) {
      let precise = Findings()
      _ = cases(precise).readRow(located, number: number)
      for var problem in precise.problems {
        if problem.severity == .note, !told.insert(problem.message).inserted { continue }
        if problem.location?.file == path { problem.location?.line += line.number - 1 }
        findings.add(problem)
      }
    }
    return draft
  }

  /// The most common row, without a tree of nodes: variables and simple checks, perhaps with a name and
  /// metadata. Nil for every other, and for every row with a mistake in it.
  private func quick(_ object: JSONObject, at location: SourceLocation) -> CaseDraft? {
    var draft = CaseDraft(at: location)
    draft.isFromDataFile = true
    var saysSomething = false
    for (key, value) in object {
      switch (key, value) {
      case ("vars", .object(let variables)):
        draft.own.variables = variables
        saysSomething = true
      case ("description", .string(let text)): draft.own.description = text
      case ("metadata", .object(let metadata)): draft.own.metadata = metadata
      case ("assert", .array(let checks)):
        draft.own.checks.reserveCapacity(checks.count)
        for check in checks {
          guard let read = CheckReader.quick(check, at: location) else { return nil }
          draft.own.checks.append(read)
        }
      default: return nil
      }
    }
    return saysSomething ? draft : nil
  }
}

extension CaseReader {
  /// A row of a data file: a case, or, when it has no key of a case, the variables themselves, in which
  /// the special columns of tables hold.
  func readRow(_ node: Node, number: Int) -> CaseDraft {
    guard let members = node.members else {
      findings.error("the row is \(node.kindPhrase), where a case is a map", at: node.location)
      return CaseDraft(at: node.location)
    }
    let isCase = members.contains { SuiteFormat.testCase[$0.key.plainText ?? ""] != nil }
    if isCase || members.isEmpty { return read(node, fromDataFile: true) }
    let names = members.map { $0.key.plainText ?? "" }
    guard names.contains(where: { $0.hasPrefix("__") }) else {
      var draft = CaseDraft(at: node.location)
      draft.isFromDataFile = true
      draft.own.variables = node.json.object ?? JSONObject()
      return draft
    }
    let columns = CSVColumns(names, at: node.location, findings: findings)
    var plain = JSONObject()
    for (role, member) in zip(columns.roles, members) {
      if case .variable(let name) = role { plain[name] = member.value.json }
    }
    let rows = CSVRowReader(columns: columns)
    var draft = rows.read(
      members.map { $0.value.plainText ?? $0.value.json.text }, at: node.location, number: number, findings)
    draft.own.variables = plain
    return draft
  }
}
