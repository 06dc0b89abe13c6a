/// What became of each case from A to B. A case passes when more than half of its judged trials do.
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

  /// The trial that shows it best: one that fails where the case fails, else one that passes.
  public static func telling(_ figures: CaseFigures) -> TrialFigures? {
    let fails = !(passes(figures) ?? false)
    return figures.trials.first { $0.outcome == (fails ? .fail : .pass) }
      ?? figures.trials.first { $0.isJudged }
  }

  /// Nil where nothing could be judged.
  static func passes(_ figures: CaseFigures) -> Bool? { Metric.passRate.value(of: figures).map { $0 > 0.5 } }

  /// `3/5`
  public static func count(_ figures: CaseFigures) -> String {
    "\(figures.trials.count { $0.outcome == .pass })/\(figures.trials.count { $0.isJudged })"
  }
}

/// By kind and in the order of A; cases that only one side judged are left out.
public func caseChanges(_ a: Arm, _ b: Arm) -> [CaseChange] {
  let known = Dictionary(b.cases.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
  let found = a.cases.compactMap { one -> CaseChange? in
    guard let other = known[one.key], let x = CaseChange.passes(one), let y = CaseChange.passes(other) else {
      return nil
    }
    switch (x, y) {
    case (true, false): return CaseChange(kind: .newlyFailing, key: one.key, a: one, b: other)
    case (false, true): return CaseChange(kind: .newlyPassing, key: one.key, a: one, b: other)
    case (false, false): return CaseChange(kind: .stillFailing, key: one.key, a: one, b: other)
    case (true, true): return nil
    }
  }
  return CaseChange.Kind.allCases.flatMap { kind in found.filter { $0.kind == kind } }
}
