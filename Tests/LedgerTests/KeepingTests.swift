import Formats
import Testing
import Vocabulary

@testable import Ledger

@Suite("keeping ledgers")
struct KeepingTests {
  let folder = TemporaryFolder()

  private func write(_ path: String, _ names: [String], shard: Shard? = nil, cases: Range<Int> = 0..<5)
    async throws
  {
    let recorder = try Recorder(path: path)
    for name in names {
      var record = Sample.run(name)
      record.shard = shard
      let run = try await recorder.begin(record)
      for no in cases where shard.map({ no % $0.count == $0.index - 1 }) ?? true {
        var trial = Sample.trial(run, caseNo: no)
        trial.calls[0].call.request = [
          "messages": [
            ["role": "system", "content": .string(String(repeating: "shared ", count: 60))],
            ["role": "user", "content": .string("\(no) of \(name)")],
          ]
        ]
        try await recorder.record(trial)
      }
      try await recorder.finish(run, state: .done, exitCode: 0, plannedTrials: 5)
    }
    await recorder.close()
  }

  private func number(_ sql: String, _ path: String) throws -> Int64? {
    try Database(path: path, access: .readOnly).integer(sql)
  }

  @Test("ledgers merge: runs side by side, texts once, merging again changes nothing")
  func merge() async throws {
    let (a, b) = (folder.path + "/a.sqlite", folder.path + "/b.sqlite")
    try await write(a, ["one", "two"])
    try await write(b, ["three"])
    let first = try LedgerMerge.merge([a, b], into: folder.ledger)
    #expect(first.added == ["one", "two", "three"])
    let texts = try number("SELECT count(*) FROM contents", folder.ledger)
    let again = try LedgerMerge.merge([a, b], into: folder.ledger)
    #expect(again.added.isEmpty)
    #expect(again.skipped.count == 3)
    #expect(try number("SELECT count(*) FROM contents", folder.ledger) == texts)
    #expect(try number("SELECT count(*) FROM contents WHERE body LIKE '%shared%'", folder.ledger) == 1)
    let ledger = try Ledger(path: folder.ledger)
    #expect(try ledger.runs().map(\.passed) == [5, 5, 5])
    #expect(try ledger.check() == [])
    let original = try Ledger(path: b)
    let run = try ledger.run("three")
    var requests: [[JSON?]] = []
    for (ledger, id) in [(ledger, run.id), (original, try original.run("three").id)] {
      requests.append(
        try ledger.trials(of: id).map { trial in
          try ledger.calls(ofTrial: trial.id).first.flatMap { try ledger.request(of: $0) }
        })
    }
    #expect(requests[0] == requests[1])
    #expect(try ledger.targets(of: run.id).map(\.label) == ["small", "large"])
  }

  @Test("a run that has gone on since it was merged is told")
  func outdated() async throws {
    let path = folder.path + "/a.sqlite"
    try await write(path, ["one", "two"])
    _ = try LedgerMerge.merge([path], into: folder.ledger)
    let source = try Ledger(path: path)
    let row = try source.run("two")
    let recorder = try Recorder(path: path)
    let taken = try await recorder.resume(
      row, targets: try source.targets(of: row.id).map(\.id),
      prompts: try source.prompts(of: row.id).map(\.id))
    for no in 5..<8 { try await recorder.record(Sample.trial(taken.handle, caseNo: no)) }
    await recorder.close()
    let again = try LedgerMerge.merge([path], into: folder.ledger)
    #expect(again.skipped == ["one", "two"])
    #expect(again.outdated == ["two": 3])
  }

