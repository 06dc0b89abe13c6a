import Formats
import Foundation
import Testing

@testable import Templates

/// The files beside these tests.
enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  /// The lines of a JSON Lines file.
  static func rows(_ name: String) throws -> [JSON] {
    let text = try String(contentsOf: folder.appendingPathComponent("Fixtures/\(name)"), encoding: .utf8)
    return try text.split(separator: "\n").map { try JSON(parsing: String($0)) }
  }
}

/// A template with what Nunjucks itself makes of it.
struct NunjucksCase: Sendable {
  var template: String
  var variables: JSONObject
  var files: JSONObject
  /// Nil where Nunjucks refuses the template.
  var expected: String?

  /// What this project makes of it.
  func rendered() throws(Problem) -> String {
    let files = files
    let environment = TemplateEnvironment(loader: { name in
      files[name]?.string.map { LoadedTemplate(source: $0, file: name) }
    })
    return try Template(template).render(variables, environment: environment)
  }

  /// The cases of a file, whose first line holds what all share.
  static func all(in name: String) throws -> [NunjucksCase] {
    let rows = try Fixtures.rows(name)
    guard let shared = rows.first else { return [] }
    return rows.dropFirst().map { row in
      var variables = shared["variables"]?.object ?? JSONObject()
      for (name, value) in row["variables"]?.object ?? JSONObject() { variables[name] = value }
      return NunjucksCase(
        template: row["template"]?.string ?? "", variables: variables,
        files: shared["files"]?.object ?? JSONObject(), expected: row["text"]?.string)
    }
  }
}
