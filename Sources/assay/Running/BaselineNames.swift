import Formats
import Ledger

/// Baselines are known by suite and branch, or by any other name that was given them.
enum BaselineNames {
  /// The name that `assay baseline set` gives where none is asked for: `SUITE@BRANCH`, or `SUITE`.
  static func standard(_ run: RunRow) -> String {
    guard let suite = run.suiteFile else { return "baseline" }
    return run.gitBranch.map { "\(suite)@\($0)" } ?? suite
  }

  /// The run to compare with: the one that was named, else the suite's on this branch, on main, on any.
  static func run(_ named: String?, suite: String?, branch: String?, in ledger: Ledger) throws -> RunRow? {
    if named == "latest", let suite {
      return try ledger.runs().first { $0.suiteFile == suite && $0.state == .done }
    }
    if let named { return try LedgerFile.run(named, in: ledger) }
    let known = try ledger.baselines()
    var names = ["baseline"]
    if let suite {
      let branches = [branch, "main", "master"].compactMap { $0 }
      names = branches.map { "\(suite)@\($0)" } + [suite] + names
    }
    for name in names where known.contains(where: { $0.name == name }) { return try ledger.run(name) }
    return nil
  }
}
