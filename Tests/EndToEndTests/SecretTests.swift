import Foundation
import Formats
import Ledger
import Simulator
import Testing

/// What stands in the suite, on the command line or in the environment, and must not stand in the ledger.
@Suite("secrets, end to end")
struct SecretTests {
  static let suite = """
    description: a suite
    secret: [card, pin]
    prompts: ["say {{card}} and {{pin}}"]
    env: {MY_TOKEN: tok-environment-0001}
    targets:
      - id: sim:sim-small
        config: {apiKey: "sk-literal-0002", headers: {X-Auth: "Bearer header-0003"}}
      - id: sim:sim-small
        label: other
        config: {apiKeyEnvar: OWN_VARIABLE}
    defaultTest:
      vars: {pin: 'it''s-PIN-0004'}
    tests:
      - vars:
          card: |
            first-line-0005
            second-line-0006
        assert: [{type: contains, value: x}]
      - vars: {card: ["list-0007", "list-0008"]}
        assert: [{type: select-best, value: the best}]
    """

  static let secrets = [
    "tok-environment-0001", "sk-literal-0002", "header-0003", "PIN-0004", "first-line-0005",
    "second-line-0006",
    "list-0007", "list-0008", "command-0009", "variable-0010", "sk-openai-0011",
  ]

  @Test(
    "no key and no value of a secret variable is in the ledger, of a resumed run neither",
    arguments: [false, true])
  func ledger(resumes: Bool) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(Self.suite, to: "suite.yaml")
    let arguments = [
      "run", "suite.yaml", "-q", "--no-ci", "--simulate", "--var", "pin=command-0009", "--name", "one",
    ]
    let environment = ["OWN_VARIABLE": "variable-0010", "OPENAI_API_KEY": "sk-openai-0011"]
    _ = try await shell.run(arguments, environment: environment)
    if resumes {
      _ = try await shell.run(arguments + ["--retry-errors"], environment: environment)
    }
    let folder = shell.folder.appending(path: ".assay")
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
      let bytes = Array(try Data(contentsOf: file))
      for secret in Self.secrets {
        #expect(bytes.firstRange(of: Array(secret.utf8)) == nil, "\(secret) in \(file.lastPathComponent)")
      }
    }
    let ledger = try Ledger(path: folder.path + "/ledger.sqlite")
    let run = try ledger.run()
    #expect(run.command?.contains("--var pin=[secret]") == true)
    #expect(run.trials > 0)
  }
}
