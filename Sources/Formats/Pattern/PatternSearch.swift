import CPCRE2

/// One search through one text. Owns what PCRE2 writes to; the text is borrowed from the caller.
///
/// PCRE2 bounds the backtracking from each place where a match may begin, not the sum over all places,
/// so the places are tried in batches and the clock is looked at between them.
struct PatternSearch: ~Copyable {
  /// Backtracks from one place: some 10 to 60 ms of machine code at worst.
  private static let backtracks: UInt32 = 2_000_000
  private static let heapKibibytes: UInt32 = 64 * 1024
  private static let jitStackBytes = 8 << 20
  private static let firstBatch = 16

  private let compiled: CompiledPattern
  private let subject: UnsafeBufferPointer<UInt8>
  private let options: UInt32
  private let data: OpaquePointer?
  private let context: OpaquePointer?
  private let deadline: Int64

  init(_ compiled: CompiledPattern, _ subject: UnsafeBufferPointer<UInt8>, isSticky: Bool) {
    self.compiled = compiled
    self.subject = subject
    options = PCRE2_NO_UTF_CHECK | (isSticky ? PCRE2_ANCHORED : 0)
    data = pcre2_match_data_create_from_pattern_8(compiled.code, nil)
    context = pcre2_match_context_create_8(nil)
    pcre2_set_match_limit_8(context, PatternSearch.backtracks)
    pcre2_set_heap_limit_8(context, PatternSearch.heapKibibytes)
    // Long texts with many matches may take their time.
    deadline = MonotonicClock.now() + 300_000_000 + Int64(subject.count) * 20
  }

  deinit {
    pcre2_match_data_free_8(data)
    pcre2_match_context_free_8(context)
  }

  /// The next match that begins at that offset or later: the ranges of the whole and of the groups.
  borrowing func next(from offset: Int) throws(PatternError) -> [Range<Int>?]? {
    if offset > subject.count || data == nil || context == nil { return nil }
    if options & PCRE2_ANCHORED != 0 { return try run(from: offset, to: offset) }
    var start = offset
    var batch = PatternSearch.firstBatch
    while start <= subject.count {
      let began = MonotonicClock.now()
      let end = min(start + batch - 1, subject.count)
      if let found = try run(from: start, to: end) { return found }
      let now = MonotonicClock.now()
      if end == subject.count { return nil }
      if now > deadline { throw tooExpensive }
      if now - began < 1_000_000 { batch *= 8 } else if now - began > 20_000_000 { batch = max(1, batch / 8) }
      start = characterBoundary(end + 1)
    }
    return nil
  }

  private borrowing func run(from start: Int, to end: Int) throws(PatternError) -> [Range<Int>?]? {
    guard let text = subject.baseAddress else { return nil }
    pcre2_set_offset_limit_8(context, end)
    var result = pcre2_match_8(
      compiled.code, text, subject.count, start, options, data,
      context)
    if result == PCRE2_ERROR_JIT_STACKLIMIT {
      let stack = pcre2_jit_stack_create_8(32 << 10, PatternSearch.jitStackBytes, nil)
      pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack))
      result = pcre2_match_8(
        compiled.code, text, subject.count, start, options, data,
        context)
      pcre2_jit_stack_assign_8(context, nil, nil)
      pcre2_jit_stack_free_8(stack)
    }
    if result == PCRE2_ERROR_NOMATCH { return nil }
    if result < 0 { throw tooExpensive }
    let count = Int(pcre2_get_ovector_count_8(data))
    guard let offsets = pcre2_get_ovector_pointer_8(data) else { return nil }
    return (0..<count).map { group in
      let (from, to) = (offsets[2 * group], offsets[2 * group + 1])
      // A group that took no part has an offset beyond all, -1 in Swift.
      return from >= 0 && from <= to && to <= subject.count ? from..<to : nil
    }
  }

  private var tooExpensive: PatternError {
    PatternError(
      kind: .tooExpensive,
      message: "the pattern backtracks too much on this text: repeat fewer things inside what is repeated")
  }

  borrowing func match(_ ranges: [Range<Int>?]) -> Pattern.Match {
    let groups = ranges.map { range in
      range.map { String(decoding: UnsafeBufferPointer(rebasing: subject[$0]), as: UTF8.self) }
    }
    return Pattern.Match(ranges: ranges, groups: groups, names: compiled.names)
  }

  borrowing func characterAfter(_ offset: Int) -> Int { characterBoundary(offset + 1) }

  private borrowing func characterBoundary(_ offset: Int) -> Int {
    var offset = offset
    while offset < subject.count, subject[offset] & 0xC0 == 0x80 { offset += 1 }
    return offset
  }
}
