import Formats
import Templates

/// What a run of a suite would do, found out without asking anyone: for `assay check`.
public struct SuiteExplanation: Sendable {
  public struct PromptLine: Sendable, Hashable {
    public var label: String
    /// `text`, `chat`, `function` or `command`
    public var kind: String
    public var variables: [String]
  }

  public struct TargetLine: Sendable, Hashable {
    public var label: String
    public var id: String
    public var settings: JSONObject
    public var trials: Int
  }

  /// A key that some targets need.
  public struct KeyNeed: Sendable, Hashable {
    /// Any one of these will do; the first is the usual one.
    public var variables: [String]
    public var targets: [String]
    public var isSet: Bool
  }

  public var file: String
  public var description: String?
  public var prompts: [PromptLine] = []
  public var targets: [TargetLine] = []
  /// Cases in the suite, and those that the filters leave.
  public var casesInSuite = 0
  public var cases = 0
  /// By prompt x target x case x repetition.
  public var trials = 0
  /// Calls that trials make, from the fewest to the most: turns and rounds of tools multiply.
  public var calls: ClosedRange<Int> = 0...0
  /// Calls of judges, about.
  public var judgeCalls = 0
  /// How many checks of each type.
  public var checks: [String: Int] = [:]
  public var gates: [String] = []
  public var files: [String] = []
  public var scripts: [String] = []
  public var keys: [KeyNeed] = []
  public var notes: [Problem] = []
  /// Up to a thousand cases spread evenly, for estimates of tokens and cost: each stands for
  /// `casesPerSample` of all.
  public var sample: [Case] = []
  public var casesPerSample: Double = 1

  /// Goes through all cases of a suite and says what would be done; all mistakes in rows at once.
  public init(_ loaded: LoadedSuite) throws(Problems) {
    let suite = loaded.suite
    file = suite.file
    description = suite.description
    gates = suite.gates.map(\.expression)
    files = loaded.files
    prompts = suite.prompts.map(SuiteExplanation.line)
    notes = suite.notes
    keys = SuiteExplanation.keys(of: loaded)
    var count = Count(loaded)
    let stream = loaded.cases(collectsProblems: true)
    while let test = try stream.next() { count.add(test) }
    // Of the first row of a file they are known already.
    notes += stream.problems.filter { $0.severity != .error && !suite.notes.contains($0) }
    if stream.problems.contains(where: { $0.severity == .error }) {
      throw Problems(stream.problems.filter { $0.severity != .note })
    }
    casesInSuite = stream.readCount
    scripts = loaded.scripts + count.scripts.filter { !loaded.scripts.contains($0) }.sorted()
    cases = count.cases
    targets = (zip(suite.targets, count.trialsByTarget) + count.ownTrials).map { target, trials in
      TargetLine(label: target.label, id: target.id, settings: target.settings, trials: trials)
    }
    trials = targets.reduce(0) { $0 + $1.trials }
    calls = count.fewestCalls...count.mostCalls
    judgeCalls = count.judgeCalls
    checks = count.checks
    sample = count.sample
    casesPerSample = sample.isEmpty ? 1 : Double(cases) / Double(sample.count)
  }

  private static func line(_ prompt: Prompt) -> PromptLine {
    switch prompt.body {
    case .template(let text):
      let isChat = text.trimmed.hasPrefix("[") || text.trimmed.hasPrefix("- role:")
      return PromptLine(
        label: prompt.label, kind: isChat ? "chat" : "text",
        variables: (try? PromptTemplate(text).variables) ?? [])
    case .function: return PromptLine(label: prompt.label, kind: "function", variables: [])
    case .command, .program: return PromptLine(label: prompt.label, kind: "command", variables: [])
    }
  }

  private static func keys(of loaded: LoadedSuite) -> [KeyNeed] {
    var needs: [KeyNeed] = []
    for target in loaded.suite.targets {
      let variables = ProviderKeys.needed(by: target)
      if variables.isEmpty { continue }
      if let place = needs.firstIndex(where: { $0.variables == variables }) {
        needs[place].targets.append(target.label)
      } else {
        let isSet = variables.contains { !(target.environment[$0] ?? loaded.environment[$0] ?? "").isEmpty }
        needs.append(KeyNeed(variables: variables, targets: [target.label], isSet: isSet))
      }
    }
    return needs
  }

  // MARK: counting