  @Test("shards become one run, as if it had been run whole")
  func shards() async throws {
    var paths: [String] = []
    for index in 1...3 {
      let path = folder.path + "/shard\(index).sqlite"
      try await write(path, ["part \(index)"], shard: Shard(index: index, count: 3), cases: 0..<10)
      paths.append(path)
    }
    let report = try LedgerMerge.merge(paths, into: folder.ledger)
    #expect(report.added == ["part 1"])
    #expect(report.joined == ["part 2": "part 1", "part 3": "part 1"])
    let again = try LedgerMerge.merge(paths, into: folder.ledger)
    #expect(again.added.isEmpty && again.joined.isEmpty && again.skipped.count == 3)
    let ledger = try Ledger(path: folder.ledger)
    #expect(try ledger.runs().count == 1)
    #expect(try ledger.trials(of: 1).map(\.slot.caseNo) == Array(0..<10))
    #expect(try ledger.run().plannedTrials == 15)
    #expect(try ledger.check() == [])
  }

  @Test("pruning takes old runs and the texts that only they used")
  func prune() async throws {
    try await write(folder.ledger, ["old", "new"])
    let before = try number("SELECT count(*) FROM contents", folder.ledger) ?? 0
    #expect(try LedgerUpkeep.prune(folder.ledger, before: nil, keeping: 1).runs == ["old"])
    let ledger = try Ledger(path: folder.ledger)
    #expect(try ledger.runs().map(\.name) == ["new"])
    #expect(try ledger.check() == [])
    #expect(try number("SELECT count(*) FROM contents", folder.ledger) == before - 5)
    let trial = try #require(try ledger.trials(of: ledger.run().id).first)
    let call = try #require(try ledger.calls(ofTrial: trial.id).first)
    #expect(try ledger.request(of: call)?["messages"]?[0]?["content"]?.string?.hasPrefix("shared ") == true)
  }

