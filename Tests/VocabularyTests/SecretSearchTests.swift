import Testing

@testable import Vocabulary

@Suite("secrets in texts")
struct SecretSearchTests {
  static let key = #"sk/ab"é-0123"#

  @Test(
    "a secret is found however it is escaped",
    arguments: [
      key, #"sk\/ab\"é-0123"#, #"sk/ab\u0022\u00e9-0123"#, #"sk\u002Fab\u0022\u00E9-0123"#,
      "sk%2Fab%22%C3%A9-0123", "sk%2fab%22%c3%a9-0123", #"sk\\\/ab\\\"\\u00e9-0123"#, #"sk%5C/ab\"é-0123"#,
    ])
  func escaped(_ written: String) {
    let search = SecretSearch([Self.key])
    #expect(search.occur(in: "the key \(written) is no good"))
    #expect(
      search.masked("the key \(written) is no good \\n 100%", with: "*") == "the key * is no good \\n 100%")
  }

  @Test("what is beyond the basic plane is escaped by two units")
  func surrogates() {
    #expect(SecretSearch(["pass😀word"]).masked(#"{"p":"pass\ud83d\ude00word"}"#, with: "*") == #"{"p":"*"}"#)
  }

  @Test("of many secrets each is found, the longest at its place, and overlapping ones leave nothing behind")
  func many() {
    let search = SecretSearch((1000..<6000).map { "key-\($0)" } + ["key-1234-long", "long tail", "abc"])
    #expect(search.masked("key-1234, key-1234-long, key-999, abc", with: "*") == "*, *, key-999, abc")
    #expect(search.masked("key-1234-long tail", with: "*") == "*")
    #expect(search.masked("key-5999key-5998", with: "*") == "**")
  }

  @Test("a text that was cut within a secret loses its beginning", arguments: 4..<12)
  func cut(_ count: Int) {
    let search = SecretSearch([Self.key])
    let begun = String(Self.key.prefix(count))
    #expect(search.maskedCut("it is \(begun)", with: "*") == "it is ")
    let escaped = begun.split(separator: "/").joined(separator: "\\/").split(separator: "\"").joined(
      separator: "\\\"")
    #expect(search.maskedCut("it is \(escaped)", with: "*") == "it is ")
    #expect(search.maskedCut(#"it is sk\/ab\u0022\u00"#, with: "*") == "it is ")
    #expect(search.maskedCut("it is sk/", with: "*") == "it is sk/")
  }

  @Test("nothing is found where there are no secrets, or only short ones")
  func none() {
    #expect(SecretSearch(["abc", ""]).isEmpty)
    #expect(!SecretSearch([String]()).occur(in: "anything"))
    #expect(SecretSearch(["12345678"], atLeast: 9).isEmpty)
  }
}
