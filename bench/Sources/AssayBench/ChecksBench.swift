#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Checks
import Formats
import Suites
import Templates
import Vocabulary

/// `checks [BYTES] [NAME]`: every check on replies made to be slow, and the slowest check on each kind: at 10 MB, and
/// just below the lengths beyond which some checks refuse to read. Times are of the processor, so that what else the
/// machine does matters little.
func measureChecks(_ arguments: [String]) async throws {
  let bytes = arguments.first.flatMap { Int($0) } ?? 10_000_000
  let only = arguments.dropFirst().first
  let names = hostileReplies(1).map(\.name).filter { only == nil || $0 == only }
  for name in names {
    var worst = (nanoseconds: Int64(-1), what: "")
    var outcomes: [Outcome: Int] = [:]
    for size in Set([bytes, min(bytes, 1_000_000), min(bytes, 95_000)]).sorted() {
      guard let text = hostileReplies(size).first(where: { $0.name == name })?.text else { continue }
      for (what, took, outcome) in await judgeAll(text) {
        outcomes[outcome, default: 0] += 1
        let line = "\(what): \(outcome), \(size) bytes"
        if took > 1_000_000_000 {
          report("  \(name), \(line)", Double(took) / 1e6, "ms", decimals: 0)
          fflush(nil)
        }
        if took > worst.nanoseconds { worst = (took, line) }
      }
    }
    let counts = outcomes.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key)" }
    report(
      "\(name) (\(counts.joined(separator: ", "))), slowest \(worst.what)", Double(worst.nanoseconds) / 1e6,
      "ms", decimals: 0)
  }
}

private func judgeAll(_ text: String) async -> [(what: String, took: Int64, outcome: Outcome)] {
  var all: [(String, Int64, Outcome)] = []
  var input = CheckInput(output: .string(text))
  input.targetConfig = [
    "tools": [["type": "function", "function": ["name": "a", "parameters": ["required": ["b"]]]]]
  ]
  // Tool calls come as values, the way a client hands them over.
  var called = input
  if let value = try? JSON(parsing: text), value.array != nil || value.object != nil { called.output = value }
  for (type, value, more) in hostileChecks {
    var spec = CheckSpec(type: type)
    spec.value = value
    if value.isNull { spec.value = nil }
    spec.threshold = more["threshold"]?.double
    spec.config = more
    let isOfTools = type.contains("tool") || type.contains("function")
    let (took, outcome) = await timed(Checker(silent), isOfTools ? called : input, spec)
    all.append((type + (value.isNull ? "" : " \(value.text.prefix(40))"), took, outcome))
  }
  let answering = tools { .success(Reply(text: text)) }
  for (type, value) in hostilelyJudged {
    var spec = CheckSpec(type: type)
    spec.value = value
    spec.config = ["against": "b", "context": "c"]
    var input = CheckInput(output: "a reply", variables: ["context": "a context", "query": "a question"])
    input.prompt = "a question"
    let (took, outcome) = await timed(Checker(answering), input, spec)
    all.append(("\(type) (judge's answer)", took, outcome))
  }
  // The reply as what a judge is to read.
  var spec = CheckSpec(type: "llm-rubric")
  spec.value = "is polite"
  let fine = tools { .success(Reply(text: "{\"reason\": \"r\", \"pass\": true, \"score\": 1}")) }
  let (took, outcome) = await timed(Checker(fine), input, spec)
  all.append(("llm-rubric", took, outcome))
  return all
}

private func timed(_ checker: Checker, _ input: CheckInput, _ spec: CheckSpec) async -> (Int64, Outcome) {
  let start = processorTime()
  let verdict = await checker.judge(input, checks: [spec], threshold: nil)
  return (processorTime() - start, verdict.outcome)
}

/// Nanoseconds of processor time that this process has taken.
private func processorTime() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

private let silent = tools { .failure(Failure(.config, "nobody is asked")) }

private func tools(_ answer: @escaping @Sendable () -> Result<Reply, Failure>) -> CheckTools {
  CheckTools(
    run: { _, _ in throw Problem("no scripts") },
    ask: { question in
      Call(
        purpose: question.purpose, source: .local, target: "judge", provider: "", model: "", request: .null,
        result: answer(), attempts: [], total: 0, scheduledAt: 0)
    }, post: { _ in throw Problem("no network") }, read: { _ in throw Problem("no files") },
    templates: .standard)
}
