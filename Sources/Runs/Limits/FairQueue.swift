/// Who waits for a key: by priority, and within one by turns between flows (one flow is one target of one
/// run), each turn worth the same number of tokens: deficit round robin (Shreedhar, Varghese 1995).
/// Within a flow the first come goes first.
struct FairQueue<Item> {
  private struct Flow {
    var items: [(item: Item, cost: Double)] = []
    var head = 0
    var deficit: Double = 0

    var isEmpty: Bool { head == items.count }
    var first: (item: Item, cost: Double) { items[head] }

    mutating func append(_ item: Item, cost: Double) { items.append((item, cost)) }

    mutating func prepend(_ item: Item, cost: Double) {
      if head > 0 {
        head -= 1
        items[head] = (item, cost)
      } else {
        items.insert((item, cost), at: 0)
      }
    }

    mutating func removeFirst() {
      head += 1
      if head > 64, head * 2 > items.count {
        items.removeFirst(head)
        head = 0
      }
    }
  }

  private struct Level {
    var flows: [Int: Flow] = [:]
    /// Flows that have something waiting, in the order of their turns.
    var turns: [Int] = []
  }

  /// A place in the queue, valid until the queue changes.
  struct Place {
    fileprivate var level: Int
    fileprivate var turn: Int
  }

  private var levels: [Level]
  private let quantum: Double
  private(set) var count = 0

  init(levels: Int, quantum: Double = 1_000) {
    self.levels = Array(repeating: Level(), count: levels)
    self.quantum = quantum
  }

  var isEmpty: Bool { count == 0 }

  mutating func append(_ item: Item, cost: Double, flow: Int, level: Int) {
    activate(flow, level)
    levels[level].flows[flow, default: Flow()].append(item, cost: cost)
    count += 1
  }

  /// Before all others of its flow.
  mutating func prepend(_ item: Item, cost: Double, flow: Int, level: Int) {
    activate(flow, level)
    levels[level].flows[flow, default: Flow()].prepend(item, cost: cost)
    count += 1
  }

  private mutating func activate(_ flow: Int, _ level: Int) {
    if levels[level].flows[flow]?.isEmpty ?? true { levels[level].turns.append(flow) }
  }

  /// Whose turn it is; nil when nobody waits.
  mutating func next() -> (place: Place, item: Item)? {
    for level in levels.indices where !levels[level].turns.isEmpty {
      while true {
        let flow = levels[level].turns[0]
        guard let state = levels[level].flows[flow], !state.isEmpty else {
          levels[level].turns.removeFirst()
          if levels[level].turns.isEmpty { break }
          continue
        }
        if levels[level].turns.count == 1 || state.deficit >= state.first.cost {
          return (Place(level: level, turn: 0), state.first.item)
        }
        // As many rounds at once as the poorest needs, so that one large request does not spin.
        levels[level].flows[flow]?.deficit += quantum
        levels[level].turns.append(levels[level].turns.removeFirst())
      }
    }
    return nil
  }

  /// The first of every flow after `place`'s, for passing one that has to wait.
  func others(than place: Place) -> [(place: Place, item: Item)] {
    var found: [(Place, Item)] = []
    for level in levels.indices {
      for (turn, flow) in levels[level].turns.enumerated() where (level, turn) != (place.level, place.turn) {
        if let state = levels[level].flows[flow], !state.isEmpty {
          found.append((Place(level: level, turn: turn), state.first.item))
        }
      }
    }
    return found
  }

  mutating func remove(at place: Place) {
    let flow = levels[place.level].turns[place.turn]
    guard var state = levels[place.level].flows[flow], !state.isEmpty else { return }
    state.deficit = max(0, state.deficit - state.first.cost)
    state.removeFirst()
    count -= 1
    if state.isEmpty {
      levels[place.level].turns.remove(at: place.turn)
      levels[place.level].flows[flow] = nil
    } else {
      levels[place.level].flows[flow] = state
    }
  }

  /// Takes everyone out.
  mutating func removeAll() -> [Item] {
    let items = levels.flatMap { level in level.flows.values.flatMap { $0.items[$0.head...].map(\.item) } }
    levels = Array(repeating: Level(), count: levels.count)
    count = 0
    return items
  }
}
