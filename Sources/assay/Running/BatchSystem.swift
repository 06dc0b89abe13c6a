import Formats

/// The part of a run that this job of an array is meant to do, as batch systems say it.
enum BatchSystem {
  /// Nil where no batch system says anything. One that tells the number of this job and not of how many is an
  /// error: every job of the array would run everything.
  static func shard(_ environment: [String: String]) throws(Problem) -> (index: Int, count: Int)? {
    func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
    if let index = number("CI_NODE_INDEX"), let count = number("CI_NODE_TOTAL") {
      return try part(index, of: count, "CI_NODE_INDEX")
    }
    if let task = number("SLURM_ARRAY_TASK_ID") {
      let first = number("SLURM_ARRAY_TASK_MIN") ?? 0
      let step = max(1, number("SLURM_ARRAY_TASK_STEP") ?? 1)
      return try part((task - first) / step + 1, of: number("SLURM_ARRAY_TASK_COUNT"), "SLURM_ARRAY_TASK_ID")
    }
    if let index = number("JOB_COMPLETION_INDEX") {
      return try part(index + 1, of: number("JOB_COMPLETIONS"), "JOB_COMPLETION_INDEX")
    }
    return nil
  }

  private static func part(
    _ index: Int, of count: Int?, _ name: String
  ) throws(Problem) -> (index: Int, count: Int)? {
    if count == 1 { return nil }
    guard let count, count > 1, (1...count).contains(index) else {
      throw Problem(
        "\(name) says that this is part \(index), but not of how many",
        mend: "say it with --shard \(max(1, index))/N, or run everything in this job with --shard 1/1")
    }
    return (index, count)
  }
}
