import Formats
import Models
import Synchronization
import Vocabulary

/// A run whose first requests do not go over the wire one by one: they are written down for a batch, or their answers
/// come from one. What follows a first reply (tools, turns, judges) is asked as always.
public enum BatchExchange: Sendable {
  case writes(BatchCollector)
  case reads(BatchAnswers)

  /// The run waits for answers that are not there yet.
  var isWaiting: Bool {
    switch self {
    case .writes: true
    case .reads(let answers): answers.missing > 0
    }
  }
}

/// What came back, by custom id.
public final class BatchAnswers: Sendable {
  private let answers: [String: BatchAnswer]
  /// Places in the run that have an answer, to whatever request.
  private let places: Set<Substring>
  private let misses = Atomic<Int>(0)
  private let strangers = Atomic<Int>(0)

  public init(_ answers: [String: BatchAnswer]) {
    self.answers = answers
    places = Set(answers.keys.map { $0.prefix(upTo: $0.lastIndex(of: "/") ?? $0.endIndex) })
  }

  /// Requests that have been looked for in vain.
  public var missing: Int { misses.load(ordering: .relaxed) }
  /// Those of them whose place has an answer, to what was asked there when the batch was written.
  public var changed: Int { strangers.load(ordering: .relaxed) }

  func answer(to id: BatchID, _ call: PreparedCall) -> BatchAnswer? {
    if let answer = answers[id.text(call)] { return answer }
    misses.add(1, ordering: .relaxed)
    if places.contains(Substring(id.place)) { strangers.add(1, ordering: .relaxed) }
    return nil
  }
}

/// The place of a request in its run, of which a batch's `custom_id` is made.
public struct BatchID: Sendable, Hashable {
  public var run: String
  public var caseNo: Int
  public var promptIndex: Int
  public var targetIndex: Int
  public var repetition: Int

  /// `20261125-0305-k3f9/c0/p0/t1/r0`
  var place: String { "\(run)/c\(caseNo)/p\(promptIndex)/t\(targetIndex)/r\(repetition)" }

  /// The place and what is asked there, `…/h1a2b3c4d`: an answer belongs to no other request, whatever becomes of the
  /// suite meanwhile.
  func text(_ call: PreparedCall) -> String { "\(place)/h\(call.key().prefix(8))" }

  /// The run that a `custom_id` belongs to; nil where it is none of ours.
  public static func run(of text: String) -> String? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 6,
      zip(parts.suffix(5), ["c", "p", "t", "r", "h"]).allSatisfy({ part, letter in
        part.hasPrefix(letter) && part.count > 1 && part.dropFirst().allSatisfy(\.isHexDigit)
      })
    else { return nil }
    return parts.dropLast(5).joined(separator: "/")
  }

  var order: (Int, Int, Int, Int) { (caseNo, targetIndex, promptIndex, repetition) }
}

/// Gathers the requests of a run for its batch files.
public final class BatchCollector: Sendable {
  public struct Entry: Sendable {
    var id: BatchID
    public var customID: String
    public var model: String
    public var request: BatchRequest
    /// Label of the target.
    public var target: String
  }

  private let entries = Mutex<[Entry]>([])
  private let strangers = Mutex<Set<String>>([])

  public init() {}

  /// In the order of the suite.
  public var all: [Entry] { entries.withLock { $0 }.sorted { $0.id.order < $1.id.order } }
  /// Targets whose service has no such batches.
  public var refused: [String] { strangers.withLock { $0 }.sorted() }

  func add(_ id: BatchID, _ call: PreparedCall, target: String) {
    guard let request = call.batchRequest else {
      strangers.withLock { _ = $0.insert(target) }
      return
    }
    entries.withLock {
      $0.append(Entry(id: id, customID: id.text(call), model: call.model, request: request, target: target))
    }
  }
}
