import Formats

/// What one check found.
public typealias CheckResult = Shared<CheckResultFields>

public struct CheckResultFields: Sendable, Hashable {
  /// `pass` and `fail` are verdicts; `error` means that no verdict could be reached, and is never a pass.
  public var outcome: Outcome
  /// 0...1
  public var score: Double
  public var reason: String
  /// As in the suite, with `not-` where it was negated.
  public var type: String
  public var metric: String?
  public var weight: Double = 1
  public var threshold: Double?
  /// Further named scores that a script or judge gave.
  public var namedScores: [String: Double] = [:]
  /// Of an `assert-set`, or of what a script returned.
  public var components: [CheckResult] = []
  public var location: SourceLocation?
  /// Set where our verdict differs from promptfoo's by design: said once in the report.
  public var note: String?
  /// The target that judged, where one did.
  public var judge: String?
  /// The value the check was given, rendered, for reports.
  public var expected: JSON?
  /// Of a check against an approved file: it judged what a transform of its own made of the output.
  public var hasOwnTransform = false
}

extension CheckResult {
  public init(_ outcome: Outcome, score: Double, reason: String, type: String = "") {
    self.init(CheckResultFields(outcome: outcome, score: score, reason: reason, type: type))
  }

  public static func pass(_ reason: String, score: Double = 1) -> Self {
    .init(.pass, score: score, reason: reason)
  }
  public static func fail(_ reason: String, score: Double = 0) -> Self {
    .init(.fail, score: score, reason: reason)
  }
  public static func error(_ reason: String) -> Self { .init(.error, score: 0, reason: reason) }
}
