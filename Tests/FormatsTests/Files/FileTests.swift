import Formats
import Foundation
import Testing

@Suite("Files")
struct FileTests {
  @Test("what is written is read back, folders are made, nothing is left beside it")
  func writes() throws {
    let folder = try TemporaryFolder()
    try File.write("one", to: folder.path("a/b/c.txt"))
    try File.write("two", to: folder.path("a/b/c.txt"))
    #expect(try File.readText(folder.path("a/b/c.txt")) == "two")
    #expect(try File.list(folder.path("a/b")) == ["c.txt"])
    #expect(File.size(folder.path("a/b/c.txt")) == 3)
  }

  @Test("a writer that is dropped leaves the old file")
  func dropped() throws {
    let folder = try TemporaryFolder()
    try File.write("old", to: folder.path("a"))
    do {
      let writer = try FileWriter(folder.path("a"))
      try writer.write("new")
    }
    #expect(try File.readText(folder.path("a")) == "old")
    #expect(try File.list(folder.root) == ["a"])
  }

  @Test("failures name the path and the reason")
  func failures() throws {
    let folder = try TemporaryFolder()
    let missing = try #require(throws: Problem.self) { try File.read(folder.path("none")) }
    #expect(missing.message == "cannot read \(folder.path("none")): no such file or folder")
    let isFolder = try #require(throws: Problem.self) { try File.read(folder.root) }
    #expect(isFolder.message.hasSuffix("it is a folder"))
    #expect(throws: Problem.self) { try File.write("x", to: folder.root + "/a\u{0}b/c/") }
  }

  @Test("lines come one by one, whatever their ends and length")
  func lines() throws {
    let folder = try TemporaryFolder()
    let long = String(repeating: "x", count: 700_000)
    try File.write("\u{FEFF}a\r\n\n\(long)\nlast", to: folder.path("a"))
    let reader = try LineReader(folder.path("a"))
    var lines: [String] = []
    while let line = try reader.next() {
      lines.append(line.text)
      #expect(line.number == lines.count)
    }
    #expect(lines == ["a", "", long, "last"])
    let bounded = try LineReader(folder.path("a"), maxLineBytes: 1000)
    #expect(throws: Problem.self) { while try bounded.next() != nil {} }
  }

  @Test("globs")
  func globs() throws {
    let folder = try TemporaryFolder()
    for name in ["a.yaml", "b.yml", "c.txt", ".h.yaml", "s/a.yaml", "s/t/b.yaml", ".g/a.yaml"] {
      try File.write("", to: folder.path(name))
    }
    func found(_ pattern: String) -> [String] {
      Glob(pattern).files(in: folder.root).map { String($0.dropFirst(folder.root.count + 1)) }
    }
    #expect(found("*.yaml") == ["a.yaml"])
    #expect(found("*.{yaml,yml}") == ["a.yaml", "b.yml"])
    #expect(found("**/*.yaml") == ["a.yaml", "s/a.yaml", "s/t/b.yaml"])
    #expect(found("s/**") == ["s/a.yaml", "s/t/b.yaml"])
    #expect(found("[a-b].y*") == ["a.yaml", "b.yml"])
    #expect(found("[!a].y*") == ["b.yml"])
    #expect(found(".*.yaml") == [".h.yaml"])
    #expect(found("s/a.yaml") == ["s/a.yaml"])
    #expect(found("none/*.yaml") == [])
    #expect(Glob(folder.root + "/?.txt").files() == [folder.path("c.txt")])
  }

  @Test(
    "glob patterns that are odd match as text and never crash",
    arguments: [
      ("[", "["), ("[a", "[a"), ("[]", "[]"), ("{a", "{a"), ("a*b*c", "axxbyyc"), ("*", ""), ("**/a", "a"),
    ])
  func oddGlobs(pattern: String, text: String) {
    #expect(Glob(pattern).matches(text) == !text.isEmpty)
  }

  @Test(
    "paths resolve as text",
    arguments: [
      ("a.txt", "suites", "suites/a.txt"), ("../a.txt", "suites", "a.txt"), ("../../a", "suites", "../a"),
      ("/x/../a", "s", "/a"),
      ("./a//b/.", "", "a/b"), ("a", ".", "a"), ("..", "/", "/"),
    ])
  func resolves(path: String, folder: String, result: String) {
    #expect(Path.resolve(path, against: folder) == result)
  }

  @Test("parts of paths")
  func parts() {
    #expect(Path.folder(of: "a/b.yaml") == "a")
    #expect(Path.folder(of: "b") == ".")
    #expect(Path.folder(of: "/b") == "/")
    #expect(Path.fileExtension(of: "a.b/C.YAML") == "yaml")
    #expect(Path.fileExtension(of: ".env") == "")
    #expect(Path.isInside("s/a", folder: "s"))
    #expect(!Path.isInside("s/../a", folder: "s"))
    #expect(!Path.isInside("st/a", folder: "s"))
  }
}
