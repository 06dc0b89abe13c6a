import Formats
import Templates

/// What can be said of a suite only when all of it is read.
struct Crosscheck {
  let root: Node
  let folder: String
  let findings: Findings

  func check(_ loaded: inout LoadedSuite) {
    checkNames(loaded)
    checkVariables(loaded)
    tellDifferences(loaded)
    applyFilters(&loaded)
  }

  private func drafts(of loaded: LoadedSuite) -> [CaseDraft] {
    loaded.sources.flatMap { source -> [CaseDraft] in
      if case .drafts(let drafts) = source { return drafts }
      return []
    }
  }

  /// Said once for a suite: its verdicts are not those of the tool that it may have been written for.
  private func tellDifferences(_ loaded: LoadedSuite) {
    func leaves(_ checks: [CheckSpec]) -> [CheckSpec] { checks.flatMap { [$0] + leaves($0.components) } }
    let checks = leaves(loaded.defaults.own.checks + drafts(of: loaded).flatMap(\.own.checks))
    let differing = checks.filter { check in
      guard let type = CheckTypes.named(check.type) else { return false }
      return check.isNegated ? type.ignoredNegation : type.passesByDefault && check.threshold == nil
    }
    guard let first = differing.first else { return }
    var names: [String] = []
    for check in differing where !names.contains(check.name) { names.append(check.name) }
    findings.note(
      "\(names.joined(separator: ", ")): promptfoo 0.120 lets these pass whatever the reply; here they are judged",
      at: first.location, mend: "docs/checks.md lists every difference")
  }

  private func checkNames(_ loaded: LoadedSuite) {
    let names = Names(targets: loaded.allTargets, prompts: loaded.allPrompts, findings: findings)
    for target in loaded.allTargets {
      if let name = target.fallback, let place = target.location {
        names.checkTarget(Node(.scalar(.string(name)), at: place), mayBeOther: true)
      }
      for name in target.prompts {
        if let place = target.location { names.checkPrompt(Node(.scalar(.string(name)), at: place)) }
      }
    }
    for gate in root.value("gates")?.items ?? [] where gate.members != nil {
      if let name = gate.value("target"), !["*", "each"].contains(name.plainText) { names.checkTarget(name) }
    }
    if let name = root.value("fallback") { names.checkTarget(name, mayBeOther: true) }
  }

  /// A prompt with a hole that no case fills asks something else than was meant.
  private func checkVariables(_ loaded: LoadedSuite) {
    let drafts = drafts(of: loaded)
    let hasRows = loaded.sources.contains { if case .drafts = $0 { false } else { true } }
    let hasMakers = drafts.contains {
      $0.options["transformVars"] != nil || $0.options["storeOutputAs"] != nil
    }
    if findings.hasErrors || hasRows || hasMakers || loaded.defaults.options["transformVars"] != nil {
      return
    }
    var known = Set(loaded.defaults.own.variables.keys)
    for draft in drafts { known.formUnion(draft.own.variables.keys + draft.variableRows.flatMap(\.keys)) }
    for (name, location) in loaded.promptNeeds
    where !known.contains(name) && !Crosscheck.builtIn.contains(name) {
      let meant = nearest(to: name, in: known.sorted())
      findings.warn(
        "no case sets {{\(name)}}" + (meant.map { "; did you mean \"\($0)\"?" } ?? ""), at: location,
        mend: meant == nil ? "set it under vars, or take it out of the prompt" : nil)
    }
  }

  private static let builtIn: Set<String> = ["env", "_conversation"]

  // MARK: filters

