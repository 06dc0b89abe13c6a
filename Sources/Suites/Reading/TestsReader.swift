import Formats

/// Reads `tests` and `scenarios` in every form.
struct TestsReader {
  let folder: String
  let findings: Findings
  let cases: CaseReader
  private(set) var sources: [CaseSource] = []
  private(set) var files: [String] = []
  private(set) var generators: [(request: ScriptRequest, location: SourceLocation, source: Int)] = []

  init(folder: String, findings: Findings, cases: CaseReader) {
    self.folder = folder
    self.findings = findings
    self.cases = cases
  }

  mutating func read(_ node: Node) {
    if let items = node.items {
      for item in items { readItem(item) }
    } else {
      readItem(node)
    }
  }

  mutating func addEmptyCase(at location: SourceLocation) { add(CaseDraft(at: location)) }

  private mutating func add(_ draft: CaseDraft) {
    if case .drafts(var drafts)? = sources.last, generators.last?.source != sources.count - 1 {
      sources.removeLast()
      drafts.append(draft)
      sources.append(.drafts(drafts))
    } else {
      sources.append(.drafts([draft]))
    }
  }

  private mutating func readItem(_ node: Node) {
    if let text = node.plainText { return readFiles(text, config: nil, at: node.location) }
    guard node.members != nil else { return }
    if node["path"] != nil {
      if let path = node.text("path") {
        readFiles(path, config: node.value("config")?.json, at: node["path"]?.location ?? node.location)
      }
      return
    }
    add(cases.readValidated(node))
  }

  // MARK: files

  private mutating func readFiles(_ text: String, config: JSON?, at location: SourceLocation) {
    if let mend = TestsReader.notRead.first(where: { text.hasPrefix($0.start) }) {
      return findings.error("cases are not fetched from \(mend.start)", at: location, mend: mend.mend)
    }
    let reference = FileReference(text)
    let path = Path.resolve(reference.path, against: folder)
    if ["xlsx", "xls"].contains(Path.fileExtension(of: String(reference.path.prefix { $0 != "#" }))) {
      return findings.error(
        "spreadsheets are not read: \(reference.path)", at: location, mend: "save it as CSV")
    }
    if File.exists(path), !File.isFolder(path) {
      return readFile(path, reference.function, config, at: location)
    }
    if Glob.isPattern(reference.path) {
      let found = Glob(reference.path).files(in: folder).map(Path.normalized)
      for path in found { readFile(path, reference.function, config, at: location) }
      if !found.isEmpty { return }
    }
    findings.missingFile(reference.path, folder: folder, for: "tests", at: location)
  }

  private static let notRead = [
    (start: "https://docs.google.com", mend: "download the sheet as CSV and name the file"),
    (start: "huggingface://", mend: "download the data set as JSONL or CSV and name the file"),
    (start: "https://", mend: "download the file and name it"),
    (start: "http://", mend: "download the file and name it"),
  ]

  private mutating func readFile(
    _ path: String, _ function: String?, _ config: JSON?, at location: SourceLocation
  ) {
    let reference = FileReference(path)
    switch reference.fileExtension {
    case "csv", "tsv":
      files.append(path)
      sources.append(.table(path: path))
    case "jsonl", "ndjson":
      files.append(path)
      sources.append(.lines(path: path))
    case "yaml", "yml", "json":
      files.append(path)
      guard let node = findings.node(of: path, at: location) else { return }
      for (index, row) in resolved(node, path).enumerated() { add(cases.readRow(row, number: index + 1)) }
    case _ where reference.isScript:
      let name = function ?? (reference.fileExtension == "py" ? "generate_tests" : nil)
      generators.append(
        (
          ScriptRequest(
            path: path, function: name, arguments: config.map { [$0] } ?? [], fallback: "generate_tests",
            takesData: true),
          location, sources.count
        ))
      sources.append(.drafts([]))
    default:
      findings.error(
        "cases are not read from files like \(Path.name(of: path))", at: location,
        mend: "use .yaml, .json, .jsonl, .csv, .js or .py")
    }
  }

