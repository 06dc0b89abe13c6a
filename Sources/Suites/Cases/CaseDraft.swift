import Formats

/// A case as it stands in the suite: before the defaults are laid under it and its lists multiplied.
struct CaseDraft: Sendable {
  /// Its own values; key and index are given later.
  var own: Case
  /// Its `options` as written, so that merging knows which were given.
  var options = JSONObject()
  /// Sets of variables that each make a case, from a table given as `vars`.
  var variableRows: [JSONObject] = []
  /// The variables came from a data file, which may name only files within the suite's folder.
  var isFromDataFile = false
  /// Of a case from a data file: the variables that the suite itself gives.
  private(set) var suiteVariables: Set<String> = []

  init(at location: SourceLocation?) {
    own = Case(key: "", index: 0)
    own.location = location
  }

  var leavesOutDefaultChecks: Bool { options["disableDefaultAsserts"]?.bool == true }

  /// With `base` (the defaults, or the data of a scenario) where it says nothing itself.
  func merged(over base: CaseDraft, asDefaults: Bool) -> CaseDraft {
    var result = self
    // Looked at where they are: a case is dear to copy, and there may be a million of them.
    if asDefaults {
      let checks = leavesOutDefaultChecks ? [] : base.own.checks
      result.own.checks = checks.isEmpty ? own.checks : checks + own.checks
      result.own.defaultCheckCount = checks.count
    } else {
      result.own.checks = base.own.checks + own.checks
    }
    result.own.variables = base.own.variables.laid(own.variables)
    result.own.metadata = base.own.metadata.laid(own.metadata)
    result.options = base.options.laid(options)
    for key in ["prefix", "suffix"] where result.options[key] == "" {
      result.options[key] = base.options[key]
    }
    result.own.description = own.description ?? (asDefaults ? nil : base.own.description)
    result.own.threshold = own.threshold ?? base.own.threshold
    result.finish(self, over: base)
    if base.own.isPlain { return result }
    let under = base.own
    result.own.scoring = own.scoring ?? under.scoring
    if own.targets.isEmpty { result.own.targets = under.targets }
    if own.prompts.isEmpty { result.own.prompts = under.prompts }
    result.own.ownTarget = own.ownTarget ?? under.ownTarget
    result.own.givenOutput = own.givenOutput ?? under.givenOutput
    result.own.repeats = own.repeats ?? under.repeats
    if own.turns.isEmpty { result.own.turns = under.turns }
    result.own.tools = own.tools ?? under.tools
    result.own.context = own.context ?? under.context
    result.own.fallback = own.fallback ?? under.fallback
    return result
  }

  private mutating func finish(_ own: CaseDraft, over base: CaseDraft) {
    // What the case says itself wins over the rows of what lies under it.
    if variableRows.isEmpty, !base.variableRows.isEmpty {
      variableRows = base.variableRows.map { $0.laid(own.own.variables) }
    }
    isFromDataFile = own.isFromDataFile || base.isFromDataFile
    if isFromDataFile {
      suiteVariables = own.named.union(base.named.subtracting(own.own.variables.keys))
    }
  }

  /// Its variables that the suite itself gives.
  private var named: Set<String> { isFromDataFile ? suiteVariables : Set(own.variables.keys) }

  /// Whether a variable may name no script, and no file outside the suite's folder.
  func isData(_ variable: String) -> Bool { isFromDataFile && !suiteVariables.contains(variable) }

  /// It leaves everything that is laid over it as it is.
  var isEmpty: Bool {
    own.isPlain && own.variables.isEmpty && own.checks.isEmpty && own.metadata.isEmpty && own.threshold == nil
      && options.isEmpty && variableRows.isEmpty
  }
}

extension JSONObject {
  /// With the members of another laid over these.
  func laid(_ over: JSONObject) -> JSONObject {
    if isEmpty { return over }
    if over.isEmpty { return self }
    var result = self
    for (key, value) in over { result[key] = value }
    return result
  }
}
