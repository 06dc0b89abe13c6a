import Foundation
import Ledger
import Simulator
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Places where a ledger cannot be written, as a user meets them.
@Suite("ledgers in bad places, end to end")
struct LedgerTroubleTests {
  let shell: CommandLineRunner
  let simulator: Simulator

  init() throws {
    shell = try CommandLineRunner()
    simulator = try Simulator.start()
  }

  private func write(_ count: Int) throws {
    try shell.write(
      """
      prompts: ["say {{word}}"]
      targets: [{id: "sim:sim-echo", config: {apiBaseUrl: "\(simulator.address)/v1"}}]
      tests:

      """
        + (0..<count).map {
          "  - vars: {word: \"w\($0) \(String(repeating: "long ", count: 50))\"}\n    assert: [{type: contains, value: w\($0)}]\n"
        }.joined(), to: "suite.yaml")
  }

  private func end() {
    simulator.stop()
    shell.clean()
  }

  private var seen: Int { simulator.stats["requests"]?.int ?? 0 }

  private func arguments(_ ledger: String = "l.sqlite") -> [String] {
    ["run", "suite.yaml", "-q", "--no-ci", "-j", "8", "--ledger", ledger]
  }

  /// Every trial is there once; every reply that came is recorded or was rescued.
  private func audit(_ count: Int, _ ledger: String) throws {
    let book = try Ledger(path: shell.path(ledger))
    #expect(try book.check() == [])
    #expect(try book.trials(of: book.run().id).map(\.slot.caseNo) == Array(0..<count))
    // Beside the ledger, or in the temporary folder where there is no room beside it.
    let files = Set([ledger, "l.sqlite"]).map { $0 + ".rescue.jsonl" }
    let rescued = files.reduce(0) { sum, file in
      sum + ((try? shell.read(file).split(separator: "\n").count) ?? 0)
    }
    #expect(seen == count + rescued)
  }

