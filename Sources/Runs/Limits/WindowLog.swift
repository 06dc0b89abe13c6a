import Vocabulary

/// What was sent in the last minute, for services that count what came within a minute rather than fill a bucket:
/// a window that a burst has used up gives nothing until the burst is a minute old, and then as fast as it came.
///
/// Whether a service is of that kind shows when it refuses: a bucket asks to wait for one token, a window for the
/// rest of its minute. How much it lets in is then what it had accepted in the minute before.
struct WindowLog: Sendable {
  private let minute: Microseconds
  /// When those were sent that were not refused, oldest first.
  private var times: [Microseconds] = []
  private var head = 0
  /// Most within a minute; nil while the service has not shown itself to be of that kind.
  private(set) var limit: Int?
  /// The first request that was refused in the present epoch.
  private var refusedAt: Microseconds?
  private var grownAt: Microseconds = 0
  /// Since when the service has refused everything; nil after an acceptance.
  private var dryIsSince: Microseconds?

  init(minute: Microseconds) { self.minute = minute }

  /// A little longer than a minute: the way to the service is not always equally long.
  private var length: Microseconds { minute + minute / 500 }

  mutating func sent(at now: Microseconds) {
    prune(at: now)
    times.append(now)
  }

  /// It was refused, or not sent after all.
  mutating func remove(sentAt: Microseconds) {
    let place = place(after: sentAt - 1)
    if place < times.count, times[place] == sentAt { times.remove(at: place) }
  }

  mutating func accepted() { dryIsSince = nil }

  /// The service said no to a request of that time, already removed from the log.
  mutating func refused(sentAt: Microseconds, isNew: Bool, asked: Microseconds?, at now: Microseconds) {
    let dry = now - (dryIsSince ?? now)
    dryIsSince = dryIsSince ?? now
    let first = isNew ? sentAt : refusedAt ?? sentAt
    refusedAt = first
    guard limit != nil || (asked ?? dry) >= minute / 30 else { return }
    // Those that were on their way and are refused, too, are taken out one by one.
    let accepted = place(after: first) - place(after: first - minute)
    // A short wait though there was room: the minute says nothing about this service.
    if let limit, isNew, let asked, asked < minute / 60, accepted < limit * 9 / 10 {
      self.limit = nil
      return
    }
    limit = max(1, accepted)
    grownAt = now
  }

  /// Creeps up while the service does not mind.
  mutating func grow(upTo most: Int?, at now: Microseconds) {
    guard let limit, now - grownAt >= minute else { return }
    grownAt = now
    self.limit = max(limit, min(limit + max(1, limit / 100), most ?? .max))
  }

  /// When the next may be sent; `now` at once.
  mutating func allowsAt(_ now: Microseconds) -> Microseconds {
    guard let limit else { return now }
    prune(at: now)
    return times.count - head < limit ? now : times[times.count - limit] + length
  }

  private mutating func prune(at now: Microseconds) {
    while head < times.count, times[head] <= now - length { head += 1 }
    if head > 1_024, head * 2 > times.count {
      times.removeFirst(head)
      head = 0
    }
  }

  /// Of the first that was sent later.
  private func place(after time: Microseconds) -> Int {
    var (low, high) = (head, times.count)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
