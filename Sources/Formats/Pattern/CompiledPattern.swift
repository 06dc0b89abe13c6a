import CPCRE2

/// PCRE2's form of a pattern, translated to machine code where the machine allows it.
///
/// Unchecked: PCRE2 never writes to compiled code once `init` is done (pcre2api, "Multithreading"); what a
/// match writes belongs to its own `PatternSearch`.
final class CompiledPattern: @unchecked Sendable {
  let code: OpaquePointer
  let names: [String: Int]

  init(_ pattern: TranslatedPattern, flags: PatternFlags) throws(PatternError) {
    var options =
      PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS
      | PCRE2_MATCH_UNSET_BACKREF | PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C
    if flags.ignoresCase { options |= PCRE2_CASELESS }
    if flags.dotMatchesAll { options |= PCRE2_DOTALL }
    var code: Int32 = 0
    var offset = 0
    let compiled = pattern.bytes.withUnsafeBufferPointer {
      pcre2_compile_8($0.baseAddress, $0.count, options, &code, &offset, nil)
    }
    guard let compiled else {
      throw PatternError(
        kind: .syntax, message: CompiledPattern.message(code), position: pattern.position(ofByte: offset))
    }
    self.code = compiled
    names = pattern.names
    // Without machine code PCRE2 interprets, a few times slower: no reason to fail.
    _ = pcre2_jit_compile_8(compiled, PCRE2_JIT_COMPLETE)
  }

  deinit { pcre2_code_free_8(code) }

  private static func message(_ code: Int32) -> String {
    switch code {
    case 106: return "a character class without \"]\""
    case 114: return "a group without \")\""
    case 122: return "\")\" without a group"
    case 101: return "a backslash at the end"
    case 104, 105: return "a repetition whose bounds are out of order or too large"
    case 108: return "a range in a character class that is out of order"
    case 125: return "a lookbehind that can be of any length, which is not supported"
    case 119, 120, 135, 186: return "too large or too deeply nested"
    case 146, 147: return "unknown character property"
    default:
      var buffer = [UInt8](repeating: 0, count: 256)
      let length = pcre2_get_error_message_8(code, &buffer, buffer.count)
      return length > 0
        ? String(decoding: buffer.prefix(Int(length)), as: UTF8.self) : "not a regular expression"
    }
  }
}