  private func applyFilters(_ loaded: inout LoadedSuite) {
    if let text = loaded.filter.targets, let pattern = pattern(text, "the filter by target") {
      let kept = loaded.allTargets.filter { target in
        [target.label, target.baseLabel, target.id].contains { pattern.matches($0) }
      }
      if kept.isEmpty {
        findings.error(
          "no target matches \"\(text)\"", at: nil,
          mend: "the targets are: " + Names.list(loaded.allTargets.map(\.label)))
      }
      loaded.suite.targets = kept
    }
    if let text = loaded.filter.prompts, let pattern = pattern(text, "the filter by prompt") {
      let kept = loaded.allPrompts.filter { prompt in
        [prompt.label, prompt.baseLabel, prompt.id].contains { pattern.matches($0) }
      }
      if kept.isEmpty {
        findings.error(
          "no prompt matches \"\(text)\"", at: nil,
          mend: "the prompts are: " + Names.list(loaded.allPrompts.map(\.label)))
      }
      loaded.suite.prompts = kept
    }
    if let text = loaded.filter.description { _ = pattern(text, "the filter by description") }
  }

  private func pattern(_ text: String, _ what: String) -> TextPattern? {
    findings.caught { () throws(Problem) in try TextPattern(text, of: what) }
  }
}

/// Holds a prompt's template against the template language.
enum PromptCheck {
  private static let longest = 1 << 20

  /// The variables without which something is missing from the prompt, and where it reads them.
  static func needs(
    of text: String, at location: SourceLocation, _ node: Node?, _ findings: Findings
  ) -> [(name: String, location: SourceLocation)] {
    guard text.utf8.count < longest, text.contains("{") else { return [] }
    // The place in the file of a place in the text.
    func inFile(_ place: SourceLocation) -> SourceLocation {
      node?.location(ofLine: place.line, column: place.column)
        ?? SourceLocation(file: location.file, line: location.line + place.line - 1, column: place.column)
    }
    do throws(Problem) {
      let template = try PromptTemplate(text, file: location.file, line: 1)
      let known = Template.builtInFilters
      for name in template.filters where !known.contains(name) {
        let meant = nearest(to: name, in: known)
        findings.error(
          "unknown filter \"\(name)\"" + (meant.map { "; did you mean \"\($0)\"?" } ?? ""), at: location,
          mend: meant == nil ? "docs/templates.md lists the filters; filters of your own are not run" : nil)
      }
      let readings = template.readings
      return template.neededVariables.map { name in
        let reading = readings.first {
          $0.path == name || $0.path.hasPrefix(name + ".") || $0.path.hasPrefix(name + "[")
        }
        return (name, reading.map { inFile($0.location) } ?? location)
      }
    } catch {
      var problem = error
      problem.location = error.location.map(inFile) ?? location
      findings.add(problem)
      return []
    }
  }
}

/// Names of targets and prompts that a suite uses, held against those it has.
struct Names {
  let targets: [Target]
  let prompts: [Prompt]
  let findings: Findings

  /// - Parameter mayBeOther: the id of a target that is not in the suite will do.
  func checkTarget(_ node: Node, mayBeOther: Bool = false) {
    guard let name = node.plainText, !targets.contains(where: { Selector.matches(name, $0) }) else { return }
    // An id has a colon, or is one of the few words that are ids.
    if mayBeOther, name.contains(":") || ["echo", "http", "https", "websocket"].contains(name) { return }
    tell(
      "target", name, targets.flatMap { [$0.label, $0.baseLabel, $0.id] }, targets.map(\.label),
      at: node.location)
  }

  func checkPrompt(_ node: Node) {
    guard let name = node.plainText, !prompts.contains(where: { Selector.matches(name, $0) }) else { return }
    tell(
      "prompt", name, prompts.flatMap { [$0.label, $0.baseLabel, $0.id] }, prompts.map(\.label),
      at: node.location)
  }

  private func tell(
    _ what: String, _ name: String, _ known: [String], _ labels: [String], at location: SourceLocation
  ) {
    let meant = nearest(to: name, in: known)
    findings.error(
      "no \(what) is called \"\(name)\"" + (meant.map { "; did you mean \"\($0)\"?" } ?? ""), at: location,
      mend: meant == nil ? "the \(what)s are: " + Names.list(labels) : nil)
  }

  static func list(_ names: [String]) -> String {
    let shown = names.prefix(8).map { "\"\($0.count > 40 ? String($0.prefix(39)) + "…" : $0)\"" }.joined(
      separator: ", ")
    return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
  }
}
