import Formats

/// Who is asked, for whom an id is to be looked at before anything is.
struct AskedIDs: Sendable {
  /// What is wrong with an id; nil where it is not to be looked at.
  var objection: (@Sendable (String) -> Problem?)?
  /// Cases' own targets are asked, rather than their replies given.
  var areTargets = true
}

/// Reads cases from nodes: in place, from YAML and JSON files, from generators.
struct CaseReader {
  let folder: String
  let findings: Findings
  /// Of the suite, so that a case may name them.
  let targets: [Target]
  let prompts: [Prompt]
  /// The defaults' options, which hold for every case.
  var defaultOptions = JSONObject()
  var asked = AskedIDs()

  /// Validates and reads one. Partial ones (defaults, data of scenarios) may be empty.
  func read(_ node: Node, isPartial: Bool = false, fromDataFile: Bool = false) -> CaseDraft {
    Validator(findings: findings).check(node, as: .object(.case), named: "a case")
    return readValidated(node, isPartial: isPartial, fromDataFile: fromDataFile)
  }

  func readValidated(_ node: Node, isPartial: Bool = false, fromDataFile: Bool = false) -> CaseDraft {
    var draft = CaseDraft(at: node.location)
    draft.isFromDataFile = fromDataFile
    draft.own.description = node.text("description")
    if let vars = node.value("vars") {
      readVariables(vars, besides: fromDataFile ? Path.folder(of: node.location.file) : nil, into: &draft)
    }
    let options = defaultOptions.laid(node.objectValue("options") ?? JSONObject())
    let checks = CheckReader(
      folder: folder, findings: findings, rubricPrompt: options["rubricPrompt"], isAsked: checkJudge)
    draft.own.checks = checks.read(node.value("assert"))
    draft.own.threshold = node.number("threshold")
    draft.own.scoring = node.text("assertScoringFunction")
    draft.own.metadata = node.objectValue("metadata") ?? JSONObject()
    draft.own.targets = node.texts("providers")
    draft.own.prompts = node.texts("prompts")
    draft.own.ownTarget = node.value("provider").flatMap { target(from: $0) }
    draft.own.givenOutput = node.value("providerOutput")?.json
    draft.own.repeats = node.integer("repeat")
    draft.own.turns = (node.value("turns")?.items ?? []).compactMap { turn($0, checks) }
    draft.own.tools = node.value("tools").map { ToolSpec($0) }
    draft.own.context = node.value("context").map { ContextPolicy($0) }
    draft.own.fallback = node.text("fallback")
    draft.options = node.objectValue("options") ?? JSONObject()
    if !isPartial, CaseReader.saysNothing(node) {
      findings.error(
        "the case has neither variables nor checks, so it says nothing", at: node.location,
        mend: "give it vars, assert, or remove it")
    }
    checkTools(node.value("tools"))
    checkJudge(node.value("options").flatMap { $0.members == nil ? nil : $0.value("provider") })
    let names = Names(targets: targets, prompts: prompts, findings: findings)
    for name in node.value("providers")?.items ?? [] { names.checkTarget(name) }
    for name in node.value("prompts")?.items ?? [] { names.checkPrompt(name) }
    if let name = node.value("fallback") { names.checkTarget(name, mayBeOther: true) }
    checkScripts(node)
    return draft
  }

  private static let saying = [
    "assert", "vars", "options", "metadata", "provider", "providerOutput", "threshold", "turns",
  ]

  private static func saysNothing(_ node: Node) -> Bool {
    // A mistyped key has been told already.
    func isSlip(_ key: String) -> Bool {
      SuiteFormat.testCase[key] == nil && nearest(to: key, in: SuiteFormat.testCase.keys.map(\.name)) != nil
    }
    return !saying.contains { node.value($0) != nil }
      && !(node.members ?? []).contains { isSlip($0.key.plainText ?? "") }
  }

  private func turn(_ node: Node, _ checks: CheckReader) -> Turn? {
    guard let user = node.plainText ?? (node.members == nil ? nil : node.text("user")) else { return nil }
    var turn = Turn(user: user)
    turn.location = node.location
    if node.members != nil {
      turn.checks = checks.read(node.value("assert"))
      turn.clearsHistory = node.flag("clear") ?? false
    }
    return turn
  }

