import Checks
import Formats
import Ledger
import Models
import Suites
import Synchronization
import Testing
import Vocabulary

@testable import Runs

@Suite("the runner")
struct RunnerTests {
  /// So many cases, each with a number of its own.
  private func suite(_ count: Int, target: String = "sim:sim-echo", more: String = "") -> String {
    """
    prompts: ["say {{word}}"]
    targets: ["\(target)"]
    \(more)
    tests:
    """ + "\n"
      + (0..<count).map { "  - vars: {word: w\($0)}\n    assert: [{type: contains, value: w\($0)}]" }
      .joined(separator: "\n") + "\n"
  }

  @Test("every trial is asked once, judged and recorded")
  func whole() async throws {
    let fixture = try RunFixture(suite(60))
    let result = try await fixture.run()
    #expect(result.state == .done)
    #expect(result.progress.passed == 60)
    let run = try fixture.ledger.run()
    #expect(run.passed == 60)
    #expect(run.plannedTrials == 60)
    #expect(run.state == .done)
    #expect(try fixture.ledger.trials(of: run.id).map(\.slot.caseNo) == Array(0..<60))
    #expect(fixture.requestsSeen == 60)
  }

  @Test("targets, prompts and repetitions multiply, and repetitions are recorded apart")
  func matrix() async throws {
    let fixture = try RunFixture(
      """
      prompts: ["say {{word}}", "please say {{word}}"]
      targets: ["sim:sim-echo", "sim:sim-perfect"]
      evaluateOptions: {repeat: 3}
      tests: [{vars: {word: hello}}, {vars: {word: bye}}]
      """)
    let result = try await fixture.run()
    #expect(result.progress.done == 2 * 2 * 2 * 3)
    #expect(Set(try fixture.ledger.trials(of: result.run.id).map(\.slot)).count == 24)
  }

  @Test("a run that is stopped is taken up without asking anything twice")
  func resume() async throws {
    let fixture = try RunFixture(suite(300))
    let recorder = try Recorder(path: fixture.ledgerPath)
    let seen = Atomic<Int>(0)
    var hooks = RunFixture.hooks
    let shared = Shared()
    hooks.event = { event in
      if case .trial = event, seen.add(1, ordering: .relaxed).newValue == 40 {
        shared.runner.withLock { $0?.stop() }
      }
    }
    let runner = try await fixture.runner(
      recorder: recorder, options: fixture.options { $0.concurrency = 4 }, hooks: hooks)
    shared.runner.withLock { $0 = runner }
    let first = try await runner.run()
    await recorder.close()
    #expect(first.state == .interrupted)
    #expect(first.progress.done < 300)
    let recorded = try fixture.ledger.trials(of: first.run.id).count
    #expect(recorded >= 40)
    let askedBefore = fixture.requestsSeen
    let second = try await fixture.run(resuming: first.run.name)
    #expect(second.state == .done)
    #expect(second.progress.alreadyDone == recorded)
    #expect(try fixture.ledger.run().passed == 300)
    #expect(fixture.requestsSeen == askedBefore + 300 - recorded)
    #expect(try fixture.ledger.runs().count == 1)
  }

  @Test("two processes cannot execute one run")
  func lock() async throws {
    let fixture = try RunFixture(suite(3))
    let result = try await fixture.run()
    let held = try RunLock(ledger: fixture.ledgerPath, run: result.run.name)
    await #expect(throws: (any Error).self) { try await fixture.run(resuming: result.run.name) }
    withExtendedLifetime(held) {}
  }

  @Test("replay asks nobody and gives the same verdicts; what is missing is an error")
  func replay() async throws {
    let fixture = try RunFixture(suite(20))
    try await fixture.run()
    let asked = fixture.requestsSeen
    let again = try await fixture.run { $0.cache = .replay }
    #expect(again.progress.passed == 20)
    #expect(again.progress.reused == 20)
    #expect(again.progress.cost == .zero)
    #expect(fixture.requestsSeen == asked)
    try File.write(suite(21), to: fixture.folder + "/suite.yaml")
    let more = try await fixture.run { $0.cache = .replay }
    #expect(more.progress.passed == 20)
    #expect(more.progress.erred == 1)
    #expect(fixture.requestsSeen == asked)
  }

