import Formats
import Templates

/// What can be said of a suite only when all of it is read.
struct Crosscheck {
  let root: Node
  let folder: String
  let findings: Findings

  func check(_ loaded: inout LoadedSuite) {
    checkNames(loaded)
    for draft in drafts(of: loaded) { checkDraft(draft, loaded) }
    checkDraft(loaded.defaults, loaded)
    checkVariables(loaded)
    applyFilters(&loaded)
  }

  private func drafts(of loaded: LoadedSuite) -> [CaseDraft] {
    loaded.sources.flatMap { source -> [CaseDraft] in
      if case .drafts(let drafts) = source { return drafts }
      return []
    }
  }

  // MARK: names of targets and prompts

  private func checkNames(_ loaded: LoadedSuite) {
    for target in loaded.allTargets {
      if let name = target.fallback { checkTarget(name, loaded, what: "fallback", at: target.location) }
      for name in target.prompts { checkPrompt(name, loaded, at: target.location) }
    }
    for gate in loaded.suite.gates {
      guard let name = gate.target, !loaded.allTargets.contains(where: { Selector.matches(name, $0) }) else {
        continue
      }
      unknownTarget(name, loaded, at: gate.location)
    }
  }

  private func checkTarget(_ name: String, _ loaded: LoadedSuite, what: String, at location: SourceLocation?)
  {
    if loaded.allTargets.contains(where: { Selector.matches(name, $0) }) { return }
    // A target of its own: an id has a colon, or is one of the few words that are ids.
    if name.contains(":") || ["echo", "http", "https", "websocket"].contains(name) { return }
    unknownTarget(name, loaded, at: location)
  }

  private func unknownTarget(_ name: String, _ loaded: LoadedSuite, at location: SourceLocation?) {
    let names = loaded.allTargets.flatMap { [$0.label, $0.baseLabel, $0.id] }
    findings.error(
      "no target is called \"\(name)\"" + suggestion(name, names), at: location,
      mend: nearest(to: name, in: names) == nil
        ? "the targets are: " + list(loaded.allTargets.map(\.label)) : nil)
  }

  private func checkPrompt(_ name: String, _ loaded: LoadedSuite, at location: SourceLocation?) {
    if loaded.allPrompts.contains(where: { Selector.matches(name, $0) }) { return }
    let names = loaded.allPrompts.flatMap { [$0.label, $0.id] }
    findings.error(
      "no prompt is called \"\(name)\"" + suggestion(name, names), at: location,
      mend: nearest(to: name, in: names) == nil
        ? "the prompts are: " + list(loaded.allPrompts.map(\.label)) : nil)
  }

  private func suggestion(_ name: String, _ names: [String]) -> String {
    nearest(to: name, in: names).map { "; did you mean \"\($0)\"?" } ?? ""
  }

  private func list(_ names: [String]) -> String {
    let shown = names.prefix(8).map { "\"\($0.count > 40 ? String($0.prefix(39)) + "…" : $0)\"" }.joined(
      separator: ", ")
    return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
  }

  // MARK: cases

  private func checkDraft(_ draft: CaseDraft, _ loaded: LoadedSuite) {
    let own = draft.own
    for name in own.targets where !loaded.allTargets.contains(where: { Selector.matches(name, $0) }) {
      unknownTarget(name, loaded, at: own.location)
    }
    for name in own.prompts { checkPrompt(name, loaded, at: own.location) }
    if let name = own.fallback { checkTarget(name, loaded, what: "fallback", at: own.location) }
    for check in own.checks + own.turns.flatMap(\.checks) { checkFiles(check) }
    for key in ["transform", "postprocess", "transformVars"] {
      if let text = draft.options[key]?.string { checkFile(text, at: own.location) }
    }
    if let scoring = own.scoring { checkFile(scoring, at: own.location) }
    for result in own.tools?.results ?? [] {
      if let script = result.script { checkFile(script, at: own.location) }
    }
  }

  private func checkFiles(_ check: CheckSpec) {
    if let text = check.value?.string {
      checkFile(text, at: check.location, mayBeMade: check.type == "matches-file")
    }
    if let transform = check.transform { checkFile(transform, at: check.location) }
    for component in check.components { checkFiles(component) }
  }

  private func checkFile(_ text: String, at location: SourceLocation?, mayBeMade: Bool = false) {
    guard text.hasPrefix("file://"), !text.contains("{{"), !mayBeMade else { return }
    let path = FileReference(text).path
    if !File.exists(Path.resolve(path, against: folder)) {
      findings.missingFile(path, folder: folder, for: "check", at: location)
    }
  }

  /// A prompt with a hole that no case fills asks something else than was meant.
  private func checkVariables(_ loaded: LoadedSuite) {
    let drafts = drafts(of: loaded)
    let hasRows = loaded.sources.contains { if case .drafts = $0 { false } else { true } }
    let hasMakers = drafts.contains {
      $0.options["transformVars"] != nil || $0.options["storeOutputAs"] != nil
    }
    if hasRows || hasMakers || loaded.defaults.options["transformVars"] != nil || drafts.isEmpty { return }
    var known = Set(loaded.defaults.own.variables.keys)
    for draft in drafts { known.formUnion(draft.own.variables.keys + draft.variableRows.flatMap(\.keys)) }
    for prompt in loaded.allPrompts {
      guard case .template(let text) = prompt.body else { continue }
      for name in PromptRendering.extractVariables(from: text)
      where !known.contains(name) && !Crosscheck.builtIn.contains(name) {
        findings.warn(
          "the prompt has {{\(name)}}, and no case sets it" + suggestion(name, Array(known)),
          at: prompt.location,
          mend: nearest(to: name, in: known) == nil ? "set it under vars, or take it out of the prompt" : nil)
      }
    }
  }

  private static let builtIn: Set<String> = ["env", "_conversation", "loop", "range", "cycler", "joiner"]

  // MARK: filters

  private func applyFilters(_ loaded: inout LoadedSuite) {
    if let text = loaded.filter.targets, let pattern = pattern(text, "the filter by target") {
      let kept = loaded.allTargets.filter { target in
        [target.label, target.baseLabel, target.id].contains { pattern.matches($0) }
      }
      if kept.isEmpty {
        findings.error(
          "no target matches \"\(text)\"", at: nil,
          mend: "the targets are: " + list(loaded.allTargets.map(\.label)))
      }
      loaded.suite.targets = kept
    }
    if let text = loaded.filter.prompts, let pattern = pattern(text, "the filter by prompt") {
      let kept = loaded.allPrompts.filter { prompt in
        [prompt.label, prompt.id].contains { pattern.matches($0) }
      }
      if kept.isEmpty {
        findings.error(
          "no prompt matches \"\(text)\"", at: nil,
          mend: "the prompts are: " + list(loaded.allPrompts.map(\.label)))
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
  static func check(_ text: String, at location: SourceLocation?, _ findings: Findings) {
    do throws(Problem) {
      _ = try PromptTemplate(text, file: location?.file ?? "prompt", line: location?.line ?? 1)
    } catch { findings.add(error) }
  }
}
