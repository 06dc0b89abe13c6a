import Formats
import Testing

@testable import Suites

@Suite("cases as they are read")
struct StreamTests {
  static func rows(_ count: Int) -> String {
    (0..<count).map {
      "{\"vars\": {\"n\": \($0)}, \"metadata\": {\"parity\": \"\($0 % 2 == 0 ? "even" : "odd")\"}}\n"
    }.joined()
  }

  static func load(_ count: Int, _ edit: (inout LoadOptions) -> Void = { _ in }) async throws -> [Case] {
    var options = LoadOptions()
    edit(&options)
    let scratch = try Scratch([
      "suite.yaml": "prompts: [\"{{n}}\"]\ntargets: [echo]\ntests: rows.jsonl\nseed: 3",
      "rows.jsonl": rows(count),
    ])
    return try await scratch.load(options: options).all()
  }

  @Test("keys go with the content, whatever the order, the file's kind and the way a number is written")
  func keys() async throws {
    let files = [
      "a.yaml": "prompts: [x]\ntargets: [echo]\ntests: [{vars: {a: 1, b: two}}, {vars: {c: 3}}]",
      "b.yaml": "prompts: [x]\ntargets: [echo]\ntests: rows.jsonl\ndefaultTest: {assert: [{type: is-json}]}",
      "rows.jsonl":
        "{\"vars\": {\"c\": 3.0}, \"description\": \"third\"}\n{\"vars\": {\"b\": \"two\", \"a\": 1e0}}\n",
    ]
    let scratch = try Scratch(files)
    let a = try await scratch.load(["a.yaml"]).all().map(\.key)
    let b = try await scratch.load(["b.yaml"]).all().map(\.key)
    #expect(a == b.reversed())
    #expect(a.allSatisfy { $0.utf8.count == 15 })
  }

  @Test("different checks or variables make different keys")
  func differentKeys() async throws {
    let loaded = try await loadSuite(
      """
      prompts: [x]
      targets: [echo]
      tests:
        - vars: {a: "1"}
        - vars: {a: 1}
        - {vars: {a: 1}, assert: [{type: is-json}]}
        - {vars: {a: 1}, assert: [{type: not-is-json}]}
        - {vars: {a: 1}, threshold: 0.5}
        - {vars: {a: 1}, turns: [b]}
      """)
    #expect(Set(try loaded.all().map(\.key)).count == 6)
  }

  @Test("equal cases are told apart by a number")
  func equalCases() async throws {
    let loaded = try await loadSuite(
      "prompts: [x]\ntargets: [echo]\ntests: [{vars: {a: 1}}, {vars: {a: 1}}, {vars: {a: 1}}]")
    let keys = try loaded.all().map(\.key)
    #expect(keys == [keys[0], keys[0] + "-2", keys[0] + "-3"])
  }

  @Test("the first, a range, metadata and keys")
  func filters() async throws {
    let all = try await StreamTests.load(20)
    #expect(try await StreamTests.load(20) { $0.filter.first = 3 }.map(\.index) == [0, 1, 2])
    #expect(try await StreamTests.load(20) { $0.filter.range = 5..<8 }.map(\.index) == [5, 6, 7])
    #expect(try await StreamTests.load(20) { $0.filter.metadata = [("parity", "odd")] }.count == 10)
    let failed = FailedCases(run: "r", keys: Set([all[4], all[9]].map(FailedCases.key)))
    #expect(try await StreamTests.load(20) { $0.filter.failed = failed }.map(\.index) == [4, 9])
  }

  @Test("failed cases that the suite has no more are counted, whatever the other filters leave")
  func missingFailures() async throws {
    let all = try await StreamTests.load(5)
    let scratch = try Scratch([
      "suite.yaml": "prompts: [\"{{n}}\"]\ntargets: [echo]\ntests: rows.jsonl",
      "rows.jsonl": StreamTests.rows(4),
    ])
    var options = LoadOptions()
    options.filter.first = 1
    options.filter.failed = FailedCases(run: "r", keys: Set(all.map(FailedCases.key)))
    let told = await scratch.problems(options: options)
    let warning = "warning: 1 of the 5 failed cases of r is not in the suite any more (edited or removed)"
    #expect(told == [warning])
    options.filter.failed = FailedCases(run: "r", keys: Set(all.prefix(4).map(FailedCases.key)))
    let untold = await scratch.problems(options: options)
    #expect(untold.isEmpty, "\(untold)")
  }

