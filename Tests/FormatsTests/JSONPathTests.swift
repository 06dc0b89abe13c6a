import Testing

@testable import Formats

@Suite("finding places in JSON")
struct JSONPathTests {
  private static let store: JSON = [
    "store": [
      "book": [
        ["category": "reference", "title": "Sayings", "price": 8.95],
        ["category": "fiction", "title": "Sword", "price": 12.99],
        ["category": "fiction", "title": "Moby", "isbn": "0-553", "price": 8.99],
        ["category": "fiction", "title": "Rings", "isbn": "0-395", "price": 22.99],
      ],
      "bicycle": ["color": "red", "price": 399],
    ],
    "a.b": ["'": 1, "\"": 2], "limit": 10,
  ]

  @Test(
    "a path leads to the values that RFC 9535 says",
    arguments: [
      ("$.store.book[*].title", #"["Sayings","Sword","Moby","Rings"]"#),
      ("store.book[0].title", #"["Sayings"]"#),
      ("$['a.b']['\\'']", "[1]"),
      (#"$["a.b"]["\""]"#, "[2]"),
      ("$..price", "[8.95,12.99,8.99,22.99,399]"),
      ("$.store.book[-1].title", #"["Rings"]"#),
      ("$.store.book[9].title", "[]"),
      ("$.store.book[1:3].title", #"["Sword","Moby"]"#),
      ("$.store.book[:2].title", #"["Sayings","Sword"]"#),
      ("$.store.book[::-2].title", #"["Rings","Sword"]"#),
      ("$.store.book[-2:].title", #"["Moby","Rings"]"#),
      ("$.store.book[0, -1]['title']", #"["Sayings","Rings"]"#),
      ("$.store.book[::0]", "[]"),
      ("$.store.book[?@.isbn].title", #"["Moby","Rings"]"#),
      ("$.store.book[?(@.price < 10)].title", #"["Sayings","Moby"]"#),
      ("$.store.book[?@.price < $.limit && @.category == 'fiction'].title", #"["Moby"]"#),
      ("$.store.book[?!@.isbn || @.price > 20].title", #"["Sayings","Sword","Rings"]"#),
      ("$.store.book[?length(@.title) == 4].title", #"["Moby"]"#),
      ("$.store.book[?match(@.title, 'S.*')].title", #"["Sayings","Sword"]"#),
      ("$.store.book[?search(@.title, 'ing')].title", #"["Sayings","Rings"]"#),
      ("$[?count(@.*) == 2]['\\'']", "[1]"),
      ("$..book[?@.missing == @.absent].title", #"["Sayings","Sword","Moby","Rings"]"#),
      ("$", nil),
    ])
  func paths(path: String, expected: String?) throws {
    let found = try JSONPath(path).values(in: Self.store)
    #expect(JSON.array(found).text == expected ?? JSON.array([Self.store]).text)
  }

  @Test(
    "what is no path is refused with its column",
    arguments: [
      ("$.", 3), ("$[", 3), ("$['a]", 3), ("$[1", 4), ("$.a b", 5), ("$[?@.a <]", 9), ("$[?(@.a]", 8),
      ("$[01x]", 5), ("", 1),
      ("$[?foo(@)]", 7),
    ])
  func wrongPaths(path: String, column: Int) {
    let problem = #expect(throws: Problem.self) { try JSONPath(path) }
    #expect(problem?.message.hasPrefix("JSON path, column \(column): ") == true, "\(problem?.message ?? "")")
  }

  @Test("a path that takes too many steps is stopped")
  func steps() throws {
    var value: JSON = 1
    for _ in 0..<24 { value = [value, value] }
    #expect(throws: Problem.self) { try JSONPath("$..*").values(in: value, steps: 10_000) }
  }

  @Test(
    "a pointer leads to one place",
    arguments: [
      ("", #"{"foo":["bar","baz"],"":0,"a/b":1,"m~n":8}"#), ("/foo", #"["bar","baz"]"#),
      ("/foo/0", #""bar""#), ("/", "0"),
      ("/a~1b", "1"), ("/m~0n", "8"), ("/foo/2", nil), ("/foo/00", nil), ("/foo/-", nil), ("/foo/0/x", nil),
    ])
  func pointers(pointer: String, expected: String?) throws {
    let json = try JSON(parsing: #"{"foo":["bar","baz"],"":0,"a/b":1,"m~n":8}"#)
    let parsed = try #require(JSONPointer(pointer))
    #expect(json[parsed]?.text == expected)
    #expect(parsed.description == pointer)
  }

  @Test("what is no pointer is refused", arguments: ["a", "/~", "/~2", "#/a"])
  func wrongPointers(pointer: String) { #expect(JSONPointer(pointer) == nil) }
}
