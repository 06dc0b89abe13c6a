import Formats
import Ledger

/// Scores computed from the named scores of a target: each name stands for the sum over its trials, `__count` for how
/// many trials there are. The run's settings have the formulas, so that they can be computed again from the file.
public struct DerivedMetrics: Sendable {
  private var formulas: [(name: String, formula: Result<Formula, Problem>)] = []

  public init() {}

  public init(of settings: JSON) {
    for entry in settings["derived_metrics"]?.array ?? [] {
      guard let name = entry["name"]?.string, let text = entry["value"]?.string else { continue }
      formulas.append((name, Result { () throws(Problem) in try Formula(parsing: text) }))
    }
  }

  public var isEmpty: Bool { formulas.isEmpty }
  public func contains(_ name: String) -> Bool { formulas.contains { $0.name == name } }

  /// Each in the order of the suite; later ones may use earlier ones.
  public func values(sums: [String: Double], count: Int) -> [(name: String, value: Result<Double, Problem>)] {
    var known = sums
    known["__count"] = Double(count)
    return formulas.map { name, formula in
      let value = Result { () throws(Problem) in try formula.get().value(of: known) }
      known[name] = try? value.get()
      return (name, value)
    }
  }
}
