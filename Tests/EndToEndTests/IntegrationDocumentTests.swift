import Foundation
import Testing

@Test("every command of docs/integrations.md runs")
func documentedCommands() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  let files = FileManager.default
  try files.createSymbolicLink(
    at: shell.folder.appending(path: "suites"), withDestinationURL: checkout.appending(path: "suites"))
  try files.createDirectory(at: shell.folder.appending(path: "bin"), withIntermediateDirectories: true)
  try files.createSymbolicLink(
    at: shell.folder.appending(path: "bin/assay"), withDestinationURL: CommandLineRunner.binary)
  let text = try String(contentsOf: checkout.appending(path: "docs/integrations.md"), encoding: .utf8)
  let commands = text.components(separatedBy: "```sh\n").dropFirst().flatMap {
    $0.components(separatedBy: "```")[0].split(separator: "\n").map(String.init)
  }
  #expect(commands.count > 20)
  for command in commands {
    // Rehearsals need not take their time here.
    let line =
      command.contains("assay run")
      ? command.replacingOccurrences(of: "--simulate", with: "--simulate --speed 60") : command
    let result = try await CommandLineRunner.run(
      URL(filePath: "/bin/sh"), ["-c", line], in: shell.folder)
    #expect(result.code == 0, "\(command)\n\(result.output)\(result.errors)")
    #expect(!result.output.isEmpty, "\(command)")
  }
}