  private struct Count {
    let loaded: LoadedSuite
    var cases = 0
    var trialsByTarget: [Int]
    /// Of targets that only cases name.
    var ownTrials: [(Target, Int)] = []
    var fewestCalls = 0
    var mostCalls = 0
    var judgeCalls = 0
    var checks: [String: Int] = [:]
    var sample: [Case] = []
    /// That make values of variables.
    var scripts: Set<String> = []
    /// Every how many cases one is taken; doubled when there are too many.
    private var step = 1
    /// Trials by target of a case without wishes of its own.
    private let usual: [Int]
    private static let mostSamples = 1000

    init(_ loaded: LoadedSuite) {
      self.loaded = loaded
      trialsByTarget = Array(repeating: 0, count: loaded.suite.targets.count)
      usual = Count.trials(of: Case(key: "", index: 0), loaded)
    }

    private static func trials(of test: Case, _ loaded: LoadedSuite) -> [Int] {
      loaded.suite.targets.map { target in
        guard Selector.any(of: test.targets, match: target) else { return 0 }
        let prompts = loaded.suite.prompts.count { prompt in
          Selector.any(of: test.prompts, match: prompt) && Selector.any(of: target.prompts, match: prompt)
        }
        return prompts * loaded.repeats(of: test, for: target)
      }
    }

    mutating func add(_ test: Case) {
      cases += 1
      var trials = 0
      if let own = test.ownTarget {
        trials = loaded.trialCount(of: test)
        if let place = ownTrials.firstIndex(where: { $0.0 == own }) {
          ownTrials[place].1 += trials
        } else {
          ownTrials.append((own, trials))
        }
      } else {
        let isUsual = test.targets.isEmpty && test.prompts.isEmpty && test.repeats == nil
        for (place, count) in (isUsual ? usual : Count.trials(of: test, loaded)).enumerated() {
          trialsByTarget[place] += count
          trials += count
        }
      }
      let turns = 1 + test.turns.count
      if test.givenOutput == nil {
        fewestCalls += trials * turns
        mostCalls += trials * turns * (1 + (test.tools?.maxRounds ?? 0))
      }
      for case .string(let text) in test.variables.values where text.utf8.starts(with: "file://".utf8) {
        scripts.insert(FileReference(text).path)
      }
      for check in test.checks { count(check, trials: trials) }
      for turn in test.turns { for check in turn.checks { count(check, trials: trials) } }
      if (cases - 1) % step == 0 {
        sample.append(test)
        if sample.count > Count.mostSamples {
          sample = sample.enumerated().compactMap { $0.offset % 2 == 0 ? $0.element : nil }
          step *= 2
        }
      }
    }

    private mutating func count(_ check: CheckSpec, trials: Int) {
      checks[check.name, default: 0] += 1
      if CheckTypes.named(check.type)?.family == .judge {
        judgeCalls += trials * (check.extra["votes"]?.int ?? 1) * (check.type == "g-eval" ? 2 : 1)
      }
      for component in check.components { count(component, trials: trials) }
    }
  }
}

extension SuiteExplanation {
  /// For `assay check --json`.
  public var json: JSON {
    let promptLines = prompts.map { line -> JSON in
      [
        "label": .string(line.label), "kind": .string(line.kind),
        "variables": .array(line.variables.map(JSON.string)),
      ]
    }
    let targetLines = targets.map { line -> JSON in
      [
        "label": .string(line.label), "id": .string(line.id), "settings": .object(line.settings),
        "trials": JSON(line.trials),
      ]
    }
    let keyLines = keys.map { need -> JSON in
      [
        "variables": .array(need.variables.map(JSON.string)),
        "targets": .array(need.targets.map(JSON.string)),
        "set": .bool(need.isSet),
      ]
    }
    let noteLines = notes.map { note -> JSON in
      [
        "severity": .string(note.severity.rawValue), "message": .string(note.message),
        "at": note.location.map { .string($0.description) } ?? .null,
        "mend": note.mend.map(JSON.string) ?? .null,
      ]
    }
    let checkCounts = JSONObject(checks.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) })
    return [
      "file": .string(file), "description": description.map(JSON.string) ?? .null,
      "prompts": .array(promptLines),
      "targets": .array(targetLines), "cases_in_suite": JSON(casesInSuite), "cases": JSON(cases),
      "trials": JSON(trials),
      "calls": ["least": JSON(calls.lowerBound), "most": JSON(calls.upperBound)],
      "judge_calls": JSON(judgeCalls),
      "checks": .object(checkCounts), "gates": .array(gates.map(JSON.string)),
      "files": .array(files.map(JSON.string)),
      "scripts": .array(scripts.map(JSON.string)), "keys": .array(keyLines), "notes": .array(noteLines),
    ]
  }
}
