/// What became of each case from A to B. A case passes when more than half of its judged trials do; what erred is judged
/// where errors count as failures.
public struct CaseChange: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    case newlyFailing = "newly_failing"
    case newlyPassing = "newly_passing"
    case stillFailing = "still_failing"
  }

  public var kind: Kind
  public var key: String
  public var a: CaseFigures
  public var b: CaseFigures
  var options = ComparisonOptions()

  /// The trial that shows it best: one that fails where the case fails, else one that passes.
  public func telling(_ figures: CaseFigures) -> TrialFigures? {
    let fails = !(Self.passes(figures, options) ?? false)
    return figures.trials.first { $0.outcome == (fails ? .fail : .pass) }
      ?? figures.trials.first { Metric.passRate.value($0, options) != nil }
  }

  /// Nil where nothing could be judged.
  static func passes(_ figures: CaseFigures, _ options: ComparisonOptions) -> Bool? {
    Metric.passRate.value(of: figures, options).map { $0 > 0.5 }
  }

  /// `3/5`
  public func count(_ figures: CaseFigures) -> String {
    let judged = figures.trials.compactMap { Metric.passRate.value($0, options) }
    return "\(judged.count { $0 == 1 })/\(judged.count)"
  }
}

/// By kind and in the order of A; cases that only one side judged are left out.
public func caseChanges(_ a: Arm, _ b: Arm, _ options: ComparisonOptions = .init()) -> [CaseChange] {
  let known = Dictionary(b.cases.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
  let found = a.cases.compactMap { one -> CaseChange? in
    guard let other = known[one.key], let x = CaseChange.passes(one, options),
      let y = CaseChange.passes(other, options)
    else { return nil }
    let kind: CaseChange.Kind
    switch (x, y) {
    case (true, false): kind = .newlyFailing
    case (false, true): kind = .newlyPassing
    case (false, false): kind = .stillFailing
    case (true, true): return nil
    }
    return CaseChange(kind: kind, key: one.key, a: one, b: other, options: options)
  }
  return CaseChange.Kind.allCases.flatMap { kind in found.filter { $0.kind == kind } }
}
