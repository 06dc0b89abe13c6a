import Foundation
import Testing

/// The folder of the checkout.
let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

@Test("every room imports only what the table in Package.swift allows")
func importsFollowTheArrows() throws {
  let manifest = try String(contentsOf: checkout.appending(path: "Package.swift"), encoding: .utf8)
  let row = #/^  \("(\w+)", \[([^\]]*)\]\),/#.anchorsMatchLineEndings()
  var allowed: [String: Set<String>] = [:]
  for match in manifest.matches(of: row) {
    allowed[String(match.1)] = Set(
      match.2.split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"")) })
  }
  let rooms = Set(allowed.keys)
  #expect(rooms.count > 10)
  for (room, uses) in allowed {
    for file in try swiftFiles(in: "Sources/\(room)") {
      let source = try String(contentsOf: file, encoding: .utf8)
      for match in source.matches(
        of: #/^\s*(?:@\w+ )?(?:public )?import (?:struct |enum |class |func )?(\w+)/#
          .anchorsMatchLineEndings())
      {
        let imported = String(match.1)
        guard
          rooms.contains(imported)
            || imported.hasPrefix("C") && imported.dropFirst().first?.isUppercase == true
        else {
          #expect(imported != "Foundation", "\(file.lastPathComponent) imports Foundation")
          continue
        }
        #expect(uses.contains(imported), "\(room)/\(file.lastPathComponent) imports \(imported)")
      }
    }
  }
}

@Test("the arrows have no circle: each room uses only rooms above it in the table")
func arrowsPointOneWay() throws {
  let manifest = try String(contentsOf: checkout.appending(path: "Package.swift"), encoding: .utf8)
  var seen: Set<String> = []
  for match in manifest.matches(of: #/^  \("(\w+)", \[([^\]]*)\]\),/#.anchorsMatchLineEndings()) {
    for use in match.2.split(separator: ",") {
      let name = use.trimmingCharacters(in: CharacterSet(charactersIn: " \""))
      #expect(seen.contains(name) || name.hasPrefix("C"), "\(match.1) uses \(name), which stands below it")
    }
    seen.insert(String(match.1))
  }
}

private func swiftFiles(in folder: String) throws -> [URL] {
  let root = checkout.appending(path: folder)
  guard let walker = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else {
    return []
  }
  return walker.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
}
