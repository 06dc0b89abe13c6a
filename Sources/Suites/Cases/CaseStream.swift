import Formats

/// Gives the cases of a suite one after the other, in memory for one (and eight bytes a case, so that
/// equal cases get keys of their own).
///
///     let stream = loaded.cases()
///     while let test = try stream.next() { ... }
public final class CaseStream {
  private let loaded: LoadedSuite
  private var selection: CaseSelection?
  private let findings = Findings()
  /// Of the row at hand.
  private let row = Findings()
  private let collects: Bool
  private var expander: VariableExpander
  private var sources: ArraySlice<CaseSource>
  private var reader: (any DraftReader)?
  private var waiting: ArraySlice<Case> = []
  private var content = ContentKey()
  private var seen: Set<UInt64> = []
  private var again: [UInt64: Int] = [:]
  private var index = 0
  private var given = 0
  private var ahead: Case?
  private let ignoresSample: Bool
  private let defaultsAreEmpty: Bool

  /// Cases read so far, whether they were given out or not.
  public var readCount: Int { index }
  /// Mistakes found in rows, when they are collected rather than thrown.
  public var problems: [Problem] { findings.inOrder }
  private static let mostProblems = 50

  init(
    _ loaded: LoadedSuite, collectsProblems: Bool, ignoresSample: Bool = false, isUnfiltered: Bool = false
  ) {
    var loaded = loaded
    if isUnfiltered { loaded.filter = CaseFilter() }
    self.loaded = loaded
    collects = collectsProblems
    self.ignoresSample = ignoresSample
    defaultsAreEmpty = loaded.defaults.isEmpty
    expander = VariableExpander(folder: loaded.suite.folder)
    sources = loaded.sources[...]
  }

  /// What `next` gives next.
  public func peek() throws(Problems) -> Case? {
    if ahead == nil { ahead = try next() }
    return ahead
  }

  /// The next case that the filters leave, or nil at the end. A suite without any is an error.
  public func next() throws(Problems) -> Case? {
    if let test = ahead.take() { return test }
    if selection == nil { try begin() }
    while true {
      if let first = loaded.filter.first, given >= first, !ignoresSample { return nil }
      guard let (test, bits) = try nextUnfiltered() else { break }
      guard let selection, selection.admits(test) else { continue }
      if !ignoresSample, let cutoff = selection.sampleCutoff, selection.rank(bits) > cutoff { continue }
      given += 1
      guard let shard = loaded.filter.shard, !ignoresSample else { return test }
      if shard.count > 1, test.storesOutput {
        throw Problems([
          Problem(
            "a case that keeps its output for later ones can't be in a run of several parts (--shard)",
            at: test.location)
        ])
      }
      if (given - 1) % shard.count == shard.index - 1 { return test }
    }
    if given == 0 { try failForNothing() }
    return nil
  }

  /// Ranks the cases, for a sample: the bits of each that the other filters leave.
  private func begin() throws(Problems) {
    do throws(Problem) {
      selection = try CaseSelection(loaded.filter, seed: loaded.suite.seed ?? 0)
    } catch { throw Problems([error]) }
    guard let count = loaded.filter.sample, !ignoresSample else { return }
    let before = CaseStream(loaded, collectsProblems: true, ignoresSample: true)
    var least = Least(count)
    while let test = try before.next() {
      least.add(selection?.rank(before.lastBits) ?? test.index.magnitudeBits)
    }
    selection?.sampleCutoff = least.cutoff
  }

  private var lastBits: UInt64 = 0

  private func failForNothing() throws(Problems) {
    if collects, findings.hasErrors { return }
    let location = SourceLocation(file: loaded.suite.file, line: 1, column: 1)
    if index == 0 {
      throw Problems([
        Problem(
          "the suite has no cases", at: loaded.testsLocation ?? location,
          mend: "its tests are empty: add cases, or leave out \"tests\" to ask each prompt once")
      ])
    }
    let phrase = loaded.filter.phrase
    throw Problems([
      Problem(
        "no case has \(phrase.isEmpty ? "been left" : phrase) (the suite has \(index))",
        mend: "assay check \(loaded.suite.file) --print shows its cases")
    ])
  }

  // MARK: all cases

  private func nextUnfiltered() throws(Problems) -> (Case, UInt64)? {
    while true {
      if let test = waiting.popFirst() { return numbered(test) }
      guard let draft = try nextDraft() else { return nil }
      let isSimple = defaultsAreEmpty && draft.options.isEmpty && draft.variableRows.isEmpty
      if isSimple, VariableExpander.isPlain(draft.own.variables) { return numbered(draft.own) }
      do throws(Problem) {
        waiting = try prepared(draft)
      } catch {
        findings.add(error)
        try throwUnlessCollecting()
      }
    }
  }

  private func numbered(_ test: consuming Case) -> (Case, UInt64) {
    let (key, bits) = content.of(test)
    test.index = index
    test.key = unique(key, bits)
    index += 1
    lastBits = bits
    return (test, bits)
  }

  /// Equal cases are told apart by a number, so that each is a case of its own everywhere.
  private func unique(_ key: String, _ bits: UInt64) -> String {
    if seen.insert(bits).inserted { return key }
    let count = (again[bits] ?? 1) + 1
    again[bits] = count
    return "\(key)-\(count)"
  }

  private func nextDraft() throws(Problems) -> CaseDraft? {
    while true {
      row.clear()
      let draft: CaseDraft?
      do throws(Problem) {
        if reader == nil {
          guard let source = sources.popFirst() else { return nil }
          reader = try loaded.reader(of: source)
        }
        draft = try reader?.next(row)
      } catch {
        row.add(error)
        draft = nil
      }
      for problem in row.problems { findings.add(problem) }
      if draft == nil { reader = nil }
      if row.hasErrors {
        try throwUnlessCollecting()
      } else if let draft {
        return draft
      }
    }
  }

  private func throwUnlessCollecting() throws(Problems) {
    if !collects || findings.problems.count >= CaseStream.mostProblems { throw Problems(findings.mistakes) }
  }

  private func prepared(_ draft: CaseDraft) throws(Problem) -> ArraySlice<Case> {
    let draft = draft.merged(over: loaded.defaults, asDefaults: true)
    var test = draft.own
    if !draft.options.isEmpty { test.options = CaseOptions(draft.options) }
    let rows =
      draft.variableRows.isEmpty ? [test.variables] : draft.variableRows.map { test.variables.laid($0) }
    if rows.count == 1, VariableExpander.isPlain(rows[0]) { return [test] }
    var cases: [Case] = []
    for row in rows {
      let expanded = try expander.expand(
        row, multiplies: draft.options["disableVarExpansion"]?.bool != true && loaded.multipliesVariables,
        isData: draft.isData, at: test.location)
      for variables in expanded {
        test.variables = variables
        cases.append(test)
      }
    }
    return cases[...]
  }
}

extension Int {
  fileprivate var magnitudeBits: UInt64 { UInt64(magnitude) }
}
