import Formats
import Foundation
import Testing

@testable import Checks

/// Runs a command and gives what it prints. Not by Foundation's Process: that learns of the end by a socket, which the
/// interpreters of other tests in this process inherit and hold open.
private func run(_ command: URL, _ arguments: [String]) throws -> (code: Int32, output: String) {
  let file = FileManager.default.temporaryDirectory.appending(path: "assay-\(UUID().uuidString)")
  defer { try? FileManager.default.removeItem(at: file) }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 1, file.path, O_WRONLY | O_CREAT, 0o600)
  let words = ([command.path] + arguments).map { strdup($0) } + [nil]
  defer { words.forEach { free($0) } }
  var process: pid_t = 0
  let code = posix_spawn(&process, command.path, &actions, nil, words, environ)
  try #require(code == 0)
  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0, errno == EINTR {}
  return (status >> 8 & 0xFF, try String(contentsOf: file, encoding: .utf8))
}

/// The packages that define the metrics, run in an environment of their own; nil where they can't be had.
private func scoredPairs(seed: UInt64) throws -> [JSON]? {
  let tests = URL(filePath: #filePath).deletingLastPathComponent()
  let environment = tests.deletingLastPathComponent().appending(path: "tools/python-env")
  let prepared = try run(environment, ["metrics"])
  if prepared.code == 75 { return nil }
  try #require(prepared.code == 0)
  let python = URL(filePath: prepared.output.trimmed)
  let scored = try run(python, [tests.appending(path: "Fixtures/agreement.py").path, String(seed)])
  try #require(scored.code == 0)
  return try scored.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
}

@Test("metrics of overlap agree with rouge-score, nltk, sacrebleu and rapidfuzz on 500 random pairs")
func agreement() throws {
  let seed = UInt64.random(in: 0..<1_000_000)
  guard let pairs = try scoredPairs(seed: seed) else {
    print("skipped: the Python packages cannot be had (see Tests/tools/python-env)")
    return
  }
  #expect(pairs.count == 500)
  var unsmoothed = 0
  for pair in pairs {
    let references = pair["references"]?.array?.compactMap(\.string) ?? []
    let candidate = pair["candidate"]?.string ?? ""
    let (words, first) = (Tokens.alphanumeric(candidate), Tokens.alphanumeric(references[0]))
    let ours: [String: Double] = [
      "rouge-1": rougeN(words, first, 1), "rouge-2": rougeN(words, first, 2), "rouge-l": rougeL(words, first),
      "bleu": bleu(Tokens.spaced(candidate), references.map(Tokens.spaced)),
      "gleu": gleu(Tokens.withoutFinalDots(candidate), references.map(Tokens.withoutFinalDots)),
      "meteor": references.map { meteor(words, Tokens.alphanumeric($0)) }.max() ?? 0,
    ]
    for (name, score) in ours {
      let theirs = pair[name]?.double ?? .nan
      #expect(abs(score - theirs) <= 1e-6, "seed \(seed), \(name): \(score), theirs \(theirs): \(pair.text)")
    }
    if let theirs = pair["sacrebleu"]?.double {
      unsmoothed += 1
      #expect(abs((ours["bleu"] ?? 0) - theirs) <= 1e-6, "seed \(seed), sacrebleu \(theirs): \(pair.text)")
    }
    let edits = pair["edits"]?.array ?? []
    let distance = editDistance(
      Array((edits[0].string ?? "").utf16), Array((edits[1].string ?? "").utf16), limit: 1_000)
    #expect(distance == edits[2].int, "seed \(seed): \(pair.text)")
  }
  #expect(unsmoothed > 50)
}
