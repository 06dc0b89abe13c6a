import Formats
import Testing

@testable import Templates

@Suite("prompts")
struct PromptTests {
  private func render(
    _ raw: String, _ variables: JSONObject = [:], environment: TemplateEnvironment = .standard,
    literals: Set<String> = [], options: PromptOptions = .standard
  ) throws(Problem) -> String {
    try PromptRendering.renderPrompt(
      raw: raw, variables: variables, environment: environment, literals: literals, options: options)
  }

  @Test("that are JSON stay JSON whatever the variables hold")
  func json() throws {
    let text = try render(#"[{"role": "user", "content": "{{ x }}"}]"#, ["x": "say \"hi\"\nand \\ more"])
    let parsed = try JSON(parsing: text)
    #expect(parsed[0]?["content"] == "say \"hi\"\nand \\ more")
    #expect(text.hasPrefix("[\n  {\n    \"role\": \"user\","))
  }

  @Test("that are JSON keep keys and numbers as they are written")
  func jsonKeepsOthers() throws {
    #expect(
      try render(#"{"{{ k }}": 1.10, "b": [true, null]}"#, ["k": "x"])
        == "{\n  \"{{ k }}\": 1.10,\n  \"b\": [\n    true,\n    null\n  ]\n}")
  }

  @Test("whose tags span several JSON strings are text")
  func tagsAcrossStrings() throws {
    #expect(
      try render(#"["{% for x in xs %}", "{{ x }}", "{% endfor %}"]"#, ["xs": ["a", "b"]])
        == #"["", "a", "", "b", ""]"#)
  }

  @Test("may ask not to be read as JSON")
  func jsonAsText() throws {
    #expect(
      try render(#"["{{ x }}"]"#, ["x": "a\"b"], options: PromptOptions(rendersInsideJSON: false))
        == #"["a"b"]"#)
  }

  @Test(
    "with a tag that is never closed are plain text",
    arguments: [
      "Unfinished {{ name", "a {% if x", "b {# note", "{{ name }} and {{ open",
      "use {{ in C++\nand {{ name }} too",
    ])
  func unclosed(_ raw: String) throws {
    #expect(try render(raw, ["name": "Alice"]) == raw)
  }

  @Test("may have tags of several lines")
  func linesInTags() throws {
    #expect(try render("{{\n  name\n}}", ["name": "Alice"]) == "Alice")
  }

  @Test("lose one newline at the end of a variable, not more")
  func trailingNewlines() throws {
    #expect(try render("[{{ a }}][{{ b }}]", ["a": "x\n", "b": "y\n\n"]) == "[x][y\n]")
  }

  @Test("render variables that are templates of other variables")
  func variablesInVariables() throws {
    #expect(try render("{{ a }}", ["a": "{{ b | upper }}", "b": "{{ c }}", "c": "x"]) == "X")
    #expect(try render("{{ a }}", ["a": "{{ n + 1 }}", "n": 4]) == "5")
    #expect(try render("{{ a }}", ["a": "{{ b }}", "b": ["k": "v"]]) == "[object Object]")
    #expect(try render("{{ a }}", ["a": "{{ a }}"]) == "{{ a }}")
    #expect(try render("{{ a }}", ["a": "{% raw %}{{ b | x }}{% endraw %}", "b": 1]) == "{{ b | x }}")
  }

  @Test("leave a variable alone that needs what is not there")
  func missingInVariables() throws {
    #expect(try render("{{ a }}", ["a": "Vue says {{ message }}"]) == "Vue says {{ message }}")
    #expect(try render("{{ a }}", ["a": "Hi {{ who | default('there') }}"]) == "Hi there")
  }

  @Test("put literals in as they are, also through other variables")
  func literals() throws {
    let variables: JSONObject = ["attack": "{{ 7 * 7 }}", "wrapped": "do: {{ attack }}"]
    #expect(try render("{{ attack }}", variables, literals: ["attack"]) == "{{ 7 * 7 }}")
    #expect(try render("{{ wrapped }}", variables, literals: ["attack"]) == "do: {{ 7 * 7 }}")
  }

  @Test("know their variables")
  func variables() throws {
    let prompt = try PromptTemplate(#"[{"content": "{{ a }}{% if b %}{{ c | default('x') }}{% endif %}"}]"#)
    #expect(prompt.variables == ["a", "b", "c"])
    #expect(prompt.neededVariables == ["a"])
  }

  @Test("say where in a file of JSON a template is wrong")
  func locationInJSON() throws {
    let prompt = try PromptTemplate("[\n  {\"a\": \"{{ x | nope }}\"}\n]", file: "p.json")
    do {
      _ = try prompt.render(["x": 1])
      Issue.record("should fail")
    } catch {
      #expect(error.location.map { "\($0)" } == "p.json:2:17")
    }
  }

  @Test("do not grow without bounds by putting variables into one another")
  func growth() throws {
    let variables: JSONObject = [
      "a": .string(String(repeating: "{{ b }}", count: 5)),
      "b": .string(String(repeating: "x", count: 20_000)),
    ]
    #expect(throws: Problem.self) {
      _ = try PromptRendering.resolveVariables(variables, limits: TemplateLimits(outputBytes: 1 << 16))
    }
  }

  @Test("render values in other values")
  func renderVariables() throws {
    let value: JSON = ["a": "{{ o }}", "b": ["{{ n }}", 1, .null], "c": ["d": "{{ missing }}"]]
    #expect(
      try PromptRendering.renderVariables(in: value, variables: ["o": ["k": 1], "n": 2])
        == ["a": "[object Object]", "b": ["2", 1, .null], "c": ["d": ""]])
  }
}
