import Formats
import Foundation
import Testing

/// Echoes what it is asked; the second case fails, with text that terminals and CI systems would obey.
private let hostile = #"""
  description: hostile
  prompts: ["{{text}}"]
  targets: [{id: echo, label: "an \e[31mecho"}]
  tests:
    - vars: {text: fine}
      assert: [{type: equals, value: fine}]
    - vars: {text: "one\n::error file=x::told\n##[error]told \e[31mred\e[0m \e]0;title\a"}
      assert: [{type: equals, value: fine}]
  """#

@Test(
  "on GitHub failures are annotated on their lines and a summary is added to the job's; --no-ci turns both off"
)
func onGitHub() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(hostile, to: "suite.yaml")
  try shell.write("what another step wrote\n", to: "summary.md")
  let environment = [
    "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": shell.folder.appending(path: "summary.md").path,
  ]
  let quiet = try await shell.run(["run", "suite.yaml", "--no-ci"], environment: environment)
  #expect(quiet.code == 1 && !quiet.errors.contains("::error"))
  #expect(try shell.read("summary.md") == "what another step wrote\n")
  let result = try await shell.run(["run", "suite.yaml"], environment: environment)
  let commands = (result.errors + result.output).split(separator: "\n").filter { $0.contains("::error") }
  #expect(commands.count == 1, "\(result.errors)")
  #expect(
    commands.first?.hasPrefix("::error file=suite.yaml,line=7,title=case 2 [an echo]::equals: ") == true)
  let summary = try shell.read("summary.md")
  #expect(summary.hasPrefix("what another step wrote\n## ❌ hostile: failed"))
  #expect(summary.contains("1 passed, 1 failed of 2 trials"))
}

@Test("on GitLab what failed is folded")
func onGitLab() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(hostile, to: "suite.yaml")
  let result = try await shell.run(["run", "suite.yaml"], environment: ["GITLAB_CI": "true"])
  let lines = result.errors.split(separator: "\n", omittingEmptySubsequences: false)
  let start = try #require(
    lines.firstIndex { $0.contains("section_start:") && $0.contains("[collapsed=true]") })
  let end = try #require(lines.firstIndex { $0.contains("section_end:") })
  #expect(lines[(start + 1)..<end].contains { $0.hasPrefix("suite.yaml:7: case 2") })
}

@Test("what a model says drives neither the terminal nor the log of a CI system")
func terminal() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(hostile, to: "suite.yaml")
  #expect(try await shell.run(["run", "suite.yaml", "-o", "r.html", "-o", "r.md"]).code == 1)
  for call in [
    ["show"], ["show", "--failed"], ["show", "--trial", "2"], ["costs"], ["report"], ["compare"],
  ] {
    let result = try await shell.run(call)
    let said = result.output + result.errors
    #expect(!said.contains("\u{1B}") && !said.contains("\u{7}"), "\(call)")
    #expect(!said.contains("##[error]"), "\(call)")
    for line in said.split(separator: "\n") {
      #expect(!line.drop { $0 == " " }.hasPrefix("::"), "\(call): \(line)")
    }
  }
}

@Test("the history is told in every format, and fits the terminal")
func history() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    hostile.replacing("{id: echo, label: \"an \\e[31mecho\"}", with: "sim:sim-perfect, sim:sim-wrong"),
    to: "suite.yaml")
  _ = try await shell.run(["run", "suite.yaml"])
  for command in ["costs", "latency", "errors"] {
    for width in [40, 60, 80, 200] {
      let table = try await shell.run([command, "--since", "1d"], environment: ["COLUMNS": String(width)])
      #expect(table.code == 0, "\(table.errors)")
      let widest = table.output.split(separator: "\n").prefix(4).map(\.count).max() ?? 0
      #expect(widest <= width, "\(command) at \(width):\n\(table.output)")
    }
    #expect(try await shell.run([command, "--format", "markdown"]).output.contains("| model | "))
    #expect(try await shell.run([command, "--format", "html"]).output.hasPrefix("<!doctype html>"))
    #expect(try await shell.run([command, "--format", "csv"]).output.hasPrefix("model,"))
    let json = try await JSON(parsing: shell.run([command, "--json", "--by", "suite"]).output)
    #expect(json["groups"]?.array?.first?["name"]?.string == "suite.yaml")
  }
  let whatIf = try await shell.run(["costs", "--as", "openai:gpt-4o-mini"])
  #expect(whatIf.code == 0 && whatIf.output.contains("$0.00"), "\(whatIf.output)")
  #expect(try await shell.run(["costs", "--since", "1e300d"]).code == 0)
  let bad = try await shell.run(["costs", "--since", "soon"])
  #expect(bad.code == 2 && bad.errors.contains("--since takes a span or a date, not \"soon\""))
}

@Test(
  "a report goes to standard output in any format, and an unknown ending is refused with those that are known"
)
func toStandardOutput() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(hostile, to: "suite.yaml")
  _ = try await shell.run(["run", "suite.yaml"])
  let promptfoo = try await JSON(parsing: shell.run(["report", "--format", "promptfoo"]).output)
  #expect(promptfoo["results"]?["results"]?.array?.count == 2)
  #expect(try await shell.run(["report", "--format", "csv"]).output.split(separator: "\n").count >= 3)
  let bad = try await shell.run(["report", "-o", "x.pdf"])
  #expect(bad.code == 2 && bad.errors.contains(".promptfoo.json"), "\(bad.errors)")
}