  @Test("a disk that fills up stops the run; what came is kept, and with room it goes on")
  func fullDisk() async throws {
    defer { end() }
    guard geteuid() == 0 else { return }
    let disk = shell.path("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
    let mounted = try await CommandLineRunner.run(
      URL(filePath: "/usr/bin/mount"), ["-t", "tmpfs", "-o", "size=60m", "assay-test", disk], in: shell.folder
    )
    // Containers without the right to mount: the limit on file sizes is tried below.
    guard mounted.code == 0 else { return }
    defer { _ = umount2(disk, Int32(MNT_DETACH)) }
    try write(2_000)
    try Data(count: 61_500_000).write(to: URL(filePath: disk + "/ballast"))
    let stopped = try await shell.run(arguments("disk/l.sqlite"), environment: ["TMPDIR": shell.folder.path])
    #expect(stopped.code == 2, "\(stopped.output)\(stopped.errors)")
    #expect(stopped.errors.contains("no space left to write the ledger"), "\(stopped.errors)")
    try FileManager.default.removeItem(atPath: disk + "/ballast")
    let resumed = try await shell.run(arguments("disk/l.sqlite") + ["--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    try audit(2_000, "disk/l.sqlite")
  }

  @Test("a limit on file sizes is told of, nothing that came is lost, and without it the run goes on")
  func fileSizeLimit() async throws {
    defer { end() }
    try write(1_000)
    // Kilobytes, of each file: the log of the ledger reaches it first.
    let command =
      "ulimit -f 1200; exec '\(CommandLineRunner.binary.path)' " + arguments().joined(separator: " ")
    let stopped = try await CommandLineRunner.run(
      URL(filePath: "/bin/bash"), ["-c", command], in: shell.folder)
    #expect(stopped.code == 2, "\(stopped.code) \(stopped.output)\(stopped.errors)")
    #expect(stopped.errors.contains("could not be read or written"), "\(stopped.errors)")
    #expect(try await shell.run(arguments() + ["--resume"]).code == 0)
    try audit(1_000, "l.sqlite")
  }

  @Test("a ledger that may not be written is told of before anything is sent")
  func readOnly() async throws {
    defer { end() }
    try write(5)
    #expect(try await shell.run(arguments()).code == 0)
    let before = seen
    chmod(shell.path("l.sqlite"), 0o444)
    chmod(shell.folder.path, 0o555)
    defer { chmod(shell.folder.path, 0o755) }
    var binary = CommandLineRunner.binary
    var more: [String] = []
    if geteuid() == 0 {
      // Root may write everything: as nobody, then.
      guard access("/usr/bin/setpriv", X_OK) == 0 else { return }
      more = ["--reuid", "65534", "--regid", "65534", "--clear-groups", binary.path]
      binary = URL(filePath: "/usr/bin/setpriv")
    }
    // What it says goes elsewhere: its folder is read-only.
    let apart = try CommandLineRunner()
    defer { apart.clean() }
    let errors = apart.folder.appending(path: "errors")
    try Data().write(to: errors)
    let refused = try CommandLineRunner.start(
      binary, more + arguments(), in: shell.folder, errors: FileHandle(forWritingTo: errors))
    #expect(await refused.ended() == 2)
    let told = try apart.read("errors")
    #expect(told.contains("the ledger cannot be written"), "\(told)")
    #expect(seen == before)
  }

  @Test("a ledger that another process holds is waited for, then told of")
  func locked() async throws {
    defer { end() }
    try write(5)
    #expect(try await shell.run(arguments()).code == 0)
    let before = seen
    let descriptor = open(shell.path("l.sqlite-lock"), O_RDWR)
    try #require(descriptor >= 0 && flock(descriptor, LOCK_EX) == 0)
    defer { close(descriptor) }
    let refused = try await shell.run(arguments())
    #expect(refused.code == 2)
    #expect(refused.errors.contains("locked by another process"), "\(refused.errors)")
    // Reading needs no lock.
    #expect(try await shell.run(["show", "latest", "--ledger", "l.sqlite"]).code == 0)
    #expect(seen == before)
  }

  @Test(
    "a path that holds no ledger and can't is told for what it is",
    arguments: [
      ("folder", "folder: the ledger cannot be opened (it is a folder)"),
      ("", "the path of the ledger is empty"),
      ("suite.yaml/l.sqlite", "suite.yaml/l.sqlite: the ledger cannot be opened (Not a directory)"),
      ("empty.sqlite", "empty.sqlite: the file is empty, no ledger yet"),
    ])
  func noPlace(path: String, message: String) async throws {
    defer { end() }
    try write(1)
    try shell.write("", to: "empty.sqlite")
    try FileManager.default.createDirectory(atPath: shell.path("folder"), withIntermediateDirectories: true)
    let shown = try await shell.run(["show", "--ledger", path])
    #expect(shown.code == 2 && shown.errors.contains(message), "\(shown.errors)")
    let ran = try await shell.run(arguments(path))
    if path == "empty.sqlite" { return #expect(ran.code == 0, "\(ran.errors)") }
    #expect(ran.code == 2 && ran.errors.contains(message), "\(ran.errors)")
    #expect(seen == 0)
  }

  @Test(
    "a newer, a damaged and a foreign ledger are left alone, with a way out",
    arguments: [
      ("newer", "this assay knows up to"), ("damaged", ".recover"), ("foreign", "not a ledger of assay"),
    ])
  func unusable(kind: String, message: String) async throws {
    defer { end() }
    try write(200)
    #expect(try await shell.run(arguments()).code == 0)
    let path = shell.path("l.sqlite")
    switch kind {
    case "newer":
      let result = try await CommandLineRunner.run(
        URL(filePath: "/usr/bin/env"),
        ["python3", "-c", "import sqlite3; sqlite3.connect('l.sqlite').execute('PRAGMA user_version = 99')"],
        in: shell.folder)
      try #require(result.code == 0)
    case "damaged":
      var bytes = try Data(contentsOf: URL(filePath: path))
      for place in stride(from: 4_096, to: bytes.count, by: 97) { bytes[place] = 0xA5 }
      try bytes.write(to: URL(filePath: path))
    default: try shell.write(String(repeating: "hello, world\n", count: 500), to: "l.sqlite")
    }
    let before = (seen, try Data(contentsOf: URL(filePath: path)))
    for command in [arguments(), ["show", "latest", "--ledger", "l.sqlite"]] {
      let refused = try await shell.run(command)
      #expect(refused.code == 2, "\(command) \(refused.output)")
      #expect(refused.errors.contains("l.sqlite:") && refused.errors.contains(message), "\(refused.errors)")
    }
    #expect(seen == before.0)
    #expect(try Data(contentsOf: URL(filePath: path)) == before.1)
  }
}
