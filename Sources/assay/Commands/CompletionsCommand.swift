import Terminal

/// `assay completions`: what shells and man need, made from the declarations.
enum CompletionsCommand {
  static let entry = Program.Entry(
    Command(
      "completions", "print shell completions or the manual page", section: "set up",
      arguments: [
        Argument("KIND", "bash, zsh, fish or man", completes: .words(["bash", "zsh", "fish", "man"]))
      ],
      examples: [Example("assay completions bash > /etc/bash_completion.d/assay", "for every user")]),
    run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let kind = arguments.words[0]
    if kind == "man" {
      console.write(Program.command.manualPage(version: Program.version))
      return .held
    }
    guard let script = Program.command.completions(for: kind) else {
      throw UsageError("no completions for \"\(kind)\"", mend: "one of: bash, zsh, fish, man")
    }
    console.write(script)
    return .held
  }
}
