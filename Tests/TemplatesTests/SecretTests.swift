import Formats
import Testing

@testable import Templates

@Suite("secrets of the environment")
struct SecretTests {
  private static let env = [
    "OPENAI_API_KEY": "sk-1", "GITHUB_TOKEN": "t", "DbPassword": "p", "DATABASE_URL": "postgres://u:pw@h/db",
    "HOME": "/root", "PWD": "/work", "MONKEY": "m", "KEYBOARD": "qwerty", "MODEL": "gpt", "PATH": "/bin",
    "SITE": "https://example.org/a@b:c",
  ]

  @Test(
    "are told by their names and values",
    arguments: [
      ("OPENAI_API_KEY", true), ("AWS_SECRET_ACCESS_KEY", true), ("GITHUB_TOKEN", true),
      ("DB_PASSWORD", true),
      ("apiKey", true), ("HF_TOKEN", true), ("PGPASSWORD", true), ("GOOGLE_APPLICATION_CREDENTIALS", true),
      ("MY-SECRET", true), ("AUTHORIZATION", true), ("HOME", false), ("PWD", false), ("OLDPWD", false),
      ("PATH", false),
      ("KEYBOARD", false), ("MONKEY", false), ("MYAPIKEY", true), ("OPENAI_MODEL", false),
      ("TEST_ENV_VAR", false), ("MAX_TOKENS", false), ("", false),
    ])
  func names(_ name: String, isSecret: Bool) {
    #expect(SecretAccess.looksSecret(name, value: "x") == isSecret)
  }

  @Test("are refused, and the message does not hold them")
  func refused() throws {
    for template in [
      "{{ env.OPENAI_API_KEY }}", "{{ env['GITHUB_TOKEN'] }}", "{% set e = env %}{{ e.DATABASE_URL }}",
    ] {
      do {
        let text = try Template(template).render([:], environment: TemplateEnvironment(env: Self.env))
        Issue.record("should be refused, gives \(text)")
      } catch {
        #expect(error.message.contains("looks like a secret"))
        #expect(!error.message.contains("sk-1") && !error.message.contains("pw@"))
      }
    }
  }

  @Test(
    "are not found by looking around",
    arguments: [
      "{{ env | dump }}", "{% for k, v in env %}{{ k }}={{ v }} {% endfor %}", "{{ env | dictsort }}",
      "{{ env | list | dump }}",
      "{{ env | urlencode }}", "{{ env | length }}",
    ])
  func enumerated(_ template: String) throws {
    let text = try Template(template).render([:], environment: TemplateEnvironment(env: Self.env))
    for secret in ["sk-1", "GITHUB_TOKEN", "postgres", "DbPassword"] { #expect(!text.contains(secret)) }
  }

  @Test("do not come in through test data")
  func testData() throws {
    let environment = TemplateEnvironment(env: Self.env)
    #expect(throws: Problem.self) {
      _ = try PromptRendering.renderPrompt(
        raw: "{{ cell }}", variables: ["cell": "{{ env.OPENAI_API_KEY }}"], environment: environment)
    }
    #expect(throws: Problem.self) {
      _ = try PromptRendering.renderPrompt(
        raw: #"["{{ cell }}{{ env[name] }}"]"#, variables: ["cell": "", "name": "OPENAI_API_KEY"],
        environment: environment)
    }
  }

  @Test("may be allowed, all or by name")
  func allowed() throws {
    let all = TemplateEnvironment(env: Self.env, secrets: .allowed)
    #expect(try Template("{{ env.OPENAI_API_KEY }}").render([:], environment: all) == "sk-1")
    let one = TemplateEnvironment(env: Self.env, secrets: .names(["GITHUB_TOKEN"]))
    #expect(try Template("{{ env.GITHUB_TOKEN }}").render([:], environment: one) == "t")
    #expect(throws: Problem.self) {
      _ = try Template("{{ env.OPENAI_API_KEY }}").render([:], environment: one)
    }
  }

  @Test("are the only ones refused")
  func others() throws {
    let environment = TemplateEnvironment(env: Self.env)
    #expect(
      try Template(
        "{{ env.HOME }} {{ env.MODEL }} {{ env.PWD }} {{ env.KEYBOARD }}{{ env.NOT_THERE_KEY }} {{ env.SITE }}"
      )
      .render([:], environment: environment) == "/root gpt /work qwerty https://example.org/a@b:c")
  }
}