  @Test("a run that goes on while another process prunes keeps its own texts")
  func pruneMeanwhile() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let old = try await recorder.begin(Sample.run("old"))
    for no in 0..<3 { try await recorder.record(Sample.trial(old, caseNo: no)) }
    try await recorder.finish(old, state: .done, exitCode: 0, plannedTrials: 3)
    let lock = try RunLock(ledger: folder.ledger, run: "new")
    defer { withExtendedLifetime(lock) {} }
    let run = try await recorder.begin(Sample.run("new"))
    #expect(try LedgerUpkeep.prune(folder.ledger, before: nil).runs == ["old"])
    // New texts take the numbers of those that are gone, and those are asked for again.
    try await recorder.record(Sample.trial(run, caseNo: 7))
    for no in 0..<3 { try await recorder.record(Sample.trial(run, caseNo: no)) }
    await recorder.close()
    let ledger = try Ledger(path: folder.ledger)
    #expect(try ledger.check() == [])
    for trial in try ledger.trials(of: run.id) {
      let call = try #require(try ledger.calls(ofTrial: trial.id).first)
      let no = trial.slot.caseNo
      #expect(try ledger.request(of: call) == Sample.request("hello \(no) of 0"))
      #expect(try ledger.reply(of: call)?.text == "Hello, \(no)")
      #expect(try ledger.caseRow(no, of: run.id)?.variables["name"] == .string("Ada \(no)"))
    }
  }

  @Test("a run that was killed goes like others; one that is being executed stays")
  func pruneDead() async throws {
    let recorder = try Recorder(path: folder.ledger)
    for name in ["killed", "living"] { _ = try await recorder.begin(Sample.run(name)) }
    await recorder.close()
    let lock = try RunLock(ledger: folder.ledger, run: "living")
    #expect(try LedgerUpkeep.prune(folder.ledger, before: nil).runs == ["killed"])
    #expect(try Ledger(path: folder.ledger).runs().map(\.name) == ["living"])
    #expect(!File.exists(folder.ledger + "-run-killed"))
    withExtendedLifetime(lock) {}
  }

  @Test("a merge only reads its sources: who writes to them goes on meanwhile")
  func mergeReads() async throws {
    let other = folder.path + "/file: other?#%.sqlite"
    try await write(other, ["one"])
    let target = try WritableLedger(path: folder.ledger, create: true)
    defer { target.close() }
    try target.database.attach(other, as: "source")
    try target.transaction { () throws(LedgerError) in
      #expect(try target.database.integer("SELECT count(*) FROM source.runs") == 1)
      let writer = try Database(path: other, access: .readWrite)
      writer.wait(milliseconds: 0)
      try writer.execute("BEGIN IMMEDIATE; UPDATE runs SET description = 'goes on'; COMMIT")
    } rolledBack: {
    }
    #expect(throws: LedgerError.self) { try target.database.execute("DELETE FROM source.runs") }
  }

  @Test("calls of no run are merged once, and pruned by their age")
  func loose() async throws {
    let other = folder.path + "/other.sqlite"
    let recorder = try Recorder(path: other)
    for day in 0..<3 {
      var call = Sample.call(
        "hello", answer: "Hello, \(day)", at: 1_700_000_000_000_000 + Int64(day) * 86_400_000_000)
      call.purpose = .live
      let id = try await recorder.record(CallRecord(call))
      try await recorder.vote(call: id, value: 1)
    }
    await recorder.close()
    try await write(folder.ledger, ["one"])
    let own = try number("SELECT count(*) FROM calls", folder.ledger) ?? 0
    #expect(try LedgerMerge.merge([other], into: folder.ledger).calls == 3)
    #expect(try LedgerMerge.merge([other], into: folder.ledger).calls == 0)
    let ledger = try Ledger(path: folder.ledger)
    #expect(try ledger.check() == [])
    let calls = try ledger.latestCalls(10, of: .live)
    #expect(calls.count == 3 && calls.allSatisfy { $0.runID == nil && $0.trialID == nil })
    #expect(try calls.map { try ledger.reply(of: $0)?.text } == ["Hello, 2", "Hello, 1", "Hello, 0"])
    #expect(try calls.map { try ledger.votes(of: $0.id).count } == [1, 1, 1])

    // The first began on 2023-11-14 at 22:13.
    #expect(try LedgerUpkeep.prune(folder.ledger, before: "2023-11-16", keeping: 9) == Pruned(calls: 2))
    let left = try Ledger(path: folder.ledger)
    #expect(try left.check() == [])
    #expect(try left.latestCalls(10, of: .live).count == 1)
    #expect(try number("SELECT count(*) FROM calls", folder.ledger) == own + 1)
  }

  @Test("a backup is a ledger of its own")
  func backup() async throws {
    try await write(folder.ledger, ["one"])
    let copy = folder.path + "/copy.sqlite"
    try LedgerUpkeep.backup(folder.ledger, to: copy)
    #expect(try Ledger(path: copy).run().passed == 5)
    #expect(throws: LedgerError.self) { try LedgerUpkeep.backup(folder.ledger, to: copy) }
  }

  @Test("a text that was changed by hand is found")
  func check() async throws {
    try await write(folder.ledger, ["one"])
    let ledger = try Ledger(path: folder.ledger)
    #expect(try ledger.check() == [])
    #expect(try ledger.info().trials == 5)
    try Database(path: folder.ledger, access: .readWrite).execute(
      "UPDATE contents SET body = 'other' WHERE id = 2")
    try Database(path: folder.ledger, access: .readWrite).execute(
      "UPDATE contents SET body = body || ' ' WHERE id = (SELECT max(reply_id) FROM calls)")
    #expect(try ledger.check().count == 2)
  }

  @Test("one run is executed by one process")
  func runLock() throws {
    let held = try RunLock(ledger: folder.ledger, run: "one")
    #expect(throws: LedgerError.self) { try RunLock(ledger: folder.ledger, run: "one") }
    // Being refused takes nothing from the one who has it.
    #expect(throws: LedgerError.self) { try RunLock(ledger: folder.ledger, run: "one") }
    #expect(throws: LedgerError.self) { try RunLock(ledger: folder.ledger, run: "one") }
    _ = try RunLock(ledger: folder.ledger, run: "two")
    withExtendedLifetime(held) {}
  }
}
