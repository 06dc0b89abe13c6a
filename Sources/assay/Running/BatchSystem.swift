import Formats

/// The part of a run that this job of an array is meant to do, as batch systems say it.
enum BatchSystem {
  static func shard(_ environment: [String: String]) -> (index: Int, count: Int)? {
    func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
    if let index = number("CI_NODE_INDEX"), let count = number("CI_NODE_TOTAL"), count > 1 {
      return (index, count)
    }
    if let task = number("SLURM_ARRAY_TASK_ID"), let count = number("SLURM_ARRAY_TASK_COUNT"), count > 1 {
      return (task - (number("SLURM_ARRAY_TASK_MIN") ?? 0) + 1, count)
    }
    if let index = number("JOB_COMPLETION_INDEX"), let count = number("JOB_COMPLETIONS"), count > 1 {
      return (index + 1, count)
    }
    return nil
  }
}
