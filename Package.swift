// swift-tools-version: 6.1
import Foundation
import PackageDescription

// The house, lowest floor first. A module may import only what its row names; ARCHITECTURE.md draws
// the same arrows and a test holds every import against this table.
let rooms: [(name: String, uses: [Target.Dependency])] = [
  ("Formats", ["CYAML", "CPCRE2", "CXML2", "CPGQuery", "CSQLite", "CSHA256"]),
  ("Statistics", []),
  ("Templates", ["Formats"]),
  ("Scripts", ["Formats"]),
  ("Wire", ["Formats", "CCurl", "CPoll"]),
  ("Vocabulary", ["Formats"]),
  ("Suites", ["Vocabulary", "Formats", "Templates", "Scripts"]),
  ("Models", ["Vocabulary", "Formats", "Templates", "Scripts", "Wire"]),
  ("Simulator", ["Formats", "Templates", "Wire"]),
  ("Checks", ["Suites", "Vocabulary", "Formats", "Templates", "Scripts", "Wire"]),
  ("Ledger", ["Vocabulary", "Formats", "CSQLite"]),
  ("Proxy", ["Models", "Ledger", "Vocabulary", "Formats", "Wire"]),
  (
    "Runs", ["Suites", "Models", "Checks", "Ledger", "Vocabulary", "Formats", "Templates", "Scripts", "Wire"]
  ),
  ("Comparison", ["Ledger", "Statistics", "Vocabulary", "Formats"]),
  ("Reports", ["Comparison", "Ledger", "Statistics", "Vocabulary", "Formats"]),
  ("Terminal", ["Formats"]),
]

/// Whole in the binary on Linux: a start is half a millisecond shorter, and nothing but libc need be there.
func whole(_ library: String) -> String {
  #if os(Linux)
    ":lib\(library).a"
  #else
    library
  #endif
}

let cLibraries: [(name: String, links: [String])] = [
  ("CCurl", []),  // loaded when first used: it takes longer to link than the rest of the program to start
  ("CPoll", []),  // epoll and kqueue, for the server
  ("CMalloc", []),  // how the heaps of threads grow
  ("CSHA256", []),  // the processor's own instructions
  ("CXML2", []),  // loaded when first used, too
  ("CSQLite", [whole("sqlite3")]),
  ("CYAML", [whole("yaml")]),
  ("CPCRE2", [whole("pcre2-8")]),
  ("CPGQuery", [whole("pg_query")]),
]

/// How the binary is linked on Linux: a third of a start. Nobody looks names up in it, so none are told; and the C++
/// library of the Swift runtime is in it, since what the linker finds in place of the shared one is empty.
let startsFast: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-Xlinker", "--no-export-dynamic", "-Xclang-linker", "-static-libgcc",
      "-L", URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Sources/Linking").path,
    ], .when(platforms: [.linux], configuration: .release)),
  .linkedLibrary(":libstdc++.a", .when(platforms: [.linux], configuration: .release)),
]

/// Data beside the tests of a room, where it has any.
func fixtures(of room: String) -> [String] {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Tests/\(room)")
  return ["Fixtures", "Gallery", "Goldens"].filter {
    FileManager.default.fileExists(atPath: folder.appending(path: $0).path)
  }
}

/// Data that a room's sources are made from; nothing of it is compiled or copied.
let dataFolders: [String: [String]] = ["Models": ["Data"]]

/// Files of a room that its binary carries along, as bytes.
let embeddedFiles: [String: [String]] = [
  "Checks": ["Judges/Prompts"], "Ledger": ["Schema/empty.packed"],
]

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Rooms whose tests simulate: without optimisation they would take minutes.
let simulated = ["Statistics", "Comparison"]

func settings(of room: String) -> [SwiftSetting] {
  swiftSettings + (simulated.contains(room) ? [.unsafeFlags(["-O"], .when(configuration: .debug))] : [])
}

/// What the tests of a room import: the room and what it uses. Runs and the proxy are tried against a model server
/// that misbehaves.
func testUses(_ room: String, _ uses: [Target.Dependency]) -> [Target.Dependency] {
  var all: [Target.Dependency] = [.init(stringLiteral: room)]
  all += uses
  if room == "Runs" || room == "Proxy" { all.append("Simulator") }
  if ["Models", "Simulator", "Proxy"].contains(room) { all.append("TestPeers") }
  return all
}

let package = Package(
  name: "assay",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "assay", targets: ["assay"])],
  targets: cLibraries.map { library in
    .target(
      name: library.name,
      linkerSettings: library.links.map { LinkerSetting.linkedLibrary($0) }
        + [.linkedLibrary("dl", .when(platforms: [.linux])), .linkedLibrary("m", .when(platforms: [.linux]))])
  }
    + rooms.map {
      .target(
        name: $0.name, dependencies: $0.uses, exclude: dataFolders[$0.name] ?? [],
        resources: embeddedFiles[$0.name].map { $0.map { .embedInCode($0) } },
        swiftSettings: settings(of: $0.name),
        linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))])
    }
    + [
      .executableTarget(
        name: "assay", dependencies: rooms.map { .init(stringLiteral: $0.name) } + ["CMalloc"],
        swiftSettings: swiftSettings, linkerSettings: startsFast),
      // Servers that are not ours, for the tests of several rooms.
      .target(
        name: "TestPeers", dependencies: ["Wire"], path: "Tests/TestPeers", exclude: ["replies.py"],
        swiftSettings: swiftSettings),
      .executableTarget(
        name: "assay-bench",
        dependencies: [
          "Checks", "Suites", "Vocabulary", "Formats", "Ledger", "Models", "Simulator", "Statistics",
          "Templates",
          "Wire",
        ],
        path: "bench/Sources/AssayBench",
        swiftSettings: swiftSettings),
    ]
    + rooms.map {
      .testTarget(
        name: "\($0.name)Tests",
        dependencies: testUses($0.name, $0.uses),
        exclude: fixtures(of: "\($0.name)Tests"), swiftSettings: settings(of: $0.name))
    }
    + [
      .testTarget(
        name: "EndToEndTests",
        dependencies: ["assay", "Formats", "Simulator", "Ledger", "Suites", "TestPeers"],
        exclude: fixtures(of: "EndToEndTests"),
        swiftSettings: swiftSettings)
    ]
)
