import Formats
import Scripts
import Testing

@Suite("JavaScript", .enabled(if: hasNode))
struct JavaScriptTests {
  static let inline: [(code: String, output: JSON, result: JSON)] = [
    ("output.length > 3", "hello", true), ("output.length > 3;", "hello", true),
    ("output.length * 10", "abc", 30),
    ("0", "x", 0), ("const x = JSON.parse(output); x.a === 1", "{\"a\":1}", true),
    ("const s = output; s === 'a;b;c'", "a;b;c", true), ("const a = [1;2].length", "x", "SyntaxError"),
    ("const s = \"hello; world\"; s.length > 5", "x", true),
    ("(() => { const s = 1; return s === 1; })()", "x", true),
    ("({pass:false,score:0.4,reason:\"r\"})", "x", ["pass": false, "score": 0.4, "reason": "r"]),
    ("const n = output.length;\nif (n > 3) { return true; }\nreturn 0.25;", "ab", 0.25),
    ("\n  output === 'x'\n", "x", true),
    ("return output + 1", "x", "x1"), ("output // said", "x", "x"),
    ("await Promise.resolve(output)", "x", "x"),
    ("context.vars.n + 1", "x", 8), ("output.a", ["a": [1, "é😀", .null]], [1, "é😀", .null]),
    ("undefined", "x", .null), ("NaN", "x", .null),
    ("typeof process + typeof require('fs').readFileSync", "x", "objectfunction"),
    ("if (true) {\n}\n", "x", .null),
    ("if (output === 'x') return 1; return 2", "x", 1), ("if (output === 'x') return 1; return 2;", "y", 2),
    ("if (output === 'x') { return true }", "x", true), ("if (output === 'x') { return true }", "y", .null),
    ("for (const c of output) if (c === 'b') return true; return false", "abc", true),
    ("let n = 0; while (n < 3) n++; return n", "x", 3),
    ("const n = 2; if (n > 1) return n; return 0", "x", 2),
    ("try { return JSON.parse(output).a } catch { return false }", "{\"a\":1}", 1),
    ("try { return JSON.parse(output).a } catch { return false }", "{", false),
    ("function twice(s) { return s + s } return twice(output)", "x", "xx"),
    ("throw new TypeError(\"x\")", "x", "TypeError"), ("nope.x", "x", "ReferenceError"),
    ("output.length; output === 'x'", "x", .null), ("output ===", "x", "SyntaxError"),
    ("if (output return 1", "x", "SyntaxError"),
  ]

  @Test("one line is an expression where it can be, a body else, as several lines are", arguments: inline)
  func runsInline(code: String, output: JSON, result: JSON) async throws {
    let pool = pool { $0.workers = 1 }
    do throws(ScriptError) {
      let value = try await pool.call(.inline(.javascript, code), arguments: [output, ["vars": ["n": 7]]])
      #expect(value == result)
    } catch {
      #expect(error.thrownType == result.string, "\(error)")
      #expect(error.kind == .threw)
    }
  }

  @Test("functions of files in every form of export")
  func files() async throws {
    let folder = try ScriptFolder([
      "plain.js": "module.exports = (output) => output + '!';",
      "named.js":
        "module.exports = { check: async (output, context) => ({ pass: output === context.want }) };",
      "esm.mjs":
        "export default function (output) { return output.length }\nexport const other = () => 'other';",
      "dir/dep.cjs": "const path = require('path'); module.exports.default = () => path.basename(__dirname);",
      "broken.js": "module.exports = {;", "none.js": "module.exports = { a: 1 };",
      "throws.js": "module.exports = () => {\n  throw new TypeError('no good');\n};",
    ])
    let pool = pool()
    func call(_ reference: String, _ arguments: [JSON] = ["abc", ["want": "abc"]]) async throws(ScriptError)
      -> JSON
    {
      guard let script = Script(reference: reference, in: folder.root) else { return "no script" }
      return try await pool.call(script, arguments: arguments)
    }
    #expect(try await call("file://plain.js") == "abc!")
    #expect(try await call("file://named.js:check") == ["pass": true])
    #expect(try await call("esm.mjs") == 3)
    #expect(try await call("esm.mjs:other") == "other")
    #expect(try await call("dir/dep.cjs") == "dir")
    let threw = await #expect(throws: ScriptError.self) { try await call("throws.js") }
    #expect(threw?.message == "no good")
    #expect(threw?.thrownType == "TypeError")
    #expect(threw?.trace?.contains("throws.js:2") == true)
    for (reference, words) in [
      ("broken.js", "Unexpected token"), ("none.js", "exports no function"),
      ("plain.js:nope", "no function \"nope\""), ("gone.js", "gone.js"),
    ] {
      let error = await #expect(throws: ScriptError.self) { try await call(reference) }
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }
  }

