import Vocabulary

/// The votes on one trial's replies, taken together.
public struct VoteTally: Sendable, Hashable {
  public var count = 0
  public var up = 0
  public var down = 0
  /// Of all votes, each as 0 for down to 1 for up.
  var sum = 0.0

  public init() {}

  public mutating func add(_ value: Double) {
    count += 1
    if value > 0 { up += 1 }
    if value < 0 { down += 1 }
    sum += (value + 1) / 2
  }

  /// From 0, all down, to 1, all up; nil without votes.
  public var mean: Double? { count > 0 ? sum / Double(count) : nil }
}

/// One vote on one reply.
public struct VotedReply: Sendable {
  /// Label of the target that was asked.
  public var target: String
  /// Equal for votes on the same trial or call.
  public var reply: String
  /// Equal for replies to the same question.
  public var question: String
  public var cluster: String?
  /// From -1 to 1.
  public var value: Double
}

/// What one check said of a reply that people voted on.
public struct VotedCheck: Sendable {
  public var type: String
  public var metric: String?
  /// The target that judged, where one did.
  public var judge: String?
  /// Equal for replies that are not independent: those to one case, or to the cases of a cluster.
  public var cluster: String
  public var holds: Bool
  public var isUp: Bool
}