  private func checkTools(_ node: Node?) {
    guard let node else { return }
    for entry in node.items ?? node.value("results")?.items ?? [] where entry.members != nil {
      let given = ["result", "script"].filter { entry[$0] != nil }
      guard let name = entry.text("name"), given.count != 1 else { continue }
      findings.error(
        given.isEmpty
          ? "the result for the tool \"\(name)\" is missing"
          : "the tool \"\(name)\" has both a result and a script",
        at: entry.location, mend: "give it one of \"result\" and \"script\"")
    }
  }

  private func checkScripts(_ node: Node) {
    var places = [node.value("assertScoringFunction")]
    if let options = node.value("options"), options.members != nil {
      places += ["transform", "postprocess", "transformVars"].map { options.value($0) }
    }
    for entry in node.value("tools").flatMap({ $0.items ?? $0.value("results")?.items }) ?? []
    where entry.members != nil {
      places.append(entry.value("script"))
    }
    for place in places { if let place { findings.demandFile(place, folder: folder) } }
  }

  // MARK: the case's own target

  private func target(from node: Node) -> Target? {
    if let name = node.plainText,
      let known = targets.first(where: { $0.label == name }) ?? targets.first(where: { $0.id == name })
    {
      return known
    }
    if let members = node.members, node["id"] == nil, members.count != 1 { return nil }
    if node.members != nil {
      Validator(findings: findings).check(node, as: .object(.target), named: "provider")
    }
    var reader = TargetReader(folder: folder, findings: findings, suiteMatrix: nil)
    reader.read(node)
    reader.giveLabels()
    let target = reader.targets.first
    if asked.areTargets, let target {
      check(target.id, at: (node.members == nil ? node : node["id"] ?? node).location)
    }
    return target
  }

  // MARK: who is asked

  /// A judge is named by its id, by an object with one, or by a map from what is asked of it to either.
  func checkJudge(_ node: Node?) {
    guard let node else { return }
    if let members = node.members {
      if let id = node["id"] { return checkJudge(id) }
      let kinds = ["text", "embedding", "classification", "moderation"]
      for (kind, judge) in members where kinds.contains(kind.plainText ?? "") { checkJudge(judge) }
    } else if let name = node.plainText, !targets.contains(where: { $0.label == name || $0.id == name }) {
      check(name, at: node.location)
    }
  }

  private func check(_ id: String, at location: SourceLocation) {
    // What is filled in later can't be looked at now.
    guard !id.contains("{{"), let problem = asked.objection?(id) else { return }
    findings.error(problem.message, at: location, mend: problem.mend)
  }

  // MARK: variables

  /// - Parameter besides: the folder of the tests file, from which its paths start; those that start from the
  ///   suite's folder are found as well.
  private func readVariables(_ node: Node, besides: String?, into draft: inout CaseDraft) {
    if node.members != nil {
      draft.own.variables = node.json.object ?? JSONObject()
      return
    }
    let paths =
      node.plainText.map { [($0, node.location)] }
      ?? (node.items ?? []).compactMap { item in item.plainText.map { ($0, item.location) } }
    for (path, location) in paths {
      let path = FileReference(path).path
      let folders = [besides, folder].compactMap { $0 }
      guard let files = folders.lazy.map({ CaseReader.files(path, in: $0) }).first(where: { !$0.isEmpty })
      else {
        findings.missingFile(path, folder: folders[0], for: "variables", at: location)
        continue
      }
      for file in files { readVariables(of: file, at: location, into: &draft) }
    }
  }

  private static func files(_ path: String, in folder: String) -> [String] {
    let files = Glob.isPattern(path) ? Glob(path).files(in: folder) : [Path.resolve(path, against: folder)]
    return files.filter(File.exists)
  }

  private func readVariables(of path: String, at location: SourceLocation, into draft: inout CaseDraft) {
    if Path.fileExtension(of: path) == "csv" {
      guard let rows = findings.rows(of: path, at: location), let header = rows.first else { return }
      for (number, row) in rows.enumerated().dropFirst() {
        guard row.fields.count == header.fields.count else {
          findings.error(
            "row \(number + 1) of \(path) has \(row.fields.count) fields, and the header \(header.fields.count)",
            at: location)
          continue
        }
        draft.variableRows.append(
          JSONObject(zip(header.fields.map(\.trimmed), row.fields.map(JSON.string))))
      }
      return
    }
    guard let node = findings.node(of: path, at: location) else { return }
    guard let object = node.json.object else {
      return findings.error("\(path) holds \(node.kindPhrase), where variables are a map", at: node.location)
    }
    draft.own.variables = draft.own.variables.laid(object)
  }
}
