/// How the program ended.
enum ExitCode: Int32, Sendable {
  /// all held
  case held = 0
  /// a check or gate failed
  case failed = 1
  /// the call or the suite is wrong; nothing was sent
  case usage = 2
  /// trials erred, so the verdict is incomplete
  case erred = 3
  /// stopped by the budget
  case overBudget = 4
  /// interrupted: all recorded, resumable
  case interrupted = 130

  /// The most serious wins: 2, 130, 4, 3, 1, 0.
  var rank: Int {
    switch self {
    case .held: 0
    case .failed: 1
    case .erred: 2
    case .overBudget: 3
    case .interrupted: 4
    case .usage: 5
    }
  }
}
