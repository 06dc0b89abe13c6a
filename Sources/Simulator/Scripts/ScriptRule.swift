import Formats
import Synchronization

/// One rule of a script: what it matches, and one reply, several in turn, or several by weight.
struct ScriptRule: Sendable {
  let match: ScriptMatch
  private let replies: [(reply: ScriptReply, weight: Double)]
  private let order: Order

  private enum Order {
    case single
    /// One after the other as the same content comes again, the last one for good.
    case byRepetition
    /// One after the other as requests match the rule, whatever they say.
    case byArrival(Counter)
    case byWeight
  }

  /// How often the rule has matched.
  final class Counter: Sendable {
    private let count = Atomic(0)
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
  }

  init(_ node: Node) throws(Problem) {
    let reader = ScriptReader(node)
    try reader.allow(["match", "reply", "sequence", "count", "choose"])
    match = try node["match"].map { (node) throws(Problem) in try ScriptMatch(node) } ?? ScriptMatch()
    let given = ["reply", "sequence", "choose"].compactMap { node[$0] }
    guard given.count == 1 else {
      throw Problem(
        "a rule needs one of reply, sequence and choose", at: node.location,
        mend: "reply: one reply; sequence: one after the other; choose: by weight")
    }
    if let sequence = node["sequence"] {
      replies = try reader.list(sequence) { (item) throws(Problem) in (try ScriptReply(item), 1) }
      switch try node["count"].map({ (node) throws(Problem) in try ScriptReader.text(node) }) ?? "content" {
      case "content": order = .byRepetition
      case "rule": order = .byArrival(Counter())
      case let other:
        throw Problem("cannot count by \"\(other)\"", at: node["count"]?.location, mend: "content or rule")
      }
    } else if let choose = node["choose"] {
      replies = try reader.list(choose) { (item) throws(Problem) in
        (
          try ScriptReply(item),
          try item["weight"].map { (node) throws(Problem) in try ScriptReader.number(node, atLeast: 0) } ?? 1
        )
      }
      order = .byWeight
    } else {
      replies = [(try ScriptReply(given[0]), 1)]
      order = .single
    }
    guard !replies.isEmpty else { throw Problem("there is no reply in it", at: given[0].location) }
  }

  func choose(repetition: Int, number: Int, _ chance: Draws) -> ScriptReply? {
    switch order {
    case .single: return replies.first?.reply
    case .byRepetition: return replies[min(repetition, replies.count - 1)].reply
    case .byArrival(let counter): return replies[min(counter.next(), replies.count - 1)].reply
    case .byWeight:
      var sequence = SplitMix64(seed: chance.sequence(.script).peek &+ UInt64(number))
      var left = sequence.uniform() * replies.reduce(0) { $0 + $1.weight }
      for (reply, weight) in replies {
        left -= weight
        if left < 0 { return reply }
      }
      return replies.last?.reply
    }
  }
}

extension SplitMix64 {
  /// What would be drawn next.
  fileprivate var peek: UInt64 {
    var copy = self
    return copy.next()
  }
}
