import Formats
import Ledger
import Vocabulary

/// Makes a ledger of as many trials as are asked for, through the real recorder: what reports are measured on.
///
///     assay-bench ledger PATH [TRIALS] [TARGETS]
///
/// Replies, times and costs vary by a seed; one trial in nine fails, one in a hundred errs.
@Sendable func makeLedger(_ arguments: [String]) async throws {
  guard let path = arguments.first else { return print("usage: assay-bench ledger PATH [TRIALS] [TARGETS]") }
  let trials = arguments.count > 1 ? Int(arguments[1]) ?? 1_000_000 : 1_000_000
  let targets = arguments.count > 2 ? Int(arguments[2]) ?? 4 : 4
  let recorder = try Recorder(path: path)
  var record = RunRecord(name: "bench", planKey: "bench", seed: 1)
  record.suiteFile = "suites/bench.yaml"
  record.targets = (0..<targets).map {
    TargetRecord(label: "model-\($0)", provider: "sim:model-\($0)", settings: ["temperature": 0])
  }
  record.prompts = [PromptRecord(key: "p", label: "question", body: "Answer: {{question}}")]
  let run = try await recorder.begin(record)
  let started = MonotonicClock.now()
  var random = SplitMix64(seed: 1)
  let now = Instant.now().microseconds
  for no in 0..<(trials + targets - 1) / targets {
    let test = CaseRecord(
      no: no, key: "case-\(no)", description: "question \(no)",
      variables: ["question": .string("What is \(no) and a half times \(no % 97)?")],
      location: SourceLocation(file: "suites/bench.yaml", line: 10 + no, column: 5))
    for target in 0..<targets {
      let number = no * targets + target
      if number >= trials { break }
      // An hour in all, whatever the number of trials.
      let at = now - 3_600_000_000 + Int64(number) * 3_600_000_000 / Int64(trials)
      await recorder.submit(trial(run, test, target, at, &random)) { _ in }
    }
  }
  await recorder.settled()
  try await recorder.finish(run, state: .done, exitCode: 1, plannedTrials: trials)
  await recorder.close()
  let seconds = Double(MonotonicClock.now() - started) / 1e9
  report("recorded", Double(trials) / seconds, "trials/s", decimals: 0)
}

private func trial(
  _ run: RunHandle, _ test: CaseRecord, _ target: Int, _ at: Int64, _ random: inout SplitMix64
) -> TrialRecord {
  let dice = random.next()
  let outcome: Outcome = dice % 100 == 0 ? .error : (dice % 9 == 1 ? .fail : .pass)
  let done = Int64(200_000 + (dice >> 8) % 900_000 * UInt64(target + 1) / 2)
  var timings = Timings(done: done)
  timings.firstByte = done / 10
  timings.firstOutput = done / 8
  timings.lastOutput = done - 1_000
  timings.loopLag = 40
  var attempt = Attempt(startedAt: at + 30, timings: timings)
  attempt.status = 200
  var reply = Reply(
    text: "The answer to question \(test.no) is \(dice % 10_000), as multiplication shows; the rest of the "
      + "reply is here to be about as long as short answers of models are.")
  var usage = Usage(input: 30 + Int(dice % 50), output: 40 + Int(dice % 70))
  usage.cachedInput = Int(dice % 8)
  reply.usage = usage
  reply.finishReason = .stop
  let failure = Failure(.server, "HTTP 500: the server had an error", status: 500)
  if outcome == .error { attempt.failure = failure }
  var call = Call(
    purpose: .trial, source: .network, target: "model-\(target)", provider: "sim", model: "model-\(target)",
    request: [
      "model": .string("model-\(target)"),
      "messages": [["role": "user", "content": .string("What is \(test.no)?")]],
    ],
    result: outcome == .error ? .failure(failure) : .success(reply), attempts: [attempt], total: done + 90,
    scheduledAt: at)
  call.cost =
    outcome == .error ? nil : Money(picodollars: Int64(usage.input) * 150_000 + Int64(usage.output) * 600_000)
  call.costReason = "listed"
  var first = CheckResult(
    outcome == .fail ? .fail : .pass, score: outcome == .fail ? 0 : 1,
    reason: outcome == .fail ? "expected the reply to contain \"\(dice % 97)\"" : "contains the number",
    type: "contains")
  first.location = SourceLocation(file: "suites/bench.yaml", line: 6, column: 9)
  let second = CheckResult(.pass, score: 1, reason: "took less than 5 s", type: "latency")
  var record = TrialRecord(
    runID: run.id,
    slot: Slot(caseNo: test.no, promptID: run.promptIDs[0], targetID: run.targetIDs[target], repetition: 0),
    caseRecord: test, outcome: outcome, score: outcome == .pass ? 1 : (outcome == .fail ? 0.5 : 0),
    startedAt: at,
    total: done + 120, checks: outcome == .error ? [] : [first, second], calls: [CallRecord(call)])
  if outcome == .error { record.failure = failure }
  return record
}
