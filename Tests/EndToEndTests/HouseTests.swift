import Foundation
import Testing

/// The folder of the checkout.
let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// The rooms in the order of the manifest's table, with what each may import.
private func roomTable() throws -> [(room: String, uses: Set<String>)] {
  let manifest = try String(contentsOf: checkout.appending(path: "Package.swift"), encoding: .utf8)
  let table = manifest.components(separatedBy: "let cLibraries")[0]
  return table.matches(of: #/^  \(\s*"(\w+)",\s*\[([^\]]*)\]\s*\),/#.anchorsMatchLineEndings()).map { match in
    let uses = match.2.split(separator: ",").map {
      $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"\n"))
    }
    return (String(match.1), Set(uses))
  }
}

@Test("every room imports only what the table in Package.swift allows")
func importsFollowTheArrows() throws {
  let allowed = try roomTable()
  let rooms = Set(allowed.map(\.room))
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

@Test("ARCHITECTURE.md draws the arrows of the table in Package.swift, and every folder")
func arrowsAreDrawn() throws {
  let text = try String(contentsOf: checkout.appending(path: "ARCHITECTURE.md"), encoding: .utf8)
  let drawn = text.matches(of: #/^(\w+) +→ (.+)$/#.anchorsMatchLineEndings()).map { match in
    (String(match.1), Set(match.2.split(separator: ", ").map(String.init)).subtracting(["no other room"]))
  }
  let table = try roomTable()
  #expect(drawn.count == table.count)
  for (room, uses) in table {
    #expect(drawn.first { $0.0 == room }?.1 == uses, "\(room) is drawn otherwise than the table has it")
    #expect(
      text.components(separatedBy: "Arrows point down")[0].contains("\n\(room) "),
      "\(room) is not in the list of folders")
  }
}

@Test("the arrows have no circle: each room uses only rooms above it in the table")
func arrowsPointOneWay() throws {
  var seen: Set<String> = []
  for (room, uses) in try roomTable() {
    for use in uses where try !use.hasPrefix("C") || rooms(named: use) {
      #expect(seen.contains(use), "\(room) uses \(use), which stands below it")
    }
    seen.insert(room)
  }
}

/// Whether a folder of that name holds Swift: C libraries have none.
private func rooms(named name: String) throws -> Bool { try !swiftFiles(in: "Sources/\(name)").isEmpty }

private func swiftFiles(in folder: String) throws -> [URL] {
  let root = checkout.appending(path: folder)
  guard let walker = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else {
    return []
  }
  return walker.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
}

@Test("the program's words are read though a preloaded library has moved the environment")
func movedEnvironment() async throws {
  let runner = try CommandLineRunner()
  defer { runner.clean() }
  try runner.write(
    "#include <stdlib.h>\n__attribute__((constructor)) static void move(void) { setenv(\"MOVED\", \"1\", 1); }\n",
    to: "move.c")
  let library = runner.path("move.so")
  let made = try await CommandLineRunner.run(
    URL(filePath: "/usr/bin/env"), ["cc", "-shared", "-fPIC", "-o", library, runner.path("move.c")],
    in: runner.folder)
  try #require(made.code == 0, "\(made.errors)")
  let said = try await runner.run(["--version"], environment: ["LD_PRELOAD": library])
  #expect(said.code == 0)
  #expect(said.output.hasPrefix("assay "))
}
