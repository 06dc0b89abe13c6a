import Formats
import Foundation
import Testing
import Vocabulary

@testable import Ledger

@Suite("trials, read on several threads")
struct TrialStreamTests {
  let folder = TemporaryFolder()

  /// 700 cases of two targets, recorded last first.
  private func recorded() async throws -> (ledger: Ledger, run: RunHandle) {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    for no in (0..<700).reversed() {
      for target in 0..<2 {
        await recorder.submit(
          Sample.trial(run, caseNo: no, target: target, outcome: no % 7 == 3 ? .fail : .pass)
        ) { _ in }
      }
    }
    await recorder.settled()
    await recorder.close()
    return (try Ledger(path: folder.ledger), run)
  }

  @Test("come in the suite's order, each once, with their own texts")
  func order() async throws {
    let (ledger, run) = try await recorded()
    var seen: [String] = []
    try ledger.forEachPart(of: run.id, parts: { _ in [.checks, .output] }, empty: [], add: { $0.append($1) })
    {
      (part: [TrialInFull]) in
      for trial in part {
        let slot = trial.figure.slot
        seen.append("\(slot.caseNo).\(slot.targetID)")
        #expect(trial.test.no == slot.caseNo && trial.output == "Hello, \(slot.caseNo)")
        #expect(trial.checks.map(\.outcome) == [trial.figure.outcome] && trial.figure.calls == 1)
        // The body may ask the ledger that it is called by.
        if slot.caseNo % 100 == 0 { _ = try #require(try ledger.trial(trial.figure.trialID)) }
      }
    }
    #expect(seen == (0..<700).flatMap { no in run.targetIDs.map { "\(no).\($0)" } })
    var figures = 0
    try ledger.forEachFigure(of: run.id) { _ in figures += 1 }
    #expect(figures == 1_400)
  }

  @Test("are filtered, and may be left in the middle")
  func partly() async throws {
    struct Enough: Error {}
    let (ledger, run) = try await recorded()
    var found: [TrialFigureRow] = []
    let filter = TrialFilter(target: run.targetIDs[1], outcomes: [.fail])
    #expect(throws: Enough.self) {
      try ledger.forEachPart(of: run.id, filter, parts: { _ in [] }, empty: [], add: { $0.append($1.figure) })
      {
        (part: [TrialFigureRow]) in
        found += part
        if found.count >= 20 { throw Enough() }
      }
    }
    #expect(found.prefix(20).map(\.slot.caseNo) == (0..<20).map { $0 * 7 + 3 })
    #expect(Set(found.map(\.slot.targetID)) == [run.targetIDs[1]])
    #expect(Set(found.map(\.outcome)) == [.fail])
    let one = try #require(found.last).trialID
    var again: [Int64] = []
    try ledger.forEachPart(
      of: run.id, TrialFilter(trial: one), parts: { _ in [] }, empty: [],
      add: { $0.append($1.figure.trialID) }
    ) { again += $0 }
    #expect(again == [one])
  }

  @Test("a damaged ledger is an error, not a part of the trials")
  func damaged() async throws {
    let (_, run) = try await recorded()
    let file = try #require(FileHandle(forUpdatingAtPath: folder.ledger))
    let size = try file.seekToEnd()
    // The schema stands on the first pages, which are left.
    for page in stride(from: size / 4_096 / 2, to: size / 4_096, by: 2) {
      try file.seek(toOffset: page * 4_096)
      try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
    }
    try file.close()
    let error = #expect(throws: LedgerError.self) {
      try Ledger(path: folder.ledger).forEachPart(
        of: run.id, parts: { _ in [.checks, .output] }, empty: 0, add: { count, _ in count += 1 }
      ) { _ in }
    }
    #expect(error?.kind == .corrupted)
  }
}
