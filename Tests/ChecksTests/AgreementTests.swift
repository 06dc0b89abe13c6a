import Formats
import Foundation
import Testing

@testable import Checks

/// The packages that define the metrics, run in an environment of their own; nil where they can't be had.
private func scoredPairs(seed: UInt64) throws -> [JSON]? {
  let tests = URL(filePath: #filePath).deletingLastPathComponent()
  func run(_ command: URL, _ arguments: [String]) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = command
    process.arguments = arguments
    let file = FileManager.default.temporaryDirectory.appending(path: "assay-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data().write(to: file)
    process.standardOutput = try FileHandle(forWritingTo: file)
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try String(contentsOf: file, encoding: .utf8))
  }
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
