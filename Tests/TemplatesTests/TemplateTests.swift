import Formats
import Testing

@testable import Templates

@Suite("templates")
struct TemplateTests {
  @Test(
    "say where and what is wrong",
    arguments: [
      ("{{ name | uper }}", "t:3:11: unknown filter \"uper\"; did you mean \"upper\"?"),
      ("a\nb {{ name | trim }}{{ missing | trim }}", "t:4:33: filter \"trim\" needs a string, not undefined"),
      ("{% fro x in y %}", "t:3:4: unknown tag \"fro\"; did you mean \"for\"?"),
      ("{% if x %}\n\n{% for y in z %}{% endfor %}", "t:3:4: \"{% if %}\" is never closed"),
      ("{% if x %}{% endfor %}", "t:3:14: \"{% endfor %}\" does not belong into \"{% if %}\""),
      ("{% endif %}", "t:3:4: \"{% endif %}\" closes nothing"),
      ("é{{ 1 && 2 }}", "t:3:7: expected \"}}\", got \"&&\""),
      ("{{ a ? b : c }}", "t:3:6: expected \"}}\", got \"?\""),
      ("{{ greet('x') }}", "t:3:9: cannot call greet: it is undefined"),
      ("{{ user.greet() }}", "t:3:14: cannot call user.greet: it is undefined"),
      ("{{ x is ood }}", "t:3:9: unknown test \"ood\"; did you mean \"odd\"?"),
      ("{{ 'abc }}", "t:3:4: a string that nothing closes"),
      ("{{ r/(/ }}", "t:3:4: /(/ is no regular expression"),
      ("{{ 1 in 5 }}", "t:3:6: \"in\" needs an array, a string or an object, not a number"),
      ("{% include 'x' %}", "t:3:4: templates from files are not allowed here"),
      (
        "{{ 'a' | truncate(lenght=2) }}",
        "t:3:10: filter \"truncate\" has no argument \"lenght\"; did you mean \"length\"?"
      ),
      ("{{ 'x' | load }}", "t:3:10: filter \"load\": the text is no JSON"),
      ("{% set x.y = 1 %}", "t:3:9: expected \"=\" and a value, got \".\""),
      ("{{ }}", "t:3:4: expected a value, got \"}}\""),
      ("{% macro m() %}\n{{ nope() }}{% endmacro %}{{ m() }}", "t:4:8: cannot call nope: it is undefined"),
      ("{% raw %}x", "t:3:1: \"{% raw %}\" is never closed"),
    ])
  func messages(_ template: String, _ expected: String) {
    do throws(Problem) {
      let text = try Template(template, file: "t", line: 3).render(["name": "x", "user": ["a": 1]])
      Issue.record("should be refused, gives \(text)")
    } catch {
      let message = "\(error.location.map { "\($0)" } ?? ""): \(error.message)"
      #expect(message.hasPrefix(expected), "\(message)")
    }
  }

  @Test("name the file of the template that is wrong, not of the one that includes it")
  func messagesInIncludes() throws {
    let environment = TemplateEnvironment(loader: {
      LoadedTemplate(source: "a\n{{ x | nope }}", file: "parts/\($0)")
    })
    do {
      _ = try Template("{% include 'p.txt' %}", file: "main").render([:], environment: environment)
      Issue.record("should be refused")
    } catch {
      #expect(error.location.map { "\($0)" } == "parts/p.txt:2:8")
    }
  }

  @Test("take filters of the suite, which win over built-in ones")
  func userFilters() throws {
    let environment = TemplateEnvironment(filters: [
      "shout": { value, arguments in .string((value.string ?? "") + (arguments.first?.string ?? "!")) },
      "upper": { _, _ in "mine" },
      "arguments": { _, arguments in .array(arguments) },
      "fails": { _, _ in throw Problem("no luck") },
    ])
    #expect(
      try Template("{{ 'a' | shout }}{{ 'b' | shout('?') }}").render([:], environment: environment) == "a!b?")
    #expect(try Template("{{ 'a' | upper }}").render([:], environment: environment) == "mine")
    #expect(
      try Template("{{ 1 | arguments(2, none, missing, [3], k='v') | dump }}").render(
        [:], environment: environment)
        == "[2,null,null,[3],{\"k\":\"v\"}]")
    do {
      _ = try Template("{{ 1 | fails }}").render([:], environment: environment)
      Issue.record("should be refused")
    } catch {
      #expect(error.message == "filter \"fails\": no luck")
    }
  }

  @Test(
    "know what they read",
    arguments: [
      ("{{ a }}{{ b.c }}{{ a }}", ["a", "b"], ["a", "b"]),
      ("{% for x in xs %}{{ x.y }}{{ loop.index }}{{ z }}{% endfor %}", ["xs", "z"], ["xs", "z"]),
      ("{% if a is defined %}{{ b | default('x') }}{% endif %}{{ c or d }}", ["a", "b", "c", "d"], ["d"]),
      ("{% set a = b %}{{ a }}", ["b"], ["b"]),
      (
        "{% macro m(p, q=r) %}{{ p }}{{ q }}{{ s }}{% endmacro %}{{ m(t) }}", ["r", "s", "t"],
        ["r", "s", "t"]
      ),
      (
        "{{ range(n) }}{{ env.HOME }}{{ a[b] }}{{ x.f(y) }}", ["n", "a", "b", "x", "y"],
        ["n", "a", "b", "x", "y"]
      ),
      ("{% raw %}{{ a }}{% endraw %}{# {{ b }} #}", [], []),
      ("{% call(v) m(a) %}{{ v }}{{ b }}{% endcall %}", ["m", "a", "b"], ["m", "a", "b"]),
    ])
  func variables(_ source: String, _ all: [String], _ needed: [String]) throws {
    let template = try Template(source)
    #expect(template.variables == all)
    #expect(template.neededVariables == needed)
  }

  @Test("know where they read it")
  func readings() throws {
    let readings = try Template("x\n{{ user.name }}", file: "f", line: 5).readings
    #expect(readings.map(\.path) == ["user.name"])
    #expect(readings.first.map { "\($0.location)" } == "f:6:4")
  }

  @Test("pick the same at random for the same seed")
  func seeded() throws {
    let template = try Template("{% for i in range(20) %}{{ range(100) | random }} {% endfor %}")
    func render(_ seed: UInt64) throws -> String {
      try template.render([:], environment: TemplateEnvironment(seed: seed))
    }
    #expect(try render(1) == render(1))
    #expect(try render(1) != render(2))
  }

  @Test("are rendered by many tasks at once")
  func concurrently() async throws {
    let template = try Template(
      "{% macro m(a) %}<{{ a }}>{% endmacro %}{% for x in xs %}{{ m(x) }}{% set l = xs.push(x) if x > 90 %}{% endfor %}"
    )
    let expected = try template.render(["xs": [1, 2, 3]])
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<50 { group.addTask { try template.render(["xs": [1, 2, 3]]) } }
      for try await text in group { #expect(text == expected) }
    }
  }

  @Test("leave what they were given as it was")
  func variablesStay() throws {
    let variables: JSONObject = ["xs": [1]]
    let template = try Template("{{ xs.push(2) }}{{ xs }}")
    #expect(try template.render(variables) == "21,2")
    #expect(try template.render(variables) == "21,2")
  }
}
