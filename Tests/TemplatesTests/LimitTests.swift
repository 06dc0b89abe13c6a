import Formats
import Testing

@testable import Templates

@Suite("hostile templates")
struct LimitTests {
  private static let limits = TemplateLimits(outputBytes: 1 << 20, steps: 200_000)
  private static let files = [
    "self.html": "{% include 'self.html' %}", "up.html": "{% extends 'up.html' %}",
    "import.html": "{% import 'import.html' as i %}",
  ]

  private static func nested(_ opening: String, _ inside: String, _ closing: String, _ count: Int) -> String {
    String(repeating: opening, count: count) + inside + String(repeating: closing, count: count)
  }

  @Test(
    "end with an error",
    arguments: [
      "{% for i in range(1000000000) %}{% endfor %}",
      "{% for i in range(0, 1, 0.0000000001) %}{% endfor %}",
      "{% for i in range(1000) %}{% for j in range(1000) %}{% for k in range(1000) %}x{% endfor %}{% endfor %}{% endfor %}",
      "{% set s = 'xxxxxxxx' %}{% for i in range(99) %}{% set s = s ~ s %}{% endfor %}",
      "{% set s = 'xxxxxxxx' %}{% for i in range(99) %}{% set s = s + s %}{% endfor %}",
      "{% set s %}xxxxxxxxxxxx{% endset %}{% for i in range(99) %}{% set s %}{{ s }}{{ s }}{% endset %}{% endfor %}",
      "{% set a = [1] %}{% for x in a %}{{ a.push(x) }}{% endfor %}",
      "{% set a = [1] %}{% for i in range(99) %}{% set a = a.concat(a) %}{% endfor %}",
      "{{ 'x' | center(1000000000000) }}", "{{ 'x' | indent(1e15) }}{{ 'x\\ny' | indent(1000000000000) }}",
      "{{ 'x'.repeat(1000000000000) }}", "{{ 'x'.padStart(9007199254740991) }}",
      "{{ 'x'.padEnd(1000000000, 'ab') }}",
      "{{ [1] | batch(1000000000000, 'x') }}", "{{ [1] | slice(1000000000000) }}",
      "{% set s = 'x'.repeat(1000000) %}{{ [s, s, s] | join(s) }}",
      "{% set s = 'x'.repeat(2000) %}{{ s | replace('', s) }}",
      "{% set s = 'x'.repeat(100000) %}{{ s | replace(r/x/g, '$`') }}",
      "{% set s = 'x'.repeat(1000000) %}{{ s | list | length }}",
      "{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' | replace(r/(a+)+$/, '') }}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
      "{% macro m() %}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}",
      "{% include 'self.html' %}", "{% extends 'up.html' %}", "{% import 'import.html' as i %}",
      "{% set a = [1] %}{% set b = a.push(a) %}{{ a }}",
      "{% set a = [1] %}{% set b = a.push(a) %}{{ a | dump }}",
      "{% set a = [] %}{% for i in range(5000) %}{% set a = [a] %}{% endfor %}{{ a }}",
      "{{ (1).toFixed(101) }}", "{{ (1).toString(99) }}", "{{ 'x'.repeat(-1) }}",
    ])
  func refused(_ template: String) {
    let environment = TemplateEnvironment(loader: { name in
      Self.files[name].map { LoadedTemplate(source: $0, file: name) }
    })
    #expect(throws: Problem.self) {
      _ = try Template(template).render([:], environment: environment, limits: Self.limits)
    }
  }

  @Test(
    "do not overflow the stack when they are read",
    arguments: [
      nested("{{ " + "(", "1", ")", 5_000), "{{ " + nested("(", "1", ")", 5_000) + " }}",
      "{{ " + nested("[", "1", "]", 5_000) + " }}", "{{ " + nested("{a:", "1", "}", 5_000) + " }}",
      "{{ " + String(repeating: "not ", count: 5_000) + "x }}",
      "{{ " + String(repeating: "-", count: 5_000) + "x }}",
      "{{ 1" + String(repeating: " + 1", count: 5_000) + " }}",
      "{{ x" + String(repeating: " | upper", count: 5_000) + " }}",
      "{{ x" + String(repeating: ".a", count: 5_000) + " }}",
      "{{ x" + String(repeating: "[0]", count: 5_000) + " }}",
      "{{ x" + String(repeating: "()", count: 5_000) + " }}",
      "{{ x" + String(repeating: " and x", count: 5_000) + " }}",
      "{{ " + nested("x[", "1", "]", 5_000) + " }}", "{{ " + nested("f(", "1", ")", 5_000) + " }}",
      "{{ x" + String(repeating: " ** x", count: 5_000) + " }}",
      "{{ x" + String(repeating: " in x", count: 5_000) + " }}",
      "{{ x" + String(repeating: " // x", count: 5_000) + " }}",
      "{{ " + nested("x | f(", "1", ")", 5_000) + " }}",
      nested("{% if x %}", "y", "{% endif %}", 3_000),
      nested("{% for x in y %}", "y", "{% endfor %}", 3_000),
      nested("{% filter upper %}", "y", "{% endfilter %}", 3_000),
      nested("{% set x %}", "y", "{% endset %}", 3_000),
      nested("{% macro m() %}", "y", "{% endmacro %}", 3_000),
      nested("{% call m() %}", "y", "{% endcall %}", 3_000),
      nested("{% switch x %}{% case 1 %}", "y", "{% endswitch %}", 3_000),
      nested("{% block x %}", "y", "{% endblock %}", 3_000),
    ])
  func deep(_ template: String) {
    #expect(throws: Problem.self) { _ = try Template(template) }
  }

  @Test("at the deepest that is read, are rendered")
  func deepest() throws {
    let sum = Template.deepSum
    #expect(try Template(sum).render([:]) == "200")
    let blocks = Self.nested(
      "{% if true %}", "{{ " + Self.nested("(", "1", ")", 15) + " }}", "{% endif %}", 40)
    #expect(try Template(blocks).render([:]) == "1")
    let macro =
      "{% macro m(n) %}" + Self.nested("{% if n %}", "{{ n }}{{ m(n - 1) }}", "{% endif %}", 5)
      + "{% endmacro %}{{ m(30) }}"
    #expect(try Template(macro).render([:]).hasPrefix("302928"))
  }

  @Test(
    "may not build chains of arrays that overflow the stack when they are let go",
    arguments: [
      "{% set a = [] %}{% for i in range(100000) %}{% set a = [a] %}{% endfor %}",
      "{% set a = {} %}{% for i in range(100000) %}{% set a = {k: a} %}{% endfor %}",
      "{% set a = [1] %}{% for i in range(100000) %}{% set a = a | batch(1) %}{% endfor %}",
      "{% set a = [1] %}{% for i in range(100000) %}{% set a = [].concat([a]) %}{% endfor %}",
    ])
  func chains(_ template: String) {
    #expect(throws: Problem.self) { _ = try Template(template).render([:]) }
  }

  @Test("that grow arrays are let go without overflowing the stack")
  func grownChains() throws {
    let pushed = """
      {% set root = [] %}{% set a = root %}{% for i in range(100000) %}{% set n = [] %}{% set x = a.push(n) %}\
      {% set a = n %}{% endfor %}{{ root | length }}
      """
    #expect(try Template(pushed).render([:]) == "1")
    let wrapped = """
      {% set a = [] %}{% for i in range(100000) %}{% set n = [] %}{% set x = n.push(a) %}{% set a = n %}{% endfor %}{{ a | length }}
      """
    #expect(try Template(wrapped).render([:]) == "1")
  }

  @Test("leave nothing behind")
  func leaks() throws {
    weak var held: Context?
    do {
      let renderer = Renderer(environment: .standard, limits: .standard)
      let context = Context(["x": 1])
      held = context
      let template =
        "{% macro m() %}{% endmacro %}{% set f = m %}{% set a = [m] %}{{ a.push(a, f) }}{{ m() }}"
      try renderer.run(Template(template).program, context, Scope(isTopLevel: true))
    }
    #expect(held == nil)
  }

  @Test(
    "numbers that are none, endless or tiny are taken as JavaScript takes them",
    arguments: [
      ("{{ [1] | dump(0 / 0) }}", "[1]"), ("{{ [1] | dump(-1 / 0) }}", "[1]"),
      ("{{ [1] | dump(1 / 0) }}", "[\n          1\n]"),
      ("{{ [1, 2] | slice(0.0000000000000000000001) | dump }}", "[[1,2]]"),
    ])
  func oddNumbers(template: String, text: String) throws {
    #expect(try Template(template).render([:]) == text)
  }
}

extension Template {
  fileprivate static let deepSum = "{{ 1" + String(repeating: " + 1", count: 199) + " }}"
}