  @Test("shards are equal parts of what the other filters leave")
  func shards() async throws {
    var found: [Int] = []
    for index in 1...4 {
      found += try await StreamTests.load(200) { $0.filter.shard = (index, 4) }.map(\.index)
    }
    #expect(found.sorted() == Array(0..<200))
    let firsts = try await StreamTests.load(200) {
      $0.filter.first = 7
      $0.filter.shard = (2, 3)
    }
    #expect(firsts.map(\.index) == [1, 4])
    // More parts than cases: the last has nothing to do, which is no mistake.
    #expect(
      try await StreamTests.load(200) {
        $0.filter.first = 2
        $0.filter.shard = (3, 3)
      }.isEmpty)
  }

  @Test("a sample is of its size, goes by the seed, and keeps the order")
  func sample() async throws {
    let one = try await StreamTests.load(200) { $0.filter.sample = 20 }.map(\.index)
    let again = try await StreamTests.load(200) { $0.filter.sample = 20 }.map(\.index)
    let other = try await StreamTests.load(200) {
      $0.filter.sample = 20
      $0.seed = 4
    }.map(\.index)
    #expect(one.count == 20 && one == again && one == one.sorted() && one != other)
  }

  @Test("a filter that leaves nothing is an error")
  func nothing() async throws {
    await #expect(throws: Problems.self) {
      try await StreamTests.load(5) { $0.filter.description = "nowhere" }
    }
    await #expect(throws: Problems.self) { try await StreamTests.load(5) { $0.filter.targets = "nobody" } }
    await #expect(throws: Problems.self) { try await StreamTests.load(0) }
  }

  @Test(
    "a source of cases that is empty in itself is an error before anything is asked, whatever stands beside it",
    arguments: [
      ("tests: [full.csv, head.csv]", "head.csv:1:1: the table has no rows"),
      ("tests: [full.csv, blank.jsonl]", "blank.jsonl:1:1: the file has no lines"),
      ("tests: [full.csv, list.yaml]", "list.yaml:1:1: the file holds no cases"),
      ("tests: [full.csv, list.json]", "list.json:1:1: the file holds no cases"),
      ("tests: [full.csv, {path: \"file://make.js\"}]", "the script make.js made no cases"),
      ("tests: [full.csv]\nscenarios: [{config: [], tests: [{vars: {n: 1}}]}]", "its \"config\" is empty"),
      ("tests: [full.csv]\nscenarios: [{config: [{vars: {n: 1}}], tests: []}]", "its \"tests\" is empty"),
      ("tests: [full.csv]\nscenarios: [{config: head.csv, tests: [{vars: {m: 1}}]}]", "table has no rows"),
    ])
  func emptySources(tests: String, message: String) async throws {
    let scratch = try Scratch([
      "suite.yaml": "prompts: [\"{{n}}\"]\ntargets: [echo]\n\(tests)",
      "full.csv": "n\n1\n", "head.csv": "n\n", "blank.jsonl": "\n \n", "list.yaml": "[]\n", "list.json": "[]",
      "make.js": "",
    ])
    var options = LoadOptions()
    options.scripts = { _ in [] }
    let said: String
    do {
      _ = try await scratch.load(options: options)
      said = "nothing"
    } catch let problems as Problems { said = problems.rendered() }
    let places = said.replacing(scratch.folder + "/", with: "")
    #expect(places.contains(message), "\(places)")
  }

  @Test("a filter may leave nothing of one source among others")
  func emptiedSources() async throws {
    let scratch = try Scratch([
      "suite.yaml": "prompts: [\"{{n}}\"]\ntargets: [echo]\ntests: [one.csv, two.csv]",
      "one.csv": "n,__description\n1,keep\n", "two.csv": "n,__description\n2,drop\n",
    ])
    var options = LoadOptions()
    options.filter.description = "keep"
    #expect(try await scratch.load(options: options).all().count == 1)
  }

  @Test("a mistake in a row is thrown when it is met, or collected with all others")
  func mistakes() async throws {
    let scratch = try Scratch([
      "suite.yaml": "prompts: [\"{{n}}\"]\ntargets: [echo]\ntests: rows.jsonl",
      "rows.jsonl":
        "{\"vars\": {\"n\": 1}}\n{\"vars\": {\"n\": 2}, \"asert\": []}\nnothing\n{\"vars\": {\"n\": 3}}\n",
    ])
    let loaded = try await scratch.load()
    #expect(throws: Problems.self) { try loaded.all() }
    let stream = loaded.cases(collectsProblems: true)
    var count = 0
    while try stream.next() != nil { count += 1 }
    #expect(count == 2)
    #expect(stream.problems.map(\.location?.line) == [2, 3])
  }

  @Test("shard, range and metadata as people write them")
  func spelling() throws {
    #expect(try CaseFilter.shard("2/8") == (2, 8))
    #expect(try CaseFilter.range("3:9") == 3..<9)
    #expect(try CaseFilter.range(":9") == 0..<9)
    #expect(try CaseFilter.metadata("a=b=c") == ("a", "b=c"))
    for text in ["0/8", "9/8", "x", "1/0"] { #expect(throws: Problem.self) { try CaseFilter.shard(text) } }
    for text in ["9:3", "a:b", "5"] { #expect(throws: Problem.self) { try CaseFilter.range(text) } }
  }

  @Test("files that only data names stay within the suite's folder")
  func outside() async throws {
    let scratch = try Scratch([
      "suite.yaml": "prompts: [\"{{n}}\"]\ntargets: [echo]\ntests: rows.jsonl",
      "rows.jsonl": "{\"vars\": {\"n\": \"file:///etc/hostname\"}}\n",
    ])
    let loaded = try await scratch.load()
    #expect(throws: Problems.self) { try loaded.all() }
  }
}