  @Test("each trial is replayed with its own reply, be requests equal or their texts secret")
  func ownReplies() async throws {
    let fixture = try RunFixture(
      """
      prompts: ["Who is {{name}}?"]
      targets: [{id: sim:sim-small, label: one}, {id: sim:sim-small, label: other}]
      repeat: 3
      secret: [name]
      tests:
        - {vars: {name: Ada Lovelace}, turns: [And then?, {user: Tell it again., clear: true}, Tell it again.]}
        - {vars: {name: Alan Turing}}
        - {vars: {name: Eve}}
        - {vars: {name: Eve}, metadata: {twice: true}}
      """)
    /// What was replied to each trial, by its place.
    func replies(_ run: RunRow) throws -> [Slot: [String]] {
      var found: [Slot: [String]] = [:]
      for trial in try fixture.ledger.trials(of: run.id) {
        var place = trial.slot
        let target = try fixture.ledger.targets(of: run.id).firstIndex { $0.id == place.targetID }
        (place.targetID, place.promptID) = (Int64(try #require(target)), 0)
        found[place] = try fixture.ledger.calls(ofTrial: trial.id).map { call in
          try #require(try fixture.ledger.reply(of: call)).text
        }
      }
      return found
    }
    let first = try await fixture.run()
    #expect(first.progress.erred == 0)
    let asked = fixture.requestsSeen
    let recorded = try replies(fixture.ledger.run())
    #expect(recorded.count == 24 && Set(recorded.values).count > 12)
    for concurrency in [1, 16] {
      let second = try await fixture.run {
        $0.cache = .replay
        $0.concurrency = concurrency
      }
      #expect(second.progress.erred == 0)
      #expect(try replies(fixture.ledger.run()) == recorded)
    }
    #expect(fixture.requestsSeen == asked)
  }

  @Test("a budget stops the run below its cap, resumable with more")
  func budget() async throws {
    let fixture = try RunFixture(suite(200, target: "sim:sim-small"))
    let cap = Money(picodollars: 800_000_000)
    let first = try await fixture.run { $0.budget = cap }
    #expect(first.state == .budget)
    #expect(first.progress.cost <= cap)
    #expect(first.progress.done < 200)
    let second = try await fixture.run(resuming: first.run.name) {
      $0.budget = Money(picodollars: 1_000_000_000_000)
    }
    #expect(second.state == .done)
    #expect(try fixture.ledger.run().trials == 200)
  }

  @Test("a verdict that lacks a judge whom the budget cut off is asked for again, and the reply is not")
  func cutOffJudge() async throws {
    let fixture = try RunFixture(suite(4, more: "budget: {calls: 5}"))
    var hooks = RunFixture.hooks
    hooks.check = { judgement in
      guard let prompt = try? RenderedPrompt(text: "judge \(judgement.renderedPrompt)") else {
        return TrialVerdict(outcome: .error, score: 0, reason: "no prompt", checks: [])
      }
      let judge = Target(id: "sim:sim-echo", label: "judge")
      let call = await judgement.ask(JudgeQuestion(target: judge, prompt: prompt))
      let outcome: Outcome = call.reply == nil ? .error : .pass
      return TrialVerdict(outcome: outcome, score: 1, reason: "judged", checks: [])
    }
    let first = try await fixture.run(hooks: hooks) { $0.concurrency = 4 }
    #expect(first.state == .budget)
    #expect(first.progress.erred == 0)
    try File.write(suite(4), to: fixture.folder + "/suite.yaml")
    let second = try await fixture.run(resuming: first.run.name, hooks: hooks)
    #expect(second.state == .done)
    #expect(try fixture.ledger.run().passed == 4)
    // Four replies and four verdicts, each paid for once.
    #expect(fixture.requestsSeen == 8)
  }

  @Test("checks see each call of their trial once, and neither the judges' calls nor their cost")
  func ownCalls() async throws {
    let fixture = try RunFixture(
      """
      prompts: ["say {{word}}"]
      targets: [sim:sim-echo]
      tests:
        - vars: {word: one}
          turns: [{user: again, assert: [{type: contains, value: again}]}]
          assert: [{type: contains, value: again}]
      """)
    let seen = Mutex<[(calls: [Int64], cost: Money?)]>([])
    var hooks = RunFixture.hooks
    hooks.check = { judgement in
      let calls = judgement.earlierCalls + (judgement.call.map { [$0] } ?? [])
      seen.withLock { $0.append((calls.map(\.scheduledAt), judgement.cost)) }
      if let prompt = try? RenderedPrompt(text: "judge \(judgement.renderedPrompt)") {
        _ = await judgement.ask(
          JudgeQuestion(target: Target(id: "sim:sim-large", label: "judge"), prompt: prompt))
      }
      return TrialVerdict(outcome: .pass, score: 1, reason: "judged", checks: [])
    }
    _ = try await fixture.run(hooks: hooks)
    let own = try fixture.ledger.calls(ofTrial: 1).filter { $0.purpose == .trial }
    let cost = own.compactMap(\.cost).reduce(.zero, +)
    #expect(own.count == 2)
    for (calls, sum) in seen.withLock({ $0 }) {
      #expect(calls == own.map(\.scheduledAt))
      #expect(sum == cost)
    }
    #expect(seen.withLock { $0.count } == 2)
  }

  @Test("a reply is in the ledger before scripts look at it")
  func keptReplies() async throws {
    let fixture = try RunFixture(
      """
      prompts: ["say {{word}}"]
      targets: [{id: sim:sim-echo, transform: shorter}]
      tests: [{vars: {word: one}, assert: [{type: contains, value: one}]}]
      """)
    let kept = Mutex<[Int]>([])
    let count = { @Sendable in
      let calls = try? fixture.ledger.calls(ofTrial: 1).count
      kept.withLock { $0.append(calls ?? -1) }
    }
    var hooks = RunFixture.hooks
    hooks.transform = { _, value, _ in
      count()
      return value
    }
    hooks.check = { judgement in
      await judgement.keep()
      count()
      return TrialVerdict(outcome: .pass, score: 1, reason: "good", checks: [])
    }
    _ = try await fixture.run(hooks: hooks)
    #expect(kept.withLock { $0 } == [1, 1])
    #expect(try fixture.ledger.calls(ofTrial: 1).count == 1)
  }

  @Test("what a case stores is there for the next one, however many may be asked at once")
  func storedOutput() async throws {
    for _ in 0..<10 {
      let fixture = try RunFixture(
        """
        prompts: ["say {{word}}"]
        targets: [sim:sim-echo]
        tests:
          - {vars: {word: first}, options: {storeOutputAs: kept}, assert: [{type: contains, value: first}]}
          - {vars: {word: "{{kept}} second"}, assert: [{type: contains, value: "first second"}]}
          - {vars: {word: "{{kept}} third"}, assert: [{type: contains, value: "first third"}]}
        """)
      let result = try await fixture.run { $0.concurrency = 8 }
      #expect(result.progress.passed == 3)
    }
  }

  @Test("a resumed run remembers what recorded cases stored and said", arguments: [1, 2])
  func resumedMemory(calls: Int) async throws {
    let suite = """
      prompts: ["say {{word}}{% for one in _conversation %} after {{one.input}} and {{one.output}}{% endfor %}"]
      targets: [sim:sim-echo]
      tests:
        - {vars: {word: first, question: q1}, options: {storeOutputAs: kept, transform: "output.toUpperCase()"}, assert: [{type: contains, value: F}]}
        - {vars: {word: "{{kept}} second", question: q2}, assert: [{type: contains, value: second}]}
        - {vars: {word: "{{kept}} third", question: q3}, assert: [{type: contains, value: third}]}
      """
    var hooks = RunFixture.hooks
    hooks.transform = { _, value, _ in .string((value.string ?? "").uppercased()) }
    let whole = try RunFixture(suite)
    _ = try await whole.run(hooks: hooks)
    let parts = try RunFixture(suite + "\nbudget: {calls: \(calls)}\n")
    let first = try await parts.run(hooks: hooks)
    #expect(first.state == .budget)
    try File.write(suite, to: parts.folder + "/suite.yaml")
    let second = try await parts.run(resuming: first.run.name, hooks: hooks)
    #expect(second.state == .done && second.progress.alreadyDone == calls)
    let asked = try [whole, parts].map { fixture in
      try (1...3).map { trial in
        let call = try #require(try fixture.ledger.calls(ofTrial: Int64(trial)).first)
        return try fixture.ledger.request(of: call)?["body"]?["messages"]?[0]?["content"]?.string
      }
    }
    #expect(asked[0] == asked[1])
    #expect(asked[0][2] == "say F third after q1 and F after q2 and second")
    #expect(parts.requestsSeen == 3)
  }

  @Test("a target whose key is refused stops alone")
  func deadTarget() async throws {
    let fixture = try RunFixture(
      """
      prompts: ["say {{word}}"]
      targets: ["sim:sim-echo", {id: "sim:sim-perfect", config: {headers: {X-Sim-Faults: "401=1"}}}]
      tests: [{vars: {word: [a, b, c, d, e, f, g, h]}}]
      """)
    let result = try await fixture.run { $0.concurrency = 2 }
    #expect(result.state == .done)
    #expect(result.progress.passed >= 8)
    #expect(result.progress.done == 16)
  }

  @Test("a target whose service is gone stops alone, and goes on once that is back")
  func goneService() async throws {
    let fixture = try RunFixture(
      """
      prompts: ["say {{word}}"]
      targets:
        - sim:sim-echo
        - {id: "openai:chat:sim-echo", label: gone, config: {apiBaseUrl: "http://127.0.0.1:9/v1", apiKey: none}}
      tests: [{vars: {word: [\((0..<40).map { "w\($0)" }.joined(separator: ", "))]}}]
      """)
    let result = try await fixture.run { $0.limiterTimes = .scaled(by: 50) }
    #expect(result.state == .done)
    #expect(result.progress.passed == 40)
    #expect(result.progress.erred == 40)
    #expect(result.givenUp.count == 1)
    #expect(result.givenUp[0].message.contains("target \"gone\" is asked no more: no answer to "))
    let ledger = try fixture.ledger
    let trials = try ledger.trials(of: result.run.id).filter { $0.outcome == .error }
    #expect(trials.allSatisfy { $0.errorKind == .connection })
    #expect(try ledger.notes(of: result.run.id).contains { $0.message.contains("is asked no more") })
  }

  @Test("faults of every kind end in the right state, within the retry budget")
  func faults() async throws {
    let fixture = try RunFixture(
      suite(200), faults: "500=0.1,429-requests=0.1,reset-after-body=0.03,503=0.02")
    let result = try await fixture.run {
      $0.limiterTimes = .scaled(by: 1_000)
    }
    #expect(result.progress.done == 200)
    let calls = result.progress.calls
    #expect(calls == 200)
    let trials = try fixture.ledger.trials(of: result.run.id)
    #expect(trials.allSatisfy { $0.outcome == .pass || $0.outcome == .error && $0.errorKind != nil })
    #expect(trials.filter { $0.outcome == .pass }.count > 150)
  }

  @Test("the same seed gives the same verdicts and replies, whatever the concurrency")
  func determinism() async throws {
    var texts: [[String]] = []
    for concurrency in [1, 64] {
      let fixture = try RunFixture(suite(80, target: "sim:sim-small"))
      let result = try await fixture.run { $0.concurrency = concurrency }
      let ledger = try fixture.ledger
      texts.append(
        try ledger.trials(of: result.run.id).map { trial in
          let call = try ledger.calls(ofTrial: trial.id).first
          let reply = try call.flatMap { try ledger.reply(of: $0)?.text } ?? ""
          return "\(trial.outcome.rawValue) \(reply)"
        })
    }
    #expect(texts[0] == texts[1])
  }

  @Test("shards together are the whole, each case once")
  func shards() async throws {
    let fixture = try RunFixture(suite(31))
    for index in 1...3 {
      try await fixture.run(shard: (index, 3))
    }
    let ledger = try fixture.ledger
    let cases = try ledger.runs().flatMap { try ledger.trials(of: $0.id).map(\.slot.caseNo) }
    #expect(cases.sorted() == Array(0..<31))
    #expect(Set(try ledger.runs().map(\.planKey)).count == 1)
  }

  @Test("an open loop keeps its rate, and counts what it drops")
  func openLoop() async throws {
    let fixture = try RunFixture(suite(50))
    let result = try await fixture.run { $0.arrivals = .constant(perSecond: 500, late: .waits) }
    #expect(result.progress.done == 50)
    #expect(result.progress.elapsed >= 95_000)
  }
}

private final class Shared: Sendable {
  let runner = Mutex<Runner?>(nil)
}

@Test("variables that a script built are used again until they expire")
func contextCache() async throws {
  let fixture = try RunFixture(
    """
    prompts: ["{{context}}"]
    targets: [sim:sim-echo]
    defaultTest:
      options: {transformVars: build, transformVarsMaxAge: 10m}
    tests:
      - {vars: {user: ada}, repeat: 3, assert: [{type: equals, value: about ada}]}
      - {vars: {user: bo}, assert: [{type: equals, value: about bo}]}
    """)
  var hooks = RunFixture.hooks
  hooks.transformVariables = { _, variables, _ in
    ["context": .string("about \(variables["user"]?.string ?? "")")]
  }
  let result = try await fixture.run(hooks: hooks) { $0.concurrency = 1 }
  #expect(result.progress.passed == 4)
  #expect(result.progress.builtVariables + result.progress.reusedVariables == 4)
  #expect(result.progress.builtVariables >= 2)

  let cache = VariableCache()
  let ada = VariableCache.key("code", ["vars": ["user": "ada"]])
  cache.keep("built", ada, at: 1_000_000)
  #expect(cache.value(ada, within: 5, at: 5_900_000) == "built")
  let other = VariableCache.key("code", ["vars": ["user": "ada"], "provider": ["label": "b"]])
  #expect(cache.value(other, within: 5, at: 5_900_000) == nil)
  #expect(cache.value(ada, within: 5, at: 6_100_000) == nil)
  #expect(cache.value(ada, within: 60, at: 6_200_000) == nil)
}

@Test("a function that was forced is free to be answered once its result is there")
func forcedOnce() async throws {
  let fixture = try RunFixture(
    """
    prompts: ["is {{amount}} all right?"]
    targets:
      - id: sim:sim-large
        config:
          tools: [{type: function, function: {name: check, parameters: {type: object, properties: {amount: {type: integer}}}}}]
          tool_choice: {type: function, function: {name: check}}
    tools: [{name: check, result: {valid: true}}]
    tests: [{vars: {amount: 4}, assert: [{type: contains, value: valid}]}]
    """)
  let result = try await fixture.run()
  #expect(result.progress.passed + result.progress.failed == 1)
  let calls = try fixture.ledger.calls(ofTrial: 1)
  let choices = try calls.map { try fixture.ledger.request(of: $0)?["body"]?["tool_choice"] }
  #expect(choices == [["type": "function", "function": ["name": "check"]], "auto"])
  let ids = calls.compactMap(\.traceID)
  #expect(Set(ids).count == 2 && ids.allSatisfy { $0.count == 32 })
}

@Test(
  "every form of a forced call becomes a free one",
  arguments: [
    (["tool_choice": "required"], ["tool_choice": "auto"]),
    (["tool_choice": ["type": "tool", "name": "check"]], ["tool_choice": "auto"]),
    (["function_call": ["name": "check"]], ["function_call": "auto"]),
    (["tool_choice": "none", "function_call": "auto"], [:]), (["tool_choice": ["type": "auto"]], [:]),
    (
      [
        "toolConfig": [
          "functionCallingConfig": ["mode": "ANY", "allowedFunctionNames": ["check"]], "retrievalConfig": [:],
        ]
      ], ["toolConfig": ["functionCallingConfig": ["mode": "AUTO"], "retrievalConfig": [:]]]
    ),
    (["toolConfig": ["functionCallingConfig": ["mode": "NONE"]]], [:]),
  ] as [(JSONObject, JSONObject)])
func freedChoice(config: JSONObject, expected: JSONObject) {
  var overrides = JSONObject()
  TrialRun.freeChoice(config, &overrides)
  #expect(overrides == expected)
}

@Test(
  "settings that hold keys are known by their names",
  arguments: [
    ("X-Token", true), ("X-Api-Token", true), ("PRIVATE-TOKEN", true), ("X-Auth", true), ("apiKey", true),
    ("max_tokens", false), ("maxOutputTokens", false), ("auth", false), ("apiKeyEnvar", false),
    ("model", false),
  ])
func secretNames(_ name: String, _ isSecret: Bool) { #expect(Secrets.namesSecret(name) == isSecret) }