  @Test("what a file exports may be data, where that is asked for")
  func data() async throws {
    let folder = try ScriptFolder([
      "list.js": "module.exports = [{ a: 1 }];",
      "esm.mjs": "export default { a: [2] };\nexport const b = [3];",
      "made.js": "module.exports = async (n) => ({ n });", "named.mjs": "export const b = [4];",
      "mixed.js": "module.exports = { prompts: ['a', () => 'b'] };",
      "makes.js": "module.exports = () => [{ check: (output) => true }];",
      "usual.js": "module.exports = { usual: (n) => [n] };",
    ])
    let pool = pool()
    func call(_ reference: String) async throws(ScriptError) -> JSON {
      guard var script = Script(reference: reference, in: folder.root, fallback: "usual") else {
        return "no script"
      }
      script.takesData = true
      return try await pool.call(script, arguments: [7])
    }
    #expect(try await call("list.js") == [["a": 1]])
    #expect(try await call("esm.mjs") == ["a": [2]])
    #expect(try await call("esm.mjs:b") == [3])
    #expect(try await call("named.mjs") == ["b": [4]])
    #expect(try await call("made.js") == ["n": 7])
    #expect(try await call("usual.js") == [7])
    for (file, place) in [("mixed.js", "prompts.1"), ("makes.js", "0.check")] {
      let error = await #expect(throws: ScriptError.self) { try await call(file) }
      #expect(error?.message.hasPrefix("\(place) is a function") == true, "\(String(describing: error))")
    }
  }

  @Test("a class is made once with its options, and its method is called")
  func classes() async throws {
    let folder = try ScriptFolder([
      "provider.js": """
      module.exports = class {
        constructor(options) { this.options = options; this.calls = 0; }
        async callApi(prompt) { this.calls++; return { output: `${this.options.name} ${prompt} ${this.calls}` }; }
      };
      """
    ])
    let pool = pool { $0.workers = 1 }
    let script = Script(
      language: .javascript,
      source: .method(path: folder.path("provider.js"), name: "callApi", options: ["name": "n"]))
    #expect(try await pool.call(script, arguments: ["p"]) == ["output": "n p 1"])
    #expect(try await pool.call(script, arguments: ["q"]) == ["output": "n q 2"])
  }

  @Test("what is printed is told apart from what is returned")
  func printing() async throws {
    let printed = Printed()
    let pool = pool { $0.log = { language, line in printed.add("\(language.rawValue) \(line)") } }
    let code =
      "console.log('{\"ok\":true}'); process.stdout.write('raw\\n'); console.error('err'); require('fs').writeSync(1, 'fd\\n');\nreturn 1"
    #expect(try await pool.call(.inline(.javascript, code), arguments: []) == 1)
    #expect(
      printed.lines == ["javascript {\"ok\":true}", "javascript raw", "javascript err", "javascript fd"])
  }

  @Test("a callback that throws costs its own call alone: the next one gets its own answer")
  func strayExceptions() async throws {
    let pool = pool { $0.workers = 1 }
    let stray = """
      setTimeout(() => { throw new TypeError('stray') }, 1);
      await new Promise((done) => setTimeout(done, 60));
      return true;
      """
    let error = await #expect(throws: ScriptError.self) {
      try await pool.call(.inline(.javascript, stray), arguments: [])
    }
    #expect(error?.thrownType == "TypeError")
    // Still runs when the first call returns, which comes too late to say anything.
    let slow = "await new Promise((done) => setTimeout(done, 200));\nreturn false;"
    #expect(try await pool.call(.inline(.javascript, slow), arguments: []) == false)
    for number in [1, 2, 3] {
      #expect(try await pool.call(.inline(.javascript, "output"), arguments: [JSON(number)]) == JSON(number))
    }
  }

  @Test("a callback that throws after its call was answered does not fail the next call")
  func lateExceptions() async throws {
    let printed = Printed()
    let pool = pool {
      $0.workers = 1
      $0.log = { _, line in printed.add(line) }
    }
    let late = "setTimeout(() => { throw new TypeError('late') }, 20);\nreturn 1;"
    #expect(try await pool.call(.inline(.javascript, late), arguments: []) == 1)
    let slow = "await new Promise((done) => setTimeout(done, 200));\nreturn 2;"
    #expect(try await pool.call(.inline(.javascript, slow), arguments: []) == 2)
    #expect(printed.lines.contains { $0.contains("late") })
  }

  @Test("a result that is no JSON is an error with words", arguments: ["10n", "const a = {}; (a.a = a, a)"])
  func badResults(code: String) async throws {
    let error = await #expect(throws: ScriptError.self) {
      try await pool().call(.inline(.javascript, code), arguments: [])
    }
    #expect(error?.kind == .badResult)
    #expect(error?.message.hasPrefix("the result is no JSON") == true)
  }
}
