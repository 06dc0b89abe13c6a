import Formats

/// Replies made to be slow, each about so many bytes. What is refused beyond some length is tried below it, too.
func hostileReplies(_ n: Int) -> [(name: String, text: String)] {
  func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: max(1, count)) }
  func numbered(_ bytes: Int, _ text: (Int) -> String) -> String {
    (0..<max(1, n / bytes)).map(text).joined()
  }
  return [
    ("plain words", times("the quick brown fox, ", n / 21)), ("white space", times(" ", n)),
    ("line ends", times("\r\n", n / 2)), ("one letter", times("a", n)), ("letters y", times("y", n)),
    ("letters a b", times("a b ", n / 4)), ("full stops", times(".", n)),
    ("digits", times("7", n)), ("broken numbers", times("1,234.5.6e", n / 10)),
    ("dates", times("2026-02-30 ", n / 11)), ("years", times("1 may 20261 ", n / 12)),
    ("exponents", "[1e999999999" + times(",1e-999999999", n / 13) + "]"),
    ("commas", numbered(8) { "\($0)," }), ("list", "[1" + numbered(8) { ",\($0)" } + "]"),
    ("open brackets", times("[", n)), ("open objects", times("{\"a\":", n / 5)),
    ("deep JSON", times("[", n / 2) + times("]", n / 2)), ("many objects", times("{\"a\":1} ", n / 8)),
    ("many keys", "{\"zz\":0" + numbered(14) { ",\"k\($0)\":1" } + "}"),
    ("equal keys", "{\"zz\":0" + times(",\"key\":1", n / 8) + "}"),
    ("trees", "[" + times("[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]],", n / 35) + "1]"),
    ("long string", "{\"a\":\"" + times("\\u00e9\\n\\\"", n / 10) + "\"}"),
    ("strings that backtrack", "[\"\"" + times(",\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"", n / 34) + "]"),
    ("tool calls", "[1" + times(",{\"function\":{\"name\":\"a\",\"arguments\":\"{}\"}}", n / 45) + "]"),
    (
      "a tool's argument",
      "[{\"function\":{\"name\":\"a\",\"arguments\":{\"b\":\"" + times("a", n) + "!\"}}}]"
    ),
    (
      "a tool's name",
      "{\"name\":\"" + times("a", n) + "\",\"arguments\":{}}"
    ),
    ("quotes and braces", times("\"{", n / 2)), ("fences", times("```sql ", n / 7)),
    ("backtracking", times("a", n) + "!"),
    ("control characters", times("\u{0}\u{1B}[31m\u{202E}\u{FFFE}\r", n / 14)),
    ("combining marks", times("a\u{301}\u{302}\u{303}", n / 7)),
    ("one combined letter", "a" + times("\u{301}\u{323}", n / 4)),
    ("Hangul", times("\u{1100}\u{1161}\u{11A8}", n / 9)), ("ligatures", times("\u{FDFA}", n / 3)),
    ("capitals that grow", times("\u{130}", n / 2)),
    ("flags", times("\u{1F1E6}", n / 4)), ("joined emoji", times("\u{1F468}\u{200D}", n / 7)),
    ("near refusals", times("i cann i'm a ", n / 13)),
    ("unfinished tags", times("<div ", n / 5)), ("open tags", times("<a>", n / 3)),
    ("open paragraphs", times("<p><b>", n / 6)), ("open forms", times("<table><tr>", n / 11)),
    ("custom tags", numbered(16) { "<x-\($0 % 100_000)>" }), ("angles", times("<", n)),
    ("comments", times("<!--", n / 4)), ("references", "<a>" + times("&lt;&#x41;", n / 10) + "</a>"),
    ("empty elements", "<a>" + times("<b/>", n / 4) + "</a>"),
    ("nested elements", "<r>" + times(times("<a>", 200) + "x" + times("</a>", 200), n / 1_401) + "</r>"),
    ("deep elements", times("<a>", n / 7) + times("</a>", n / 7)),
    ("attributes", "<a" + numbered(13) { " a\($0)=\"\"" } + "></a>"),
    ("attributes of many", times("<b" + (0..<1_000).map { " a\($0)=\"\"" }.joined() + "></b>", n / 9_000)),
    ("bare attributes", "<div" + numbered(9) { " a\($0)" } + "></div>"),
    ("namespaces", "<a" + numbered(20) { " xmlns:a\($0)=\"u\"" } + "></a>"),
    ("a long text", "<a>" + times("x", n) + "</a>"), ("a long name", "<" + times("x", n) + "/>"),
    (
      "XML bomb",
      "<?xml version=\"1.0\"?><!DOCTYPE b [<!ENTITY a \"x\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]><b>"
        + times("&b;", n / 3) + "</b>"
    ),
    ("SQL parentheses", "SELECT " + times("(", n)),
    ("SQL closed parentheses", "SELECT " + times("(", n / 2) + "1" + times(")", n / 2)),
    ("SQL sum", "SELECT 1" + times("+1", n / 2)), ("SQL negation", "SELECT " + times("NOT ", n / 4) + "1"),
    ("SQL minus", "SELECT " + times("- ", n / 2) + "1"),
    ("SQL unions", "SELECT 1" + times(" UNION SELECT 1", n / 15)),
    ("SQL or", "SELECT 1 WHERE a" + times(" OR a", n / 5)),
    ("SQL cases", "SELECT " + times("CASE WHEN 1 THEN ", n / 17)),
    ("SQL subqueries", times("SELECT * FROM (", n / 15)),
    ("SQL columns", "SELECT a" + numbered(8) { ",c\($0)" } + " FROM t"),
    ("SQL tables", "SELECT 1 FROM a" + numbered(8) { ",t\($0)" }),
    ("SQL joins", "SELECT 1 FROM a" + times(" JOIN a", n / 7)),
    ("SQL statements", times("SELECT 1;", n / 9)),
    ("SQL values", "INSERT INTO t VALUES (1" + times(",1", n / 2) + ")"),
    ("SQL comments", times("/*", n / 2)), ("SQL empty comments", times("/**/", n / 4) + "SELECT 1"),
    ("SQL operators", "SELECT 1 " + times("+-", n / 2) + " 1"),
    (
      "YAML aliases",
      "{a: &a [x,x,x,x,x,x,x,x,x]"
        + (0..<min(500, n / 40)).map { i in
          ", k\(i): &k\(i) ["
            + Array(repeating: i == 0 ? "*a" : "*k\(i - 1)", count: 9).joined(separator: ",") + "]"
        }.joined() + "}"
    ),
    ("YAML braces", "{a: " + times("{b: ", n / 4)),
    ("YAML quoted", "{pass: \"" + times("\\x41", n / 4) + "\"}"),
    ("verdicts", times("{\"pass\": true, \"score\": 1} ", n / 27)),
    (
      "statements", "{\"statements\": [" + times("{\"supported\": true},", n / 20) + "{\"supported\": true}]}"
    ),
    ("steps", "{\"steps\": [\"a\"" + times(",\"a\"", n / 4) + "]}"),
    ("thoughts", times("<think>", n / 7)), ("letters in brackets", times("(A) ", n / 4)),
  ]
}

