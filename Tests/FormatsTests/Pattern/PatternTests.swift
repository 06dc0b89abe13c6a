import Formats
import Testing

@Suite("Patterns")
struct PatternTests {
  /// What node's `RegExp` finds first, or nil for no match.
  static let matches: [(pattern: String, flags: String, text: String, match: String?)] = [
    ("colou?r", "", "my color", "color"), ("a|b", "", "xb", "b"), ("", "", "x", ""), ("^$", "", "", ""),
    ("\\d+", "", "a١٢3", "3"), ("\\w+", "", "éa_1é", "a_1"), ("\\s", "", "a\u{a0}b", "\u{a0}"),
    ("\\s", "", "a\u{feff}b", "\u{feff}"), ("\\S+", "", "\u{2003}ab\u{2003}", "ab"),
    ("[\\s]", "", "\u{3000}", "\u{3000}"),
    ("[^\\S]", "", "a b", " "), ("[\\S]+", "", " é ", "é"), ("\\bé", "", "aé", "é"),
    (".", "", "\u{2028}a", "a"),
    (".", "", "\u{85}", "\u{85}"), (".+", "", "a\rb", "a"), (".+", "s", "a\nb", "a\nb"),
    ("[^]+", "", "a\nb", "a\nb"),
    ("[]", "", "a", nil), ("a$", "", "a\n", nil), ("a$", "m", "a\nb", "a"), ("^b", "m", "a\rb", "b"),
    ("^b", "m", "a\u{85}b", nil), ("^b", "", "a\nb", nil), ("A", "i", "xa", "a"), ("É", "i", "é", "é"),
    ("ß", "i", "SS", nil),
    ("(?<y>\\d{4})-\\k<y>", "", "2026-2026", "2026-2026"), ("\\k<y>", "", "k<y>", "k<y>"),
    ("(a)\\1", "", "aa", "aa"),
    ("\\1(a)", "", "a", "a"), ("(?:(a)|b)\\1", "", "b", "b"), ("\\101", "", "A", "A"), ("\\8", "", "8", "8"),
    ("\\0", "", "\0", "\0"),
    ("\\x41\\u0042\\cJ", "", "AB\n", "AB\n"), ("\\u{41}", "u", "A", "A"), ("\\u{3}", "", "uuu", "uuu"),
    ("\\u{1F600}", "", "😀", "😀"), ("\\ud83d\\ude00", "", "😀", "😀"), ("^.$", "u", "😀", "😀"),
    ("\\xg", "", "xg", "xg"), ("\\uz", "", "uz", "uz"),
    ("\\p{L}", "", "p{L}", "p{L}"), ("\\p{L}+", "u", "1é日", "é日"), ("\\p{Uppercase_Letter}", "u", "aÉ", "É"),
    ("\\P{Letter}", "u", "a1", "1"), ("\\p{Script=Greek}+", "u", "abγδ", "γδ"),
    ("[\\p{Lu}\\d]+", "u", "aB1", "B1"),
    ("\\p{sc=Cyrillic}", "u", "дa", "д"), ("\\p{Emoji_Presentation}", "u", "a😀", "😀"),
    ("a{,2}", "", "a{,2}", "a{,2}"), ("a{", "", "a{", "a{"), ("x{2}", "", "xxx", "xx"),
    ("a{1,2}?", "", "aa", "a"), ("}", "", "}", "}"), ("]", "", "]", "]"),
    ("[a-c-e]+", "", "b-e", "b-e"), ("[\\w-.]+", "", "a-.", "a-."), ("[\\d-x]+", "", "1-x", "1-x"),
    ("[-a]+", "", "a-", "a-"), ("[a-]+", "", "-a", "-a"),
    ("[[:alpha:]]", "", ":]", ":]"), ("[\\b]", "", "\u{8}", "\u{8}"), ("[\\]]", "", "]", "]"),
    ("[^a-z]", "i", "A1", "1"), ("[\\q]", "", "q", "q"),
    ("\\Qa\\E", "", "QaE", "QaE"), ("\\A", "", "A", "A"), ("\\z", "", "z", "z"), ("\\/", "", "/", "/"),
    ("#a b", "", "#a b", "#a b"), ("\\-", "", "-", "-"),
    ("(?<=\\$)\\d+", "", "$42", "42"), ("(?<!\\$)\\b\\d+", "", "$42 7", "7"), ("a(?=b)", "", "ac ab", "a"),
    ("a(?!b)", "", "ab ac", "a"),
    ("(?=a)*b", "", "b", "b"), ("(?i:A)b", "", "ab", "ab"), ("a", "y", "ba", nil), ("a", "y", "ab", "a"),
    ("(a*)*", "", "b", ""), ("(z)((a+)?(b+)?(c))*", "", "zaacbbbcac", "zaacbbbcac"), ("日本?", "", "日本", "日本"),
  ]

