import Formats
import Terminal

/// The program's table of contents: find the command, run it, say how it ended.
@main
enum Main {
  static func main() async {
    let environment = ProcessEnvironment.variables
    let console = Console(environment: environment)
    let code = await run(Array(CommandLine.arguments.dropFirst()), console)
    ProcessEnvironment.leave(with: code)
  }

  static func run(_ tokens: [String], _ console: Console) async -> ExitCode {
    do {
      if tokens == ["--version"] || tokens == ["version"] {
        console.print("assay \(Program.version)")
        return .held
      }
      if tokens.isEmpty {
        console.note(Program.command.help(path: ["assay"], width: console.width, style: console.errors))
        return .usage
      }
      let arguments = try Arguments(tokens, for: Program.command)
      if arguments.has("help") || !arguments.command.subcommands.isEmpty {
        let path = ["assay"] + arguments.path
        let text = arguments.command.help(path: path, width: console.width, style: console.output)
        arguments.has("help") ? console.write(text) : console.noteRaw(text)
        return arguments.has("help") ? .held : .usage
      }
      guard let run = Program.actions[arguments.path.joined(separator: " ")] else {
        throw UsageError("nothing to do", mend: "see: assay --help")
      }
      return try await run(arguments, console)
    } catch let error as UsageError {
      console.note("assay: \(error.message)" + (error.mend.map { "\n  \($0)" } ?? ""))
      return .usage
    } catch let problem as Problem {
      return report([problem], console)
    } catch let problems as Problems {
      return report(problems.all, console)
    } catch {
      console.note("assay: \(printable(String(describing: error)))")
      return .usage
    }
  }

  private static func text(of problem: Problem) -> String {
    (problem.location.map { "\($0): " } ?? "assay: ") + problem.message
      + (problem.mend.map { "\n  \($0)" } ?? "")
  }

  private static func report(_ problems: [Problem], _ console: Console) -> ExitCode {
    for problem in problems { console.note(printable(text(of: problem))) }
    return .usage
  }
}
