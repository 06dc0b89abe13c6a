import Formats
import Statistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Two results of bench/run beside each other: `assay-bench compare BEFORE.json AFTER.json`.
///
/// A figure's rounds are two samples; what is estimated is the ratio of their geometric means, with Welch's interval on
/// the logarithms, and Holm's adjustment over all figures. Where a figure has a yardstick that ran in the same minute, each
/// round counts relative to it, since the machine's speed wanders from hour to hour.
func compareResults(_ arguments: [String]) throws {
  guard arguments.count == 2 else {
    throw Problem("two results are compared", mend: "bench/compare BEFORE.json AFTER.json")
  }
  let (before, after) = (try Results(arguments[0]), try Results(arguments[1]))
  print("before: \(before.title)\nafter:  \(after.title)\n")
  var rows: [Row] = []
  for (name, figure) in before.figures {
    guard let other = after.figures.first(where: { $0.name == name })?.figure else { continue }
    rows.append(Row(name, figure, other))
  }
  let testable = rows.indices.filter { rows[$0].test != nil }
  let p = adjusted(testable.compactMap { rows[$0].test?.p }, .holm)
  for (place, p) in zip(testable, p) { rows[place].p = p }
  for row in rows { print(row.line) }
  let missing = before.figures.filter { old in !after.figures.contains { $0.name == old.name } }.map(\.name)
  if !missing.isEmpty { print("\nnot measured again: \(missing.joined(separator: "; "))") }
}

private struct Figure {
  var values: [Double]
  var yardstick: [Double]
  var unit: String
  var lessIsBetter: Bool

  /// The logarithms of the rounds, relative to the yardstick where each has one.
  func logs(relative: Bool) -> [Double] {
    relative ? zip(values, yardstick).map { log($0 / $1) } : values.map { log($0) }
  }

  var mayBeRelative: Bool { yardstick.count == values.count && yardstick.allSatisfy { $0 > 0 } }
}

private struct Results {
  var title: String
  var figures: [(name: String, figure: Figure)] = []

  init(_ path: String) throws {
    let json = try? JSON(parsing: try File.read(path))
    guard let json, json["format"]?.string == "assay bench 1", let figures = json["figures"]?.array else {
      throw Problem("\(path) is no result of bench/run", mend: "make one with: bench/run --json \(path)")
    }
    title = [json["date"]?.string, json["commit"]?.string, json["machine"]?.string].compactMap { $0 }
      .joined(separator: ", ")
    for entry in figures {
      let values = entry["values"]?.array?.compactMap(\.double).filter { $0 > 0 } ?? []
      guard let name = entry["name"]?.string, !values.isEmpty else { continue }
      let yardstick = entry["yardstick"]?["values"]?.array?.compactMap(\.double) ?? []
      self.figures.append(
        (
          name,
          Figure(
            values: values, yardstick: yardstick, unit: entry["unit"]?.string ?? "",
            lessIsBetter: entry["better"]?.string == "less")
        ))
    }
  }
}

private struct Row {
  let name: String
  let ratio: Double
  let test: WelchTest?
  let rounds: String
  let isRelative: Bool
  let lessIsBetter: Bool
  var p: Double?

  init(_ name: String, _ before: Figure, _ after: Figure) {
    self.name = name
    isRelative = before.mayBeRelative && after.mayBeRelative
    let (a, b) = (before.logs(relative: isRelative), after.logs(relative: isRelative))
    ratio = exp(b.reduce(0, +) / Double(b.count) - a.reduce(0, +) / Double(a.count))
    test = welch(a, b)
    rounds = "\(a.count) and \(b.count) rounds"
    lessIsBetter = before.lessIsBetter
  }

  private var verdict: String {
    guard let p else { return ratio == 1 ? "the same" : "too few rounds to tell" }
    if p >= 0.05 { return "no detectable difference" }
    return (ratio < 1) == lessIsBetter ? "better" : "worse"
  }

  var line: String {
    func factor(_ value: Double) -> String { NumberText.fixed(value, decimals: 3) }
    var text = "\(name): x \(factor(ratio))"
    if let interval = test?.interval, let lower = interval.lower, let upper = interval.upper {
      text += " (95 % CI \(factor(exp(lower))) to \(factor(exp(upper)))"
      text += p.map { ", p = \(NumberText.fixed($0, decimals: 3)))" } ?? ")"
    }
    return text + ", \(rounds)\(isRelative ? ", against the yardstick" : ""): \(verdict)"
  }
}
