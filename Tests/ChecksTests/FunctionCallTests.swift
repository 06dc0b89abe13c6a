import Formats
import Testing
import Vocabulary

@testable import Checks

private let config: JSONObject = [
  "tools": [
    [
      "type": "function",
      "function": [
        "name": "validate_transaction",
        "parameters": [
          "type": "object", "properties": ["amount": ["type": "number"]], "required": ["amount"],
        ],
      ],
    ]
  ]
]

private func call(_ arguments: String, _ name: String = "validate_transaction") -> ToolCall {
  ToolCall(id: "1", name: name, arguments: arguments)
}

private func check(_ type: String, _ outcome: Outcome) -> CheckResult {
  CheckResult(outcome, score: outcome == .pass ? 1 : 0, reason: "", type: type)
}

@Test(
  "function calls are taken together: valid, the right function, the right arguments, completed",
  arguments: [
    ([call(#"{"amount": 4}"#)], [check("tool-call-f1", .pass), check("tool-args", .pass)], true, true),
    ([call(#"{"amount": "four"}"#)], [check("tool-call-f1", .pass)], true, false),
    ([call(#"{"amount": 4}"#)], [check("not-tool-call-f1", .fail)], true, false),
    ([call(#"{"amount": 4}"#)], [check("tool-args", .fail)], true, false),
    ([call(#"{"amount": 4}"#)], [], false, false),
    ([call("{}", "transfer")], [], true, false),
    // Nothing was called, and a check says so.
    ([], [check("tool-sequence", .fail)], true, false),
    // A check without a verdict leaves its part open.
    ([call(#"{"amount": 4}"#)], [check("tool-args", .error)], true, true),
  ] as [([ToolCall], [CheckResult], Bool, Bool)])
func functionCalls(calls: [ToolCall], checks: [CheckResult], isComplete: Bool, succeeds: Bool) throws {
  var set = CheckResult(.pass, score: 1, reason: "", type: "assert-set")
  set.components = checks
  let outcome = try #require(
    FunctionCalls.outcome(
      of: calls, config: config, variables: [:], checks: checks.isEmpty ? [] : [set], isComplete: isComplete))
  #expect(outcome.succeeded == succeeds)
  #expect(FunctionCallOutcome(outcome.json) == outcome)
}

@Test("a trial that neither calls a function nor wants one has no figure for it")
func noFunctionCalls() {
  #expect(
    FunctionCalls.outcome(
      of: [], config: config, variables: [:], checks: [check("contains", .pass)], isComplete: true) == nil)
}