/// Every family of checks, with values that make the most of such replies.
let hostileChecks: [(type: String, value: JSON, more: JSONObject)] = [
  ("equals", ["a": 1], [:]), ("equals", "zzz", [:]), ("contains", "zzz", [:]), ("icontains", "ZZZ", [:]),
  ("contains-all", ["zzz", "yyy"], [:]), ("contains-any", ["zzz", "yyy"], [:]),
  ("icontains-any", ["\u{E9}zz", "yyy"], [:]), ("contains", "aaaaaaaaaaaaaaaaaaaaaaaaaaaab", [:]),
  ("starts-with", "zzz", [:]), ("ends-with", "zzz", [:]),
  ("regex", "(a+)+$", [:]), ("regex", "(.*)*x(?=y)", [:]), ("regex", "^(([a-z])+.)+[A-Z]([a-z])+$", [:]),
  ("regex", "(?<=a.*)b", [:]), ("regex", "zzz$", ["flags": "i"]), ("regex", "(\\w+\\s?)*;", [:]),
  ("levenshtein", "kitten", ["threshold": 1_000]), ("levenshtein", "kitten", ["threshold": 1e9]),
  ("word-count", 3, [:]), ("character-count", 3, [:]), ("is-refusal", .null, [:]),
  ("number-close", -7, [:]), ("date-close", "2026-03-01", [:]), ("set-equal", ["a"], [:]),
  ("is-json", .null, [:]), ("is-json", ["type": "object"], [:]),
  ("is-json", ["additionalProperties": false], [:]),
  ("is-json", ["propertyNames": ["pattern": "(z+)+$"], "items": ["pattern": "^(a+)+$"]], [:]),
  ("is-json", ["uniqueItems": true, "patternProperties": ["^(k*)*9$": ["type": "string"]]], [:]),
  ("is-json", ["items": ["anyOf": [["$ref": "#"], ["oneOf": [["type": "integer"], ["const": 1]]]]]], [:]),
  (
    "is-json",
    [
      "unevaluatedProperties": false, "contains": ["const": 3],
      "$schema": "https://json-schema.org/draft/2020-12/schema",
    ], [:]
  ),
  ("contains-json", .null, [:]), ("contains-json", ["required": ["zz"]], [:]),
  ("json-path", "$..a", [:]), ("json-path", "$..*..*", [:]), ("json-path", "$[?search(@, '^(a+)+$')]", [:]),
  ("is-xml", .null, [:]), ("is-xml", ["a.b.c"], [:]), ("contains-xml", .null, [:]), ("xpath", "//zzz", [:]),
  ("xpath", "//*", [:]), ("xpath", "//*[count(preceding::*) = -1]", [:]), ("xpath", "//zzz", ["html": true]),
  ("is-html", .null, [:]), ("contains-html", .null, [:]), ("is-sql", .null, [:]),
  ("is-sql", ["databaseType": "SQLite"], [:]),
  (
    "is-sql",
    [
      "databaseType": "PostgreSQL", "allowedTables": ["select::null::a"],
      "allowedColumns": ["select::null::a"],
    ], [:]
  ),
  ("contains-sql", .null, [:]), ("rouge-n", "a b c", [:]), ("rouge-n", "a b c", ["n": 9]),
  ("rouge-l", "a b c", [:]),
  ("bleu", "a b c", [:]), ("gleu", "a b c", [:]), ("meteor", "a b c", [:]), ("tool-call-f1", ["a"], [:]),
  ("tool-sequence", ["a"], [:]), ("tool-args", ["a": ["b": 1]], [:]),
  ("tool-args", ["a": ["b": ["regex": "^(a+)+$"]]], [:]), ("is-valid-openai-tools-call", .null, [:]),
  ("is-valid-function-call", .null, [:]), ("trajectory:tool-used", "*a*a*a*a*b", [:]),
]

/// Checks whose judge answers with the hostile text.
let hostilelyJudged: [(type: String, value: JSON)] = [
  ("llm-rubric", "is polite"), ("factuality", "a"), ("closedqa", "a"), ("g-eval", "a"),
  ("context-faithfulness", "a"), ("context-recall", "a"), ("answer-relevance", "a"), ("pairwise", "a"),
  ("classifier", "a"),
]
