/// The terminal: what a person types and what they see. Commands are declared here as data; parsing,
/// help, completions and the manual page are all made from the same declaration. No room below knows it.

/// One command of the program, as it is declared: everything that help, completions and the manual say.
public struct Command: Sendable {
  public var name: String
  /// One line, lower case, no full stop.
  public var summary: String
  /// Paragraphs for `--help` and the manual.
  public var discussion: String
  public var arguments: [Argument]
  public var options: [Option]
  public var examples: [Example]
  public var subcommands: [Command]
  /// Listed under this heading in the program's help.
  public var section: String

  public init(
    _ name: String, _ summary: String, section: String = "", discussion: String = "",
    arguments: [Argument] = [], options: [Option] = [], examples: [Example] = [], subcommands: [Command] = []
  ) {
    self.name = name
    self.summary = summary
    self.section = section
    self.discussion = discussion
    self.arguments = arguments
    self.options = options
    self.examples = examples
    self.subcommands = subcommands
  }
}

/// A word that is not an option.
public struct Argument: Sendable {
  public var name: String
  public var help: String
  public var isOptional: Bool
  public var repeats: Bool
  public var completes: Completion

  public init(
    _ name: String, _ help: String, isOptional: Bool = false, repeats: Bool = false,
    completes: Completion = .none
  ) {
    self.name = name
    self.help = help
    self.isOptional = isOptional
    self.repeats = repeats
    self.completes = completes
  }
}

/// `--long`, perhaps with a short form and a value.
public struct Option: Sendable {
  public enum Kind: Sendable, Equatable {
    case flag
    /// The last one given wins.
    case value(String)
    /// Every one given counts, in order.
    case list(String)
  }

  public var long: String
  public var short: Character?
  public var kind: Kind
  public var help: String
  public var choices: [String]
  public var completes: Completion

  public init(
    _ long: String, _ short: Character? = nil, _ kind: Kind = .flag, _ help: String, choices: [String] = [],
    completes: Completion = .none
  ) {
    self.long = long
    self.short = short
    self.kind = kind
    self.help = help
    self.choices = choices
    self.completes = completes
  }

  /// Name of its value in help: `FILE`.
  var placeholder: String? {
    switch kind {
    case .flag: nil
    case .value(let name), .list(let name): name
    }
  }
}

/// What a shell offers in its place.
public enum Completion: Sendable, Equatable {
  case none
  case files
  case words([String])
}

public struct Example: Sendable {
  public var command: String
  public var says: String
  public init(_ command: String, _ says: String) {
    self.command = command
    self.says = says
  }
}
