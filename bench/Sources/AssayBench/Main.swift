import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Measures what the README and the docs claim: `swift run -c release assay-bench SUBJECT [ARGUMENTS]`.
/// A subject is a file beside this one and a row of this table; it prints one line a figure.
private let subjects: [(name: String, measure: @Sendable ([String]) async throws -> Void)] = [
  ("checks", measureChecks), ("compare", compareResults), ("formats", measureFormats), ("json", measureJSON),
  ("ledger", makeLedger), ("models", measureModels), ("simulator", measureSimulator),
  ("statistics", measureStatistics),
  ("templates", measureTemplates), ("wire", measureWire),
]

@main
struct Bench {
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let name = arguments.first, let subject = subjects.first(where: { $0.name == name }) else {
      print(
        "usage: assay-bench SUBJECT [ARGUMENTS]; subjects: \(subjects.map(\.name).joined(separator: ", "))")
      return
    }
    do {
      try await subject.measure(Array(arguments.dropFirst()))
    } catch {
      let problem = error as? Problem ?? Problem("\(error)")
      print("assay-bench: " + problem.message + (problem.mend.map { "\n  \($0)" } ?? ""))
      exit(2)
    }
  }
}

/// The nanoseconds that `work` takes, the least of `rounds`: what it costs when nothing else disturbs it.
func leastNanoseconds(rounds: Int = 9, _ work: () throws -> Void) rethrows -> Int64 {
  var least = Int64.max
  for _ in 0..<rounds {
    let start = MonotonicClock.now()
    try work()
    least = min(least, MonotonicClock.now() - start)
  }
  return least
}

/// Prints a figure the same way for every subject: what, how much, unit.
func report(_ what: String, _ value: Double, _ unit: String, decimals: Int = 1) {
  print("\(what): \(NumberText.fixed(value, decimals: decimals)) \(unit)")
}