  @Test("what JavaScript finds, and nothing else", arguments: matches)
  func finds(pattern: String, flags: String, text: String, match: String?) throws {
    let found = try Pattern(pattern, flags: flags).firstMatch(in: text)
    #expect(found?.text == match)
    #expect(try Pattern(pattern, flags: flags).matches(in: text) == (match != nil))
  }

  static let mistakes: [(pattern: String, flags: String, position: Int?, words: String)] = [
    ("(", "", nil, "a group without \")\""), ("a)", "", 1, "\")\" without a group"),
    ("*a", "", 0, "nothing to repeat"),
    ("a**", "", 2, "nothing to repeat"), ("a++", "", 2, "nothing to repeat"),
    ("^*", "", 1, "nothing to repeat"), ("(*UTF)a", "", 1, "nothing to repeat"),
    ("(?P<n>a)", "", nil, "unknown kind of group"), ("(?>a)", "", nil, "unknown kind of group"),
    ("(?R)", "", nil, "unknown kind of group"),
    ("(?#x)", "", nil, "unknown kind of group"), ("[a", "", 0, "a character class without \"]\""),
    ("[b-a]", "", 1, "out of order"),
    ("a{2,1}", "", nil, "out of order"), ("a\\", "", 1, "a backslash at the end"),
    ("(?<n>a)\\k<m>", "", 8, "no group is named \"m\""),
    ("(?<n>a)(?<n>b)", "", 10, "two groups are named"), ("(?<1>a)", "", nil, "not a name"),
    ("a", "x", nil, "unknown flag"), ("a", "gg", nil, "twice"),
    ("\\p{Nope}", "u", nil, "unknown character property"), ("\\ud83d", "", 0, "surrogate"),
    ("(?<=a+)b", "", nil, "lookbehind"), ("\\u{110000}", "u", nil, "not a character"),
  ]

