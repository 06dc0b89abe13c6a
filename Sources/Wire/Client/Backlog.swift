/// What waits for its turn, first come, first served; its room is kept and used again.
struct Backlog<Element> {
  private var elements: [Element?] = []
  private var next = 0

  var isEmpty: Bool { next == elements.count }
  var first: Element? { isEmpty ? nil : elements[next] }
  /// Places that are taken or were.
  var room: Int { elements.count }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard next < elements.count else { return nil }
    let element = elements[next]
    elements[next] = nil
    next += 1
    if next == elements.count {
      empty()
    } else if next >= 64, next * 2 >= elements.count {
      // It may never be empty.
      elements.removeFirst(next)
      next = 0
    }
    return element
  }

  mutating func takeAll() -> [Element] {
    defer { empty() }
    return elements[next...].compactMap { $0 }
  }

  private mutating func empty() {
    elements.removeAll(keepingCapacity: true)
    next = 0
  }
}
