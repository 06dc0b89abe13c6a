import CMalloc
import Dispatch
import Formats
import Ledger
import Terminal

/// The program's table of contents: find the command, run it, say how it ended.
@main
enum Main {
  /// Not `async`: what the program says about itself is said before the runtime starts its threads.
  static func main() {
    let console = Console(environment: ProcessEnvironment.variables)
    let tokens = Array(ProcessEnvironment.arguments.dropFirst())
    do {
      if let code = answer(tokens, console) { leave(with: code, console) }
      let arguments = try Arguments(tokens, for: Program.command)
      if let code = help(arguments, console) { leave(with: code, console) }
      cmalloc_grow_in_large_steps()
      Task { leave(with: await run(arguments, console), console) }
      dispatchMain()
    } catch {
      leave(with: report(error, console), console)
    }
  }

  /// What was asked for and could not be printed is no success.
  private static func leave(with code: ExitCode, _ console: Console) -> Never {
    guard let trouble = Console.lostOutput else { ProcessEnvironment.leave(with: code) }
    console.note("assay: cannot write to standard output: \(trouble)")
    ProcessEnvironment.leave(with: .usage)
  }

  /// What needs no reading of arguments; nil when there are some to read.
  private static func answer(_ tokens: [String], _ console: Console) -> ExitCode? {
    if tokens == ["--version"] || tokens == ["version"] {
      console.print("assay \(Program.version)")
      return .held
    }
    if tokens.isEmpty {
      console.note(Program.command.help(path: ["assay"], width: console.width, style: console.errors))
      return .usage
    }
    return nil
  }

  /// Help; nil when there is a command to run.
  private static func help(_ arguments: Arguments, _ console: Console) -> ExitCode? {
    guard arguments.has("help") || !arguments.command.subcommands.isEmpty else { return nil }
    let path = ["assay"] + arguments.path
    let text = arguments.command.help(path: path, width: console.width, style: console.output)
    arguments.has("help") ? console.write(text) : console.noteRaw(text)
    return arguments.has("help") ? .held : .usage
  }

  private static func run(_ arguments: Arguments, _ console: Console) async -> ExitCode {
    do {
      guard let run = Program.actions[arguments.path.joined(separator: " ")] else {
        throw UsageError("nothing to do", mend: "see: assay --help")
      }
      return try await run(arguments, console)
    } catch {
      return report(error, console)
    }
  }

  private static func report(_ error: any Error, _ console: Console) -> ExitCode {
    switch error {
    case let error as UsageError:
      console.note(printable("assay: \(error.message)" + (error.mend.map { "\n  \($0)" } ?? "")))
    case let error as LedgerError:
      console.note(printable(text(of: error.problem)))
    case let problem as Problem:
      console.note(printable(text(of: problem)))
    case let problems as Problems:
      for problem in problems.all { console.note(printable(text(of: problem))) }
    default:
      console.note("assay: \(printable(String(describing: error)))")
    }
    return .usage
  }

  private static func text(of problem: Problem) -> String {
    (problem.location.map { "\($0): " } ?? "assay: ") + problem.message
      + (problem.mend.map { "\n  \($0)" } ?? "")
  }
}
