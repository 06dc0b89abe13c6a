import Formats
import Scripts
import Testing

@Suite("The pool of scripts")
struct ScriptPoolTests {
  @Test("forbidden scripts are not run, with a word how to allow them")
  func forbidden() async throws {
    let error = await #expect(throws: ScriptError.self) {
      try await ScriptPool(allowsScripts: false).call(.inline(.python, "1"), arguments: [])
    }
    #expect(error?.kind == .forbidden)
    #expect(
      error?.description
        == "inline python is not run: scripts are forbidden; leave out --no-scripts to run it")
  }

  @Test("a missing interpreter is named, with how to install it", arguments: ScriptLanguage.allCases)
  func missing(language: ScriptLanguage) async throws {
    let pool = pool { $0.environment["PATH"] = "/nowhere" }
    let error = await #expect(throws: ScriptError.self) {
      try await pool.call(.inline(language, "1"), arguments: [])
    }
    #expect(error?.kind == .missingInterpreter)
    #expect(error?.message.contains("is not installed") == true)
    #expect(error?.mend?.contains("apt-get install") == true)
  }

  @Test("a script that takes too long is stopped, and the next one runs", .enabled(if: hasPython && hasNode))
  func timeouts() async throws {
    let pool = pool { $0.workers = 1 }
    for (language, code) in [
      (ScriptLanguage.python, "while True: pass"), (.javascript, "while (true) {}"),
      (.javascript, "new Promise(() => {})"),
    ] {
      let error = await #expect(throws: ScriptError.self) {
        try await pool.call(.inline(language, code), arguments: [], timeLimitSeconds: 0.3)
      }
      #expect(error?.message == "inline \(language.rawValue) took longer than 0.3 s and was stopped")
      #expect(try await pool.call(.inline(language, "1 + 1"), arguments: []) == 2)
    }
  }

  @Test("a script that prints without end is stopped by its time limit", .enabled(if: hasPython))
  func endlessPrinting() async throws {
    let pool = pool { $0.workers = 1 }
    let code = "import os\nwhile True: os.write(1, b'x\\n' * 30000)"
    let error = await #expect(throws: ScriptError.self) {
      try await pool.call(.inline(.python, code), arguments: [], timeLimitSeconds: 0.3)
    }
    #expect(error?.kind == .timeout)
    #expect(try await pool.call(.inline(.python, "1 + 1"), arguments: []) == 2)
  }

  @Test("an answer to another call is dropped", .enabled(if: hasPython))
  func strangeAnswers() async throws {
    let pool = pool { $0.workers = 1 }
    let code = "import os\nos.write(3, b'0 {\"ok\": true, \"value\": 1}\\nnothing\\n')\nreturn 2"
    for _ in 0..<3 { #expect(try await pool.call(.inline(.python, code), arguments: []) == 2) }
  }

  @Test("a worker that dies costs one call", .enabled(if: hasPython && hasNode))
  func crashes() async throws {
    let pool = pool { $0.workers = 1 }
    for (language, code, ending) in [
      (ScriptLanguage.python, "print('last words')\nos._exit(7)", "exit code 7: last words"),
      (.python, "os.kill(os.getpid(), 9)", "signal 9"),
      (.javascript, "process.exit(5)", "exit code 5"), (.javascript, "process.abort()", "signal 6"),
    ] {
      let error = await #expect(throws: ScriptError.self) {
        try await pool.call(.inline(language, code), arguments: [])
      }
      #expect(error?.kind == .crashed)
      #expect(error?.message.contains(ending) == true, "\(error?.message ?? "")")
      #expect(try await pool.call(.inline(language, "1 + 1"), arguments: []) == 2)
    }
  }

  @Test(
    "many calls at once share the workers, and each gets its own answer", .enabled(if: hasPython && hasNode))
  func concurrency() async throws {
    let pool = pool()
    await withTaskGroup(of: Bool.self) { group in
      for i in 0..<200 {
        group.addTask {
          let language: ScriptLanguage = i % 2 == 0 ? .python : .javascript
          return (try? await pool.call(.inline(language, "output + 1"), arguments: [JSON(i)])) == JSON(i + 1)
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test(
    "large arguments and results", .enabled(if: hasPython && hasNode),
    arguments: [ScriptLanguage.python, .javascript])
  func large(language: ScriptLanguage) async throws {
    let text = String(repeating: "é\n\"\u{2028}", count: 40_000)
    #expect(
      try await pool().call(.inline(language, "output + output"), arguments: [.string(text)])
        == .string(text + text))
  }

  @Test("cancelling stops the script", .enabled(if: hasPython))
  func cancellation() async throws {
    let pool = pool { $0.workers = 1 }
    let task = Task { try await pool.call(.inline(.python, "while True: pass"), arguments: []) }
    let waiting = Task { try await pool.call(.inline(.python, "1"), arguments: []) }
    task.cancel()
    await #expect(throws: ScriptError.self) { try await task.value }
    #expect(try await waiting.value == 1)
  }

  @Test("scripts see the variables that they are given and no others", .enabled(if: hasPython))
  func environment() async throws {
    let pool = pool { $0.environment["ASSAY_GIVEN"] = "yes" }
    let code =
      "[os.environ.get('ASSAY_GIVEN'), 'PATH' in os.environ, [k for k in os.environ if k.startswith('SWIFT')]]"
    #expect(try await pool.call(.inline(.python, code), arguments: []) == ["yes", true, []])
  }

  @Test("two workers do not keep each other's streams open", .enabled(if: hasPython))
  func descriptors() async throws {
    let pool = pool()
    async let first = pool.call(
      .inline(.python, "len(os.listdir('/proc/self/fd')) if os.path.isdir('/proc/self/fd') else 5"),
      arguments: [])
    async let second = pool.call(.inline(.python, "0"), arguments: [])
    _ = try await second
    let count = try await first.int ?? 0
    // 0 to 3, and the one that lists them; others belong to the test's own process.
    #expect(count >= 5)
  }

  @Test(
    "references",
    arguments: [
      ("file://a/b.py:fn", "s", "s/a/b.py:fn"), ("a.js", "", "a.js"), ("file:///x/a.mjs", "s", "/x/a.mjs"),
      ("../a.rb:f", "s/t", "s/a.rb:f"),
      ("a.txt", "s", nil), ("a.py:", "s", nil), ("x", "s", nil),
    ] as [(String, String, String?)])
  func references(reference: String, folder: String, name: String?) {
    #expect(Script(reference: reference, in: folder)?.name == name)
  }
}
