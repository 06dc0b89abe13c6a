/// A recorded trial as the rule reads it.
public struct WatchedTrial: Sendable {
  /// Place of its case in the order in which the run asks, from 0 without a gap.
  public var order: Int
  /// Trials of that case in all.
  public var trialsOfCase: Int
  /// Of the case and, where there are several, its prompt: what pairs with other targets and runs.
  public var key: String
  public var cluster: String?
  public var target: String
  public var figures: TrialFigures

  public init(
    order: Int, trialsOfCase: Int, key: String, cluster: String?, target: String, figures: TrialFigures
  ) {
    self.order = order
    self.trialsOfCase = trialsOfCase
    self.key = key
    self.cluster = cluster
    self.target = target
    self.figures = figures
  }
}

/// A target's trials of one case, by prompt and in the order of their keys.
func figures(_ trials: [WatchedTrial], of target: String) -> [(key: String, value: CaseFigures)] {
  var found: [String: CaseFigures] = [:]
  for trial in trials where trial.target == target {
    found[trial.key, default: CaseFigures(key: trial.key, trials: [])].trials.append(trial.figures)
  }
  return found.sorted { $0.key < $1.key }
}

extension [(key: String, value: CaseFigures)] {
  subscript(key: String) -> CaseFigures? { first { $0.key == key }?.value }
}