  private func resolved(_ node: Node, _ path: String) -> [Node] {
    var references = References(root: node, file: path, findings: findings) { [findings] path, location in
      guard File.exists(path) else {
        findings.missingFile(path, folder: ".", for: "referenced", at: location)
        return nil
      }
      return findings.node(of: path, at: location)
    }
    let whole = references.resolved()
    let rows = whole.items ?? (whole.isEmpty ? [] : [whole])
    if rows.isEmpty {
      findings.error(
        "the file holds no cases", at: SourceLocation(file: path, line: 1, column: 1),
        mend: "add some, or leave the file out")
    }
    return rows
  }

  // MARK: scenarios

  /// Each entry of `config` with each case: variables and metadata laid over, checks of both.
  mutating func readScenario(_ node: Node) {
    if let text = node.plainText {
      let reference = FileReference(text)
      let paths =
        Glob.isPattern(reference.path)
        ? Glob(reference.path).files(in: folder).map(Path.normalized)
        : [Path.resolve(reference.path, against: folder)]
      for path in paths {
        guard File.exists(path) else {
          findings.missingFile(reference.path, folder: folder, for: "scenario", at: node.location)
          continue
        }
        guard let read = findings.node(of: path, at: node.location) else { continue }
        files.append(path)
        for scenario in resolved(read, path) {
          Validator(findings: findings).check(scenario, as: .object(.scenario), named: "scenario")
          readScenario(scenario)
        }
      }
      if paths.isEmpty {
        findings.missingFile(reference.path, folder: folder, for: "scenario", at: node.location)
      }
      return
    }
    guard node.members != nil else { return }
    for key in ["config", "tests"] {
      if let part = node[key], part.isEmpty || part.items?.isEmpty == true {
        findings.error(
          "the scenario has no case: its \"\(key)\" is empty", at: part.location,
          mend: "add an entry, or leave the scenario out")
      }
    }
    scenarioCount += 1
    let data = drafts(of: node.value("config"), isPartial: true)
    let tests = drafts(of: node.value("tests"), isPartial: false)
    for entry in data {
      for test in tests {
        var merged = test.merged(over: entry, asDefaults: false)
        if merged.own.metadata["conversationId"] == nil {
          merged.own.metadata["conversationId"] = .string("__scenario_\(scenarioCount - 1)__")
        }
        if merged.own.description == nil { merged.own.description = node.text("description") }
        add(merged)
      }
    }
  }

  private var scenarioCount = 0

  private func drafts(of node: Node?, isPartial: Bool) -> [CaseDraft] {
    guard let node else { return [] }
    return (node.items ?? [node]).flatMap { item -> [CaseDraft] in
      guard let text = item.plainText else {
        return item.members == nil ? [] : [cases.readValidated(item, isPartial: true)]
      }
      let path = Path.resolve(FileReference(text).path, against: folder)
      guard File.exists(path) else {
        findings.missingFile(FileReference(text).path, folder: folder, for: "scenario", at: item.location)
        return []
      }
      return rows(of: path, at: item.location)
    }
  }

  /// All rows of a data file, at once: scenarios multiply them.
  private func rows(of path: String, at location: SourceLocation) -> [CaseDraft] {
    let source: CaseSource
    switch Path.fileExtension(of: path) {
    case "csv", "tsv": source = .table(path: path)
    case "jsonl", "ndjson": source = .lines(path: path)
    default:
      guard let node = findings.node(of: path, at: location) else { return [] }
      return resolved(node, path).enumerated().map { cases.readRow($0.element, number: $0.offset + 1) }
    }
    return findings.caught { () throws(Problem) in
      let reader: any DraftReader
      switch source {
      case .table(let path): reader = try TableDrafts(path, delimiter: nil, keepsAssumedThresholds: false)
      case .lines(let path):
        let cases = self.cases
        reader = try LineDrafts(path) {
          CaseReader(
            folder: cases.folder, findings: $0, targets: cases.targets, prompts: cases.prompts,
            defaultOptions: cases.defaultOptions, asked: cases.asked)
        }
      case .drafts(let drafts): reader = ListedDrafts(drafts)
      case .given(let replies): reader = GivenDrafts(replies)
      }
      var drafts: [CaseDraft] = []
      while let draft = try reader.next(findings) { drafts.append(draft) }
      return drafts
    } ?? []
  }
}
