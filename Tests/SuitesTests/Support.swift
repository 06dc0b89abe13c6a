import Formats
import Foundation

@testable import Suites

/// Where the tests stand in the checkout.
enum Here {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
  static let project = URL(fileURLWithPath: folder).deletingLastPathComponent().deletingLastPathComponent()
    .path
  static let updatesGoldens = ProcessInfo.processInfo.environment["ASSAY_UPDATE_GOLDENS"] == "1"

  static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}

/// A folder of its own for a test, with files in it.
final class Scratch {
  let folder: String

  init(_ files: [String: String] = [:]) throws {
    folder = NSTemporaryDirectory() + "assay-suites-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, text) in files { try write(name, text) }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func write(_ name: String, _ text: String) throws {
    let path = folder + "/" + name
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  /// Loads the file `suite.yaml`, or those named.
  func load(
    _ names: [String] = ["suite.yaml"], options: LoadOptions = LoadOptions(),
    environment: [String: String] = [:]
  ) async throws -> LoadedSuite {
    try await SuiteLoader.load(names.map { folder + "/" + $0 }, options: options, environment: environment)
  }

  /// What is wrong with it, one line each: severity, place and message.
  func problems(_ names: [String] = ["suite.yaml"], options: LoadOptions = LoadOptions()) async -> [String] {
    do {
      let loaded = try await load(names, options: options)
      return loaded.suite.notes.map(line)
    } catch let problems as Problems {
      return problems.all.map(line)
    } catch { return ["\(error)"] }
  }

  private func line(_ problem: Problem) -> String {
    let place = problem.location.map { "\($0): ".replacingOccurrences(of: folder + "/", with: "") } ?? ""
    return place + (problem.severity == .error ? "" : "\(problem.severity.rawValue): ") + problem.message
  }
}

func loadSuite(_ yaml: String, options: LoadOptions = LoadOptions(), environment: [String: String] = [:])
  async throws -> LoadedSuite
{
  let scratch = try Scratch(["suite.yaml": yaml])
  return try await scratch.load(options: options, environment: environment)
}

extension LoadedSuite {
  func all() throws -> [Case] {
    let stream = cases()
    var found: [Case] = []
    while let test = try stream.next() { found.append(test) }
    return found
  }
}
