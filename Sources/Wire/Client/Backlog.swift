/// What waits for its turn, first come, first served; its room is kept and used again.
struct Backlog<Element> {
  private var elements: [Element] = []
  private var next = 0

  var isEmpty: Bool { next == elements.count }
  var first: Element? { isEmpty ? nil : elements[next] }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard next < elements.count else { return nil }
    defer {
      next += 1
      if next == elements.count { empty() }
    }
    return elements[next]
  }

  mutating func takeAll() -> [Element] {
    defer { empty() }
    return Array(elements[next...])
  }

  private mutating func empty() {
    elements.removeAll(keepingCapacity: true)
    next = 0
  }
}
