extension Command {
  /// A completion script for `bash`, `zsh` or `fish`; nil for any other shell.
  public func completions(for shell: String) -> String? {
    switch shell {
    case "bash": bashCompletions
    case "zsh": zshCompletions
    case "fish": fishCompletions
    default: nil
    }
  }

  /// Every command with its path below the program, the program itself first with an empty path.
  var allCommands: [(path: [String], command: Command)] {
    func walk(_ path: [String], _ command: Command) -> [(path: [String], command: Command)] {
      [(path, command)] + command.subcommands.flatMap { walk(path + [$0.name], $0) }
    }
    return walk([], self)
  }

  private var bashCompletions: String {
    var cases = ""
    for (path, command) in allCommands {
      let words = command.subcommands.map(\.name) + command.options.map { "--\($0.long)" } + ["--help"]
      cases += "    \"\(path.joined(separator: " "))\") words=\"\(words.joined(separator: " "))\" ;;\n"
    }
    let names = allCommands.filter { !$0.path.isEmpty }.map { "\"\($0.path.joined(separator: " "))\"" }
    return """
      _assay() {
        local word path="" next words="" current="${COMP_WORDS[COMP_CWORD]}"
        local known=(\(names.joined(separator: " ")))
        for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
          next="${path:+$path }$word"
          for name in "${known[@]}"; do [ "$name" = "$next" ] && path="$next"; done
        done
        case "$path" in
      \(cases)  esac
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        case "$current" in -*) ;; *) COMPREPLY+=($(compgen -f -- "$current")) ;; esac
      }
      complete -o filenames -F _assay assay

      """
  }

  private var zshCompletions: String {
    "#compdef assay\nautoload -Uz bashcompinit && bashcompinit\n" + bashCompletions
  }

  private var fishCompletions: String {
    var out = "complete -c assay -f\n"
    func quoted(_ text: String) -> String {
      "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "\\'") + "'"
    }
    for command in subcommands {
      out += "complete -c assay -n __fish_use_subcommand -a \(command.name) -d \(quoted(command.summary))\n"
    }
    for (path, command) in allCommands {
      guard let name = path.last else { continue }
      let condition = "-n '__fish_seen_subcommand_from \(name)'"
      for sub in command.subcommands {
        out += "complete -c assay \(condition) -a \(sub.name) -d \(quoted(sub.summary))\n"
      }
      if command.subcommands.isEmpty { out += "complete -c assay \(condition) -F\n" }
      for option in command.options {
        let short = option.short.map { " -s \($0)" } ?? ""
        let value = option.placeholder == nil ? "" : " -r"
        let words = option.choices.isEmpty ? "" : " -a \(quoted(option.choices.joined(separator: " ")))"
        out +=
          "complete -c assay \(condition) -l \(option.long)\(short)\(value)\(words) -d \(quoted(option.help))\n"
      }
    }
    return out
  }
}
