import Formats
import Foundation
import Testing

@testable import Suites

/// Broken suites and what is said about each: `Gallery/NAME.yaml` and `Gallery/NAME.txt`.
///
/// `ASSAY_UPDATE_GOLDENS=1 bin/test --filter Gallery` writes the messages anew, to be read in review.
@Suite("a gallery of broken suites")
struct GalleryTests {
  static let folder = Here.folder + "/Gallery"
  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }()

  @Test("there are at least 40 of them")
  func count() { #expect(GalleryTests.names.count >= 40) }

  @Test("each is told what is wrong with it, where, and how to mend it", arguments: names)
  func message(_ name: String) async throws {
    let said = await GalleryTests.report(on: name)
    let golden = GalleryTests.folder + "/\(name).txt"
    if Here.updatesGoldens { try said.write(toFile: golden, atomically: true, encoding: .utf8) }
    #expect(said == (try? Here.text(golden)))
    #expect(
      name.contains("filter") || said.contains(".yaml:") || said.contains("data/"),
      "a message without a place")
  }

  private static func report(on name: String) async -> String {
    let problems: Problems
    do throws(Problems) {
      let loaded = try await SuiteLoader.load(["\(folder)/\(name).yaml"], environment: ["SET": "yes"])
      let explanation = try SuiteExplanation(loaded)
      problems = Problems(explanation.notes)
    } catch { problems = error }
    return problems.rendered().replacingOccurrences(of: folder + "/", with: "")
      .replacingOccurrences(of: folder, with: ".")
  }
}
