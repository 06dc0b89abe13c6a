import Formats

/// A suite as it was read: what is asked and of whom, and where its cases come from.
public struct LoadedSuite: Sendable {
  public var suite: Suite
  public var filter: CaseFilter
  /// The environment as the suite sees it: the real one, `.env` files, then the suite's own `env`.
  public var environment: [String: String]
  /// Files and scripts that the suite reads or runs, as seen from the working directory.
  public var files: [String] = []
  public var scripts: [String] = []
  /// The whole suite with references, environment and merged files resolved: `assay check --print`.
  public var resolved: JSON = .null

  /// Judged in place of asking.
  public private(set) var given: GivenReplies?

  /// Under those of every case: of `defaultTest` and of the command line.
  public var defaultVariables: JSONObject { defaults.own.variables }

  var defaults = CaseDraft(at: nil)
  var sources: [CaseSource] = []
  var testsLocation: SourceLocation?
  var hasScenarios = false
  var multipliesVariables = true
  var delimiter: UInt8?
  /// All targets, before the filter by target: a case may name one that is left out.
  var allTargets: [Target] = []
  var allPrompts: [Prompt] = []
  var asked = AskedIDs()
  var promptNeeds: [(name: String, location: SourceLocation)] = []

  /// A new reading of the cases from the first on.
  ///
  /// - Parameter collectsProblems: goes on after a mistake in a row; `problems` of the stream has them.
  public func cases(collectsProblems: Bool = false) -> CaseStream {
    CaseStream(self, collectsProblems: collectsProblems)
  }

  /// The same suite, to judge replies that came from elsewhere: nobody is asked but judges. The file's targets take
  /// the place of the suite's.
  public func grading(_ path: String) throws -> LoadedSuite {
    var loaded = self
    var known: KnownCases?
    if hasCases {
      var cases = KnownCases()
      let stream = CaseStream(self, collectsProblems: false, isUnfiltered: true)
      while let test = try stream.next() {
        cases.byVariables[KnownCases.key(test.variables), default: []].append(test.index)
        cases.count = test.index + 1
      }
      known = cases
    }
    let given = try GivenReplies(path, prompts: suite.prompts, knownCases: known)
    loaded.given = given
    loaded.suite.otherTargets = suite.targets
    loaded.suite.targets = given.targets.map { label in
      suite.targets.first { $0.label == label } ?? suite.targets.first { $0.id == label }
        ?? Target(id: label, label: label)
    }
    if given.makesCases {
      loaded.sources = [.given(given)]
      // Said of a suite that would ask its prompts without variables.
      loaded.suite.notes.removeAll { $0.message.hasPrefix("no case sets") }
    }
    return loaded
  }

  /// Whether the suite brings cases, rather than asking each prompt once.
  var hasCases = false

  func reader(of source: CaseSource) throws(Problem) -> any DraftReader {
    switch source {
    case .drafts(let drafts): return ListedDrafts(drafts)
    case .given(let replies): return GivenDrafts(replies)
    case .table(let path):
      return try TableDrafts(
        path, delimiter: delimiter, keepsAssumedThresholds: suite.matchesPromptfooVerdicts)
    case .lines(let path):
      let folder = suite.folder
      let targets = allTargets
      let prompts = allPrompts
      let options = defaults.options
      let asked = asked
      return try LineDrafts(path) {
        CaseReader(
          folder: folder, findings: $0, targets: targets, prompts: prompts, defaultOptions: options,
          asked: asked)
      }
    }
  }

  // MARK: who is asked what

  /// The prompts and targets that a case is asked with, in the order of the suite: targets outermost.
  public func pairs(for test: Case) -> [(prompt: Prompt, target: Target)] {
    suite.targets.filter { Selector.any(of: test.targets, match: $0) }.flatMap { target in
      suite.prompts.filter { prompt in
        Selector.any(of: test.prompts, match: prompt) && Selector.any(of: target.prompts, match: prompt)
      }.map { ($0, target) }
    }
  }

  /// How often a case is asked of a target: the case's own number, else the target's, else the suite's.
  public func repeats(of test: Case, for target: Target) -> Int {
    test.repeats ?? target.repeats ?? suite.repeats
  }

  public func trialCount(of test: Case) -> Int {
    if let given { return (try? given.replies(to: test.index))?.count ?? 0 }
    if let own = test.ownTarget {
      return suite.prompts.count { Selector.any(of: test.prompts, match: $0) } * repeats(of: test, for: own)
    }
    return pairs(for: test).reduce(0) { $0 + repeats(of: test, for: $1.target) }
  }
}

/// How cases and targets name the targets and prompts they are for: a label, an id, the part before a
/// colon, or a beginning with `*`.
public enum Selector {
  static func any(of names: [String], match target: Target) -> Bool {
    names.isEmpty || names.contains { matches($0, target) }
  }

  public static func any(of names: [String], match prompt: Prompt) -> Bool {
    names.isEmpty || names.contains { matches($0, prompt) }
  }

  static func matches(_ name: String, _ target: Target) -> Bool {
    [target.label, target.baseLabel, target.id].contains { fits(name, $0) }
  }

  static func matches(_ name: String, _ prompt: Prompt) -> Bool {
    [prompt.label, prompt.baseLabel, prompt.id].contains { fits(name, $0) }
  }

  private static func fits(_ name: String, _ text: String) -> Bool {
    if name == text { return true }
    if name.hasSuffix("*") { return text.hasPrefix(name.dropLast()) }
    return text.hasPrefix(name + ":")
  }
}

extension Suite {
  /// The target that a judge, a fallback or the like names: one of the suite's by label or id, else a
  /// target of its own. Of a map of kinds (`{text: ..., embedding: ...}`) the one of `kind`.
  public func target(named value: JSON, kind: String = "text") -> Target? {
    if let name = value.string {
      let all = otherTargets.isEmpty ? targets : otherTargets
      return all.first { $0.label == name } ?? all.first { $0.id == name }
        ?? Target(id: name, label: name)
    }
    guard let object = value.object else { return nil }
    if let id = object["id"]?.string {
      var target = Target(id: id, label: object["label"]?.string ?? id)
      target.config = object["config"]?.object ?? JSONObject()
      return target
    }
    return object[kind].flatMap { $0.object?["text"] == nil ? self.target(named: $0, kind: kind) : nil }
  }
}
