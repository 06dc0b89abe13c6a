import Formats
import Foundation
import Testing
import Vocabulary

@testable import Ledger

@Suite("the recorder")
struct RecorderTests {
  let folder = TemporaryFolder()

  @Test("a recorded trial is read back whole")
  func roundTrip() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    let id = try await recorder.record(Sample.trial(run))
    let ledger = try Ledger(path: folder.ledger)
    let trial = try #require(try ledger.trial(id))
    #expect(trial.outcome == .pass)
    #expect(trial.slot.targetID == run.targetIDs[0])
    let call = try #require(try ledger.calls(ofTrial: id).first)
    #expect(call.cost == Money(picodollars: 42_000_000))
    #expect(call.latency == 5_000)
    #expect(call.firstOutput == 1_200)
    #expect(call.costReason == "listed")
    #expect(try ledger.request(of: call) == Sample.request("hello 0 of 0"))
    let reply = try #require(try ledger.reply(of: call))
    var expected = try #require(Sample.call("hello 0 of 0", answer: "Hello, 0").reply)
    expected.rawFinishReason = "stop"
    #expect(reply == expected)
    #expect(try ledger.attempts(of: call) == Sample.call("hello 0 of 0", answer: "").attempts)
    let check = try #require(try ledger.checks(of: id).first)
    #expect(check.type == "contains")
    #expect(check.location?.line == 9)
    #expect(try ledger.caseRow(0, of: run.id)?.variables == ["name": "Ada 0"])
    #expect(try ledger.run("latest").passed == 1)
    #expect(try ledger.run("fir").name == "first")
    #expect(try ledger.targets(of: run.id).map(\.label) == ["small", "large"])
    #expect(try ledger.prompts(of: run.id).first?.body == "Say hello to {{name}}")
    await recorder.close()
  }

  @Test("what repeats is stored once, across runs")
  func storedOnce() async throws {
    let recorder = try Recorder(path: folder.ledger)
    for name in ["a", "b"] {
      let run = try await recorder.begin(Sample.run(name))
      for target in 0...1 {
        for repetition in 0..<5 {
          try await recorder.record(
            Sample.trial(run, target: target, repetition: repetition, text: "the same"))
        }
      }
    }
    await recorder.close()
    let database = try Database(path: folder.ledger, access: .readOnly)
    // One each of suite, prompt, case, request, reply and usage.
    #expect(try database.integer("SELECT count(*) FROM contents") == 6)
    #expect(try database.integer("SELECT count(*) FROM calls") == 20)
    #expect(try database.integer("SELECT count(*) FROM check_specs") == 1)
  }

  @Test("a reply that answers the same request again is stored once, by another process too")
  func repliesAreFoundByTheirRequest() async throws {
    for name in ["a", "b"] {
      let recorder = try Recorder(path: folder.ledger)
      let run = try await recorder.begin(Sample.run(name))
      for repetition in 0..<3 {
        var trial = Sample.trial(run, repetition: repetition, text: "the same")
        trial.calls[0].call.result = .success(Reply(text: "answer \(repetition)"))
        try await recorder.record(trial)
      }
      await recorder.close()
    }
    let database = try Database(path: folder.ledger, access: .readOnly)
    #expect(try database.integer("SELECT count(DISTINCT reply_id) FROM calls") == 3)
    #expect(try database.integer("SELECT count(*) FROM contents WHERE hash IS NOT NULL") == 3)
    #expect(try Ledger(path: folder.ledger).check() == [])
  }

  @Test("hashes move to the large table by the thousand, and are found in either")
  func hashesMove() throws {
    let store = try WritableLedger(path: folder.ledger, create: true)
    var ids: [Int64] = []
    for texts in [0..<8_200, 8_200..<8_300] {
      var writer = try ContentWriter(store.database)
      try store.transaction { () throws(LedgerError) in
        try writer.begin()
        for no in texts { ids.append(try writer.id(of: "text \(no)")) }
        try writer.end()
      } rolledBack: {
      }
    }
    #expect(try store.database.integer("SELECT count(*) FROM content_hashes") == 8_200)
    #expect(try store.database.integer("SELECT count(*) FROM recent_content_hashes") == 100)
    let ledger = try Ledger(path: folder.ledger)
    var again = try ContentWriter(store.database)
    for no in [0, 4_000, 8_199, 8_200, 8_299] {
      #expect(try again.id(of: "text \(no)") == ids[no])
      #expect(try ledger.contentID(of: Array("text \(no)".utf8)) == ids[no])
    }
    #expect(try ledger.contentID(of: Array("text 8300".utf8)) == nil)
    #expect(try ledger.check() == [])
  }

  @Test("a call has a row that says it is on the wire when it takes its time, until it ends")
  func inFlight() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    let now = Instant.now().microseconds
    for (ticket, sentAt) in [(1, now - 1_000_000), (2, now + 3_600_000_000)] as [(Int64, Int64)] {
      recorder.sent(
        InFlightRecord(
          ticket: ticket, runID: run.id, caseNo: 0, target: "small", purpose: .trial, sentAt: sentAt,
          reserved: { nil }))
    }
    await recorder.settled()
    let database = try Database(path: folder.ledger, access: .readOnly)
    #expect(try database.text("SELECT group_concat(id) FROM in_flight") == "1")
    recorder.ended(ticket: 1)
    recorder.ended(ticket: 2)
    await recorder.settled()
    #expect(try database.integer("SELECT count(*) FROM in_flight") == 0)
    await recorder.close()
  }

  @Test("what was on the wire when a process ended counts against the budget, in money, tokens and calls")
  func usedByLost() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    try await recorder.sentDurably(
      InFlightRecord(
        ticket: 1, runID: run.id, caseNo: 0, target: "small", purpose: .trial, sentAt: 0,
        reservedTokens: 500, reserved: { Money(picodollars: 7) }))
    var trial = Sample.trial(run, caseNo: 1)
    var failed = Attempt(startedAt: 1_700_000_000_000_010, timings: Timings(done: 900))
    failed.failure = Failure(.timeout, "no answer")
    failed.mayBeBilled = true
    trial.calls[0].call.attempts.insert(failed, at: 0)
    trial.calls[0].call.possiblyBilled = Money(picodollars: 9)
    trial.calls[0].call.possiblyBilledTokens = 300
    try await recorder.record(trial)
    let row = try Ledger(path: folder.ledger).run()
    _ = try await recorder.resume(row, targets: run.targetIDs, prompts: run.promptIDs)
    await recorder.close()
    let used = try Ledger(path: folder.ledger).used(by: run.id)
    #expect(used.cost == Money(picodollars: 42_000_000 + 7 + 9))
    #expect(used.tokens == 17 + 500 + 300)
    #expect(used.calls == 3)
  }

  @Test("calls of scripts and commands count for a resumed run as they did for the run itself")
  func usedLocally() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    var trial = Sample.trial(run)
    trial.calls[0].call.source = .local
    // Refused before it was made, or used again: neither counts.
    var refused = Sample.call("x", answer: "y")
    refused.source = .local
    refused.attempts = []
    refused.cost = nil
    refused.result = .failure(Failure(.budget, "no"))
    var cached = Sample.call("x", answer: "y")
    cached.source = .cache
    trial.calls += [CallRecord(refused), CallRecord(cached)]
    try await recorder.record(trial)
    await recorder.close()
    let used = try Ledger(path: folder.ledger).used(by: run.id)
    #expect(used.calls == 1 && used.cost == Money(picodollars: 42_000_000) && used.tokens == 17)
  }

  @Test("absurd costs fail no sum")
  func absurdCosts() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    for no in 0..<3 {
      var trial = Sample.trial(run, caseNo: no)
      trial.calls[0].call.cost = Money(picodollars: 9_000_000_000_000_000_000)
      try await recorder.record(trial)
    }
    await recorder.close()
    let ledger = try Ledger(path: folder.ledger)
    #expect(try ledger.used(by: run.id).cost.picodollars == 9_000_000_000_000_000_000)
    let database = try Database(path: folder.ledger, access: .readOnly)
    for view in ["costs_by_model", "usage_by_day", "runs_view"] {
      #expect(try database.integer("SELECT CAST(cost_usd AS INTEGER) FROM \(view)") == 27_000_000, "\(view)")
    }
  }

  @Test("attempts that failed stand before the one that succeeded")
  func attempts() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    var trial = Sample.trial(run)
    var failed = Attempt(startedAt: 1_700_000_000_000_010, timings: Timings(done: 900))
    failed.status = 500
    failed.failure = Failure(.server, "the service broke", status: 500, evidence: "<html>")
    failed.mayBeBilled = true
    trial.calls[0].call.attempts.insert(failed, at: 0)
    trial.calls[0].call.traceID = "00112233445566778899aabbccddeeff"
    var lost = Sample.trial(run, caseNo: 1, outcome: .error)
    lost.calls[0].call.attempts = [failed, failed]
    lost.calls[0].call.result = .failure(Failure(.server, "the service broke"))
    for trial in [trial, lost] {
      let id = try await recorder.record(trial)
      let ledger = try Ledger(path: folder.ledger)
      let call = try #require(try ledger.calls(ofTrial: id).first)
      #expect(try ledger.attempts(of: call) == trial.calls[0].call.attempts)
      #expect(call.attemptCount == 2)
      #expect(call.traceID == trial.calls[0].call.traceID)
    }
    await recorder.close()
    let database = try Database(path: folder.ledger, access: .readOnly)
    #expect(try database.text("SELECT group_concat(no) FROM attempts_view WHERE call_id = 1") == "0,1")
    #expect(
      try database.text("SELECT trace_id FROM calls_view WHERE call_id = 1")
        == "00112233445566778899aabbccddeeff")
    #expect(try database.integer("SELECT replies FROM latency_by_model") == 1)
  }

  @Test("a history is not stored again with every turn, and is read back whole")
  func historiesAreShared() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    var messages: [JSON] = [
      ["role": "system", "content": .string(String(repeating: "be kind. ", count: 400))]
    ]
    var requests: [JSON] = []
    for turn in 0..<10 {
      messages.append(
        ["role": "user", "content": .string("question \(turn) " + String(repeating: "x", count: 300))])
      var call = Sample.call("turn \(turn)", answer: "answer")
      call.request = ["model": "small", "messages": .array(messages)]
      requests.append(call.request)
      let trial = Sample.trial(run)
      try await recorder.record(
        CallRecord(call), run: run.id, slot: trial.slot, case: trial.caseRecord)
    }
    await recorder.close()
    let ledger = try Ledger(path: folder.ledger)
    var read: [JSON] = []
    var rows: [CallRow] = []
    try ledger.forEachCall(of: run.id) { rows.append($0) }
    for row in rows { read.append(try #require(try ledger.request(of: row))) }
    #expect(read == requests)
    let database = try Database(path: folder.ledger, access: .readOnly)
    let stored = try #require(try database.integer("SELECT sum(length(body)) FROM contents"))
    let whole = requests.reduce(0) { $0 + $1.canonicalBytes.count }
    #expect(stored < whole / 4)
    #expect(
      try database.text("SELECT content FROM messages_view WHERE call_id = 10 AND no = 1")
        == "question 0 " + String(repeating: "x", count: 300))
  }

  @Test("a request that holds what marks a part is stored whole, and can be read, checked and merged")
  func marksOfOthers() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    var call = Sample.call("mark", answer: "answer")
    call.request = [
      "model": "small",
      "messages": [
        ["role": "system", "content": .string(String(repeating: "be kind. ", count: 400))],
        ["role": "user", "content": ["$content": "not ours"]],
      ],
    ]
    let trial = Sample.trial(run)
    try await recorder.record(CallRecord(call), run: run.id, slot: trial.slot, case: trial.caseRecord)
    await recorder.close()
    let ledger = try Ledger(path: folder.ledger)
    var rows: [CallRow] = []
    try ledger.forEachCall(of: run.id) { rows.append($0) }
    #expect(try ledger.request(of: #require(rows.first)) == call.request)
  }

  @Test("a slot that is recorded again replaces its verdict and keeps its calls")
  func slotIsReplaced() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    let first = try await recorder.record(Sample.trial(run, outcome: .fail))
    let second = try await recorder.record(Sample.trial(run))
    #expect(first == second)
    await recorder.close()
    let ledger = try Ledger(path: folder.ledger)
    #expect(try ledger.trials(of: run.id).map(\.outcome) == [.pass])
    #expect(try ledger.calls(ofTrial: first).count == 2)
    #expect(try ledger.checks(of: first).count == 1)
  }

  @Test("addresses in settings are recorded without user, password and keys")
  func addresses() async throws {
    let recorder = try Recorder(path: folder.ledger)
    var record = Sample.run()
    record.targets = [
      TargetRecord(
        label: "small", provider: "http",
        config: [
          "url": "https://me:hidden-word@host/chat?api_key=hidden-key&v=1", "h": ["X-Auth-Token": "hid-3"],
        ])
    ]
    _ = try await recorder.begin(record)
    await recorder.close()
    let config = try #require(try Ledger(path: folder.ledger).targets(of: 1).first?.config)
    #expect(config["url"] == "https://host/chat?api_key=[redacted]&v=1")
    #expect(!config.text.contains("hid"))
  }

  @Test("a case that has changed takes the verdicts on the old one with it")
  func changedCase() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    for target in 0...1 { try await recorder.record(Sample.trial(run, target: target)) }
    await recorder.close()
    // Another process goes on, and ends before it has asked all again.
    let later = try Recorder(path: folder.ledger)
    var trial = Sample.trial(run)
    trial.caseRecord = CaseRecord(no: 0, key: "changed", variables: ["name": "Bo"])
    try await later.record(trial)
    await later.close()
    let left = try Ledger(path: folder.ledger).trials(of: run.id).filter { $0.outcome == .pass }
    #expect(left.map(\.slot) == [trial.slot])
  }

  @Test("what a trial that erred is asked again is kept for the next time")
  func retriedError() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    let trial = Sample.trial(run, outcome: .error)
    try await recorder.record(trial)
    let call = CallRecord(Sample.call("again", answer: "paid for", at: trial.startedAt + trial.total + 1))
    try await recorder.record(call, run: run.id, slot: trial.slot, case: trial.caseRecord)
    await recorder.close()
    let begun = try Ledger(path: folder.ledger).begunCalls(of: run.id, caseNo: 0)
    #expect(begun[trial.slot]?.map(\.reply.text) == ["paid for"])
  }

  @Test("one bad record does not take its neighbours with it")
  func badRecord() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    let results = await withTaskGroup(of: Bool.self) { group in
      for no in 0..<20 {
        group.addTask {
          var trial = Sample.trial(run, caseNo: no)
          if no == 7 { trial.slot.promptID = 999 }
          return (try? await recorder.record(trial)) != nil
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(results == 19)
    await recorder.close()
    #expect(try Ledger(path: folder.ledger).run().passed == 19)
  }

  @Test("no secret reaches the file")
  func secretsAreMasked() async throws {
    let secret = "sk-very-secret-0123"
    let recorder = try Recorder(path: folder.ledger, secrets: Secrets([secret]))
    var record = Sample.run()
    record.targets[0].config["headers"] = ["Authorization": .string("Bearer \(secret)")]
    record.targets[0].config["note"] = .string("uses \(secret)")
    record.suiteText = "key: \(secret)"
    let run = try await recorder.begin(record)
    var trial = Sample.trial(run, text: "please repeat \(secret)")
    trial.checks[0].reason = "found \(secret)"
    trial.calls[0].call.result = .success(Reply(text: "it is \(secret)!"))
    try await recorder.record(trial)
    await recorder.close()
    let bytes = try File.read(folder.ledger)
    #expect(bytes.firstRange(of: Array(secret.utf8)) == nil)
    #expect(bytes.firstRange(of: Array("sk-123456".utf8)) == nil)
    #expect(bytes.firstRange(of: Array("it is [secret]!".utf8)) != nil)
  }

  @Test("a secret variable's value is in nothing that a trial leaves behind")
  func secretValuesAreMasked() async throws {
    let secret = "4111-SECRET-\"1111\""
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    let failure = Failure(
      .refused, "rejected: \(secret)", status: 400, code: secret,
      evidence: #"{"param":"4111-SECRET-\"1111\"","cut":"4111-SECR"#)
    var failed = Attempt(startedAt: 1_700_000_000_000_000, timings: Timings(done: 900))
    failed.failure = failure
    failed.requestID = "req-\(secret)"
    var trial = Sample.trial(run)
    trial.failure = failure
    var call = Sample.call("x", answer: "y")
    call.result = .failure(failure)
    call.attempts = [failed]
    trial.calls.append(CallRecord(call))
    var reply = Reply(text: "fine")
    reply.metadata = ["citations": [.string("about \(secret)")]]
    reply.flagReason = secret
    reply.rawUsage = ["note": .string(secret)]
    reply.model = secret
    reply.responseID = secret
    reply.rawFinishReason = secret
    reply.toolCalls = [ToolCall(id: secret, name: secret, arguments: "{}")]
    trial.calls[0].call.result = .success(reply)
    trial.checks[0].note = secret
    try await recorder.record(trial.masked(Secrets([secret])))
    await recorder.close()
    let bytes = try File.read(folder.ledger)
    #expect(bytes.firstRange(of: Array("4111-SECR".utf8)) == nil)
    #expect(bytes.firstRange(of: Array(#"about [secret]"#.utf8)) != nil)
  }

  @Test(
    "what a run's secrets are is neither in what is told of the run nor in errors, after a resumption neither"
  )
  func runSecretsAreMasked() async throws {
    let key = "sk-of-the-run-0123"
    let recorder = try Recorder(path: folder.ledger)
    var record = Sample.run(notes: [Problem("a note of \(key)", severity: .note)])
    record.secrets = Secrets([key])
    record.suiteText = "apiKey: \(key)"
    record.command = "assay run --var k=\(key)"
    record.description = "with \(key)"
    let run = try await recorder.begin(record)
    var trial = Sample.trial(run, outcome: .error)
    trial.reason = "no \(key)"
    trial.failure = Failure(.server, "no \(key)", evidence: key)
    trial.calls[0].call.result = .failure(Failure(.server, "not \(key)"))
    try await recorder.record(trial)
    await recorder.close()

    let again = try Recorder(path: folder.ledger)
    let row = try Ledger(path: folder.ledger).run()
    _ = try await again.resume(row, targets: run.targetIDs, prompts: run.promptIDs, secrets: record.secrets)
    try await again.note(Problem("\(key) once more", severity: .note), run: run.id)
    await again.close()
    let bytes = try File.read(folder.ledger)
    #expect(bytes.firstRange(of: Array(key.utf8)) == nil)
    #expect(bytes.firstRange(of: Array("apiKey: [secret]".utf8)) != nil)
    #expect(bytes.firstRange(of: Array("[secret] once more".utf8)) != nil)
  }

  @Test("two recorders write to one ledger at the same time")
  func twoRecorders() async throws {
    let recorders = [try Recorder(path: folder.ledger), try Recorder(path: folder.ledger)]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (number, recorder) in recorders.enumerated() {
        group.addTask {
          let run = try await recorder.begin(Sample.run("run \(number)"))
          try await withThrowingTaskGroup(of: Void.self) { group in
            for no in 0..<300 {
              group.addTask { _ = try await recorder.record(Sample.trial(run, caseNo: no)) }
            }
            try await group.waitForAll()
          }
        }
      }
      try await group.waitForAll()
    }
    for recorder in recorders { await recorder.close() }
    let ledger = try Ledger(path: folder.ledger)
    #expect(try ledger.runs().map(\.passed) == [300, 300])
    let database = try Database(path: folder.ledger, access: .readOnly)
    #expect(try database.text("PRAGMA integrity_check") == "ok")
    #expect(try database.integer("SELECT count(*) FROM pragma_foreign_key_check") == 0)
  }

  @Test("what was acknowledged is there after a crash at any moment")
  func crashImages() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    for image in 0..<10 {
      var acknowledged: [Int64] = []
      for no in 0..<15 {
        acknowledged.append(try await recorder.record(Sample.trial(run, caseNo: image * 15 + no)))
      }
      // What a crash leaves: the file and its log as they lie, without the memory of the process.
      let copy = folder.path + "/image\(image).sqlite"
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(atPath: folder.ledger + suffix, toPath: copy + suffix)
      }
      let ledger = try Ledger(path: copy)
      for id in acknowledged { #expect(try ledger.trial(id) != nil) }
      #expect(try Database(path: copy, access: .readOnly).text("PRAGMA integrity_check") == "ok")
    }
    await recorder.close()
  }

  @Test("a cached reply is found by its request, repetitions apart")
  func cache() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    try await recorder.record(Sample.trial(run, text: "one"))
    try await recorder.record(Sample.trial(run, repetition: 1, text: "one"))
    await recorder.close()
    let ledger = try Ledger(path: folder.ledger)
    let bytes = Sample.request("one").canonicalBytes
    let first = try #require(try ledger.recorded(canonicalRequest: bytes, provider: "sim"))
    let second = try #require(try ledger.recorded(canonicalRequest: bytes, provider: "sim", skipping: 1))
    #expect(first.call.id != second.call.id)
    #expect(first.reply.text == "Hello, 0")
    #expect(try ledger.recorded(canonicalRequest: bytes, provider: "sim", skipping: 2) == nil)
    #expect(try ledger.recorded(canonicalRequest: bytes, provider: "other") == nil)
    #expect(
      try ledger.recorded(canonicalRequest: Sample.request("two").canonicalBytes, provider: "sim") == nil)
  }

  @Test(
    "references are held to, and a run that is trusted with them leaves none open", arguments: [true, false])
  func references(_ areChecked: Bool) async throws {
    let recorder = try Recorder(path: folder.ledger, checksReferences: areChecked)
    let run = try await recorder.begin(Sample.run())
    for no in 0..<40 { try await recorder.record(Sample.trial(run, caseNo: no)) }
    if areChecked {
      await #expect(throws: LedgerError.self) { try await recorder.vote(call: 4_711, value: 1) }
      await #expect(throws: LedgerError.self) { try await recorder.setBaseline("none", run: 4_711) }
    }
    await recorder.close()
    #expect(try Ledger(path: folder.ledger).check().isEmpty)
  }

  @Test("when it is closed, nothing of SQLite's lies beside the ledger")
  func closed() async throws {
    for round in 0..<40 {
      let path = folder.ledger + "-\(round)"
      let recorder = try Recorder(path: path)
      _ = try await recorder.begin(Sample.run())
      await recorder.close()
      for file in ["-wal", "-shm", "-reserve"] { #expect(!File.exists(path + file)) }
    }
  }

  @Test("near the end what was recorded is copied into the file, and what comes is recorded, too")
  func endIsNear() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    try await recorder.record(Sample.trial(run))
    recorder.endIsNear()
    // The second group begins once the first has been copied.
    for _ in 0..<2 { await recorder.settled() }
    // Immutable: whoever reads so knows no log.
    func inFile() throws -> Int64? {
      try Database(path: folder.ledger, access: .immutable).integer("SELECT count(*) FROM trials")
    }
    #expect(try inFile() == 1)
    #expect(File.size(folder.ledger + "-wal") == 0)
    await recorder.submit(Sample.trial(run, repetition: 1)) { _ in }
    await recorder.settled()
    #expect(try Ledger(path: folder.ledger).trials(of: run.id).count == 2)
    await recorder.close()
    #expect(try inFile() == 2)
  }

  @Test("views answer the common questions")
  func views() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let run = try await recorder.begin(Sample.run())
    for no in 0..<4 {
      try await recorder.record(Sample.trial(run, caseNo: no, outcome: no == 3 ? .fail : .pass))
    }
    try await recorder.vote(call: 1, value: 1, comment: "good")
    try await recorder.setBaseline("main", run: run.id)
    await recorder.close()
    let database = try Database(path: folder.ledger, access: .readOnly)
    #expect(try database.text("SELECT output FROM trials_view LIMIT 1") == "Hello, 0")
    #expect(try database.text("SELECT failed_checks FROM failures") == "contains: contains \"hello\"")
    #expect(try database.integer("SELECT calls FROM costs_by_model") == 4)
    #expect(try database.integer("SELECT p50_us FROM latency_by_model") == 5_000)
    #expect(try database.integer("SELECT p95_us FROM ttft_by_model") == 1_200)
    #expect(try database.text("SELECT day FROM usage_by_day") == "2023-11-14")
    #expect(try database.integer("SELECT total_tokens FROM usage_log") == 17)
    #expect(try database.integer("SELECT count(*) FROM threads") == 0)
    #expect(try database.integer("SELECT passed FROM runs_view") == 3)
    #expect(try database.text("SELECT reply FROM votes_view") == "Hello, 0")
    #expect(try Ledger(path: folder.ledger).run("main").name == "first")
  }
}
