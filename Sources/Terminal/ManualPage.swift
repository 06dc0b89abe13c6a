extension Command {
  /// The manual page (section 1) of the whole program, in man's own language.
  public func manualPage(version: String) -> String {
    var out = ".TH ASSAY 1 \"\" \"assay \(version)\" \"assay manual\"\n"
    out += ".SH NAME\nassay \\- \(roff(summary))\n.SH SYNOPSIS\n.B assay\nCOMMAND [OPTIONS]\n"
    out += ".SH DESCRIPTION\n\(roff(discussion))\n.SH COMMANDS\n"
    for (path, command) in allCommands where !path.isEmpty && command.subcommands.isEmpty {
      out += ".SS \(roff(command.usage(path: ["assay"] + path)))\n\(roff(command.summary)).\n"
      if !command.discussion.isEmpty { out += ".PP\n\(roff(command.discussion))\n" }
      for argument in command.arguments where !argument.help.isEmpty {
        out += ".TP\n.I \(roff(argument.name))\n\(roff(argument.help))\n"
      }
      for option in command.options {
        let spelling = option.spelling.drop { $0 == " " }
        out += ".TP\n.B \(roff(String(spelling)))\n\(roff(option.fullHelp))\n"
      }
      for example in command.examples {
        out += ".PP\n.EX\n\(roff(example.command))\n.EE\n\(roff(example.says))\n"
      }
    }
    return out
  }
}

private func roff(_ text: String) -> String {
  var out = ""
  for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
    if number > 0 { out += line.isEmpty ? "\n.PP" : "\n" }
    if line.hasPrefix(".") || line.hasPrefix("'") { out += "\\&" }
    for character in line {
      switch character {
      case "\\": out += "\\e"
      case "-": out += "\\-"
      default: out.append(character)
      }
    }
  }
  return out
}