  @Test("mistakes say what and where", arguments: mistakes)
  func tellsMistakes(pattern: String, flags: String, position: Int?, words: String) throws {
    let error = try #require(throws: PatternError.self) { try Pattern(pattern, flags: flags) }
    #expect(error.kind == .syntax)
    #expect(error.message.contains(words), "\(error.message)")
    if let position { #expect(error.position == position) }
  }

  @Test("groups by number and by name, with their places in UTF-8")
  func groups() throws {
    let match = try #require(try Pattern("(?<month>\\d+)/(x)?(\\d+)").firstMatch(in: "é 03/26"))
    #expect(match.groups == ["03/26", "03", nil, "26"])
    #expect(match.ranges == [3..<8, 3..<5, nil, 6..<8])
    #expect(match.group(named: "month") == "03")
    #expect(match.group(named: "none") == nil)
  }

  @Test("all matches, also empty ones and between characters of several bytes")
  func allMatches() throws {
    #expect(try Pattern("\\d").allMatches(in: "a1b22").map(\.text) == ["1", "2", "2"])
    #expect(try Pattern("").allMatches(in: "é😀").map(\.range) == [0..<0, 2..<2, 6..<6])
    #expect(try Pattern("a*").allMatches(in: "baac").map(\.text) == ["", "aa", "", ""])
    #expect(try Pattern("a", flags: "y").allMatches(in: "aaba").count == 2)
    #expect(try Pattern("\\d").allMatches(in: "123", limit: 2).count == 2)
    let long = String(repeating: "abc ", count: 50_000)
    #expect(try Pattern("\\bb?c?a").allMatches(in: long).count == 50_000)
  }

  @Test(
    "replacements as in JavaScript",
    arguments: [
      ("b", "", "abcb", "X", "aXcb"), ("b", "g", "abcb", "X", "aXcX"),
      ("(a)(b)?", "g", "ab a", "[$2$1]", "[ba] [a]"),
      ("b", "", "abc", "$$ $& $` $'", "a$ b a cc"), ("(?<n>b)", "", "abc", "<$<n>$<m>>", "a<b>c"),
      ("b", "", "abc", "$1$0$<n>", "a$1$0$<n>c"),
      ("(b)", "", "abc", "$10$01", "ab0bc"), ("x*", "g", "é", "-", "-é-"), ("b", "g", "aaa", "X", "aaa"),
      ("b", "", "abc", "$", "a$c"),
    ] as [(String, String, String, String, String)])
  func replaces(pattern: String, flags: String, text: String, replacement: String, result: String) throws {
    #expect(try Pattern(pattern, flags: flags).replacing(in: text, with: replacement) == result)
  }

  @Test(
    "splits as in JavaScript",
    arguments: [
      (",", "a,b,,c", ["a", "b", "", "c"]), ("", "aé😀", ["a", "é", "😀"]),
      ("(-)|,", "a-b,c", ["a", "-", "b", "", "c"]), (",", "", [""]),
      ("", "", []), ("\\s*", "a b", ["a", "b"]), ("x", "abc", ["abc"]), (",", ",a,", ["", "a", ""]),
      ("a*", "baac", ["b", "c"]),
    ] as [(String, String, [String])])
  func splits(pattern: String, text: String, pieces: [String]) throws {
    #expect(try Pattern(pattern).split(text) == pieces)
  }

  static let runaways: [(pattern: String, text: String)] = [
    ("(a+)+[bc]", String(repeating: "a", count: 5000)),
    ("^(([a-z])+.)+[A-Z]([a-z])+$", String(repeating: "a", count: 2000)),
    (".*.*.*.*[=!]", String(repeating: "x", count: 20_000)),
    (".*.*.*[=!]", String(repeating: "x", count: 250)),
    ("(?=(a+))\\1+[bc]", String(repeating: "a", count: 100_000)),
    ("(a|aa)+[bc]", String(repeating: "a", count: 40)),
    ("(?:a?){40}a{40}[bc]", String(repeating: "a", count: 40)),
    ("(x|y|[^z])*?[=!]", String(repeating: "w", count: 300_000)),
    ("\\s+[=!]", String(repeating: " ", count: 1_000_000)),
  ]

  @Test("a runaway pattern is an error within a second", arguments: runaways)
  func bounded(pattern: String, text: String) throws {
    let pattern = try Pattern(pattern)
    let began = MonotonicClock.now()
    do throws(PatternError) {
      #expect(try !pattern.matches(in: text))
    } catch {
      #expect(error.kind == .tooExpensive)
    }
    // Generous, for machines under load; alone it is a third of this.
    #expect(MonotonicClock.now() - began < 3_000_000_000)
  }

  @Test("a group that repeats over a long text does not run out of stack")
  func deepGroups() throws {
    let text = String(repeating: "ab", count: 20_000)
    #expect(try Pattern("^(?:a|b)+$").matches(in: text))
    #expect(try Pattern("^(?:(a)|(b))*$").firstMatch(in: text)?.text.utf8.count == 40_000)
  }
}
