import Formats
import Foundation
import Testing

@testable import Simulator

/// docs/simulator.md says what is true.
struct DocumentationTests {
  private static let page: String = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return (try? File.readText(root.appending(path: "docs/simulator.md").path)) ?? ""
  }()

  @Test("the script of the page can be read")
  func script() throws {
    let lines = Self.page.components(separatedBy: "\n")
    let start = try #require(lines.firstIndex { $0.hasPrefix("    models:") })
    let block = lines[start...].prefix { $0.isEmpty || $0.hasPrefix("    ") }.map { String($0.dropFirst(4)) }
    let script = try SimulatorScript(block.joined(separator: "\n"), file: "docs/simulator.md")
    #expect(script.models.first?.skill == 0.8)
    #expect(script.limits.requests == 60)
  }

  @Test("every fault, model and profile is on the page")
  func complete() {
    for kind in Fault.Kind.allCases { #expect(Self.page.contains("`\(kind.rawValue)`"), "\(kind.rawValue)") }
    for model in SimulatedModel.all { #expect(Self.page.contains("`\(model.name)`"), "\(model.name)") }
    for profile in LatencyProfile.all { #expect(Self.page.contains("`\(profile.name)`"), "\(profile.name)") }
  }

  @Test("the models have the skills and prices of the page")
  func figures() {
    for model in SimulatedModel.all where !["sim-perfect", "sim-wrong", "sim-echo"].contains(model.name) {
      let row = Self.page.components(separatedBy: "\n").first { $0.hasPrefix("| `\(model.name)` |") } ?? ""
      #expect(row.contains(String(format: "| %.2f |", model.skill)), "\(row)")
      let prices = [model.inputPrice, model.outputPrice].map { String(format: "%.2f", Double($0) / 1e6) }
      #expect(row.contains("| " + prices.joined(separator: ", ")), "\(row)")
      #expect(row.contains("| \(model.latency.name) |"), "\(row)")
      #expect(row.contains("| \(Int(model.medianTokens)) |"), "\(row)")
    }
  }
}
