import Testing

@testable import Terminal

private let program = Command(
  "assay", "evaluate language models",
  options: [Option("version", nil, .flag, "show the version")],
  subcommands: [
    Command(
      "run", "replay suites", section: "evaluate",
      arguments: [Argument("SUITE", "a suite", repeats: true)],
      options: [
        Option("output", "o", .list("FILE"), "write a report"),
        Option("jobs", "j", .value("N"), "calls in flight"),
        Option("quiet", "q", .flag, "say little"),
        Option("format", nil, .value("KIND"), "kind of report", choices: ["junit", "html"]),
      ]),
    Command(
      "ledger", "the ledger", section: "remember",
      subcommands: [Command("merge", "merge ledgers", arguments: [Argument("FILE", "", repeats: true)])]),
  ])

@Test("options and words are sorted whatever their order and spelling")
func sortsWords() throws {
  let arguments = try Arguments(
    ["run", "a.yaml", "-qj4", "--output=x.md", "-o", "y.html", "--", "-b.yaml"], for: program)
  #expect(arguments.path == ["run"])
  #expect(arguments.words == ["a.yaml", "-b.yaml"])
  #expect(arguments.has("quiet"))
  #expect(try arguments.integer("jobs", atLeast: 1) == 4)
  #expect(arguments.values("output") == ["x.md", "y.html"])
}

@Test(
  "a mistake in a call is told with the way out",
  arguments: [
    (["rum"], "unknown command \"rum\"; did you mean \"assay run\"?"),
    (["ledger", "merg"], "unknown command \"merg\"; did you mean \"assay ledger merge\"?"),
    (["run", "--ouput", "x"], "unknown option --ouput; did you mean --output?"),
    (["run", "--output"], "--output needs a value: --output FILE"),
    (["run"], "assay run needs SUITE"),
    (["run", "a", "--quiet=1"], "--quiet takes no value"),
    (["run", "a", "--format", "htlm"], "--format can't be \"htlm\"; did you mean \"html\"?"),
    (["run", "a", "-x"], "unknown option -x"),
  ])
func mistakes(call: [String], message: String) {
  let error = #expect(throws: UsageError.self) { try Arguments(call, for: program) }
  #expect(error?.message == message)
}

@Test("a number that is none is refused with the option's name")
func badNumber() throws {
  let arguments = try Arguments(["run", "a", "-j", "many"], for: program)
  let error = #expect(throws: UsageError.self) { try arguments.integer("jobs", atLeast: 1) }
  #expect(error?.message == "--jobs takes a whole number, at least 1, not \"many\"")
}

@Test("help wins over mistakes and lists commands under their headings")
func help() throws {
  let arguments = try Arguments(["run", "--nonsense", "--help"], for: program)
  #expect(arguments.has("help"))
  let text = program.help(path: ["assay"])
  #expect(text.contains("usage: assay COMMAND [OPTIONS]"))
  #expect(text.contains("evaluate:\n  run  replay suites"))
}

@Test("a negative number is a word, whatever else begins with a dash is an option")
func negative() throws {
  #expect(try Arguments(["run", "-0.5"], for: program).words == ["-0.5"])
  #expect(throws: UsageError.self) { try Arguments(["run", "-5x"], for: program) }
}

@Test("a table cuts the columns that may shrink and keeps numbers whole")
func table() {
  var table = Table([.init("case", shrinksTo: 6), .init("score", isNumber: true)])
  table.add(["a very long description", "0.5"])
  table.add(["short", "12.25"])
  #expect(table.text(width: 18) == "case         score\na very lon…    0.5\nshort        12.25\n")
  for line in table.text(width: 18).split(separator: "\n") { #expect(cells(String(line)) <= 18) }
}

@Test(
  "control characters from a model are shown, not obeyed",
  arguments: [
    ("a\u{1B}[31mb", "a\\x1b[31mb"), ("x\u{202E}y", "x\\u{202e}y"), ("né\n", "né\n"),
    ("a\n ::error::x", "a\n :\u{200B}:error::x"), ("x ##[group]", "x #\u{200B}#[group]"),
    ("a :: b # c", "a :: b # c"),
  ])
func control(text: String, shown: String) { #expect(printable(text) == shown) }

@Test(
  "wide characters take two cells", arguments: [("abc", 3), ("日本", 4), ("é", 1), ("e\u{301}", 1), ("👍", 2)])
func width(text: String, expected: Int) { #expect(cells(text) == expected) }

@Test("completions and the manual page name every command and option")
func generated() throws {
  for shell in ["bash", "zsh", "fish"] {
    let script = try #require(program.completions(for: shell))
    #expect(script.contains("merge") && script.contains("output"))
  }
  #expect(program.manualPage(version: "1").contains("assay ledger merge"))
}
