import Foundation
import Ledger
import Simulator
import Testing

/// What options take, and what is told of those that would be without effect.
@Suite("options, end to end")
struct OptionTests {
  private static let suite = """
    prompts: ["{{word}}"]
    targets: [echo]
    tests:
      - {description: one, vars: {word: one}, assert: [{type: equals, value: one}]}
      - {description: two, vars: {word: two}, assert: [{type: equals, value: "2"}]}

    """

  private func shell() throws -> CommandLineRunner {
    let shell = try CommandLineRunner()
    try shell.write(Self.suite, to: "suite.yaml")
    return shell
  }

  @Test(
    "a number that is too great or too small is told, with what is taken",
    arguments: [
      (
        ["run", "suite.yaml", "--repeat", "9223372036854775807"],
        "--repeat takes a whole number, at most 1000000"
      ),
      (["check", "suite.yaml", "--repeat", "99999999999"], "--repeat takes a whole number, at most 1000000"),
      (
        ["check", "suite.yaml", "-n", "99999999999999999999"],
        "--first-n takes a whole number, at most 10000000000"
      ),
      (["run", "suite.yaml", "-j", "9223372036854775807"], "--jobs takes a whole number, at most 1000000"),
      (
        ["run", "suite.yaml", "--max-time", "0"],
        "--max-time takes a number above 0, at most 1000000000, not \"0\""
      ),
      (["run", "suite.yaml", "--max-time", "-1"], "--max-time takes a number above 0"),
      (["run", "suite.yaml", "--max-time", "1e30"], "--max-time takes a number above 0"),
      (["simulate", "--speed", "1e-308"], "--speed takes a number from 0.001 to 1000000"),
      (["simulate", "--limits", "rpm=9223372036854775807"], "rpm=9223372036854775807"),
      (["run", "bad.yaml"], "bad.yaml:2:19: \"timeout\" must be more than 0"),
      (["check", "bad.yaml"], "bad.yaml:3:61: \"votes\" is at most 25, not 26"),
      (["check", "bad.yaml"], "bad.yaml:4:40: \"timeout\" is at most 1000000 s, not 900000h"),
      (["check", "bad.yaml"], "\"repeat\" is at most 1000000, not 99999999999"),
    ])
  func numbers(arguments: [String], message: String) async throws {
    let shell = try shell()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: [hi]
      limits: {timeout: 0s}
      tests: [{assert: [{type: llm-rubric, value: is kind, votes: 26}]}]
      targets: [{id: echo, limits: {timeout: 900000h}}]
      repeat: 99999999999
      """, to: "bad.yaml")
    let result = try await shell.run(arguments)
    #expect(result.code == 2, "\(result.code) \(result.output)\(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
  }
}
