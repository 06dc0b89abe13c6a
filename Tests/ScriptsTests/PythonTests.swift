import Formats
import Scripts
import Testing

@Suite("Python", .enabled(if: hasPython))
struct PythonTests {
  static let inline: [(code: String, output: JSON, result: JSON)] = [
    ("len(output) > 3", "hello", true), ("0", "x", 0), ("output == 'é😀'", "é😀", true),
    ("json.loads(output)['a']", "{\"a\":[1,null]}", [1, .null]),
    (
      "if len(output) > 3:\n    return True\nreturn {'pass': False, 'score': 0.25}", "ab",
      ["pass": false, "score": 0.25]
    ),
    ("    x = 1\n    return x + 1\n", "x", 2), ("import math; return math.floor(1.5)", "x", 1),
    ("return output", "x", "x"), ("None", "x", .null),
    ("context['vars']['n'] + 1", "x", 8), ("{1, 1}", "x", [1]), ("nope", "x", "NameError"),
    ("1 +", "x", "SyntaxError"), ("1/0", "x", "ZeroDivisionError"),
    ("sys.exit(3)", "x", "SystemExit"), ("output # said", "x", "x"),
  ]

  @Test("one line is an expression, several are a body", arguments: inline)
  func runsInline(code: String, output: JSON, result: JSON) async throws {
    let pool = pool { $0.workers = 1 }
    do throws(ScriptError) {
      let value = try await pool.call(.inline(.python, code), arguments: [output, ["vars": ["n": 7]]])
      #expect(value == result)
    } catch {
      #expect(error.thrownType == result.string, "\(error)")
    }
  }

  @Test("a file is run as a whole, each time anew, and what it prints is the result")
  func programs() async throws {
    let folder = try ScriptFolder([
      "whole.py": """
      import sys, neighbour
      seen = globals().get("seen", 0) + 1
      print(neighbour.double(seen), sys.argv[1])
      if sys.argv[1] == '"stop"': sys.exit("enough")
      sys.exit(0)
      """,
      "neighbour.py": "def double(n): return 2 * n",
      "classes.py": "class A:\n    @classmethod\n    def made(cls, output): return cls.__name__ + output",
    ])
    let pool = pool { $0.workers = 1 }
    let script = Script(language: .python, source: .program(path: folder.path("whole.py")))
    #expect(try await pool.call(script, arguments: [["a": "é"]]) == #"2 {"a": "\u00e9"}"#)
    #expect(try await pool.call(script, arguments: [1]) == "2 1")
    let error = await #expect(throws: ScriptError.self) { try await pool.call(script, arguments: ["stop"]) }
    #expect(error?.message == "it ended with enough")
    let method = try #require(Script(reference: "classes.py:A.made", in: folder.root))
    #expect(try await pool.call(method, arguments: ["!"]) == "A!")
  }

  @Test("functions of files, also async ones, with their neighbours")
  func files() async throws {
    let folder = try ScriptFolder([
      "check.py": """
      import asyncio, neighbour
      def get_assert(output, context):
          return neighbour.double(len(output))
      async def later(output, context):
          await asyncio.sleep(0)
          return {"pass": True}
      def bad(output, context):
          raise ValueError("no good")
      """,
      "neighbour.py": "def double(n): return 2 * n",
    ])
    let pool = pool { $0.workers = 1 }
    func call(_ reference: String) async throws(ScriptError) -> JSON {
      guard let script = Script(reference: reference, in: folder.root, fallback: "get_assert") else {
        return "no script"
      }
      return try await pool.call(script, arguments: ["abc", [:]])
    }
    #expect(try await call("file://check.py") == 6)
    #expect(try await call("file://check.py:later") == ["pass": true])
    let threw = await #expect(throws: ScriptError.self) { try await call("check.py:bad") }
    #expect(threw?.description == "ValueError: no good")
    #expect(threw?.trace?.contains("check.py\", line 8, in bad") == true)
    let missing = await #expect(throws: ScriptError.self) { try await call("check.py:nope") }
    #expect(missing?.message == "check.py has no function \"nope\"")
    let gone = await #expect(throws: ScriptError.self) { try await call("gone.py") }
    #expect(gone?.message.contains("no such file") == true)
    #expect(!File.exists(folder.path("__pycache__")))
  }

  @Test("what is printed is told apart from what is returned")
  func printing() async throws {
    let printed = Printed()
    let pool = pool { $0.log = { _, line in printed.add(line) } }
    let code = "print('a'); os.write(1, b'b\\n'); os.system('echo c'); sys.stderr.write('d\\n')\nreturn 1"
    #expect(try await pool.call(.inline(.python, code), arguments: []) == 1)
    #expect(printed.lines == ["a", "b", "c", "d"])
  }

  @Test(
    "a result that is no JSON is an error with words", arguments: ["object()", "float('nan')", "lambda: 1"])
  func badResults(code: String) async throws {
    let error = await #expect(throws: ScriptError.self) {
      try await pool().call(.inline(.python, code), arguments: [])
    }
    #expect(error?.kind == .badResult)
  }
}

@Suite("Ruby", .enabled(if: hasRuby))
struct RubyTests {
  @Test("inline code and functions of files")
  func runs() async throws {
    let folder = try ScriptFolder([
      "check.rb": "def get_assert(output, context)\n  puts 'said'\n  output.length > 2\nend\n"
    ])
    let pool = pool { $0.workers = 1 }
    #expect(
      try await pool.call(.inline(.ruby, "output.length + context['n']"), arguments: ["abc", ["n": 1]]) == 4)
    let script = try #require(Script(reference: "file://check.rb", in: folder.root, fallback: "get_assert"))
    #expect(try await pool.call(script, arguments: ["abc", [:]]) == true)
    let error = await #expect(throws: ScriptError.self) {
      try await pool.call(.inline(.ruby, "nope"), arguments: [])
    }
    #expect(error?.thrownType == "NameError")
  }
}
