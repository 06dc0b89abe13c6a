import Formats

/// Which commit and branch a run belongs to: from the CI system, else from the checkout's own files.
struct GitState: Sendable {
  var commit: String?
  var branch: String?

  static func current(_ environment: [String: String]) -> GitState {
    var state = GitState(
      commit: environment["GITHUB_SHA"] ?? environment["CI_COMMIT_SHA"] ?? environment["GIT_COMMIT"],
      branch: environment["GITHUB_HEAD_REF"].flatMap { $0.isEmpty ? nil : $0 } ?? environment[
        "GITHUB_REF_NAME"]
        ?? environment["CI_COMMIT_REF_NAME"] ?? environment["GIT_BRANCH"])
    guard state.commit == nil, let head = try? File.readText(".git/HEAD") else { return state }
    let line = head.filter { !$0.isNewline }
    guard line.hasPrefix("ref: ") else {
      state.commit = line
      return state
    }
    let reference = String(line.dropFirst(5))
    state.branch = state.branch ?? String(reference.dropFirst("refs/heads/".count))
    state.commit = (try? File.readText(".git/\(reference)")).map { $0.filter { !$0.isNewline } }
    return state
  }
}
