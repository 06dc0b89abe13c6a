import Formats

extension Command {
  /// What `--help` prints. `path` is how the command is called: `["assay", "ledger", "merge"]`.
  public func help(path: [String], width: Int = 80, style: Style = .plain) -> String {
    var out = "\(summary)\n\n\(style.bold("usage:")) \(usage(path: path))\n"
    if !discussion.isEmpty { out += "\n" + wrapped(discussion, width: width) + "\n" }
    for (title, commands) in sections {
      out += "\n\(style.bold(title + ":"))\n"
      out += columns(commands.map { ($0.name, $0.summary) }, width: width)
    }
    if arguments.contains(where: { !$0.help.isEmpty }) {
      out += "\n\(style.bold("arguments:"))\n"
      out += columns(arguments.map { ($0.name, $0.help) }, width: width)
    }
    if !options.isEmpty || subcommands.isEmpty {
      out += "\n\(style.bold("options:"))\n"
      let rows = options.map { ($0.spelling, $0.fullHelp) } + [("-h, --help", "show this help")]
      out += columns(rows, width: width)
    }
    if !examples.isEmpty {
      out += "\n\(style.bold("examples:"))\n"
      for example in examples { out += "  \(example.command)\n      \(example.says)\n" }
    }
    return out
  }

  func usage(path: [String]) -> String {
    var words = path
    if !subcommands.isEmpty { words.append("COMMAND") }
    if !options.isEmpty { words.append("[OPTIONS]") }
    words += arguments.map { argument in
      let name = argument.name + (argument.repeats ? "..." : "")
      return argument.isOptional ? "[\(name)]" : name
    }
    return words.joined(separator: " ")
  }

  private var sections: [(title: String, commands: [Command])] {
    var found: [(title: String, commands: [Command])] = []
    for command in subcommands {
      let title = command.section.isEmpty ? "commands" : command.section
      if let place = found.firstIndex(where: { $0.title == title }) {
        found[place].commands.append(command)
      } else {
        found.append((title, [command]))
      }
    }
    return found
  }
}

extension Option {
  /// `-o, --output FILE`
  var spelling: String {
    let name = short.map { "-\($0), --\(long)" } ?? "    --\(long)"
    return placeholder.map { "\(name) \($0)" } ?? name
  }

  var fullHelp: String {
    choices.isEmpty ? help : "\(help) (\(choices.joined(separator: ", ")))"
  }
}

/// Two columns, the second wrapped under itself.
private func columns(_ rows: [(String, String)], width: Int) -> String {
  let left = min(rows.map(\.0.count).max() ?? 0, 30)
  let indent = String(repeating: " ", count: left + 4)
  var out = ""
  for (name, text) in rows {
    let lines = wrapped(text, width: max(width - left - 4, 30)).split(
      separator: "\n", omittingEmptySubsequences: false)
    if name.count > left {
      out += "  \(name)\n"
    } else {
      out += "  \(name)" + String(repeating: " ", count: left - name.count + 2)
    }
    for (number, line) in lines.enumerated() {
      if number > 0 || name.count > left { out += indent }
      out += line + "\n"
    }
  }
  return out
}

/// Breaks paragraphs at spaces; keeps line breaks and indented lines as they are.
func wrapped(_ text: String, width: Int) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { paragraph -> String in
    if paragraph.hasPrefix(" ") { return String(paragraph) }
    var lines: [String] = []
    var line = ""
    for word in paragraph.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return (lines + [line]).joined(separator: "\n")
  }.joined(separator: "\n")
}
